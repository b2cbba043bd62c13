"""Rosters as bytes for the tests."""

import csv
import io

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from organizations.sheets import HEADERS

NEWCOMER = {"工号": "0107", "姓名": "单立人", "单位编码": "Q0101", "职务": "科员", "兼任职务": "内勤、联络员", "政治面貌": "中共党员", "人员类别": "两专干部", "在编": "是", "在岗": "是"}


def row(**cells: str) -> dict[str, str]:
    """The newcomer's row with some cells different."""
    return NEWCOMER | cells


def xlsx(*rows: dict, headers: list[str] = HEADERS) -> bytes:
    """A workbook with these rows under the headers."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("名册")
        sheet.write_row(0, 0, headers)
        for number, cells in enumerate(rows, 1):
            for column, header in enumerate(headers):
                if header in cells:
                    sheet.write_string(number, column, cells[header])
    return out.getvalue()


def csv_bytes(*rows: dict, encoding: str = "utf-8-sig") -> bytes:
    """The same as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADERS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def upload(content: bytes, name: str = "名册.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)
