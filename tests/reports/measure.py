"""Reads the grid back from a PDF: rows of characters with their places in millimetres."""

import collections
import io
from dataclasses import dataclass

import pdfplumber
import pypdf

from reports.renderers import gb9704 as gb

MM = gb.MM_PER_PT
ASCENT = 0.88  # of one em: from the top of a character's body to its baseline


@dataclass(frozen=True)
class Row:
    """Characters on one baseline. ``right`` is the far edge of the last character's em box."""

    text: str
    left: float
    right: float
    baseline: float
    size: float

    @property
    def body_top(self):
        return self.baseline - ASCENT * self.size * MM

    @property
    def body_bottom(self):
        return self.body_top + self.size * MM


def pdf_pages(data):
    """Per page: (its rows from top to bottom, its rules as (top, bottom, colour, width) in mm)."""
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return [(page_rows(page), page_rules(page)) for page in pdf.pages]


def page_rows(page):
    rows = collections.defaultdict(list)
    for char in page.chars:
        if char["text"].strip():
            rows[round(char["matrix"][5] * 2)].append(char)
    return [row(page, sorted(chars, key=lambda c: c["x0"])) for _, chars in sorted(rows.items(), reverse=True)]


def row(page, chars):
    first, last = chars[0], chars[-1]
    return Row(
        text="".join(char["text"] for char in chars),
        left=first["matrix"][4] * MM,
        right=(last["matrix"][4] + last["size"]) * MM,
        baseline=(page.height - first["matrix"][5]) * MM,
        size=round(max(char["size"] for char in chars), 2),
    )


def page_rules(page):
    """Filled bars and lines, top to bottom."""
    bars = [(r["top"] * MM, r["bottom"] * MM, r["non_stroking_color"], r["width"] * MM) for r in page.rects]
    return sorted(bars)


def body_rows(rows):
    """Rows of 三号 within the type area."""
    return [row for row in rows if row.size == gb.BODY_PT and 30 < row.baseline < 263]


def number_row(rows):
    """The page number, or None."""
    return next((row for row in rows if row.baseline > 263), None)


def text_of(data):
    """All text of a PDF in the order it would be read out."""
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def squeeze(text):
    """Text without white space."""
    return "".join(text.split())


def tables_of(data):
    """Per page the cells of its ruled tables, row by row, without the line breaks and without what a span covers."""
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return [[["".join(cell.split("\n")) for cell in row if cell is not None] for table in page.extract_tables() for row in table] for page in pdf.pages]


def embedded_fonts(data):
    """{name of each font: whether its file is in the PDF}."""
    found = {}
    for page in pypdf.PdfReader(io.BytesIO(data)).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            found[str(inner["/BaseFont"]).partition("+")[2]] = bool({"/FontFile", "/FontFile2", "/FontFile3"} & set(inner["/FontDescriptor"]))
    return found
