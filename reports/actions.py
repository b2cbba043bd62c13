"""Deeds on briefings: compose, edit, submit, return, issue, render. And what is asked of the log."""

import datetime as dt
import hashlib

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.models import User
from accounts.versions import Conflict, move_on
from audit.actions import anchor
from audit.log import record
from campaigns.models import Campaign
from jobs.actions import queue_job
from ledger.sheets import SHEETS
from organizations.models import RoleGrant
from organizations.roles import Role
from selfcheck.actions import read_body
from selfcheck.models import SelfCheck

from .compose import compose
from .document import Doc
from .ledger_pdf import printed_rows
from .models import Briefing, BriefingVersion
from .outlines import OUTLINES

S = Briefing.Status
MOST_QUERY = 160  # characters of a filter that a job's way back carries
MOVES: dict[str, set[str]] = {S.DRAFT: {S.SUBMITTED}, S.SUBMITTED: {S.DRAFT, S.ISSUED}, S.ISSUED: set()}
FORMATS = {
    "pdf": ("application/pdf", "PDF"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word"),
    "html": ("text/html; charset=utf-8", "HTML"),
}


@transaction.atomic
def compose_briefing(campaign: Campaign, *, kind: str, title: str, as_of: dt.date, by, at: dt.datetime, body: str | None = None, **facts) -> Briefing:
    """Start a briefing from the outline of its kind, or from `body`.

    `facts`: organ, audience, presented_by, signer, number, issue_no, dated_on, copies_to. A future as-of day is refused.
    """
    _refuse_future(as_of, at)
    facts.setdefault("organ", campaign.unit.name)
    briefing = Briefing(campaign=campaign, kind=kind, title=title, as_of=as_of, composed_at=at, composed_by=by, **facts)
    briefing.full_clean()
    text = OUTLINES[kind] if body is None else body
    compose(briefing, text)
    briefing.save()
    BriefingVersion.objects.create(briefing=briefing, number=1, body=text, note=_("起草"), saved_at=at, saved_by=by)
    record("reports.compose_briefing", by=by, at=at, subject=briefing)
    return briefing


def _refuse_future(as_of: dt.date, at: dt.datetime) -> None:
    if as_of > timezone.localdate(at):
        raise ValidationError({"as_of": _("数据截至日不能晚于今天。")})


def latest(briefing: Briefing) -> BriefingVersion:
    """The text as it stands."""
    return briefing.versions.first()


def document_of(briefing: Briefing) -> Doc:
    """The finished document: the frozen one of an issued briefing, else composed from today's rows as of its date."""
    if briefing.issued_version:
        return Doc.from_data(briefing.issued_version.document)
    return compose(briefing, latest(briefing).body)[0]


@transaction.atomic
def edit_briefing(briefing: Briefing, *, body: str, by, at: dt.datetime, version: int | None = None, note: str = "", **facts) -> Briefing:
    """Save a new version of the text, and the head's facts (title, as_of, audience …)."""
    current = Briefing.objects.select_for_update().get(pk=briefing.pk)
    if not current.is_editable:
        raise Conflict(current, _("这份汇报已经%(now)s，不能再改；要改请先退回起草。") % {"now": current.get_status_display()}, is_final=True)
    move_on(current, version)
    for key, value in facts.items():
        setattr(current, key, value)
    _refuse_future(current.as_of, at)
    current.full_clean()
    compose(current, body)
    current.save()
    last = latest(current)
    if last.body != body:
        BriefingVersion.objects.create(briefing=current, number=last.number + 1, body=body, note=note, saved_at=at, saved_by=by)
    record("reports.edit_briefing", by=by, at=at, subject=current, version=current.version)
    return current


@transaction.atomic
def restore_version(briefing: Briefing, *, number: int, by, at: dt.datetime, version: int | None = None) -> Briefing:
    """An older text becomes the newest version; nothing is lost."""
    old = briefing.versions.get(number=number)
    return edit_briefing(briefing, body=old.body, version=version, note=_("恢复第 %(n)s 版") % {"n": number}, by=by, at=at)


def _move(briefing: Briefing, after: str, version: int | None = None, **facts) -> Briefing:
    """The one door of state. Who saw another state is told of the conflict, which is final where the move is closed now."""
    current = Briefing.objects.select_for_update().get(pk=briefing.pk)
    if after not in MOVES[current.status]:
        raise Conflict(current, _("这份汇报现在是“%(now)s”，不能办理这一步。") % {"now": current.get_status_display()}, is_final=True)
    move_on(current, version)
    current.status = after
    for key, value in facts.items():
        setattr(current, key, value)
    current.save()
    return current


@transaction.atomic
def submit_briefing(briefing: Briefing, *, by, at: dt.datetime, version: int | None = None) -> Briefing:
    """送审: the leaders of the campaign's unit are told."""
    current = _move(briefing, S.SUBMITTED, version, submitted_at=at, submitted_by=by)
    leaders = User.objects.filter(pk__in=RoleGrant.objects.in_force(timezone.localdate(at)).filter(role=Role.LEADER, unit=current.campaign.unit).values("user"))
    send_notice(leaders, text=_("请您审签：%(t)s") % {"t": current}, url=f"/reports/briefings/{current.pk}/", at=at)
    record("reports.submit_briefing", by=by, at=at, subject=current)
    return current


@transaction.atomic
def return_briefing(briefing: Briefing, *, reason: str, by, at: dt.datetime, version: int | None = None) -> Briefing:
    """退回起草 with the reason."""
    if not reason.strip():
        raise ValidationError({"reason": _("请写明要改什么。")})
    current = _move(briefing, S.DRAFT, version, submitted_at=None, submitted_by=None)
    if current.composed_by:
        send_notice([current.composed_by], text=_("汇报退回修改：%(r)s") % {"r": reason}, url=f"/reports/briefings/{current.pk}/", at=at)
    record("reports.return_briefing", by=by, at=at, subject=current, reason=reason)
    return current


@transaction.atomic
def issue_briefing(briefing: Briefing, *, by, at: dt.datetime, signer: str = "", version: int | None = None) -> Briefing:
    """签发: figures, facts and document are frozen; from now on it prints the same for ever."""
    current = Briefing.objects.select_for_update().get(pk=briefing.pk)
    if S.ISSUED not in MOVES[current.status]:
        raise Conflict(current, _("这份汇报现在是“%(now)s”，不能签发；请先送审。") % {"now": current.get_status_display()}, is_final=True)
    move_on(current, version)
    current.signer = signer or current.signer
    last = latest(current)
    document, used = compose(current, last.body)
    last.document, last.facts = document.to_data(), used
    last.sha256 = hashlib.sha256(document.to_json().encode()).hexdigest()
    last.save(update_fields=["document", "facts", "sha256"])
    Briefing.objects.filter(pk=current.pk).update(signer=current.signer)
    issued = _move(current, S.ISSUED, issued_at=at, issued_by=by, issued_version=last, signer=current.signer)
    record("reports.issue_briefing", by=by, at=at, subject=issued, sha256=last.sha256)
    return issued


@transaction.atomic
def ask_file(briefing: Briefing, *, fmt: str, by, at: dt.datetime):
    """Have a file of a briefing made in the background; returns the job."""
    return queue_job(
        "reports.render", label=_("%(t)s（%(f)s）") % {"t": briefing, "f": FORMATS[fmt][1]}, args={"briefing": briefing.pk, "format": fmt},
        by=by, at=at, back_url=f"/reports/briefings/{briefing.pk}/",
    )


@transaction.atomic
def ask_report_of(campaign: Campaign, *, by, at: dt.datetime):
    """Have the campaign's progress report made with today's numbers: the newest report's text, or the outline; nothing is saved."""
    return queue_job(
        "reports.report_now", label=_("%(c)s进展情况汇报（PDF）") % {"c": campaign}, args={"campaign": campaign.pk, "as_of": timezone.localdate(at)},
        by=by, at=at, back_url="/reports/",
    )


def report_document(campaign: Campaign, as_of: dt.date) -> Doc:
    """The newest progress report's text with the numbers of a day; the outline when none was written yet."""
    newest = campaign.briefings.filter(kind=Briefing.Kind.PROGRESS).first()
    title = newest.title if newest else _("关于%(w)s队伍教育整顿工作进展情况的汇报") % {"w": campaign.workforce}
    draft = Briefing(campaign=campaign, kind=Briefing.Kind.PROGRESS, title=title, as_of=as_of, organ=campaign.unit.name, audience=newest.audience if newest else "")
    return compose(draft, latest(newest).body if newest else OUTLINES[Briefing.Kind.PROGRESS])[0]


@transaction.atomic
def ask_log_check(*, by, at: dt.datetime):
    """Have the whole log verified in the background."""
    return queue_job("reports.verify_log", label=_("核验审计日志"), args={"user": by.pk}, by=by, at=at, back_url="/audit/")


@transaction.atomic
def ask_log_export(*, asked: dict[str, str], by, at: dt.datetime):
    """Have a sheet made of the log under a filter."""
    return queue_job("reports.export_log", label=_("导出审计日志"), args={"user": by.pk, "asked": asked}, by=by, at=at, back_url="/audit/")


def note_log_export(*, asked: dict[str, str], rows: int, by, at: dt.datetime) -> None:
    """A copy of the log was made; what it says can't be taken back later, so the chain's end gets an anchor."""
    with transaction.atomic():
        record("reports.export_log", by=by, at=at, asked=asked, rows=rows)
    anchor(now=at)


@transaction.atomic
def take_form(selfcheck: SelfCheck, *, by, at: dt.datetime) -> SelfCheck:
    """Somebody takes a report as a form to print: noted, and another's as a reading too, before a word of it is opened."""
    read_body(selfcheck, by=by, at=at)
    record("reports.take_form", by=by, at=at, subject=selfcheck)
    return selfcheck


@transaction.atomic
def ask_ledger_pdf(campaign: Campaign, *, sheet: str, query: str, by, at: dt.datetime):
    """Have the ledger or the list made as PDF in the background, as it is filtered now. Too many rows are refused at once."""
    printed_rows(campaign, by, sheet=sheet, query=query)
    back = f"/ledger/problems/?{query}" if len(query) < MOST_QUERY else "/ledger/problems/"
    args = {"user": by.pk, "campaign": campaign.pk, "sheet": sheet, "query": query}
    record("reports.ask_ledger_pdf", by=by, at=at, subject=campaign, sheet=sheet, query=query)
    return queue_job("reports.ledger_pdf", label=_("导出%(sheet)s（PDF）") % {"sheet": SHEETS[sheet][1]}, args=args, by=by, at=at, back_url=back)


@transaction.atomic
def take_own_record(*, rows: int, by, at: dt.datetime) -> None:
    """Somebody takes a copy of what is kept about them."""
    record("reports.take_own_record", by=by, at=at, rows=rows)
