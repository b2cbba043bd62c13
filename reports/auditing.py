"""The log as one reads it: which lines, as a sheet, and checked in the background."""

import csv
import json
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from typing import TextIO

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import PageForm
from accounts.models import User
from audit.actions import verify_log
from audit.log import plain
from audit.models import Event
from files.workbook import FORMULA_STARTS
from jobs.registry import DOCUMENTS, Report, Result, job_kind
from organizations.models import Unit, scope_paths, within
from organizations.roles import Permission as P

from .actions import note_log_export
from .deeds import codes_called, words
from .figures import end_of

BATCH = 2000
CSV = "text/csv; charset=utf-8"
HEAD = ["序号", "时间", "办理人", "账号编号", "网络地址", "事项", "事项代码", "对象", "对象类型", "对象编号", "结果", "说明", "校验码"]


class AuditFilter(PageForm):
    """Who or where from, what or about what, how it ended, when."""

    who = forms.CharField(label=gettext_lazy("办理人、网络地址"), required=False, max_length=100)
    action = forms.CharField(label=gettext_lazy("事项、对象"), required=False, max_length=100)
    result = forms.ChoiceField(label=gettext_lazy("结果"), required=False, choices=[("", gettext_lazy("全部结果")), *Event.Result.choices])
    since = forms.DateField(label=gettext_lazy("自"), required=False)
    until = forms.DateField(label=gettext_lazy("至"), required=False)

    @property
    def asked(self) -> dict[str, str]:
        """What was filled in, for a job to read again."""
        return {name: self.data[name] for name in self.fields if self.data.get(name)}


def events_for(user) -> QuerySet:
    """Deeds of the people of one's scope; the system's own only for who has every organ in it."""
    paths = scope_paths(user, P.SEE_AUDIT)
    people = User.objects.filter(within(paths, "cadre__unit__path") | within(paths, "grants__unit__path"))
    known = Q(actor_id__in=people.values("pk"))
    everything = not Unit.objects.filter(parent__isnull=True).exclude(within(paths, "path")).exists()
    return Event.objects.filter(known | Q(actor_id__isnull=True)) if everything else Event.objects.filter(known)


def filtered(events: QuerySet, asked: dict) -> QuerySet:
    """What the filter's cleaned data leave."""
    who, what = asked.get("who"), asked.get("action")
    events = events.filter(Q(actor_label__contains=who) | Q(address__startswith=who)) if who else events
    events = events.filter(Q(action__in=codes_called(what)) | Q(action__contains=what) | Q(subject_label__contains=what)) if what else events
    events = events.filter(result=asked["result"]) if asked.get("result") else events
    events = events.filter(at__date__gte=asked["since"]) if asked.get("since") else events
    return events.filter(at__lt=end_of(asked["until"])) if asked.get("until") else events


def asked_for(events: QuerySet, asked: QueryDict | dict) -> tuple[AuditFilter, QuerySet]:
    """The filter as it stands in an address, and the events it leaves; all of them when it can't be read."""
    form = AuditFilter(asked or None)
    return form, filtered(events, form.cleaned_data) if form.is_bound and form.is_valid() else events


def _cell(value) -> str:
    """One line of text that no spreadsheet computes."""
    text = plain(str(value if value is not None else ""))
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _row(event: Event) -> list[str]:
    cells = [
        event.seq, timezone.localtime(event.at).isoformat(), event.actor_label, event.actor_id, event.address, words(event.action), event.action, event.subject_label,
        event.subject_type, event.subject_id, event.get_result_display(), json.dumps(event.detail, ensure_ascii=False), event.mac,
    ]
    return [_cell(value) for value in cells]


def _counted(events: QuerySet, progress: Callable[[int, int], None]) -> Iterator[Event]:
    total = events.count()
    for number, event in enumerate(events.order_by("pk").iterator(chunk_size=BATCH), 1):
        if number % BATCH == 0:
            progress(number, total)
        yield event


def write_log(out: TextIO, events: QuerySet, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """The events as CSV, oldest first, into a file opened as utf-8-sig; returns how many."""
    sheet, number = csv.writer(out), 0
    sheet.writerow(HEAD)
    for number, event in enumerate(_counted(events, progress), 1):  # noqa: B007
        sheet.writerow(_row(event))
    return number


def _teller(report: Report, sentence: str) -> Callable[[int, int], None]:
    """A job's report made from numbers."""
    return lambda done, total: report(98 * done // max(total, 1), sentence % {"n": f"{done:,}", "all": f"{total:,}"})


@job_kind("reports.export_log", queue=DOCUMENTS, title=gettext_lazy("导出审计日志"))
def export_log_job(args: dict, report: Report) -> Result:
    """The sheet of what the asker may see under their filter now."""
    user = User.objects.get(pk=args["user"])
    _form, events = asked_for(events_for(user), args["asked"])
    content = BytesIO()
    with TextIOWrapper(content, encoding="utf-8-sig", newline="") as out:
        rows = write_log(out, events, _teller(report, _("已写 %(n)s 条，共 %(all)s 条")))
        out.flush()
        data = content.getvalue()
    now = timezone.now()
    note_log_export(asked=args["asked"], rows=rows, by=user, at=now)
    return Result(data, f"审计日志（{timezone.localtime(now):%Y-%m-%d %H%M}）.csv", CSV, _("共 %(n)s 条。") % {"n": f"{rows:,}"})


@job_kind("reports.verify_log", queue=DOCUMENTS, daily=gettext_lazy("核验审计日志"))
def verify_log_job(args: dict, report: Report) -> Result:
    """Whoever asks, and once a day by itself; a log that is not whole makes a job that failed."""
    user = User.objects.filter(pk=args.get("user")).first()
    verdict = verify_log(by=user, at=timezone.now(), progress=_teller(report, _("已核验 %(n)s 条，共 %(all)s 条")))
    if not verdict.is_intact:
        raise ValidationError(_("日志没有通过核验。%(fault)s") % {"fault": verdict})
    return Result(message=str(verdict))
