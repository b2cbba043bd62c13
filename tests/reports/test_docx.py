"""The DOCX: opens, has the page, the styles and the page numbers of the standard, and is the same every time."""

import dataclasses
import io
import zipfile

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from PIL import Image

from reports.document import Doc, Figure, Head, Para, Run
from reports.renderers.docx import render_docx
from tests.reports import samples


def opened(doc, **options):
    return docx.Document(io.BytesIO(render_docx(doc, **options)))


@pytest.fixture(scope="module")
def letter():
    return opened(samples.letter())


def near(length, mm):
    return length == pytest.approx(Mm(mm), abs=Mm(0.05))


def values(element, path, attribute="val"):
    return [
        found.get(qn(f"w:{attribute}"))
        for found in element.findall(".//" + "/".join(qn(f"w:{p}") for p in path.split("/")))
    ]


@pytest.mark.parametrize(("profile", "top", "bottom", "pitch"), [("word", 37, 35, "579"), ("fill", 34.6, 32.6, "592")])
def test_page_geometry(profile, top, bottom, pitch):
    section = opened(samples.letter(), profile=profile).sections[0]
    assert near(section.page_width, 210)
    assert near(section.page_height, 297)
    assert near(section.top_margin, top)
    assert near(section.bottom_margin, bottom)
    assert near(section.left_margin, 28)
    assert near(section.right_margin, 26)
    grid = section._sectPr.find(qn("w:docGrid"))
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("lines", pitch)


def test_styles_carry_size_font_and_pitch(letter):
    normal = letter.styles["Normal"]
    assert (normal.font.size, normal.paragraph_format.line_spacing) == (Pt(16), Pt(28.95))
    assert values(normal.element, "rPr/w") == ["98"]
    wanted = {
        "Normal": "仿宋_GB2312",
        "公文正文": "仿宋_GB2312",
        "Heading 1": "黑体",
        "Heading 2": "楷体_GB2312",
        "Title": "方正小标宋简体",
    }
    assert {name: values(letter.styles[name].element, "rPr/rFonts", "eastAsia")[0] for name in wanted} == wanted
    assert letter.styles["Title"].font.size == Pt(22)


def test_headings_fill_the_navigation_pane(letter):
    assert [p.text for p in letter.paragraphs if p.style.name == "Heading 1"] == [
        "一、工作进展情况",
        "二、纪检监察干部队伍监督管理情况",
        "三、下一步打算",
    ]
    run_in = [p for p in letter.paragraphs if p.text.startswith("（一）")]
    assert [(p.style.name, values(p._p, "pPr/outlineLvl")) for p in run_in] == [("公文正文", ["1"])] * 2
    assert [run.style.name for run in run_in[0].runs] == ["公文楷体", "Default Paragraph Font"]


def test_page_field_in_both_footers_on_the_outer_side(letter):
    section = letter.sections[0]
    assert letter.settings.odd_and_even_pages_header_footer
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        assert [found.text for found in footer._element.iter(qn("w:instrText"))] == [" PAGE "]
        assert values(footer._element, "pPr/jc") == [side]
        assert "".join(found.text for found in footer._element.iter(qn("w:t"))) == "— 1 —"
    assert near(section.footer_distance, 25.5)


def test_red_head(letter):
    mark = next(p for p in letter.paragraphs if p.text == samples.RED.mark)
    assert mark.style.font.color.rgb == docx.shared.RGBColor(0xE6, 0, 0)
    before = mark.paragraph_format.space_before + Pt(0.06 * 30) + 2 * Pt(28.95)
    assert before == pytest.approx(Mm(35), abs=Mm(0.05))
    row = next(p for p in letter.paragraphs if p.text.startswith("云教整"))
    assert row.text == "云教整〔2026〕12号\t签发人：沈若川"
    assert values(row._p, "pBdr/bottom", "color") == ["E60000"]
    assert values(row._p, "pBdr/bottom", "space") == ["5"]  # with 2.29 mm of leading that is 4 mm


def test_signature_and_date_keep_their_right_spaces(letter):
    closing = [p for p in letter.paragraphs if p.style.name == "公文落款"]
    assert [p.text for p in closing] == ["云澜新区教育整顿领导小组办公室", "2026年9月18日"]
    assert [values(p._p, "pPr/ind", "rightChars") for p in closing] == [
        ["200"],
        ["850"],
    ]  # 15 and 6.5 characters wide, the date two to the right


def test_foot_is_pinned_to_the_bottom_of_the_type_area(letter):
    box = letter.element.body.findall(".//" + qn("wp:anchor"))
    assert len(box) == 1
    vertical = box[0].find(qn("wp:positionV"))
    assert (vertical.get("relativeFrom"), vertical.find(qn("wp:align")).text) == ("margin", "bottom")
    text = "".join(found.text for found in box[0].iter(qn("w:t")))
    assert text == "抄送：" + samples.FOOT.lines[0][1] + samples.FOOT.printer + samples.FOOT.print_date


def test_annexes_get_sections_of_their_own():
    doc = samples.letter([Para([Run("短。")])])
    file = opened(dataclasses.replace(doc, blocks=(*doc.blocks, samples.ledger(5))))
    turned = [section.orientation == WD_ORIENT.LANDSCAPE for section in file.sections]
    assert turned == [False, True, False]
    table = file.tables[0]
    assert (len(table.rows), [cell.text for cell in table.rows[0].cells][:2]) == (6, ["序号", "问题表现"])
    assert table.rows[0]._tr.find(qn("w:trPr")).find(qn("w:tblHeader")) is not None
    assert sum(int(w) for w in values(table._tbl, "tblGrid/gridCol", "w")) == pytest.approx(225 * 1440 / 25.4, abs=10)
    boxes = file.sections[1].footer._element.findall(".//" + qn("wp:anchor"))
    assert len(boxes) == 1


def test_line_breaks_in_cells_are_kept():
    table = dataclasses.replace(samples.ledger(1), rows=(("1", "甲\n乙", "", "", "", "", ""),), annex=False)
    assert opened(Doc("标题", blocks=[table])).tables[0].cell(1, 1).text == "甲\n乙"


def test_attach_lines_hang_under_the_name():
    file = opened(Doc("标题", blocks=[Para([Run("附件：1.台账")], "attach")]))
    indent = next(p for p in file.paragraphs if p.text.startswith("附件"))._p.find(qn("w:pPr")).find(qn("w:ind"))
    assert (indent.get(qn("w:leftChars")), indent.get(qn("w:hangingChars"))) == ("600", "400")


def test_properties(letter):
    core = letter.core_properties
    assert (core.title, core.author, core.subject) == (samples.TITLE, samples.META["author"], samples.META["subject"])


def test_same_document_same_bytes():
    doc = samples.letter()
    assert render_docx(doc) == render_docx(Doc.from_json(doc.to_json()))


def test_package_is_lean_and_whole():
    data = render_docx(samples.letter())
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = package.namelist()
        assert package.testzip() is None
    assert not [name for name in names if "thumbnail" in name or "Effects" in name or "customXml" in name]
    assert len(data) < 40_000


def test_markup_and_control_characters_are_only_text():
    evil = '<w:p>&amp;</w:t>\x00\ud800"{{ x }}'
    doc = Doc(
        "标题", Head("brief", evil, evil), [Para([Run(evil)]), samples.ledger(1, title=evil, annex=False)], samples.FOOT
    )
    file = opened(doc)
    assert [p.text for p in file.paragraphs].count('<w:p>&amp;</w:t>"{{ x }}') == 4


def test_a_drawing_is_kept_as_svg_with_a_picture_for_older_programs():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"><rect x="0" y="0" width="50" height="50" fill="#c00000"/>'
        '<g transform="translate(50 0)"><path d="M10 10H40V40z" fill="#00f"/><text x="25" y="8" text-anchor="middle" font-size="8">进度</text></g></svg>'
    )
    data = render_docx(Doc("标题", blocks=[Figure(svg, '图1 "进度"')]))
    shape = docx.Document(io.BytesIO(data)).inline_shapes[0]
    assert (shape.width, shape.height) == (Mm(150), Mm(75))
    assert shape._inline.docPr.get("descr") == '图1 "进度"'
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert "进度" in package.read("word/media/figure0.svg").decode()
        picture = Image.open(io.BytesIO(package.read("word/media/image1.png"))).convert("RGB")
    assert picture.size == (1800, 900)
    assert [picture.getpixel(at) for at in ((100, 100), (1500, 300), (1000, 850))] == [
        (192, 0, 0),
        (0, 0, 255),
        (255, 255, 255),
    ]
    assert min(picture.crop((1200, 20, 1500, 150)).convert("L").getextrema()) < 100  # the words are there
