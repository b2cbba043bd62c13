"""Sheets that leave the office."""

from io import BytesIO

from openpyxl import load_workbook
from tablib import Dataset

from files.workbook import workbook


def written(*rows):
    return load_workbook(BytesIO(workbook(Dataset(*rows, headers=["名称", "件数"]), title="台账", widths=[20, 8]))).active


def test_numbers_stay_numbers_and_blanks_blank():
    assert [[cell.value for cell in row] for row in written(("甲", 3), ("", None))] == [["名称", "件数"], ["甲", 3], [None, None]]


def test_text_is_never_a_formula():
    sheet = written(("==1+1", 1), ("-5", 2), ("https://a", 3))
    assert [(c.value, c.data_type, c.quotePrefix) for c in sheet["A"][1:]] == [("==1+1", "s", True), ("-5", "s", True), ("https://a", "s", False)]
    assert sheet["A4"].hyperlink is None


def test_what_no_sheet_can_hold_is_dropped():
    assert written(("a\x00b\x0bc\n2", 1))["A2"].value == "abc\n2"


def test_fit_to_print():
    sheet = written(("甲", 1))
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("A2", "$1:$1", "landscape", 9)
    assert (sheet.column_dimensions["A"].width, sheet["A1"].font.bold, sheet["A2"].alignment.wrap_text) == (20.7109375, True, True)
