"""The PDF against the measures of GB/T 9704—2012, read back from the file."""

import dataclasses
import io

import pypdf
import pytest

from reports.document import Doc, Figure, Head, Para, Run, Table
from reports.renderers import pdf
from reports.renderers.pdf import RenderError, render_pdf
from tests.reports import samples
from tests.reports.fonts import fonts_dir
from tests.reports.measure import body_rows, number_row, pdf_pages, squeeze, text_of

MARKS = set("、，。；：？！）》”’")
MM_PER_POINT = 25.4 / 72


@pytest.fixture(scope="module", autouse=True)
def fonts():
    return fonts_dir()


@pytest.fixture(scope="module")
def letter():
    return render_pdf(samples.letter())


@pytest.fixture(scope="module")
def pages(letter):
    return pdf_pages(letter)


# the grid


def test_every_page_is_a4(letter):
    sizes = {
        tuple(round(float(x) * MM_PER_POINT, 1) for x in p.mediabox[2:])
        for p in pypdf.PdfReader(io.BytesIO(letter)).pages
    }
    assert sizes == {(210.0, 297.0)}


@pytest.mark.parametrize(("profile", "top", "bottom"), [("fill", 37.0, 262.0), ("word", 39.29, 259.71)])
def test_full_pages_have_22_rows_from_edge_to_edge(profile, top, bottom):
    pages = pdf_pages(render_pdf(samples.letter(), profile=profile))
    full = [body_rows(rows) for rows, _ in pages[1:5]]
    assert [len(rows) for rows in full] == [22, 22, 22, 22]
    for rows in full:
        assert rows[0].body_top == pytest.approx(top, abs=0.05)
        assert rows[-1].body_bottom == pytest.approx(bottom, abs=0.05)


def test_full_lines_have_28_characters_and_end_at_the_right_edge(pages):
    lines = [row for rows, _ in pages[1:5] for row in body_rows(rows) if row.left < 28.1 and len(row.text) >= 27]
    assert [len(row.text) for row in lines].count(28) >= 60
    assert {len(row.text) for row in lines} <= {27, 28, 29}  # 避头尾 takes one in or puts one off
    ends = [row.right for row in lines if row.text[-1] not in MARKS and not row.text[-1].isascii()]
    assert len(ends) >= 60
    assert all(right == pytest.approx(184.0, abs=0.5) for right in ends)


def test_lines_begin_at_28_mm_and_paragraphs_two_characters_in(pages):
    lefts = {round(row.left, 1) for rows, _ in pages[1:5] for row in body_rows(rows)}
    assert lefts == {28.0, round(28 + 2 * 156 / 28, 1)}


def test_page_numbers_stand_seven_mm_below_outer_side_one_character_in(pages):
    for number, (rows, _) in enumerate(pages, 1):
        row = number_row(rows)
        assert (row.text, row.size) == (f"—{number}—", 14.0)
        assert row.body_top + 0.565 * 14 * MM_PER_POINT == pytest.approx(262 + 7, abs=0.1)
        edge = (row.right, 184 - 4.94) if number % 2 else (row.left, 28 + 4.94)
        assert edge[0] == pytest.approx(edge[1], abs=0.1)


# the head


def test_red_head_stands_where_the_standard_wants_it(pages):
    rows, rules = pages[0]
    number, secret, mark, line, title = rows[0], rows[1], rows[2], rows[3], rows[4]
    assert (number.text, secret.text, mark.text) == ("000012", "内部", samples.RED.mark)
    assert number.body_top == pytest.approx(37, abs=0.05)
    assert mark.body_top == pytest.approx(72, abs=0.05)
    assert (mark.left + mark.right) / 2 == pytest.approx(28 + 78, abs=0.1)
    assert line.text == "云教整〔2026〕12号签发人：沈若川"
    assert line.left == pytest.approx(28 + 156 / 28, abs=0.1)
    assert line.right == pytest.approx(184 - 156 / 28, abs=0.2)
    (top, bottom, colour, width) = rules[0]
    assert (top - line.body_bottom, bottom - top, width) == pytest.approx((4, 0.7, 156), abs=0.05)
    assert colour == pytest.approx((0xE6 / 255, 0, 0), abs=0.01)
    assert (title.size, title.text) == (22.0, "云澜新区纪检监察工委关于干部队伍")
    assert title.body_top > bottom + 2 * 10.44


def test_number_without_signer_is_centred():
    head = dataclasses.replace(samples.RED, signer="", copy_no="", secret="")
    rows = pdf_pages(render_pdf(Doc("标题", head, [Para([Run("正文。")])])))[0][0]
    assert rows[0].body_top == pytest.approx(72, abs=0.05)
    assert rows[1].text == "云教整〔2026〕12号"
    assert (rows[1].left + rows[1].right) / 2 == pytest.approx(28 + 78, abs=0.2)


def test_bulletin_head_and_foot():
    pages = pdf_pages(render_pdf(samples.brief([Para([Run("一段。")])])))
    rows, rules = pages[0]
    assert [row.text for row in rows[:3]] == [
        "教育整顿简报",
        "第3期（总第18期）",
        "云澜新区教育整顿领导小组办公室2026年9月18日",
    ]
    assert rules[0][0] > rows[2].body_bottom
    assert rows[-2].text == "共印60份"
    assert max(rule[1] for rule in rules) == pytest.approx(262, abs=0.05)
    assert len(pages) == 1


# signature, 版记


def test_signature_and_date_follow_7_3_5_2(pages):
    rows = body_rows(pages[5][0])
    sign, date, last = rows[-2], rows[-1], rows[-3]
    cell = 156 / 28
    assert (sign.text, date.text) == ("云澜新区教育整顿领导小组办公室", "2026年9月18日")
    assert sign.right == pytest.approx(184 - 2 * cell, abs=0.3)
    assert date.left - sign.left == pytest.approx(2 * cell, abs=0.3)
    assert sign.baseline - last.baseline == pytest.approx(2 * 10.4455, abs=0.05)


@pytest.mark.parametrize("rows", range(12, 17))
def test_signature_never_stands_on_a_page_without_text(rows):
    head = Head("red", "某文件", "某〔2026〕1号")
    closing = [Para([Run("某办公室")], "sign"), Para([Run("2026年9月18日")], "date")]
    long = Para([Run("一" * 28 * rows)])
    pages = [body_rows(page) for page, _ in pdf_pages(render_pdf(Doc("标题", head, [long, *closing])))]
    last = [row.text for row in pages[-1]]
    assert last[-2:] == ["某办公室", "2026年9月18日"]
    assert last[-3].startswith("一")


def test_foot_closes_the_last_even_page(pages):
    assert len(pages) == 6
    rules = pages[-1][1]
    assert max(rule[1] for rule in rules) == pytest.approx(262.0, abs=0.05)
    tops = sorted({round(edge, 2) for rule in rules for edge in rule[:2]})
    assert tops[1] - tops[0] == pytest.approx(0.35, abs=0.01)
    assert tops[-1] - tops[-2] == pytest.approx(0.35, abs=0.01)
    assert tops[3] - tops[2] == pytest.approx(0.25, abs=0.01)
    assert {round(rule[3], 1) for rule in rules} == {156.0}
    texts = [row.text for row in pages[-1][0] if row.size == 14.0]
    assert texts[0].startswith("抄送：市纪委监委")
    assert texts[-2] == "云澜新区教育整顿领导小组办公室2026年9月18日印发"
    lines = [row for row in pages[-1][0] if row.size == 14.0][:2]
    assert lines[1].left - lines[0].left == pytest.approx(3 * 14 * MM_PER_POINT, abs=0.05)


def filled(rows):
    """A letter whose text ends after so many rows of a page full of one-row paragraphs."""
    return Doc("标题", Head("red", "某文件", "某〔2026〕1号"), [Para([Run("一行。")])] * rows, samples.FOOT)


def shape(data):
    """Per page: (number of 三号 rows, whether the 版记 is there, whether it is numbered)."""
    return [
        (len(body_rows(rows)), any("抄送" in row.text for row in rows), number_row(rows) is not None)
        for rows, _ in pdf_pages(data)
    ]


def test_foot_of_a_one_page_letter_goes_to_the_second_page():
    assert shape(render_pdf(filled(3))) == [(4, False, True), (0, True, True)]


def test_foot_shares_the_second_page():
    assert shape(render_pdf(filled(20)))[1:] == [(pytest.approx(10, abs=2), True, True)]


def test_blank_page_before_the_foot_and_neither_is_numbered():
    first = shape(render_pdf(filled(40)))[0][0] - 1
    pages = shape(render_pdf(filled(first + 22)))
    assert pages == [(first + 1, False, True), (22, False, True), (0, False, False), (0, True, False)]


# tables


def test_landscape_annex_repeats_its_head_and_keeps_the_number_at_the_portrait_place():
    doc = samples.letter([Para([Run("短。")])])
    doc = dataclasses.replace(doc, blocks=(*doc.blocks, samples.ledger(30)), foot=None)
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(doc)))
    texts = [squeeze(page.extract_text()) for page in reader.pages]
    land = [i for i, page in enumerate(reader.pages) if page.mediabox.width > page.mediabox.height]
    assert len(land) >= 3
    assert texts[land[0]].startswith("附件整改台账序号")
    assert all("序号问题表现产生原因整改措施责任单位时限状态" in texts[i] for i in land)
    assert "30谈心谈话" in texts[land[-1]]
    for i in land:
        digits = [(x * MM_PER_POINT, y * MM_PER_POINT) for x, y in turned_text(reader.pages[i])]
        assert digits
        assert all(24 < x < 32 for x, _ in digits)
        assert all(y < 55 if i % 2 == 0 else y > 155 for _, y in digits)  # odd pages below, even pages above


def turned_text(page):
    """Origins in points of text that is turned by 90 degrees."""
    places = []

    def visit(text, cm, tm, _font, _size):
        if text.strip() and abs(cm[0]) < 0.01 < abs(cm[1]):
            places.append((tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]))

    page.extract_text(visitor_text=visit)
    return places


def test_a_long_word_stays_in_its_cell():
    table = Table(("甲", "乙"), (("x" * 200, "好"),), (1, 1), "表", annex=False)
    rows = pdf_pages(render_pdf(Doc("标题", blocks=[table])))[0][0]
    cells = [row for row in rows if "x" in row.text]
    assert sum(row.text.count("x") for row in cells) == 200
    assert all(row.text.count("x") * 0.489 * 10.5 * MM_PER_POINT < 78 for row in cells)


# fonts


def test_only_our_fonts_embedded_as_subsets(letter):
    names = {
        str(font.get_object()["/BaseFont"])
        for page in pypdf.PdfReader(io.BytesIO(letter)).pages
        for font in page["/Resources"]["/Font"].get_object().values()
    }
    assert {name.split("+")[1] for name in names} == {"GW-FangSong", "GW-Kai", "GW-Hei", "GW-Song", "GW-XiaoBiaoSong"}
    assert all(len(name.split("+")[0]) == 7 for name in names)
    assert len(letter) < 600_000


def test_rare_characters_print_in_text_title_and_table():
    table = Table(("姓名",), ((samples.RARE,),), (1,), annex=False)
    data = render_pdf(
        Doc(
            f"{samples.RARE}同志",
            Head("brief", samples.RARE, "第1期"),
            [Para([Run(samples.RARE, font)]) for font in ("fang", "kai", "hei")] + [table],
        )
    )
    assert squeeze(text_of(data)).count(samples.RARE) == 6


def test_a_character_without_glyph_is_refused():
    with pytest.raises(RenderError, match=r"下列字符没有可用的字形.*𒀀"):
        render_pdf(Doc("标题", blocks=[Para([Run("甲𒀀乙")])]))


def test_missing_fonts_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("FONTS_DIR", str(tmp_path))
    desk = pdf.Desk()
    monkeypatch.setattr(pdf, "DESK", desk)
    with pytest.raises(RenderError, match=r"文档字体不齐（GW FangSong.*GW Rare）.*make setup"):
        render_pdf(Doc("标题"))
    assert desk.worker is None


# the file


def test_same_document_same_bytes(letter):
    pdf.DESK.close()
    assert render_pdf(samples.letter()) == letter


def test_properties_and_bookmarks(letter):
    reader = pypdf.PdfReader(io.BytesIO(letter))
    info = reader.metadata
    assert (info.title, info.author, info.subject) == (samples.TITLE, samples.META["author"], samples.META["subject"])
    assert outline(reader.outline) == [
        samples.TITLE,
        ["一、工作进展情况", ["（一）高调安排部署，高标准启动开局", "（二）狠抓学习教育，在凝心铸魂上下功夫", "（三）坚持问题导向，开展自查自纠"],
         "二、纪检监察干部队伍监督管理情况", ["（一）内控机构不健全，监督力量薄弱", "（二）制度机制不完善，监督不够经常", "（三）主动监督意识不强，工作创新不够"],
         "三、下一步打算"],
    ]  # fmt: skip


def outline(items):
    return [outline(item) if isinstance(item, list) else item.title for item in items]


def test_drawing_keeps_its_text_and_loads_nothing():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 20"><image href="file:///etc/passwd"/><text y="15">进度图</text></svg>'
    assert "进度图" in squeeze(text_of(render_pdf(Doc("标题", blocks=[Figure(svg, "图1")]))))
