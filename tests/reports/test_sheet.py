"""Printed forms and ledgers as pages: heading again on each, rows whole or broken, page x of y, fonts in the file."""

import io
import re

import pypdf
import pytest

from reports.renderers import pdf
from reports.renderers.pdf import RenderError, render_sheet
from reports.sheet import Cell, Sheet
from tests.reports.fonts import fonts_dir
from tests.reports.measure import embedded_fonts, pdf_pages, squeeze, tables_of, text_of

HEAD = (Cell("序号", kind="label"), Cell("表现", kind="label"), Cell("措施", kind="label"))
LONG = "走访群众时以电话代替上门，台账记录与实际走访次数不一致。" * 70


@pytest.fixture(scope="module", autouse=True)
def fonts():
    return fonts_dir()


def sheet(*rows, **facts) -> Sheet:
    return Sheet(**{"title": "问题整改台账", "widths": (10, 60, 60), "head": (HEAD,), "rows": tuple(tuple(map(Cell, row)) for row in rows), "landscape": True} | facts)


@pytest.fixture(scope="module")
def many():
    rows = [(str(n), f"第{n}件，谈话记录没有写明地点和被谈话人意见，事后也没有补正。", "1. 补正\n2. 抽查") for n in range(1, 61)]
    return render_sheet(sheet(*rows, notes=("单位：区纪检监察工委", "截至2026年11月26日"), closing=("填报单位（盖章）：", "审核人：")))


def sizes(data) -> set[tuple[float, float]]:
    return {tuple(round(float(x) * 25.4 / 72, 1) for x in page.mediabox[2:]) for page in pypdf.PdfReader(io.BytesIO(data)).pages}


def test_sixty_rows_stand_whole_under_the_heading_on_every_page(many):
    pages = tables_of(many)
    assert len(pages) > 3
    assert [page[0] for page in pages] == [["序号", "表现", "措施"]] * len(pages)
    rows = [row for page in pages for row in page[1:]]
    assert rows == [[str(n), f"第{n}件，谈话记录没有写明地点和被谈话人意见，事后也没有补正。", "1. 补正2. 抽查"] for n in range(1, 61)]


def test_pages_are_numbered_and_turned(many):
    texts = [squeeze(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(many)).pages]
    assert [re.search(r"第(\d+)页共(\d+)页", text).groups() for text in texts] == [(str(n), str(len(texts))) for n in range(1, len(texts) + 1)]
    assert sizes(many) == {(297.0, 210.0)}
    assert ["单位：区纪检监察工委截至2026年11月26日" in text for text in texts] == [True] + [False] * (len(texts) - 1)
    assert "填报单位（盖章）：审核人：" in texts[-1]


def test_the_title_is_二号小标宋_and_all_fonts_are_in_the_file(many):
    rows, _rules = pdf_pages(many)[0]
    assert (rows[0].text, rows[0].size) == ("问题整改台账", 22.0)
    found = embedded_fonts(many)
    assert all(found.values())
    assert {"GW-XiaoBiaoSong", "GW-FangSong", "GW-Hei", "GW-Song"} == {re.sub(r"(?<=GW)[- ]?", "-", name) for name in found}


def test_a_row_longer_than_a_page_goes_on_and_is_closed_by_a_rule():
    data = render_sheet(sheet(("1", "短的。", "改"), ("2", LONG, "改"), ("3", "后面的。", "改")))
    pages = tables_of(data)
    assert len(pages) > 2 and all(page[0] == ["序号", "表现", "措施"] for page in pages)
    assert "".join(row[1] for page in pages for row in page[1:] if row[1] not in ("短的。", "后面的。")) == LONG
    assert pages[-1][-1] == ["3", "后面的。", "改"]


def test_a_row_that_fits_is_not_broken():
    short = [(str(n), "一行", "改") for n in range(1, 14)]
    pages = tables_of(render_sheet(sheet(*short, ("14", "\n".join("十行以内的一件" for _n in range(9)), "改"))))
    assert pages[1][1] == ["14", "十行以内的一件" * 9, "改"]


def form(before: int) -> Sheet:
    """A heading and its long row after some others."""
    pair = (Cell("一、方面", kind="heading"), Cell("是否", span=2)), (Cell("具体表现"), Cell("\n".join("十" * 9), span=2))
    return sheet(rows=(*[(Cell("项目"), Cell("内容", span=2))] * before, *pair), landscape=False)


def test_a_form_stands_upright_and_a_heading_stays_with_its_row():
    places = set()
    for before in (5, 18, 20):
        data = render_sheet(form(before))
        pages = tables_of(data)
        assert sizes(data) == {(210.0, 297.0)}
        assert [page[0] for page in pages] == [["序号", "表现", "措施"]] * len(pages)
        place = next(n for n, page in enumerate(pages) if ["一、方面", "是否"] in page)
        assert pages[place][-2:] == [["一、方面", "是否"], ["具体表现", "十" * 9]]
        places.add(place)
    assert places == {0, 1}


def test_equal_sheets_give_equal_files_and_json_is_exact():
    one = sheet(("1", "甲\n乙", "丙"), closing=("审核人：",))
    assert Sheet.from_data(one.to_data()) == one
    assert render_sheet(one) == render_sheet(Sheet.from_data(one.to_data()))


def test_a_row_that_does_not_fit_the_columns_is_refused():
    with pytest.raises(ValueError, match="a row over 2 of 3 columns"):
        sheet(("1", "2"))
    with pytest.raises(ValueError, match="'big' is not one of"):
        Cell("甲", kind="big")


def test_markup_in_a_cell_is_text():
    assert "<script>alert(1)</script>&" in text_of(render_sheet(sheet(("1", "<script>alert(1)</script>&", "<a rel=attachment href=file:///etc/passwd>"))))


def test_what_goes_wrong_is_told_without_a_word_of_the_sheet(capfd):
    """A job that cannot be read; the log has where, the answer has the kind of error."""
    pdf.DESK.close()
    with pytest.raises(RenderError) as refusal:
        pdf._printed({"sheet": {"title": "不可外传的话"}}, 60, pdf.DESK)
    said = capfd.readouterr().err
    assert "TypeError" in str(refusal.value) or "KeyError" in str(refusal.value)
    assert "render failed" in said and "不可外传" not in said + str(refusal.value)
