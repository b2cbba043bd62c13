"""整改台账 and 自查问题清单 as a document to hand in: the rows of the Excel sheet, printed across A4 under a title."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from campaigns.models import Campaign
from jobs.registry import DOCUMENTS, Report, Result, job_kind
from ledger.listing import MORE_VIEWS, VIEWS, Ledger
from ledger.sheets import SHEETS, asked_rows

from .renderers.pdf import RenderError, render_sheet
from .sheet import Cell, Sheet

MOST = 1000  # rows: 20 ms and 0.4 MB of the worker's for each, and whoever wants another PDF waits (docs/assurance.md)
SECONDS = 150  # the longest a render may take, well below the limit of its queue
CENTRED = {"序号", "责任领导", "责任人", "方面"}
# Which columns of the Excel sheet are printed: heading there → (heading here, relative width).
COLUMNS = {
    "ledger": {
        "序号": ("序号", 10), "问题": ("问题", 29), "表现": ("表现", 37), "整改措施": ("整改措施", 37), "责任领导": ("责任领导", 18), "责任部门/单位": ("责任部门/单位", 22),
        "责任人": ("责任人", 15), "整改时限": ("整改时限", 28.5), "完成情况": ("完成情况", 33), "销号": ("销号", 28.5),
    },
    "self_check": {
        "序号": ("序号", 10), "责任部门/单位": ("责任单位", 22), "责任人": ("责任人", 15), "方面": ("方面", 19), "表现": ("表现", 56), "原因": ("原因", 36),
        "整改措施": ("整改措施", 54), "整改时限": ("整改时限", 28.5), "状态": ("状态", 16),
    },
}  # fmt: skip
TITLES = {"ledger": "%(w)s队伍教育整顿问题整改台账", "self_check": "%(w)s队伍教育整顿自查问题清单"}


def printed_rows(campaign: Campaign, user: User, *, sheet: str, query: str) -> QuerySet:
    """The rows of one sheet. Raises ValidationError with what to do when they are too many."""
    rows = SHEETS[sheet][0]().filter_export(asked_rows(campaign, user, query))
    count = rows.count()
    if count > MOST:
        raise ValidationError(_("这次要排 %(n)s 件，超过 PDF 的上限 %(most)s 件。请先用筛选条件缩小范围，或者导出 Excel。") % {"n": f"{count:,}", "most": f"{MOST:,}"})
    return rows


def filter_words(campaign: Campaign, user: User, query: str) -> str:
    """“责任单位：纪检监察科；已逾期”; 全部 when nothing was filtered."""
    ledger = Ledger(campaign, user, QueryDict(query), timezone.localdate())
    form, view = ledger.form, ledger.view
    chosen = [_chosen(form, name) for name in form.fields if form.cleaned_data.get(name)]
    chosen += [str((VIEWS | MORE_VIEWS)[view])] if view != "all" else []
    return _("；").join(chosen) or _("全部")


def _chosen(form, name: str) -> str:
    """As the page shows it: a choice by its label, a unit by its name, a text in quotes."""
    value = form.cleaned_data[name]
    if name == "q":
        return _("含“%(text)s”的") % {"text": value}
    shown = dict(getattr(form.fields[name], "choices", ())).get(value, value) if isinstance(value, str) else value
    return f"{form.fields[name].label}：{shown}"


def ledger_sheet(campaign: Campaign, user: User, *, sheet: str, query: str, today: dt.date, report: Report = lambda percent, message="": None) -> Sheet:
    """The document; the rows are fetched as its asker may see them now."""
    rows = printed_rows(campaign, user, sheet=sheet, query=query)
    resource = SHEETS[sheet][0]()
    headers = resource.get_export_headers()
    lines = [dict(zip(headers, line, strict=True)) for line in resource.lines(rows, report)]
    columns, day = COLUMNS[sheet], f"{today.year}年{today.month}月{today.day}日"
    kinds = {heading: "centre" if heading in CENTRED else "text" for heading in columns}
    return Sheet(
        title=TITLES[sheet] % {"w": campaign.workforce},
        widths=tuple(width for _heading, width in columns.values()),
        head=(tuple(Cell(heading, kind="label") for heading, _width in columns.values()),),
        rows=tuple(tuple(Cell(str(line[name] or ""), kind=kinds[name]) for name in columns) for line in lines) or ((Cell(_("无"), span=len(columns), kind="centre"),),),
        notes=(
            _("单位：%(unit)s　　范围：%(filter)s，共 %(n)s 件") % {"unit": campaign.unit.name, "filter": filter_words(campaign, user, query), "n": len(lines)},
            f"{campaign.as_of_word}{day}",
        ),
        closing=(_("填报单位（盖章）："), _("审核人："), _("填报人："), _("填报日期：　　　　年　　月　　日")),
        landscape=True,
    )


@job_kind("reports.ledger_pdf", queue=DOCUMENTS, title=gettext_lazy("导出台账（PDF）"))
def ledger_pdf_job(args: dict, report: Report) -> Result:
    """The document under the filters its asker had."""
    user, campaign, today = User.objects.get(pk=args["user"]), Campaign.objects.select_related("unit").get(pk=args["campaign"]), timezone.localdate()
    report(5, _("正在取数"))
    sheet = ledger_sheet(campaign, user, sheet=args["sheet"], query=args["query"], today=today, report=lambda percent, message="": report(percent // 3, message))
    report(35, _("正在排版，件数多的要等一两分钟"))
    try:
        content = render_sheet(sheet, timeout=SECONDS, is_long=True)
    except RenderError as error:
        raise ValidationError(str(error)) from error
    return Result(content, f"{sheet.title}（{campaign.as_of_word}{today}）.pdf", "application/pdf", _("已生成，请下载。"))
