"""The roster as a sheet: read from outside with every bad row named, written back under the same headers."""

import csv
import io
import json
import subprocess
import sys
import unicodedata
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import xlsxwriter
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets
from import_export.formats import base_formats
from import_export.results import Error, RowResult
from tablib import Dataset

from files.sniff import sniff_sheet

from . import sheet_worker
from .models import Cadre
from .roster import Fault, Line, Plan, check_roster, titles
from .sheet_worker import parted, printed

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 256  # many more than a roster's; one stray cell far to the right would square every row to its width
WORKER = Path(sheet_worker.__file__)
HINTS = {  # header: how to fill it in
    "工号": "必填，本系统内不重复；已有的工号按本行更新，没有的新增",
    "姓名": "必填",
    "单位编码": "必填，与“机构人员”页面的编码一致",
    "单位名称": "已有单位可不填；新单位必填",
    "上级单位编码": "已有单位可不填；新单位必填，上级可以是本表中的另一个新单位",
    "职务": "主要职务，可不填",
    "兼任职务": "可不填；几个职务之间用顿号“、”隔开",
    "政治面貌": "可不填，如：中共党员",
    "人员类别": "可不填，按本地口径，如：两专干部",
    "在编": "必填，填“是”或“否”",
    "在岗": "必填，填“是”或“否”",
}
HEADERS = list(HINTS)


# --- one cell ---------------------------------------------------------------


class Text(widgets.CharWidget):
    """A cell of text: trimmed, of bounded length, without control characters."""

    EMPTY: object = ""  # what a refused cell stands for

    def __init__(self, limit: int, *, required: bool = False):
        super().__init__(coerce_to_string=True, allow_blank=True)
        self.limit, self.required = limit, required

    def clean(self, value, row=None, **kwargs) -> str:
        text = unicodedata.normalize("NFC", str(value or "")).strip()
        if self.required and not text:
            raise ValueError(_("不能为空"))
        if len(text) > self.limit:
            raise ValueError(_("不能超过 %(limit)s 个字，现有 %(n)s 个字") % {"limit": self.limit, "n": len(text)})
        if not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs", "Cf") for c in text):
            raise ValueError(_("含有换行或看不见的字符，请删去后重新填写"))
        return text


class Name(Text):
    """“张　三” typed with a space to line up with three-character names is 张三."""

    def clean(self, value, row=None, **kwargs) -> str:
        text = super().clean(value, row, **kwargs)
        return text if text.isascii() else "".join(text.split())


class Titles(Text):
    """Posts with 、 between them."""

    EMPTY = ()

    def clean(self, value, row=None, **kwargs) -> tuple[str, ...]:
        text = super().clean(value, row, **kwargs)
        for mark in "，,；;":
            text = text.replace(mark, "、")
        found = tuple(dict.fromkeys(t.strip() for t in text.split("、") if t.strip()))
        if any(len(t) > 60 for t in found):
            raise ValueError(_("每个职务不能超过 60 个字，几个职务之间请用顿号隔开"))
        return found


class YesNo(widgets.Widget):
    """是 or 否."""

    EMPTY = ""

    def clean(self, value, row=None, **kwargs) -> bool:
        text = str(value or "").strip()
        if text not in ("是", "否"):
            raise ValueError(_("应填“是”或“否”"))
        return text == "是"

    def render(self, value, obj=None, **kwargs) -> str:
        return "是" if value else "否"


# --- the whole sheet --------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """The different cells of a column, and which of them stands in each row."""

    cells: list[str]
    rows: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[str]:
        """Row by row."""
        return map(self.cells.__getitem__, self.rows)


@dataclass(frozen=True)
class Sheet:
    """What stands on a sheet, trimmed: its headers, and below each of them a column, from row 2 on; all columns are equally long."""

    headers: list[str]
    columns: list[Column]

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]]) -> "Sheet":
        """Of rows of cells, the headers first."""
        headers, columns = parted(rows)
        return cls.trimmed(headers, [Column(*column) for column in columns])

    @classmethod
    def trimmed(cls, headers: list[str], columns: list[Column]) -> "Sheet":
        """What stands beyond the headers is a column without one. Empty rows and columns at the end don't count."""
        headers = [header.strip() for header in headers]
        columns = [Column([cell.strip() for cell in column.cells], column.rows) for column in columns]
        while columns and not headers[-1] and not any(columns[-1].cells):
            headers.pop(), columns.pop()
        sheet = cls(headers, columns)
        filled = sheet.filled
        return sheet.part(range(filled[-1] + 1 if filled else 0))

    @classmethod
    def unpacked(cls, content: bytes) -> "Sheet":
        """What `packed` made."""
        return cls.of_print(zlib.decompress(content))

    def packed(self) -> bytes:
        return zlib.compress(printed(self.headers, [(column.cells, array("I", column.rows)) for column in self.columns]), level=1)

    @classmethod
    def of_print(cls, content: bytes) -> "Sheet":
        """What the worker printed."""
        first, _newline, rest = content.partition(b"\n")
        headers, cells = json.loads(first)
        numbers = array("I", rest)
        length = len(numbers) // max(1, len(cells))
        return cls.trimmed(headers, [Column(column, numbers[n * length : (n + 1) * length]) for n, column in enumerate(cells)])

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        """Row by row."""
        return zip(*self.columns, strict=True)

    @property
    def filled(self) -> Sequence[int]:
        """Which rows, from 0, hold anything at all."""
        if any(all(column.cells) for column in self.columns):
            return range(len(self))
        return [number for number, cells in enumerate(self) if any(cells)]

    def part(self, numbers: Sequence[int]) -> "Sheet":
        """Only these rows, from 0 and in their order."""
        if len(numbers) == len(self):
            return self
        return Sheet(self.headers, [Column(column.cells, [column.rows[number] for number in numbers]) for column in self.columns])


class RosterResource(resources.ModelResource):
    """The roster through django-import-export: the same headers in and out, all rows or none."""

    staff_no = fields.Field("staff_no", "工号", Text(30, required=True))
    name = fields.Field("name", "姓名", Name(40, required=True))
    unit_code = fields.Field("unit__code", "单位编码", Text(30, required=True))
    unit_name = fields.Field("unit__name", "单位名称", Text(80))
    parent_code = fields.Field("unit__parent__code", "上级单位编码", Text(30))
    post = fields.Field(column_name="职务", widget=Text(60), dehydrate_method="main_posts")
    concurrent_posts = fields.Field(column_name="兼任职务", widget=Titles(300), dehydrate_method="extra_posts")
    political_status = fields.Field("political_status", "政治面貌", Text(20))
    category = fields.Field("category", "人员类别", Text(30))
    on_establishment = fields.Field("on_establishment", "在编", YesNo())
    on_duty = fields.Field("on_duty", "在岗", YesNo())

    class Meta:
        model = Cadre
        fields = export_order = (
            "staff_no", "name", "unit_code", "unit_name", "parent_code", "post", "concurrent_posts",
            "political_status", "category", "on_establishment", "on_duty",
        )
        import_id_fields = ["staff_no"]

    def __init__(self, *, scope: list[str] | None = None, by=None, at=None):
        """`scope`: the unit paths the importer may touch, None for everywhere."""
        super().__init__()
        self.scope, self.by, self.at = scope, by, at or timezone.now()
        self.plan: Plan | None = None

    def main_posts(self, cadre: Cadre) -> str:
        return titles(self._held(cadre), False)

    def extra_posts(self, cadre: Cadre) -> str:
        return titles(self._held(cadre), True)

    @staticmethod
    def _held(cadre: Cadre) -> list[tuple[str, bool]]:
        return [(p.title, p.is_concurrent) for p in cadre.held]

    def filter_export(self, queryset, **kwargs):
        """Those on the roster now, in 机构序列, with the posts they hold."""
        return queryset.present().select_related("unit__parent").with_posts().in_order()

    def check(self, sheet: Sheet, *, lock: bool = False) -> Plan:
        """What importing the sheet would do. Raises ValidationError when it isn't a roster at all."""
        return self.compare(*self.clean(sheet), lock=lock)

    def clean(self, sheet: Sheet) -> tuple[list[Line], list[Fault]]:
        """The sheet's rows with their cells cleaned, and each bad cell, which stands as empty. Reads no database. Raises ValidationError."""
        refuse_wrong_headers(sheet.headers)
        filled = sheet.filled
        if not filled:
            raise ValidationError(_("表中没有数据：第 1 行是表头，请从第 2 行起填写干部。"))
        columns, numbers, faults = dict(zip(sheet.headers, sheet.part(filled).columns, strict=True)), [row + 2 for row in filled], []
        cleaned = [self._column(field, numbers, columns[field.column_name], faults) for field in map(self.fields.get, self._meta.fields)]
        return list(map(Line._make, zip(numbers, *cleaned, strict=True))), faults

    @staticmethod
    def _column(field: fields.Field, numbers: list[int], column: Column, faults: list[Fault]) -> list:
        """A column's cells cleaned, each different one once."""
        good, bad = [], {}
        for cell in column.cells:
            try:
                good.append(field.widget.clean(cell))
            except ValueError as refusal:
                bad[len(good)] = str(refusal)
                good.append(field.widget.EMPTY)
        if bad:
            faults.extend(Fault(number, field.column_name, bad[row]) for number, row in zip(numbers, column.rows, strict=True) if row in bad)
        return [good[row] for row in column.rows]

    def compare(self, lines: list[Line], faults: list[Fault], *, lock: bool = False) -> Plan:
        """The cleaned rows held against today's roster. `lock`: whoever is about to be changed stays as they are until the transaction ends."""
        return check_roster(lines, scope=self.scope, today=timezone.localdate(self.at), faults=faults, lock=lock)

    def import_data_inner(self, dataset, dry_run, raise_errors, using_transactions, collect_failed_rows, **kwargs):
        """Check every row first, then write all of them in a few statements, or nothing."""
        from .actions import import_roster

        result = self.get_result_class()()
        result.diff_headers, result.total_rows = HEADERS, len(dataset)
        try:
            self.plan = self.check(Sheet.of([dataset.headers or [], *dataset]))
        except ValidationError as refusal:
            self.handle_import_error(result, Error(refusal), raise_errors)
            return result
        for fault in self.plan.faults:
            result.append_invalid_row(fault.row, {}, ValidationError({fault.column: fault.text}))
        result.totals[RowResult.IMPORT_TYPE_NEW] = len(self.plan.newcomers)
        result.totals[RowResult.IMPORT_TYPE_UPDATE] = len(self.plan.changed)
        result.totals[RowResult.IMPORT_TYPE_SKIP] = self.plan.unchanged
        result.totals[RowResult.IMPORT_TYPE_INVALID] = len({fault.row for fault in self.plan.faults})
        if not dry_run and not self.plan.faults:
            import_roster(self.plan, by=self.by, at=self.at)
        return result


def refuse_wrong_headers(headers: list[str] | None) -> None:
    """Raise ValidationError naming the columns that are missing, unexpected or there twice."""
    found = list(headers or [])
    missing = [h for h in HEADERS if h not in found]
    strange = [h or _("（空表头）") for h in found if h not in HEADERS]
    twice = sorted({h for h in found if found.count(h) > 1 and h in HEADERS}, key=HEADERS.index)
    parts = [
        words % {"columns": "、".join(columns)}
        for words, columns in ((_("缺少列：%(columns)s"), missing), (_("多出列：%(columns)s"), strange), (_("重复列：%(columns)s"), twice))
        if columns
    ]
    if parts:
        raise ValidationError(_("表头不对，%(parts)s。第 1 行须是表头，请用“下载模板”的表头填写。") % {"parts": "；".join(parts)})


# --- reading and writing the file -------------------------------------------


def read_sheet(handle: BinaryIO, name: str) -> Sheet:
    """The first sheet of an uploaded workbook or CSV as text. Raises ValidationError when it can't be read safely."""
    handle.seek(0, io.SEEK_END)
    if handle.tell() > MAX_BYTES:
        raise ValidationError(_("“%(name)s”超过 10 MB，请按单位拆成几个文件分别导入。") % {"name": name})
    kind = sniff_sheet(handle, name)
    handle.seek(0)
    return (_csv if kind == "text/csv" else _workbook)(handle.read(), name)


def _too_wide(name: str) -> str:
    return _("“%(name)s”的表格范围过大或已损坏，请把名册复制到新的工作簿后重新上传。") % {"name": name}


def _too_many() -> str:
    return _("一次最多导入 %(n)s 行，请按单位拆成几个文件分别导入。") % {"n": MAX_ROWS}


def _csv(content: bytes, name: str) -> Sheet:
    rows = _csv_rows(content, name)
    if len(rows) > MAX_ROWS + 1:
        raise ValidationError(_too_many())
    if max(map(len, rows), default=0) > MAX_COLUMNS:
        raise ValidationError(_too_wide(name))
    return Sheet.of(rows)


def _csv_rows(content: bytes, name: str) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))
        except UnicodeDecodeError:
            continue
        except csv.Error:
            break
    raise ValidationError(not_a_workbook(name))


def not_a_workbook(name: str) -> str:
    return _("“%(name)s”不是工作簿，请上传 xlsx、xls 或 csv 文件。") % {"name": name}


def _workbook(content: bytes, name: str) -> Sheet:
    worker = subprocess.run([sys.executable, "-I", str(WORKER), str(MAX_ROWS + 1), str(MAX_COLUMNS)], input=content, capture_output=True, check=False)
    if worker.returncode == 0:
        return Sheet.of_print(worker.stdout)
    refusals = {
        sheet_worker.NOT_A_WORKBOOK: not_a_workbook(name),
        sheet_worker.TOO_MANY_ROWS: _too_many(),
        sheet_worker.LOCKED: _("“%(name)s”设有密码，请去掉密码后重新上传。") % {"name": name},
    }
    raise ValidationError(refusals.get(worker.returncode, _too_wide(name)))


class Workbook(base_formats.XLSX):
    """The xlsx of django-import-export, read and written safely: text stays text, never a formula."""

    def create_dataset(self, in_stream, **kwargs) -> Dataset:
        sheet = read_sheet(io.BytesIO(in_stream), "名册.xlsx")
        return Dataset(*sheet, headers=sheet.headers)

    def export_data(self, dataset: Dataset, **kwargs) -> bytes:
        return workbook(dataset)


def workbook(dataset: Dataset, *, guide: bool = False) -> bytes:
    """The roster as xlsx, every cell as text; with a second sheet on how to fill it in if asked."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}) as book:
        head = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})
        plain = book.add_format({"num_format": "@"})
        quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        sheet = book.add_worksheet("干部花名册")
        sheet.set_column(0, len(HEADERS) - 1, 14, plain)
        sheet.freeze_panes(1, 0)
        sheet.data_validation(1, HEADERS.index("在编"), MAX_ROWS, HEADERS.index("在岗"), {"validate": "list", "source": ["是", "否"]})
        sheet.write_row(0, 0, dataset.headers, head)
        for number, cells in enumerate(dataset, 1):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, str(cell), quoted if str(cell)[:1] in "=+-@" else plain)
        if guide:
            _write_guide(book, head)
    return out.getvalue()


def _write_guide(book: xlsxwriter.Workbook, head) -> None:
    sheet = book.add_worksheet("填写说明")
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 70)
    sheet.write_row(0, 0, ["列", "怎样填"], head)
    rest = [
        ("表头", "第 1 行是表头，不要改动、增减；从第 2 行起每人一行"),
        ("未列入的人", "名册中已有、本表没有的人不受影响；离任请在干部页面登记"),
        ("不要填写", "身份证号、家庭成员、问题线索和涉密信息"),
    ]
    for number, pair in enumerate([*HINTS.items(), *rest], 1):
        sheet.write_row(number, 0, pair)


def template() -> bytes:
    """An empty roster with its headers and the guide."""
    return workbook(Dataset(headers=HEADERS), guide=True)
