"""WordprocessingML for what python-docx has no words for, as text that is parsed once per call."""

import math
from html import escape as html_escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt

from reports.renderers import gb9704 as gb
from reports.renderers.docx_styles import RUN_STYLES, exact, pitch_twips, twips

EMU = 36000  # per mm
SPACES = " ".join(
    f'xmlns:{prefix}="http://schemas.{rest}"'
    for prefix, rest in (
        ("w", "openxmlformats.org/wordprocessingml/2006/main"),
        ("r", "openxmlformats.org/officeDocument/2006/relationships"),
        ("wp", "openxmlformats.org/drawingml/2006/wordprocessingDrawing"),
        ("a", "openxmlformats.org/drawingml/2006/main"),
        ("pic", "openxmlformats.org/drawingml/2006/picture"),
        ("mc", "openxmlformats.org/markup-compatibility/2006"),
        ("wps", "microsoft.com/office/word/2010/wordprocessingShape"),
        ("asvg", "microsoft.com/office/drawing/2016/SVG/main"),
    )
)
SHAPE = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
ANCHOR = 'distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="2" behindDoc="0" locked="0" '
ANCHOR += 'layoutInCell="0" allowOverlap="0"'
BALLAST = ("/thumbnail", "/stylesWithEffects", "/customXml", "/numbering")
KEPT_ROW = "<w:p><w:pPr><w:keepNext/></w:pPr></w:p>"
JUSTIFY = {"l": "", "c": '<w:jc w:val="center"/>', "r": '<w:jc w:val="right"/>'}
SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
MARK_LEADING = 1.15  # line height of a mark in its own size: less would cut the tops off in Word
MARK_RISE = (
    0.8 * MARK_LEADING - 0.86
)  # Word sets the baseline at 80 % of an exact line, the fonts at 86 % of their size


def escape(text):
    return html_escape(text, quote=False)


def elements(xml):
    """The elements of a piece of body XML. A table declares ``w`` once more itself: moving it is then 70 times
    faster.
    """
    return list(parse_xml(f"<w:body {SPACES}>{xml}</w:body>"))


def drop_ballast(file):
    """Remove what the python-docx template carries but no program needs: a picture of itself, styles of Word 2010."""
    for relations in (file.part.package.rels, file.part.rels):
        for key in [key for key, relation in relations.items() if relation.reltype.endswith(BALLAST)]:
            del relations[key]


def append(body, xml):
    """Append XML to a document body, before the sectPr that closes it."""
    last = body.sectPr
    for element in elements(xml):
        last.addprevious(element)


def keep_last(body):
    """Keep the last paragraph of the body with what follows."""
    last = body.sectPr.getprevious()
    if last is not None and last.tag == qn("w:p"):
        last.get_or_add_pPr().keepNext_val = True


def flatten_break(body):
    """Make the paragraph that ends a section one point high: at full height it could start a page of its own."""
    last = body.sectPr.getprevious()
    before = last.getprevious()
    if before is not None and before.tag == qn("w:p") and before.pPr is not None and before.pPr.spacing_line == Pt(1):
        body.remove(before)
    last.pPr.sectPr.addprevious(elements(exact(20))[0])


def gap(after):
    """The paragraph a table must be followed by: one point high, ``after`` mm below it unless the page ends."""
    spacing = f'<w:spacing w:before="0" w:after="{twips(after)}" w:line="20" w:lineRule="exact"/>'
    return f"<w:p><w:pPr>{spacing}</w:pPr></w:p>"


def replace(container, xml):
    """Make XML the whole content of a footer."""
    for child in list(container):
        container.remove(child)
    container.extend(elements(xml))


def set_grid(section, pitch):
    """Rows only: see ``docx_styles`` for why there is no character grid."""
    for old in section.findall(qn("w:docGrid")):
        section.remove(old)
    section.append(elements(f'<w:docGrid w:type="lines" w:linePitch="{pitch_twips(pitch)}"/>')[0])


def run(text, font="fang"):
    style = f'<w:rPr><w:rStyle w:val="{RUN_STYLES[font]}"/></w:rPr>' if font in RUN_STYLES else ""
    return f'<w:r>{style}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>' if text else ""


def tab():
    return "<w:r><w:tab/></w:r>"


def paragraph(inner, style="Normal", extra=""):
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{extra}</w:pPr>{inner}</w:p>'


def chars(cells):
    """A measure of indents: hundredths of a character for Word, twips for who does not know those."""
    return round(cells * 100), twips(cells * gb.CELL)


def right_indent(cells):
    hundredths, twip = chars(cells)
    return f'<w:ind w:rightChars="{hundredths}" w:right="{twip}"/>'


def first_line(cells):
    hundredths, twip = chars(cells)
    return f'<w:ind w:firstLineChars="{hundredths}" w:firstLine="{twip}"/>'


def hanging(indent, hang):
    left, twip = chars(indent + hang)
    back, back_twip = chars(hang)
    return f'<w:ind w:leftChars="{left}" w:left="{twip}" w:hangingChars="{back}" w:hanging="{back_twip}"/>'


def mark(text, before):
    """The red mark, ``before`` mm below what stands above it; the part of its line above its characters is taken off."""
    size = gb.mark_pt(text)
    above = twips(max(0, before - MARK_RISE * size * gb.MM_PER_PT))
    line = round(size * 20 * MARK_LEADING)
    spacing = f'<w:spacing w:before="{above}" w:after="0" w:line="{line}" w:lineRule="exact"/>'
    look = f'<w:rPr><w:sz w:val="{size * 2:.0f}"/><w:szCs w:val="{size * 2:.0f}"/></w:rPr>'
    return paragraph(f"<w:r>{look}<w:t>{escape(text)}</w:t></w:r>", "GWMark", spacing)


def ruled_row(inner, drop, centred=False):
    """One row, one character in from either side unless centred, with the red rule ``drop`` mm below its line."""
    weight, space = round(gb.RED_RULE / gb.MM_PER_PT * 8), min(31, round(drop / gb.MM_PER_PT))
    border = f'<w:pBdr><w:bottom w:val="single" w:sz="{weight}" w:space="{space}" w:color="{gb.RED[1:]}"/></w:pBdr>'
    if centred:
        return paragraph(inner, "GWCentred", border)
    stop = f'<w:tabs><w:tab w:val="right" w:pos="{twips(gb.BODY_WIDTH - gb.CELL)}"/></w:tabs>'
    return paragraph(inner, "Normal", f'{border}{stop}{first_line(1)}<w:jc w:val="left"/>')


def page_number(side):
    """— PAGE — in a footer, one character in from the outer side (7.5)."""
    indent = f'<w:ind w:{side}Chars="100" w:{side}="{round(gb.SMALL_PT * 20)}"/>'
    return paragraph(page_field(), "GWNumber", f'{indent}<w:jc w:val="{side}"/>')


def page_field():
    def field(kind):
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    code = '<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
    return run("— ") + field("begin") + code + field("separate") + run("1") + field("end") + run(" —")


def turned_number(side):
    """The number of a landscape page in a turned box at the left edge, where the portrait pages have theirs."""
    height, width = 16.0, 8.0
    y = gb.PAGE_WIDTH - gb.RIGHT - gb.SMALL_EM - height if side == "right" else gb.LEFT + gb.SMALL_EM
    x = gb.BOTTOM - gb.NUMBER_DROP - width / 2
    inner = paragraph(page_field(), "GWNumber", '<w:jc w:val="center"/>')
    return holder(text_box(inner, "页码", width, height, offset("H", x), offset("V", y), "vert"))


def holder(box):
    """The paragraph a floating box hangs on, one point high."""
    return f"<w:p><w:pPr>{exact(20)}</w:pPr>{box}</w:p>"


def offset(axis, mm):
    return f'<wp:position{axis} relativeFrom="page"><wp:posOffset>{round(mm * EMU)}</wp:posOffset></wp:position{axis}>'


def align(axis, side):
    return f'<wp:position{axis} relativeFrom="margin"><wp:align>{side}</wp:align></wp:position{axis}>'


def text_box(inner, name, width, height, across, down, vert="horz"):
    """A frameless text box in mm. Floating tables and frames of full width are lost in LibreOffice; boxes are kept by
    all.
    """
    extent = f'cx="{round(width * EMU)}" cy="{round(height * EMU)}"'
    wrap = "<wp:wrapTopAndBottom/>" if vert == "horz" else "<wp:wrapNone/>"
    shape = (
        f'<wps:wsp><wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/><a:ln><a:noFill/></a:ln></wps:spPr>'
        f"<wps:txbx><w:txbxContent>{inner}</w:txbxContent></wps:txbx>"
        f'<wps:bodyPr vert="{vert}" lIns="0" tIns="0" rIns="0" bIns="0" anchor="b"><a:noAutofit/></wps:bodyPr>'
        "</wps:wsp>"
    )
    anchor = (
        f'<wp:anchor {ANCHOR}><wp:simplePos x="0" y="0"/>{across}{down}<wp:extent {extent}/>'
        f'<wp:effectExtent l="0" t="0" r="0" b="0"/>{wrap}<wp:docPr id="1" name="{name}"/><wp:cNvGraphicFramePr/>'
        f'<a:graphic><a:graphicData uri="{SHAPE}">{shape}</a:graphicData></a:graphic></wp:anchor>'
    )
    choice = f'<mc:Choice Requires="wps"><w:drawing>{anchor}</w:drawing></mc:Choice>'
    return f"<w:r><mc:AlternateContent>{choice}</mc:AlternateContent></w:r>"


def foot(foot, grid):
    """版记 in a box at the bottom of the type area of the last page."""
    rows = [(label + text, "", len(label)) for label, text in foot.lines]
    rows += [(foot.printer, foot.print_date, 0)] if foot.printer or foot.print_date else []
    rows += [("", foot.copies, 0)] if foot.copies else []
    room = int(gb.BODY_WIDTH / gb.SMALL_EM) - 2
    lines = [1 if end else 1 + max(0, math.ceil((len(text) - room) / (room - hang))) for text, end, hang in rows]
    height = sum(lines) * gb.FOOT_PITCH + len(rows) * gb.RULE_THICK + grid.half
    cells = "".join(foot_row(*row, first=i == 0, last=i == len(rows) - 1) for i, row in enumerate(rows))
    width = twips(gb.BODY_WIDTH)
    margins = '<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar>'
    inner = (
        f'<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:tblLayout w:type="fixed"/>{margins}</w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="{width}"/></w:tblGrid>{cells}</w:tbl>'
        f"<w:p><w:pPr>{exact(20 + twips(grid.half))}</w:pPr></w:p>"
    )
    box = text_box(inner, "版记", gb.BODY_WIDTH, height, align("H", "left"), align("V", "bottom"))
    return holder(box)


def foot_row(text, end, hang, first, last):
    """One line of the 版记: text turned over under its label's end, or two ends of a row."""
    one, step = round(gb.SMALL_PT * 20), round(gb.SMALL_PT * 20 * hang)
    tabs = f'<w:tabs><w:tab w:val="right" w:pos="{twips(gb.BODY_WIDTH) - one}"/></w:tabs>' if end else ""
    indent = f'<w:ind w:left="{one + step}" w:right="{one}" w:hanging="{step}"/>'
    width = [round(rule / gb.MM_PER_PT * 8) for rule in (gb.RULE_THIN, gb.RULE_THICK)]
    borders = f'<w:top w:val="single" w:sz="{width[first]}"/><w:bottom w:val="single" w:sz="{width[last]}"/>'
    inner = run(text) + (tab() + run(end) if end else "")
    return (
        f'<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr><w:tcW w:w="{twips(gb.BODY_WIDTH)}" w:type="dxa"/>'
        f"<w:tcBorders>{borders}</w:tcBorders></w:tcPr>{paragraph(inner, 'GWFoot', tabs + indent)}</w:tc></w:tr>"
    )


def table(table, width):
    """A table ``width`` mm wide; built as text, since 2,000 rows take python-docx six seconds and this a tenth of
    one.
    """
    total = sum(table.widths)
    widths = [twips(part * width / total) for part in table.widths]
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in SIDES)
    pads = "".join(
        f'<w:{side} w:w="{w}" w:type="dxa"/>' for side, w in (("top", 68), ("left", 57), ("bottom", 68), ("right", 57))
    )
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    head = "".join(
        cell(w, JUSTIFY["c"]) + run_lines(text, "hei") + CELL_END for w, text in zip(widths, table.head, strict=True)
    )
    starts = [cell(w, JUSTIFY[align]) for w, align in zip(widths, table.align, strict=True)]
    rows = "".join(
        "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        + "".join(start + run_lines(text) + CELL_END for start, text in zip(starts, row, strict=True))
        + "</w:tr>"
        for row in table.rows
    )
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f"<w:tblBorders>{borders}</w:tblBorders>"
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{pads}</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>{rows}</w:tbl>"
    )


CELL_END = "</w:p></w:tc>"


def cell(width, justify):
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="GWCell"/>{justify}</w:pPr>'
    )


def run_lines(text, font="fang"):
    """The runs of a cell, its line breaks kept."""
    return "<w:r><w:br/></w:r>".join(run(line, font) for line in text.split("\n"))
