"""整改台账 and 问题清单 as Excel, made in the background."""

from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import resources
from import_export.fields import Field

from campaigns.models import Campaign
from files.workbook import XLSX, workbook
from jobs.registry import Report, Result

from .listing import filtered, in_view, view_of
from .models import Problem

BATCH = 200


def _date(value) -> str:
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


class _ProblemSheet(resources.ModelResource):
    """Columns that both sheets share. Rows come with everything they print, in a fixed number of queries."""

    serial = Field(column_name="序号")
    code = Field(column_name="编号", attribute="code")
    manifestation = Field(column_name="表现", attribute="manifestation")
    cause = Field(column_name="原因", attribute="cause")
    measures = Field(column_name="整改措施")
    unit = Field(column_name="责任单位")
    person = Field(column_name="责任人")
    deadline = Field(column_name="整改时限")

    def __init__(self, report: Report = lambda percent, message="": None):
        super().__init__()
        self.report = report

    def iter_queryset(self, queryset) -> Iterator[Problem]:
        rows = list(queryset)
        for self.number, row in enumerate(rows, 1):
            if self.number % BATCH == 0:
                self.report(90 * self.number // len(rows), _("已写 %(n)s 件，共 %(all)s 件") % {"n": self.number, "all": len(rows)})
            yield row

    def dehydrate_serial(self, problem) -> int:
        return self.number

    def dehydrate_measures(self, problem) -> str:
        texts = [measure.text for measure in problem.measures.all()]
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
    closed = Field(column_name="销号时间")

    widths = (6, 11, 28, 36, 28, 36, 10, 18, 10, 10, 18, 32, 14)

    class Meta:
        model = Problem
        fields = ("serial", "code", "title", "manifestation", "cause", "measures", "leader", "unit", "person", "track", "deadline", "result", "closed")
        export_order = fields

    def dehydrate_leader(self, problem) -> str:
        return str(problem.lead_official or "")

    def dehydrate_result(self, problem) -> str:
        """The state, with the outcome when closed, else with the newest progress."""
        if problem.outcome:
            return f"{problem.get_status_display()}：{problem.get_outcome_display()}"
        newest = list(problem.progress.all())[-1:]
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


def with_all_they_print(rows):
    """Everything the sheets read, in a number of queries that doesn't grow."""
    return rows.select_related("responsible_unit", "responsible_person", "lead_official").prefetch_related("measures", "progress")


def export_problems(args: dict, report: Report) -> Result:
    """The job “ledger.export”: fetches again what its asker may see now, under the filters they had."""
    user = get_user_model().objects.get(pk=args["user"])
    campaign = Campaign.objects.get(pk=args["campaign"])
    params = QueryDict(args["query"])
    _form, rows = filtered(campaign, user, params)
    rows = in_view(rows, view_of(params), user, timezone.localdate()).order_by("year", "number")
    resource, name = SHEETS[args["sheet"]]
    report(5, _("正在取数"))
    dataset = resource(report).export(with_all_they_print(rows))
    report(92, _("正在生成表格"))
    content = workbook(dataset, title=name, widths=resource.widths)
    filename = f"{name}（{timezone.localdate():%Y-%m-%d}）.xlsx"
    return Result(content, filename, XLSX, _("共 %(n)s 件。") % {"n": len(dataset)})
