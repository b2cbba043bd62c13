"""整改台账 and 问题清单 as Excel, made in the background."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth import get_user_model
from django.db.models import Prefetch
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import resources
from import_export.fields import Field

from campaigns.models import Campaign
from files.workbook import XLSX, stream_workbook
from jobs.registry import Report, Result

from .listing import Ledger
from .models import Problem, ProblemQuerySet

BATCH = 500


def _date(value) -> str:
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


class _ProblemSheet(resources.ModelResource):
    """Columns that both sheets share."""

    serial = Field(column_name="序号")
    code = Field(column_name="编号", attribute="code")
    manifestation = Field(column_name="表现", attribute="manifestation")
    cause = Field(column_name="原因", attribute="cause")
    measures = Field(column_name="整改措施")
    unit = Field(column_name="责任部门/单位")
    person = Field(column_name="责任人")
    deadline = Field(column_name="整改时限")
    number = 0

    def lines(self, rows: ProblemQuerySet, report: Report) -> Iterator[list]:
        """The sheet's rows in the order of the ledger. Problems are fetched so many at a time, with all they print in a fixed
        number of queries, and let go: memory doesn't grow with the ledger."""
        rows = self.filter_export(rows)
        fields, count = self.get_export_fields(), rows.count()
        for self.number, problem in enumerate(in_batches(rows), 1):
            if self.number % BATCH == 0:
                report(90 * self.number // count, _("已写 %(n)s 件，共 %(all)s 件") % {"n": self.number, "all": count})
            yield [self.export_field(field, problem) for field in fields]

    def dehydrate_serial(self, problem) -> int:
        return self.number

    def dehydrate_measures(self, problem) -> str:
        texts = [measure.text for measure in problem.all_measures]
        return texts[0] if len(texts) == 1 else "\n".join(f"{n}. {text}" for n, text in enumerate(texts, 1))

    def dehydrate_unit(self, problem) -> str:
        return str(problem.responsible_unit)

    def dehydrate_person(self, problem) -> str:
        return str(problem.responsible_person or "")

    def dehydrate_deadline(self, problem) -> str:
        return problem.deadline_text or _date(problem.due_on) or problem.get_track_display()


class ProblemResource(_ProblemSheet):
    """整改台账."""

    title = Field(column_name="问题", attribute="title")
    leader = Field(column_name="责任领导")
    track = Field(column_name="整改方式", attribute="get_track_display")
    result = Field(column_name="完成情况")
    closed = Field(column_name="销号")

    widths = (6, 28, 36, 36, 10, 18, 10, 18, 32, 14, 11, 28, 10)

    class Meta:
        model = Problem
        # the ten columns that offices ask for, then what helps to find and to explain
        fields = ("serial", "title", "manifestation", "measures", "leader", "unit", "person", "deadline", "result", "closed", "code", "cause", "track")
        export_order = fields

    def dehydrate_leader(self, problem) -> str:
        return str(problem.lead_official or "")

    def dehydrate_result(self, problem) -> str:
        """The state, with the outcome when closed, else with the newest progress."""
        if problem.outcome:
            return f"{problem.get_status_display()}：{problem.get_outcome_display()}"
        newest = problem.all_progress[-1:]
        return "".join([problem.get_status_display(), *(f"：{_date(p.made_on)}，{p.text}" for p in newest)])

    def dehydrate_closed(self, problem) -> str:
        return _date(problem.closed_at and timezone.localdate(problem.closed_at))


class ProblemListResource(_ProblemSheet):
    """自查问题清单: only what the self-check brought up."""

    aspect = Field(column_name="方面", attribute="aspect_label")
    status = Field(column_name="状态", attribute="get_status_display")

    widths = (6, 11, 18, 10, 12, 36, 28, 36, 18, 12)

    class Meta:
        model = Problem
        fields = ("serial", "code", "unit", "person", "aspect", "manifestation", "cause", "measures", "deadline", "status")
        export_order = fields

    def filter_export(self, queryset, **kwargs):
        return queryset.filter(source=Problem.Source.SELF_CHECK)


SHEETS = {"ledger": (ProblemResource, "整改台账"), "self_check": (ProblemListResource, "自查问题清单")}


def with_all_they_print(rows: ProblemQuerySet) -> ProblemQuerySet:
    """Everything the sheets read, in a number of queries that doesn't grow. Lists as attributes: a manager made for each problem took a sixth of the time."""
    lists = [Prefetch(name, to_attr=f"all_{name}") for name in ("measures", "progress")]
    return rows.select_related("responsible_unit", "responsible_person", "lead_official").prefetch_related(*lists)


def in_batches(rows: ProblemQuerySet) -> Iterator[Problem]:
    """By year and number, so many at a time, each batch from where the last one ended: a year is read to its end before the next, since an
    index answers “in this year after this number” at once, and “… or in a later year” only by passing all rows before."""
    rows, year, number = with_all_they_print(rows).order_by("year", "number"), 0, 0
    while batch := list(rows.filter(year=year, number__gt=number)[:BATCH] or rows.filter(year__gt=year)[:BATCH]):
        yield from batch
        year, number = batch[-1].year, batch[-1].number


def asked_rows(campaign: Campaign, user, query: str) -> ProblemQuerySet:
    """What the asker may see now under the filters they had, in the order of the numbers."""
    return Ledger(campaign, user, QueryDict(query), timezone.localdate()).in_view().order_by("year", "number")


def export_problems(args: dict, report: Report) -> Result:
    """The job “ledger.export”: fetches again what its asker may see now, under the filters they had, and writes row by row."""
    user, today = get_user_model().objects.get(pk=args["user"]), timezone.localdate()
    rows = asked_rows(Campaign.objects.get(pk=args["campaign"]), user, args["query"])
    kind, name = SHEETS[args["sheet"]]
    resource = kind()
    report(1, _("正在取数"))
    with TemporaryDirectory() as folder:
        target = Path(folder) / "sheet.xlsx"
        stream_workbook(target, resource.get_export_headers(), resource.lines(rows, report), title=name, widths=resource.widths)
        report(95, _("正在生成表格"))
        content = target.open("rb")  # stays readable when the folder is gone
    return Result(content, f"{name}（{today:%Y-%m-%d}）.xlsx", XLSX, _("共 %(n)s 件。") % {"n": resource.number})
