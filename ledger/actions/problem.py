"""Deeds on problems. Every change of state goes through one table and one door."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.versions import lock_version
from audit.log import record
from campaigns.models import Campaign
from files.actions import store_file
from files.models import StoredFile
from jobs.actions import queue_job
from jobs.models import Job
from organizations.models import Cadre, Unit

from ..counts import touch_problem
from ..models import ExtensionRequest, Measure, Numbering, Problem, Progress, StatusChange, Verification, known_files
from .refusals import (
    refuse_closing,
    refuse_extension,
    refuse_not_immediate,
    refuse_own_extension,
    refuse_own_problem,
    refuse_own_verification,
)

S = Problem.Status

# Each deed that moves a problem: from which states, to which. Closed, dismissed and merged are ends.
MOVES: dict[str, tuple[set[str], str]] = {
    "register": ({S.REPORTED}, S.OPEN),
    "dismiss": ({S.REPORTED}, S.DISMISSED),
    "merge": ({S.REPORTED, S.OPEN, S.DEFERRED}, S.MERGED),
    "submit": ({S.OPEN}, S.SUBMITTED),
    "verify": ({S.SUBMITTED}, S.VERIFIED),
    "send_back": ({S.SUBMITTED, S.VERIFIED}, S.OPEN),
    "close": ({S.VERIFIED}, S.CLOSED),
    "defer": ({S.OPEN}, S.DEFERRED),
    "resume": ({S.DEFERRED}, S.OPEN),
}


def _move(problem: Problem, deed: str, *, by, at: dt.datetime, note: str = "", version: int | None = None, **facts) -> Problem:
    """The one door of state: lock, check the table, write the row, its history and the log."""
    current, (starts, after) = lock_version(problem, version), MOVES[deed]
    if current.status not in starts:
        raise ValidationError(
            _("“%(title)s”现在是“%(now)s”，不能改为“%(then)s”。"),
            params={"title": current.title, "now": current.get_status_display(), "then": S(after).label},
            code="illegal_move",
        )
    before, current.status, current.moved_at = current.status, after, at
    for key, value in facts.items():
        setattr(current, key, value)
    current.full_clean(validate_unique=False)
    current.save()
    StatusChange.objects.create(problem=current, before=before, after=after, note=note, at=at, by=by)
    touch_problem(current.responsible_unit.path)
    record("ledger.move_problem", by=by, at=at, subject=current, before=before, after=after)
    return current


def tell(problem: Problem, user, text: str, at: dt.datetime) -> None:
    """Part of the deed that calls it, which is audited; nobody is no one to tell."""
    if user is not None:
        send_notice([user], text=f"{text}：{problem.title}", url=f"/ledger/problems/{problem.pk}/", at=at)


def owner_of(problem: Problem):
    return problem.responsible_person.user if problem.responsible_person else None


def note_editor(problem: Problem, by, at: dt.datetime) -> None:
    """Whoever reports or changes something last may not verify it. A row written by nobody keeps its last editor."""
    if by is not None:
        problem.edited_at, problem.edited_by = at, by
        problem.save(update_fields=["edited_at", "edited_by"])


@transaction.atomic
def report_problem(campaign: Campaign, *, title: str, source: str, manifestation: str, responsible_unit: Unit, track: str, by, at: dt.datetime, measures: Iterable[str] = (), **facts) -> Problem:
    """Enter a problem as 待确认. `facts`: level, aspect_key, aspect_label, cause, due_on, deadline_text,
    responsible_person, lead_official, verifier, acceptance_standard, seriousness, rectified_as_found, recurs."""
    year = timezone.localtime(at).year
    problem = Problem(
        campaign=campaign, year=year, number=_next_number(campaign, year), title=title, source=source, manifestation=manifestation,
        responsible_unit=responsible_unit, track=track, reported_at=at, reported_by=by, moved_at=at, **facts,
    )
    if track == Problem.Track.DATED and not problem.due_on:
        raise ValidationError({"due_on": _("选“限期整改”的，须填写整改时限。")})
    refuse_own_verifier(problem)
    problem.full_clean(validate_unique=False)
    problem.save()
    _add_measures(problem, measures)
    StatusChange.objects.create(problem=problem, before="", after=S.REPORTED, at=at, by=by)
    touch_problem(responsible_unit.path)
    record("ledger.report_problem", by=by, at=at, subject=problem, source=source, code=problem.code)
    return problem


def _next_number(campaign: Campaign, year: int) -> int:
    """One more than any number ever given in this campaign and year, kept for this transaction alone. Gaps stay."""
    numbering, _made = Numbering.objects.select_for_update().get_or_create(campaign=campaign, year=year)
    numbering.last += 1
    numbering.save(update_fields=["last"])
    return numbering.last


def _add_measures(problem: Problem, texts: Iterable[str]) -> None:
    start = problem.measures.count()
    rows = [Measure(problem=problem, order=start + n, text=text) for n, text in enumerate((t for t in texts if t.strip()), 1)]
    Measure.objects.bulk_create(rows)


@transaction.atomic
def register_problem(problem: Problem, *, by, at: dt.datetime, version: int | None = None, **facts) -> Problem:
    """Confirm a reported problem and fix who answers for it until when. `facts` as in report_problem."""
    planned = lock_version(problem, version)
    for key, value in facts.items():
        setattr(planned, key, value)
    if planned.track == Problem.Track.DATED and not planned.due_on:
        raise ValidationError({"due_on": _("选“限期整改”的，须填写整改时限。")})
    refuse_own_verifier(planned)
    moved = _move(problem, "register", by=by, at=at, note=_("确认立项"), registered_at=at, registered_by=by, **facts)
    tell(moved, owner_of(moved), _("有一件问题请您整改"), at)
    return moved


def refuse_own_verifier(problem: Problem) -> None:
    if problem.verifier is not None and problem.is_owned_by(problem.verifier):
        raise ValidationError({"verifier": _("验收人不能是责任人本人。")})


@transaction.atomic
def plan_measure(problem: Problem, *, text: str, by, at: dt.datetime, owner: Cadre | None = None, due_on: dt.date | None = None, version: int | None = None) -> Measure:
    """Add a measure to a problem that isn't over."""
    problem = lock_version(problem, version)
    if problem.is_over:
        raise ValidationError(_("这件问题已经办结，不能再加措施。"))
    order = (problem.measures.aggregate(last=Max("order"))["last"] or 0) + 1
    measure = Measure(problem=problem, order=order, text=text, owner=owner, due_on=due_on)
    measure.full_clean()
    measure.save()
    note_editor(problem, by, at)
    record("ledger.plan_measure", by=by, at=at, subject=problem)
    return measure


@transaction.atomic
def report_progress(
    problem: Problem, *, text: str, made_on: dt.date, by, at: dt.datetime, uploads: Iterable = (), chosen: Iterable[StoredFile] = (), version: int | None = None,
) -> Progress:
    """Tell what was done, with new files and with such as this campaign's ledger holds already. Not in the future; only while 整改中."""
    current = lock_version(problem, version)
    if current.status != S.OPEN:
        raise ValidationError(_("只有整改中的问题可以填报进展，这件现在是“%(now)s”。"), params={"now": current.get_status_display()})
    if made_on > timezone.localdate(at):
        raise ValidationError({"made_on": _("日期不能晚于今天。")})
    progress = Progress(problem=current, text=text, made_on=made_on, entered_at=at, entered_by=by)
    progress.full_clean()
    progress.save()
    stored = [*_known_files(current, chosen, by), *(store_file(upload, by=by, at=at) for upload in uploads)]
    progress.files.set(stored)
    current.evidence.add(*stored)
    note_editor(current, by, at)
    record("ledger.report_progress", by=by, at=at, subject=current, files=len(stored))
    return progress


def _known_files(problem: Problem, chosen: Iterable[StoredFile], by) -> list[StoredFile]:
    """Files that serve another problem of this campaign which this person works on."""
    files = list(chosen)
    if set(files) - set(known_files(problem.campaign, by).filter(pk__in=[file.pk for file in files])):
        raise ValidationError({"chosen": _("请从您经办的问题的材料中选择，或者重新上传。")})
    return files


@transaction.atomic
def submit_problem(problem: Problem, *, note: str, by, at: dt.datetime, version: int | None = None) -> Problem:
    """提请验收: says what was done."""
    if not note.strip():
        raise ValidationError({"note": _("请写明整改完成情况，供验收人核对。")})
    moved = _move(problem, "submit", version=version, by=by, at=at, note=note, submitted_at=at, submitted_by=by)
    tell(moved, moved.verifier, _("请您验收"), at)
    return moved


@transaction.atomic
def verify_problem(problem: Problem, *, opinion: str, by, at: dt.datetime, version: int | None = None) -> Problem:
    """验收通过, by somebody else than owner and submitter."""
    problem = lock_version(problem, version)
    refuse_own_verification(problem, by, at)
    if not opinion.strip():
        raise ValidationError({"opinion": _("请写明验收意见。")})
    moved = _move(problem, "verify", by=by, at=at, note=opinion)
    Verification.objects.create(problem=moved, passed=True, opinion=opinion, verified_at=at, verified_by=by)
    return moved


@transaction.atomic
def send_back_problem(problem: Problem, *, opinion: str, by, at: dt.datetime, version: int | None = None) -> Problem:
    """退回整改 with what is missing."""
    problem = lock_version(problem, version)
    refuse_own_verification(problem, by, at)
    if not opinion.strip():
        raise ValidationError({"opinion": _("请写明退回的理由和还要做什么。")})
    moved = _move(problem, "send_back", by=by, at=at, note=opinion, submitted_at=None, submitted_by=None)
    Verification.objects.create(problem=moved, passed=False, opinion=opinion, verified_at=at, verified_by=by)
    tell(moved, owner_of(moved), _("验收未通过，请继续整改"), at)
    return moved


@transaction.atomic
def close_problem(problem: Problem, *, outcome: str, by, at: dt.datetime, note: str = "", version: int | None = None) -> Problem:
    """销号, of a verified problem, by somebody else than its owner and whom its seriousness asks for."""
    problem = lock_version(problem, version)
    refuse_closing(problem, by, at)
    if outcome not in Problem.Outcome.values or outcome == Problem.Outcome.UNDONE:
        raise ValidationError({"outcome": _("请选择“完成”或“基本完成并持续整改”；未完成的不能销号，请退回整改或批准延期。")})
    moved = _move(problem, "close", by=by, at=at, note=note or _("销号"), outcome=outcome, closed_at=at, closed_by=by)
    tell(moved, owner_of(moved), _("已销号"), at)
    return moved


@transaction.atomic
def close_at_once(problem: Problem, *, opinion: str, by, at: dt.datetime, version: int | None = None) -> Problem:
    """立行立改: submit, verify and close an open immediate problem in one act, by somebody else than its owner."""
    problem = lock_version(problem, version)
    refuse_not_immediate(problem, by, at)
    if not opinion.strip():
        raise ValidationError({"opinion": _("请写明核实情况。")})
    owner = owner_of(problem)
    _move(problem, "submit", by=by, at=at, note=_("立行立改，直接验收"), submitted_at=at, submitted_by=owner or by)
    moved = _move(problem, "verify", by=by, at=at, note=opinion)
    Verification.objects.create(problem=moved, passed=True, opinion=opinion, verified_at=at, verified_by=by)
    return close_problem(moved, outcome=Problem.Outcome.DONE, by=by, at=at)


@transaction.atomic
def dismiss_problem(problem: Problem, *, reason: str, by, at: dt.datetime, version: int | None = None) -> Problem:
    """不成立, with the reason."""
    problem = lock_version(problem, version)
    refuse_own_problem(problem, by, at)
    if not reason.strip():
        raise ValidationError({"reason": _("请写明不成立的理由。")})
    return _move(problem, "dismiss", by=by, at=at, note=reason)


@transaction.atomic
def merge_problem(problem: Problem, *, into: Problem, by, at: dt.datetime, version: int | None = None) -> Problem:
    """并入 another problem of the same campaign that isn't itself over."""
    problem = lock_version(problem, version)
    refuse_own_problem(problem, by, at)
    if into.pk == problem.pk or into.campaign_id != problem.campaign_id or into.is_over:
        raise ValidationError({"into": _("请选择同一次教育整顿中另一件尚未办结的问题。")})
    return _move(problem, "merge", by=by, at=at, note=_("并入 %(code)s") % {"code": into.code}, merged_into=into)


@transaction.atomic
def defer_problem(problem: Problem, *, until: dt.date, reason: str, by, at: dt.datetime, version: int | None = None) -> Problem:
    """暂缓 until a day in the future, with the reason; it returns by itself."""
    problem = lock_version(problem, version)
    refuse_own_problem(problem, by, at)
    if until <= timezone.localdate(at):
        raise ValidationError({"until": _("暂缓日期须晚于今天。")})
    if not reason.strip():
        raise ValidationError({"reason": _("请写明暂缓的理由。")})
    return _move(problem, "defer", by=by, at=at, note=reason, deferred_until=until)


@transaction.atomic
def resume_problem(problem: Problem, *, by, at: dt.datetime, version: int | None = None) -> Problem:
    """A deferred problem comes back into work."""
    return _move(problem, "resume", version=version, by=by, at=at, note=_("恢复整改"), deferred_until=None)


def resume_due_problems(*, at: dt.datetime) -> int:
    """Bring back every deferred problem whose day has come; returns how many. Run daily."""
    due = Problem.objects.filter(status=S.DEFERRED, deferred_until__lte=timezone.localdate(at))
    return len([resume_problem(problem, by=None, at=at) for problem in due])


@transaction.atomic
def request_extension(problem: Problem, *, reason: str, until: dt.date, by, at: dt.datetime, version: int | None = None) -> ExtensionRequest:
    """Ask for a later date, before the present one has passed, once at a time."""
    current = lock_version(problem, version)
    refuse_extension(current, by, at)
    if until <= current.due_on:
        raise ValidationError({"until": _("拟延至的日期须晚于现在的时限 %(d)s。") % {"d": current.due_on}})
    request = ExtensionRequest(problem=current, reason=reason, until=until, requested_at=at, requested_by=by)
    request.full_clean()
    request.save()
    record("ledger.request_extension", by=by, at=at, subject=current, until=until)
    return request


@transaction.atomic
def decide_extension(request: ExtensionRequest, *, granted: bool, by, at: dt.datetime, opinion: str = "", version: int | None = None) -> ExtensionRequest:
    """Grant or refuse an extension; a granted one moves the deadline, and tells the one who asked."""
    problem = lock_version(request.problem, version)
    request = problem.extensions.select_for_update().get(pk=request.pk)
    if request.granted is not None:
        raise ValidationError(_("这份申请已经批复。"))
    refuse_own_extension(problem, by, at)
    if granted and problem.is_over:
        raise ValidationError({"granted": _("这件问题已经办结，不必再延期，请选“不同意”。")})
    if not granted and not opinion.strip():
        raise ValidationError({"opinion": _("不同意的，请写明理由。")})
    request.granted, request.decided_at, request.decided_by, request.opinion = granted, at, by, opinion
    request.save()
    problem.due_on = request.until if granted else problem.due_on
    problem.save(update_fields=["due_on", "version"])
    touch_problem(problem.responsible_unit.path)
    record("ledger.decide_extension", by=by, at=at, subject=problem, granted=granted, until=request.until)
    tell(problem, request.requested_by, _("延期申请已批准") if granted else _("延期申请未批准"), at)
    return request


@transaction.atomic
def recur_problem(problem: Problem, *, manifestation: str, by, at: dt.datetime, track: str, due_on: dt.date | None = None, version: int | None = None) -> Problem:
    """A closed problem has come back: a successor is entered, the closed one stays closed."""
    problem = lock_version(problem, version)
    if problem.status != S.CLOSED:
        raise ValidationError(_("只有已销号的问题反弹时才另立新号。"))
    return report_problem(
        problem.campaign, title=problem.title, source=problem.source, manifestation=manifestation, track=track, due_on=due_on,
        responsible_unit=problem.responsible_unit, responsible_person=problem.responsible_person, lead_official=problem.lead_official,
        level=problem.level, seriousness=problem.seriousness, aspect_key=problem.aspect_key, aspect_label=problem.aspect_label, recurs=problem, by=by, at=at,
    )


@transaction.atomic
def export_problems(campaign: Campaign, *, sheet: str, label: str, query: str, by, at: dt.datetime) -> Job:
    """Ask for an Excel sheet of what the asker sees under these filters; the request itself is on record."""
    back = f"/ledger/problems/?{query}" if len(query) < 160 else "/ledger/problems/"
    args = {"user": by.pk, "campaign": campaign.pk, "sheet": sheet, "query": query}
    job = queue_job("ledger.export", label=label, args=args, by=by, at=at, back_url=back)
    record("ledger.export_problems", by=by, at=at, subject=campaign, sheet=sheet, query=query)
    return job


@transaction.atomic
def fetch_file(problem: Problem, stored: StoredFile, *, by, at: dt.datetime) -> StoredFile:
    """Somebody takes a copy of a piece of evidence."""
    record("ledger.fetch_file", by=by, at=at, subject=problem, file=stored.name, sha256=stored.sha256)
    return stored
