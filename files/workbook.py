"""Sheets that leave the office as xlsx: fit to print, and text stays text."""

import io
import re
from collections.abc import Sequence

import tablib
import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what no xlsx may hold
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def workbook(dataset: tablib.Dataset, *, title: str, widths: Sequence[int]) -> bytes:
    """One sheet: bold frozen head repeated on every page, long texts wrapped, A4 across.

    `widths` are in half-width characters, one for each column. Numbers stay numbers; a text is never computed, also
    when it starts like a formula and is edited later.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, SAFE) as book:
        sheet = book.add_worksheet(title)
        style = {"text_wrap": True, "valign": "top"}
        plain, head = book.add_format(style), book.add_format(style | {"bold": True, "bottom": 1})
        quoted = book.add_format(style | {"quote_prefix": True})
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.write_row(0, 0, dataset.headers, head)
        for number, row in enumerate(dataset, 1):
            for column, value in enumerate(row):
                _write(sheet, number, column, value, plain, quoted)
    return out.getvalue()


def _write(sheet, row: int, column: int, value, plain, quoted) -> None:
    if value in (None, ""):
        sheet.write_blank(row, column, None, plain)
    elif isinstance(value, str):
        text = UNPRINTABLE.sub("", value)
        sheet.write_string(row, column, text, quoted if text.startswith(FORMULA_STARTS) else plain)
    else:
        sheet.write(row, column, value, plain)
