"""What both writers decide alike."""

import pytest

from reports.document import Para, Run
from reports.renderers import gb9704 as gb
from reports.renderers import layout
from tests.reports import samples


def test_fill_grid_touches_both_edges_of_the_type_area():
    grid = gb.grid("fill")
    assert (grid.pitch, grid.top + grid.half) == (pytest.approx(10.4455, abs=1e-4), 37.0)
    first, last = grid.top + grid.half, grid.top + grid.half + 21 * grid.pitch + gb.BODY_EM
    assert (first, last) == (pytest.approx(37), pytest.approx(262))
    assert 22 * grid.pitch <= 297 - grid.top - grid.bottom + 1e-9


def test_word_grid_has_22_equal_rows():
    assert (gb.grid("word").pitch * 22, gb.grid("word").half) == (pytest.approx(225), 0)


def test_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="tight"):
        gb.grid("tight")


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("干部队伍教育整顿工作情况汇报", ("干部队伍教育整顿工作情况汇报",)),
        (samples.TITLE, ("云澜新区纪检监察工委关于干部队伍", "教育整顿工作进展情况的汇报")),
        ("区纪检监察工委第一时间动员部署教育整顿工作", ("区纪检监察工委第一时间", "动员部署教育整顿工作")),
        ("自己定的\n断行", ("自己定的", "断行")),
    ],
)
def test_title_lines_break_at_word_sense(title, lines):
    assert layout.title_lines(title) == lines


@pytest.mark.parametrize("length", [20, 21, 40, 41, 60, 75, 100])
def test_title_lines_fit_and_lose_nothing(length):
    title = (samples.SEED.replace("\n", ""))[:length]
    lines = layout.title_lines(title)
    assert "".join(lines) == title
    assert max(map(len, lines)) <= layout.TITLE_CELLS == 20
    assert len(lines) <= -(-length // 20) + 1


def test_closing_spaces_follow_7_3_5_2():
    assert gb.closing_spaces(14, 9) == (2, 5)
    assert gb.closing_spaces(5, 9) == (8, 2)
    sign, date = gb.closing_spaces(5, 9)
    assert (28 - date - 9) - (28 - sign - 5) == 2  # the date begins two characters to the right of the 署名


def test_right_spaces_of_a_date_alone_under_a_seal():
    date = Para([Run("2026年9月18日")], "date")
    assert layout.right_spaces([date], layout.simple_width) == {0: 4}


def test_rows_before():
    to, p, sign, date = (Para([Run("x")], style) for style in ("to", "p", "sign", "date"))
    by, attach = Para([Run("x")], "byline"), Para([Run("附件：1.甲")], "attach")
    blocks = [by, to, p, attach, attach, sign, date, samples.ledger(1)]
    assert [layout.rows_before(blocks, i) for i in range(len(blocks))] == [0, 1, 0, 1, 0, 1, 0, 0]
    assert [layout.rows_before([p, date], i) for i in range(2)] == [1, 1]


def test_bookmark_of_a_run_in_heading_ends_with_its_font():
    assert layout.bookmark(samples.paragraph("（一）高调部署。区工委把教育整顿")) == "（一）高调部署"
