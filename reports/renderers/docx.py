"""Document model → DOCX that people go on editing in Word or WPS, on the same grid as the PDF.

python-docx carries the package, the sections and the footers; styles and the parts it has no words for (tables of
thousands of cells, the pinned 版记, turned page numbers) are XML in ``docx_styles`` and ``docx_parts``. The file is the
same to the byte whenever the document is. It holds the figures' drawings as SVG with a picture for older programs.
"""

import io
import zipfile
from datetime import datetime

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.shared import Mm

from reports.document import Doc, Figure, Para, annex_labels
from reports.renderers import docx_parts as parts
from reports.renderers import gb9704 as gb
from reports.renderers import layout
from reports.renderers.docx_figure import figure
from reports.renderers.docx_styles import restyle

STILL = datetime(2000, 1, 1)  # written where the format wants a date of its own; the document's dates stand in its text
PARA_STYLES = {
    "h1": "Heading1",
    "h2": "Heading2",
    "h3": "Heading3",
    "h4": "Heading4",
    "to": "Normal",
    "sign": "GWClosing",
}
PARA_STYLES |= {"date": "GWClosing", "byline": "GWByline", "blank": "Normal"}
NUMBER_DISTANCE = 25.5  # mm from the paper's edge to the footer, which puts the dash 7 mm below the type area
EMPTY_ROW = "<w:p/>"


def render_docx(doc: Doc, *, profile="word") -> bytes:
    """The document as DOCX. ``profile`` is a grid of ``gb9704``; Word's own 22 equal rows are the default."""
    return Writer(doc, profile).bytes()


class Writer:
    """One document being written."""

    def __init__(self, doc, profile):
        self.doc, self.grid = doc, gb.grid(profile)
        self.labels = annex_labels(doc)
        self.spaces = layout.right_spaces(doc.blocks, layout.simple_width)
        self.file = Document()
        parts.drop_ballast(self.file)
        restyle(self.file, self.grid)
        self.file.settings.odd_and_even_pages_header_footer = True
        self.section = self.file.sections[0]
        self.portrait()

    def bytes(self):
        self.properties()
        self.add(self.head() + self.title())
        for i, block in enumerate(self.doc.blocks):
            self.rows_before(i, block)
            self.block(i, block)
        if self.doc.foot:
            if self.section.orientation == WD_ORIENT.LANDSCAPE:
                self.turn(landscape=False)
            self.add(parts.foot(self.doc.foot, self.grid))
        return self.packed()

    def add(self, xml):
        """Append body XML; the sectPr of the last section stays last."""
        parts.append(self.file.element.body, xml)

    def properties(self):
        core, meta = self.file.core_properties, self.doc.meta
        core.title, core.subject = self.doc.title.replace("\n", ""), meta.get("subject", "")
        core.author = core.last_modified_by = meta.get("author", "")
        core.comments, core.revision, core.created, core.modified = "", 1, STILL, STILL

    # sections

    def portrait(self):
        self.page(gb.PAGE_WIDTH, gb.PAGE_HEIGHT, self.grid.top, gb.RIGHT, self.grid.bottom, gb.LEFT)
        self.section.orientation = WD_ORIENT.PORTRAIT
        self.footers(parts.page_number("right"), parts.page_number("left"))

    def landscape(self):
        """A portrait page turned clockwise; its number stays at the same place of the paper (clause 8)."""
        self.page(gb.PAGE_HEIGHT, gb.PAGE_WIDTH, gb.LEFT, gb.TOP, gb.RIGHT, gb.BOTTOM)
        self.section.orientation = WD_ORIENT.LANDSCAPE
        self.footers(parts.turned_number("right"), parts.turned_number("left"))

    def page(self, width, height, top, right, bottom, left):
        section = self.section
        section.page_width, section.page_height = Mm(width), Mm(height)
        section.top_margin, section.right_margin = Mm(top), Mm(right)
        section.bottom_margin, section.left_margin = Mm(bottom), Mm(left)
        section.gutter, section.header_distance, section.footer_distance = Mm(0), Mm(15), Mm(NUMBER_DISTANCE)
        parts.set_grid(section._sectPr, self.grid.pitch)

    def footers(self, odd, even):
        for footer, xml in ((self.section.footer, odd), (self.section.even_page_footer, even)):
            footer.is_linked_to_previous = False
            parts.replace(footer._element, xml)

    def turn(self, landscape):
        self.section = self.file.add_section(WD_SECTION.NEW_PAGE)
        parts.flatten_break(self.file.element.body)
        if landscape:
            self.landscape()
        else:
            self.portrait()

    # content

    def head(self):
        return {"red": self.red_head, "brief": self.brief_head, "none": lambda head: ""}[self.doc.head.kind](
            self.doc.head
        )

    def red_head(self, head):
        corner = [parts.paragraph(parts.run(text, "fang" if text == head.copy_no else "hei")) for text in head.corner]
        before = gb.MARK_DROP + self.grid.half - len(corner) * self.grid.pitch
        number = parts.run(head.number)
        if head.signer:
            label = head.signer_line[: -len(head.signer)]
            number += parts.tab() + parts.run(label) + parts.run(head.signer, "kai")
        row = parts.ruled_row(number, gb.RED_RULE_DROP - self.grid.leading, centred=not head.signer)
        rows = EMPTY_ROW * gb.ROWS_AFTER_MARK, EMPTY_ROW * gb.ROWS_AFTER_RULE
        return "".join(corner) + parts.mark(head.mark, before) + rows[0] + row + rows[1]

    def brief_head(self, head):
        corner = [parts.paragraph(parts.run(text, "hei")) for text in head.corner]
        corner += [EMPTY_ROW] * (2 - len(corner))
        issue = parts.paragraph(parts.run(head.issue), "GWCentred")
        pair = parts.ruled_row(parts.run(head.issuer) + parts.tab() + parts.run(head.date), 1.5)
        return "".join(corner) + parts.mark(head.mark, 0) + issue + pair + EMPTY_ROW

    def title(self):
        lines = "".join(parts.paragraph(parts.run(line), "Title") for line in layout.title_lines(self.doc.title))
        return lines + (parts.paragraph(parts.run(self.doc.subtitle), "GWByline") if self.doc.subtitle else "")

    def rows_before(self, i, block):
        count, kept = layout.rows_before(self.doc.blocks, i), layout.keeps_with_text(block)
        if kept:
            parts.keep_last(self.file.element.body)
        self.add((parts.KEPT_ROW if kept else EMPTY_ROW) * count)

    def block(self, i, block):
        if isinstance(block, Para):
            self.add(self.para(block, self.spaces.get(i, 0)))
        elif isinstance(block, Figure):
            self.add(figure(self.file.part, block, i))
        elif block.annex:
            self.annex(block, self.labels[i])
        else:
            caption = parts.paragraph(parts.run(block.title, "hei"), "GWCentred") if block.title else ""
            self.add(caption + parts.table(block, gb.BODY_WIDTH) + parts.gap(self.grid.pitch / 2))

    def para(self, para, right):
        inner = "".join(parts.run(run.text, run.font) for run in para.runs)
        style, extra = PARA_STYLES.get(para.style, "GWBody"), ""
        if para.style in PARA_STYLES and style.startswith("Heading") and not layout.stands_alone(para):
            style, extra = "GWBody", f'<w:outlineLvl w:val="{int(para.style[1]) - 1}"/>'
        if para.style in ("sign", "date"):
            extra = parts.right_indent(right)
        elif para.style == "attach":
            extra = parts.hanging(para.indent, layout.simple_text_width(layout.attach_label(para)))
        elif style == "GWBody" and para.indent != 2:
            extra = parts.first_line(para.indent) + extra
        return parts.paragraph(inner, style, extra)

    def annex(self, table, label):
        self.turn(landscape=table.landscape)
        title = (
            "".join(parts.paragraph(parts.run(line), "Title") for line in layout.title_lines(table.title))
            if table.title
            else ""
        )
        names = parts.paragraph(parts.run(label, "hei")) + EMPTY_ROW + title + (EMPTY_ROW if title else "")
        width = gb.BODY_HEIGHT if table.landscape else gb.BODY_WIDTH
        self.add(names + parts.table(table, width))

    def packed(self):
        """The package with fixed dates and order, so that equal documents are equal files."""
        loose, packed = io.BytesIO(), io.BytesIO()
        self.file.save(loose)
        with (
            zipfile.ZipFile(loose) as source,
            zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target,
        ):
            for name in source.namelist():
                target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
        return packed.getvalue()
