"""Many rows at once. Each row is asked and done alone, in its own savepoint, by the deed that does one."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions import send_notice
from accounts.models import Notice, User
from accounts.versions import lock_version
from audit.log import record
from campaigns.models import Campaign
from jobs.actions import queue_job
from jobs.models import Job
from jobs.registry import Report, Result
from organizations.models import Cadre, access_of
from organizations.roles import Permission as P

from ..models import BulkDeed, Problem
from ..moves import MOVES, NOT_OVER, manages, reports
from .problem import verify_problem
from .refusals import verifiers_at, who_verifies, why_not_verify

AT_ONCE = 200  # rows; more are done in the background
MOST = 10_000
CHUNK = 50  # rows between two notes of how far it is
KEPT = 20  # results of one person
REMINDER = gettext_lazy("请抓紧整改")
ROW = ("campaign", "responsible_unit", "responsible_person", "verifier")


# --- deeds on one row ---


@transaction.atomic
def assign_problem(problem: Problem, *, by, at: dt.datetime, responsible_person: Cadre | None = None, verifier: User | None = None, version: int | None = None) -> Problem:
    """Say who answers for a problem that isn't over, or who verifies it; who is not named stays. The newly named are told."""
    problem = lock_version(problem, version)
    if problem.status not in NOT_OVER:
        raise ValidationError(_("已经办结，不能再指定。"))
    if verifier and not verifiers_at(problem.responsible_unit.path, problem.campaign).filter(pk=verifier.pk).exists():
        raise ValidationError(_("%(name)s在这个单位没有验收权限，请换一人。") % {"name": verifier})
    if responsible_person and not responsible_person.unit.path.startswith(problem.responsible_unit.path):
        raise ValidationError(_("%(name)s不在责任单位，请换一人。") % {"name": responsible_person})
    named = {"responsible_person": responsible_person, "verifier": verifier}
    new = {field: who for field, who in named.items() if who is not None and who != getattr(problem, field)}
    if not new:
        raise ValidationError(_("已经是这样指定的，没有改动。"))
    for field, who in new.items():
        setattr(problem, field, who)
    if problem.verifier is not None and why_not_verify(problem, problem.verifier):
        raise ValidationError(_("验收人不能是责任人本人，也不能是提请验收或最近填报、更正的人。"))
    problem.save(update_fields=[*new, "version"])
    record("ledger.assign_problem", by=by, at=at, subject=problem, **{field: str(who) for field, who in new.items()})
    _tell_newly_named(problem, new, at)
    return problem


def _tell_newly_named(problem: Problem, new: dict, at: dt.datetime) -> None:
    url = f"/ledger/problems/{problem.pk}/"
    if "responsible_person" in new and problem.responsible_person.user and problem.status != Problem.Status.REPORTED:
        send_notice([problem.responsible_person.user], text=_("有一件问题请您整改") + f"：{problem.title}", url=url, at=at)
    if "verifier" in new and problem.status == Problem.Status.SUBMITTED:
        send_notice([problem.verifier], text=_("请您验收") + f"：{problem.title}", url=url, at=at)


def reminded_on(day: dt.date, problems: Iterable[Problem]) -> set[str]:
    """Of these problems' pages those about which a reminder went out that day."""
    start = timezone.make_aware(dt.datetime.combine(day, dt.time()))
    people = {problem.responsible_person.user_id for problem in problems if problem.responsible_person}
    sent = Notice.objects.filter(user__in=people, sent_at__gte=start, sent_at__lt=start + dt.timedelta(days=1), text__startswith=str(REMINDER))
    return set(sent.values_list("url", flat=True))


def refuse_reminder(problem: Problem, reminded: set[str]) -> None:
    """There is work to be reminded of, somebody to remind, and nobody was reminded of it today."""
    if problem.status != Problem.Status.OPEN:
        raise ValidationError(_("现在是“%(now)s”，只有整改中的可以提醒。") % {"now": problem.get_status_display()})
    if problem.responsible_person is None:
        raise ValidationError(_("还没有责任人，请先指定。"))
    if problem.responsible_person.user_id is None:
        raise ValidationError(_("责任人没有账号，请当面或电话提醒。"))
    if f"/ledger/problems/{problem.pk}/" in reminded:
        raise ValidationError(_("今天已经提醒过，明天再提醒。"))


@transaction.atomic
def remind_owner(problem: Problem, *, by, at: dt.datetime) -> Problem:
    """A notice to the one who answers for it, at most one a day."""
    problem = Problem.objects.select_for_update(of=("self",)).select_related("responsible_person__user").get(pk=problem.pk)
    refuse_reminder(problem, reminded_on(timezone.localdate(at), [problem]))
    words = _("%(d)s 到期") % {"d": problem.due_on} if problem.due_on else problem.deadline_label
    send_notice([problem.responsible_person.user], text=f"{REMINDER}（{words}）：{problem.title}", url=f"/ledger/problems/{problem.pk}/", at=at)
    record("ledger.remind_owner", by=by, at=at, subject=problem)
    return problem


# --- the acts, as the page offers them ---


def _assign(deed: BulkDeed, problem: Problem, at: dt.datetime) -> None:
    assign_problem(problem, responsible_person=deed.responsible_person, verifier=deed.verifier, by=deed.asked_by, at=at)


def _remind(deed: BulkDeed, problem: Problem, at: dt.datetime) -> None:
    remind_owner(problem, by=deed.asked_by, at=at)


def _verify(deed: BulkDeed, problem: Problem, at: dt.datetime) -> None:
    verify_problem(problem, opinion=deed.opinion, by=deed.asked_by, at=at)


def _over(user, problem: Problem, at: dt.datetime, reminded: set[str]) -> str:
    return "" if problem.status in NOT_OVER else _("已经办结，不能再指定。")


def _reminder(user, problem: Problem, at: dt.datetime, reminded: set[str]) -> str:
    try:
        refuse_reminder(problem, reminded)
    except ValidationError as refusal:
        return "".join(refusal.messages)
    return ""


def _verification(user, problem: Problem, at: dt.datetime, reminded: set[str]) -> str:
    if problem.status != Problem.Status.SUBMITTED:
        return _("现在是“%(now)s”，只有待验收的可以验收。") % {"now": problem.get_status_display()}
    why = why_not_verify(problem, user)  # who else may is looked up only when it is done: a query for each row
    return _("%(why)s，须由别人验收。") % {"why": why} if why else ""


@dataclass(frozen=True)
class Act:
    """One act on many rows: who may open it, who may do it to a row, what speaks against a row, and the deed."""

    permissions: tuple[P, ...]
    is_for: Callable
    refusal: Callable
    do: Callable
    words: str  # on the button of the confirming page


ACTS = {
    "assign": Act((P.MANAGE_LEDGER,), manages, _over, _assign, gettext_lazy("指定")),
    "remind": Act((P.MANAGE_LEDGER, P.REPORT_PROBLEMS), reports, _reminder, _remind, gettext_lazy("发提醒")),
    "verify": Act((P.VERIFY_PROBLEMS,), MOVES["problem_verify"].is_for, _verification, _verify, gettext_lazy("验收通过")),
}


def acts_open_to(user, campaign: Campaign) -> list[tuple[str, str]]:
    """(key, label) of the acts this visitor may do somewhere in the campaign."""
    access = access_of(user)
    return [(key, BulkDeed.Act(key).label) for key, act in ACTS.items() if any(access.paths(p, campaign.pk) for p in act.permissions)]


def refusal_of(key: str, user, problem: Problem, at: dt.datetime, reminded: set[str] = frozenset()) -> str:
    """Why this visitor can't do the act to this row; empty when they can."""
    if not ACTS[key].is_for(user, problem):
        return _("您没有办理这一件的权限。")
    return ACTS[key].refusal(user, problem, at, reminded)


# --- asking and doing ---


@transaction.atomic
def ask_bulk(campaign: Campaign, *, act: str, rows: list[int], by, at: dt.datetime, back: str = "", **facts) -> tuple[BulkDeed, Job | None]:
    """Do an act to many problems: at once, or by a job when they are more than AT_ONCE. `facts`: responsible_person, verifier, opinion."""
    if not rows:
        raise ValidationError(_("没有选中任何问题。"))
    if len(rows) > MOST:
        raise ValidationError(_("一次最多办 10,000 件，请用条件缩小范围。"))
    if act == BulkDeed.Act.ASSIGN and not (facts.get("responsible_person") or facts.get("verifier")):
        raise ValidationError(_("责任人和验收人至少指定一项。"))
    if act == BulkDeed.Act.VERIFY and not facts.get("opinion", "").strip():
        raise ValidationError({"opinion": _("请写明验收意见。")})
    old = BulkDeed.objects.visible_to(by).values_list("pk", flat=True)[KEPT - 1 :]
    BulkDeed.objects.filter(pk__in=list(old)).delete()
    deed = BulkDeed.objects.create(campaign=campaign, act=act, rows=sorted(set(rows)), asked_by=by, asked_at=at, back=back, **facts)
    record("ledger.ask_bulk", by=by, at=at, subject=campaign, act=act, rows=len(deed.rows))
    if len(deed.rows) <= AT_ONCE:
        _do_rows(deed, at=at)
        return deed, None
    label = _("%(act)s（%(n)s 件）") % {"act": deed, "n": len(deed.rows)}
    return deed, queue_job("ledger.bulk", label=label, args={"deed": deed.pk}, by=by, at=at, back_url=f"/ledger/problems/bulk/{deed.pk}/")


def _do_rows(deed: BulkDeed, *, at: dt.datetime, report: Report = lambda percent, message="": None) -> None:
    """Take the rows in turn; what is done and its result are kept together, so that a job broken off goes on where it stood."""
    while not deed.is_over:
        with transaction.atomic():
            taken = len(deed.results)
            deed.results += [_result(deed, pk, at) for pk in deed.rows[taken : taken + CHUNK]]
            deed.save(update_fields=["results"])
        report(99 * len(deed.results) // len(deed.rows), _("已办 %(n)s 件，共 %(all)s 件") % {"n": len(deed.results), "all": len(deed.rows)})


def _result(deed: BulkDeed, pk: int, at: dt.datetime) -> str:
    """Empty when done, else the refusal of this row."""
    user = deed.asked_by
    try:
        with transaction.atomic():
            rows = Problem.objects.filter(pk__in=Problem.objects.visible_to(user).filter(pk=pk, campaign=deed.campaign_id).values("pk"))
            problem = rows.select_related(*ROW).select_for_update(of=("self",)).first()
            if problem is None:
                raise ValidationError(_("已不在您能看到的范围内。"))
            if refusal := refusal_of(deed.act, user, problem, at):
                raise ValidationError(refusal + _way_out(deed, problem))
            ACTS[deed.act].do(deed, problem, at)
    except ValidationError as refusal:
        return "".join(refusal.messages)
    return ""


def _way_out(deed: BulkDeed, problem: Problem) -> str:
    """Who verifies what the asker can't."""
    own = deed.act == BulkDeed.Act.VERIFY and problem.status == Problem.Status.SUBMITTED and why_not_verify(problem, deed.asked_by)
    return _("%(who)s。") % {"who": who_verifies(problem)} if own else ""


def run_bulk(args: dict, report: Report) -> Result:
    """The job “ledger.bulk”."""
    deed = BulkDeed.objects.select_related("asked_by", "responsible_person__unit", "verifier").get(pk=args["deed"])
    _do_rows(deed, at=timezone.now(), report=report)
    refused = len(deed.rows) - deed.done_count
    return Result(message=_("办成 %(n)s 件，%(r)s 件没有办成，原因逐件列在结果页。") % {"n": deed.done_count, "r": refused})
