"""How one problem is told: the steps it takes, who must do what next, and what happened so far."""

import datetime as dt
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.templatetags.page import day

from .actions import closers, closes, why_not_verify
from .models import Correction, ExtensionRequest, Problem, Progress, StatusChange
from .moves import ONWARD, Move, manages, verifies

S = Problem.Status


@dataclass(frozen=True)
class Step:
    """One station of 待确认 → 已销号."""

    label: str
    when: str = ""
    is_past: bool = False
    is_now: bool = False


def steps(problem: Problem, changes: list[StatusChange]) -> list[Step]:
    """The five stations; a problem that left the line ends where it left."""
    if problem.status in (S.DISMISSED, S.MERGED):
        return [
            Step(S.REPORTED.label, day(problem.reported_at), is_past=True),
            Step(problem.get_status_display(), day(changes[-1].at), is_now=True),
        ]
    verified = [c.at for c in changes if c.after == S.VERIFIED]
    days = {
        S.REPORTED: problem.reported_at, S.OPEN: problem.registered_at, S.SUBMITTED: problem.submitted_at,
        S.VERIFIED: verified[-1] if verified else None, S.CLOSED: problem.closed_at,
    }
    here = list(days).index(S.OPEN if problem.status == S.DEFERRED else problem.status)
    line = []
    for n, (state, at) in enumerate(days.items()):
        when = day(at) if at and n <= here else ""
        if n == here and state in (S.OPEN, S.SUBMITTED, S.VERIFIED):
            when = _("%(day)s起") % {"day": day(changes[-1].at)}
        line.append(Step(S(state).label, when, is_past=n < here, is_now=n == here))
    if problem.status == S.DEFERRED:
        line[here] = Step(S.DEFERRED.label, _("至 %(day)s") % {"day": day(problem.deferred_until)}, is_now=True)
    return line


@dataclass(frozen=True)
class Next:
    """The framed box: who, what, why, and the moves open to this visitor."""

    who: str
    title: str
    why: str
    moves: list[Move] = field(default_factory=list)

    @property
    def primary(self) -> Move | None:
        return self.moves[0] if self.moves else None

    @property
    def others(self) -> list[Move]:
        return self.moves[1:]


def next_step(problem: Problem, user, legal: list[Move], pending: ExtensionRequest | None, changes: list[StatusChange]) -> Next | None:
    """Who must do what now; None when the problem is over."""
    if problem.is_over:
        return None
    moves = [move for move in legal if move.name in ONWARD[problem.status]]
    if pending and any(move.name == "extension_decide" for move in moves):
        why = _("%(who)s申请延至 %(until)s：%(reason)s") % {"who": pending.requested_by or "", "until": day(pending.until), "reason": pending.reason}
        return Next(_("下一步由您办理"), _("批复延期申请"), why, moves)
    who, title, why = TELL[problem.status](problem, user, changes)
    return Next(_("下一步由%(who)s办理") % {"who": who}, title, why, moves)


def _office(problem: Problem, user) -> str:
    return _("您") if manages(user, problem) and not problem.is_owned_by(user) else _("领导小组办公室")


def _waited(at: dt.datetime) -> str:
    days = (timezone.localdate() - timezone.localdate(at)).days
    return _("，已等 %(n)s 天") % {"n": days} if days else ""


def _reported(problem, user, changes):
    why = _("%(who)s %(day)s提出%(waited)s。") % {"who": problem.reported_by or _("系统"), "day": day(problem.reported_at), "waited": _waited(problem.reported_at)}
    who = _("您") if manages(user, problem) else _("领导小组办公室")
    return who, _("核对问题，确认立项或认定不成立"), why


def _open(problem, user, changes):
    owner = _("您") if problem.is_owned_by(user) else str(problem.responsible_person or problem.responsible_unit)
    back = changes[-1] if changes and changes[-1].before in (S.SUBMITTED, S.VERIFIED) else None
    if back:
        return owner, _("按验收意见继续整改"), _("%(day)s退回：%(note)s") % {"day": day(back.at), "note": back.note}
    if problem.track == Problem.Track.IMMEDIATE:
        why = _("立行立改：改完即提请验收；经办公室核实可以直接销号。")
    elif problem.track == Problem.Track.LONG_TERM:
        why = _("长期坚持：随时填报进展，不计逾期。")
    else:
        why = _("时限 %(day)s。完成后提请验收。") % {"day": day(problem.due_on)}
    return owner, _("落实整改措施，改好后提请验收"), why


def _submitted(problem, user, changes):
    mine = verifies(user, problem) and not why_not_verify(problem, user)
    named = problem.verifier if problem.verifier and not why_not_verify(problem, problem.verifier) else None  # who handed it in themselves can't
    who = _("您") if mine and named in (None, user) else str(named or (_("有验收权限的其他人员") if problem.verifier else _("有验收权限的人员")))
    why = _("%(who)s %(day)s提请验收%(waited)s。责任人、提请人和最近填报的人不能验收。") % {
        "who": problem.submitted_by or "", "day": day(problem.submitted_at), "waited": _waited(problem.submitted_at),
    }
    return who, _("核对整改材料，作出验收结论"), why


def _verified(problem, user, changes):
    who = _("您") if closes(user, problem) and not problem.is_owned_by(user) else closers(problem)
    return who, _("核对无误后销号"), _("%(day)s验收通过。") % {"day": day(changes[-1].at)} if changes else ""


def _deferred(problem, user, changes):
    return _office(problem, user), _("暂缓整改，到期自动恢复"), _("暂缓至 %(day)s。条件具备时可以提前恢复。") % {"day": day(problem.deferred_until)}


TELL = {S.REPORTED: _reported, S.OPEN: _open, S.SUBMITTED: _submitted, S.VERIFIED: _verified, S.DEFERRED: _deferred}


@dataclass(frozen=True)
class Entry:
    """One line of 办理经过."""

    at: dt.datetime
    who: str
    what: str
    quote: str = ""
    is_late: bool = False  # entered on a later day than it tells of
    files: int = 0
    changes: list[dict[str, str]] = field(default_factory=list)  # of a correction: label, before, after


def timeline(problem: Problem, changes: list[StatusChange]) -> list[Entry]:
    """Everything that happened, newest first. A verification's opinion is its change's note, so it is told once."""
    entries = [_changed(problem, change) for change in changes]
    entries += [_progressed(progress) for progress in problem.progress.all()]
    entries += [_corrected(correction) for correction in problem.corrections.all()]
    for request in problem.extensions.all():
        entries.append(Entry(request.requested_at, _name(request.requested_by), _("申请延至 %(day)s") % {"day": day(request.until)}, request.reason))
        if request.decided_at:
            what = _("批准延至 %(day)s") % {"day": day(request.until)} if request.granted else _("不同意延期")
            entries.append(Entry(request.decided_at, _name(request.decided_by), what, request.opinion))
    return sorted(entries, key=lambda entry: entry.at)[::-1]


def _name(user) -> str:
    return str(user) if user else _("系统")


def _changed(problem: Problem, change: StatusChange) -> Entry:
    verb = {
        ("", S.REPORTED): _("提出问题"),
        (S.REPORTED, S.OPEN): _("确认立项"),
        (S.OPEN, S.SUBMITTED): _("提请验收"),
        (S.SUBMITTED, S.VERIFIED): _("验收通过"),
        (S.VERIFIED, S.CLOSED): _("销号"),
        (S.SUBMITTED, S.OPEN): _("退回整改"),
        (S.VERIFIED, S.OPEN): _("退回整改"),
        (S.OPEN, S.DEFERRED): _("暂缓整改"),
        (S.DEFERRED, S.OPEN): _("恢复整改"),
    }.get((change.before, change.after), S(change.after).label)
    if change.after == S.MERGED:
        verb = change.note
    return Entry(change.at, _name(change.by), verb, "" if change.note == verb else change.note)


def _progressed(progress: Progress) -> Entry:
    entered = timezone.localdate(progress.entered_at)
    late = progress.made_on < entered
    what = _("填报 %(day)s的进展") % {"day": day(progress.made_on)} if late else _("填报进展")
    return Entry(progress.entered_at, _name(progress.entered_by), what, progress.text, late, progress.file_count)


def _corrected(correction: Correction) -> Entry:
    return Entry(correction.at, _name(correction.by), _("更正%(what)s") % {"what": correction}, changes=correction.changes)
