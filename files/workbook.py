"""Sheets that leave the office as xlsx: fit to print, and text stays text."""

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import tablib
import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what no xlsx may hold
MOST = 32767  # characters of a cell
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def workbook(dataset: tablib.Dataset, *, title: str, widths: Sequence[int]) -> bytes:
    """One sheet: bold frozen head repeated on every page, long texts wrapped, A4 across.

    `widths` are in half-width characters, one for each column. Numbers stay numbers; a text is never computed, also
    when it starts like a formula and is edited later.
    """
    return workbook_of([(title, dataset, widths)])


def workbook_of(sheets: Iterable[tuple[str, tablib.Dataset, Sequence[int]]]) -> bytes:
    """Several such sheets, as (title, dataset, widths); made in memory, no file is written."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, SAFE | {"in_memory": True}) as book:
        _fill(book, ((title, dataset.headers, dataset, widths) for title, dataset, widths in sheets))
    return out.getvalue()


def stream_workbook(target: Path, headers: Sequence[str], rows: Iterable[Sequence], *, title: str, widths: Sequence[int]) -> None:
    """One such sheet into a file, holding one row at a time however many there are."""
    with xlsxwriter.Workbook(target, SAFE | {"constant_memory": True, "tmpdir": str(target.parent)}) as book:
        _fill(book, [(title, headers, rows, widths)])


def _fill(book: xlsxwriter.Workbook, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence], Sequence[int]]]) -> None:
    style = {"text_wrap": True, "valign": "top"}
    plain, head, quoted = book.add_format(style), book.add_format(style | {"bold": True, "bottom": 1}), book.add_format(style | {"quote_prefix": True})
    for title, headers, rows, widths in sheets:
        sheet = _prepared(book.add_worksheet(title), widths)
        sheet.write_row(0, 0, headers, head)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                _write(sheet, number, column, value, plain, quoted)


def _prepared(sheet, widths: Sequence[int]):
    """A sheet that stays readable and prints well."""
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    return sheet


def _write(sheet, row: int, column: int, value, plain, quoted) -> None:
    if value in (None, ""):
        sheet.write_blank(row, column, None, plain)
    elif isinstance(value, str):
        text = UNPRINTABLE.sub("", value)[:MOST]
        sheet.write_string(row, column, text, quoted if text.startswith(FORMULA_STARTS) else plain)
    else:
        sheet.write(row, column, value, plain)
