"""What forbids a deed to this person or on this row. The pages ask the same before they show a button."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import Campaign
from organizations.models import RoleGrant, access_of
from organizations.roles import Permission as P

from ..models import CLOSERS, Problem

S = Problem.Status

def closes(user, problem: Problem) -> bool:
    """Whether the seriousness of the problem leaves its closing to this person."""
    access = access_of(user)
    return any(access.may_at(permission, problem.responsible_unit.path, problem.campaign_id) for permission in CLOSERS[problem.seriousness][0])


def closers(problem: Problem) -> str:
    """Who closes it, in words."""
    return str(CLOSERS[problem.seriousness][1])


def verifiers_at(path: str, campaign: Campaign):
    """Active accounts that hold VERIFY_PROBLEMS today over the unit with this path, in this campaign."""
    grants = RoleGrant.objects.giving(P.VERIFY_PROBLEMS, path, campaign.pk)
    return User.objects.filter(is_active=True, pk__in=grants.values("user")).order_by("name")


def refuse_own_problem(problem: Problem, by, at: dt.datetime) -> None:
    """Nobody lets themselves off: one's own problem is dismissed, merged, deferred or closed by somebody else."""
    if problem.is_owned_by(by):
        raise ValidationError(_("本人负责的问题须由别人办理这一步。"), code="own_problem")


def refuse_closing(problem: Problem, by, at: dt.datetime) -> None:
    """Neither one's own, nor of a seriousness that others close."""
    refuse_own_problem(problem, by, at)
    if not closes(by, problem):
        raise ValidationError(_("“%(weight)s”的问题由%(who)s销号。"), params={"weight": problem.get_seriousness_display(), "who": closers(problem)}, code="level")


def refuse_own_verification(problem: Problem, by, at: dt.datetime) -> None:
    """Verifier ≠ owner ≠ the one who submitted ≠ the last to report or change anything."""
    if why := why_not_verify(problem, by):
        raise ValidationError(_("%(why)s，须由别人验收；%(who)s。"), params={"why": why, "who": who_verifies(problem)}, code="own_problem")


def why_not_verify(problem: Problem, user) -> str:
    """What ties this person to the problem too closely to verify it; empty when nothing does."""
    if problem.is_owned_by(user):
        return _("您是这件问题的责任人")
    if problem.submitted_by_id == user.pk:
        return _("这件问题是您提请验收的")
    return _("这件问题最近一次由您填报或更正") if problem.edited_by_id == user.pk else ""


def who_verifies(problem: Problem) -> str:
    """The named verifier, else up to three of those who may."""
    if problem.verifier and not why_not_verify(problem, problem.verifier):
        return _("请验收人%(who)s办理") % {"who": problem.verifier}
    free = [str(user) for user in verifiers_at(problem.responsible_unit.path, problem.campaign) if not why_not_verify(problem, user)]
    return _("可以由%(who)s验收") % {"who": "、".join(free[:3])} if free else _("请领导小组办公室另定验收人")


def refuse_not_immediate(problem: Problem, by, at: dt.datetime) -> None:
    """Only 立行立改 is closed in one act, by somebody who may close it and neither answers for it nor was the last to report on it."""
    if problem.track != Problem.Track.IMMEDIATE:
        raise ValidationError(_("只有“立行立改”的问题可以直接销号。"))
    refuse_closing(problem, by, at)
    if problem.edited_by_id == by.pk:
        refuse_own_verification(problem, by, at)


def refuse_extension(problem: Problem, by, at: dt.datetime) -> None:
    """An extension is asked before the date has passed, once at a time."""
    if problem.status != S.OPEN or problem.due_on is None:
        raise ValidationError(_("只有整改中、有时限的问题可以申请延期。"))
    if problem.due_on < timezone.localdate(at):
        raise ValidationError(_("时限已过，不能再申请延期，请尽快整改并说明情况。"))
    if problem.pending_extension:
        raise ValidationError(_("已有一份延期申请等待批复。"))


def refuse_own_extension(problem: Problem, by, at: dt.datetime) -> None:
    """There is a request to decide, and it is neither one's own nor for one's own problem."""
    request = problem.pending_extension
    if request is None:
        raise ValidationError(_("没有等待批复的延期申请。"))
    if request.requested_by_id == by.pk or problem.is_owned_by(by):
        raise ValidationError(_("本人的申请须由别人批复。"), code="own_problem")


def refuse_taking_in(problem: Problem, campaign: Campaign, by) -> None:
    """Another answer or finding goes only under a problem of the same campaign, still to be put right, that the one who puts it there sees."""
    if not Problem.objects.visible_to(by).taking_in(campaign).filter(pk=problem.pk).exists():
        raise ValidationError({"into": _("只能并入同一次教育整顿中您能看到、尚未提请验收的问题。")})
