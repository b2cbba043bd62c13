"""The line composer: nothing lost, no rule broken, every line but the last exactly full."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.document import Run
from reports.renderers import compose as c
from tests.reports.fonts import fonts_dir

SEED = Path(__file__).parents[1].joinpath("data/seed.txt").read_text(encoding="utf-8").replace("\n", "")
AWKWARD = [
    "，",
    "。",
    "、",
    "；",
    "”",
    "》",
    "“",
    "《",
    "（",
    "）",
    "——",
    "……",
    "％",
    "12.5%",
    "2026年",
    "GDP",
    "https://a.cn/x-y",
    "䶮",
    "镕",
    " ",
]

passages = st.integers(0, len(SEED) - 40).map(lambda i: SEED[i : i + 40])
texts = st.lists(st.one_of(passages, st.sampled_from(AWKWARD)), min_size=1, max_size=12).map("".join)
blanks = st.sampled_from(["×月×日", "××", "×××人"])
runs = st.lists(
    st.one_of(
        st.builds(Run, texts, font=st.sampled_from(["fang", "kai", "hei"])),
        st.builds(Run, blanks, blank=st.just(True)),
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def metrics():
    return c.Metrics(fonts_dir())


def width(line, metrics):
    natural = sum(metrics.width(char, piece.font) for piece in line.pieces for char in piece.text)
    return natural - sum(piece.trim for piece in line.pieces) + line.spacing * (len(line.text) - 1)


def text_lines(text, metrics, **options):
    return [line.text for line in c.compose([Run(text)], metrics, **options)]


@settings(max_examples=250, deadline=None)
@given(runs=runs, indent=st.sampled_from([0.0, 2.0]), hang=st.sampled_from([0.0, 5.5]))
def test_compose_keeps_text_and_rules(metrics, runs, indent, hang):
    lines = c.compose(runs, metrics, indent=indent, hang=hang)
    assert "".join(line.text for line in lines) == "".join(run.text for run in runs)
    for line in lines[:-1]:
        assert width(line, metrics) + line.indent == pytest.approx(28.0, abs=1e-4)
    assert all(0 <= piece.trim <= c.TRIM + 1e-6 for line in lines for piece in line.pieces)
    text, end = c.glyphs(runs, metrics), 0
    for line in lines[:-1]:
        start, end = end, end + len(line.text)
        if not c.may_break(text[end - 1], text[end]):
            near = [i for i in range(start + 1, end) if sum(g.width for g in text[i:end]) <= c.LOOSEST]
            assert not [i for i in near if c.may_break(text[i - 1], text[i])], line.text


def test_compose_sets_28_characters_and_an_indent_of_two(metrics):
    assert [len(line) for line in text_lines("一" * 80, metrics)] == [26, 28, 26]


def test_compose_pulls_a_closing_mark_in(metrics):
    line = c.compose([Run("一" * 10 + "，" + "一" * 15 + "。二二")], metrics)[0]
    assert (line.text[-1], len(line.text), line.spacing) == ("。", 27, 0.0)
    assert [(p.text, p.trim) for p in line.pieces if p.trim] == [("，", 0.5), ("。", 0.5)]


def test_compose_pushes_an_opening_mark_out(metrics):
    first, second = text_lines("一" * 25 + "《规则》", metrics)
    assert (first, second) == ("一" * 25, "《规则》")


def test_compose_keeps_numbers_and_short_blanks_whole(metrics):
    assert text_lines("一" * 25 + "2026年", metrics) == ["一" * 25, "2026年"]
    blank = c.compose([Run("一" * 24), Run("×月×日", blank=True), Run("起")], metrics)
    assert [line.text for line in blank] == ["一" * 24, "×月×日起"]


def test_compose_breaks_a_word_longer_than_the_line(metrics):
    lines = text_lines("x" * 200, metrics)
    assert "".join(lines) == "x" * 200
    assert len(lines) == 4


def test_metrics_measure_rare_characters_in_the_rare_face(metrics):
    assert {char: metrics.width(char, "fang") for char in "䶮㛃𬭎𫍯1"} == {"䶮": 1, "㛃": 1, "𬭎": 1, "𫍯": 1, "1": 0.5}


def test_metrics_name_what_is_missing(tmp_path):
    assert c.Metrics(tmp_path).missing == ["GW FangSong", "GW Kai", "GW Hei", "GW Song", "GW XiaoBiaoSong", "GW Rare"]
