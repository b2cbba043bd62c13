"""Deeds on what stands inside a problem: milestones and comments."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.versions import lock_version
from audit.log import record

from ..models import Comment, Milestone, Problem
from .problem import note_editor, owner_of

S = Problem.Status


@transaction.atomic
def add_milestone(problem: Problem, *, text: str, due_on: dt.date, by, at: dt.datetime, version: int | None = None) -> Milestone:
    """Set a step on the way, not in the past and not after the deadline; only while 整改中."""
    current = lock_version(problem, version)
    _refuse_not_open(current)
    if due_on < timezone.localdate(at):
        raise ValidationError({"due_on": _("节点时间不能早于今天。")})
    if current.is_timed and due_on > current.due_on:
        raise ValidationError({"due_on": _("节点时间不能晚于整改时限 %(d)s。") % {"d": current.due_on}})
    order = (current.milestones.aggregate(last=Max("order"))["last"] or 0) + 1
    milestone = Milestone(problem=current, order=order, text=text, due_on=due_on)
    milestone.full_clean()
    milestone.save()
    note_editor(current, by, at)
    record("ledger.add_milestone", by=by, at=at, subject=current, due_on=due_on)
    return milestone


@transaction.atomic
def tick_milestone(milestone: Milestone, *, done: bool, by, at: dt.datetime) -> Milestone:
    """Say that a step is done, or that it isn't after all; only while 整改中. Twice the same changes nothing."""
    current = lock_version(milestone.problem)
    _refuse_not_open(current)
    milestone = current.milestones.get(pk=milestone.pk)
    if done == (milestone.done_at is not None):
        return milestone
    milestone.done_at, milestone.done_by = (at, by) if done else (None, None)
    milestone.save(update_fields=["done_at", "done_by"])
    note_editor(current, by, at)
    record("ledger.tick_milestone", by=by, at=at, subject=current, order=milestone.order, done=done)
    return milestone


def _refuse_not_open(problem: Problem) -> None:
    if problem.status != S.OPEN:
        raise ValidationError(_("只有整改中的问题可以设节点、勾节点，这件现在是“%(now)s”。"), params={"now": problem.get_status_display()})


@transaction.atomic
def add_comment(problem: Problem, *, text: str, by, at: dt.datetime) -> Comment:
    """Say something about a problem that isn't over; whoever has to do with it is told that, not what, was said."""
    current = lock_version(problem)
    if current.is_over:
        raise ValidationError(_("这件问题已经办结，不能再留言。"))
    comment = Comment(problem=current, text=text, at=at, by=by)
    comment.full_clean()
    comment.save()
    told = sorted({user for user in _involved(current) if user and user != by}, key=lambda user: user.pk)
    send_notice(told, text=_("问题 %(code)s 有新的留言") % {"code": current.code}, url=f"/ledger/problems/{current.pk}/", at=at)
    record("ledger.add_comment", by=by, at=at, subject=current)
    return comment


def _involved(problem: Problem) -> list:
    """Who answers for it, verifies it, took it up, and who has said something."""
    said = [comment.by for comment in problem.comments.select_related("by")]
    return [owner_of(problem), problem.verifier, problem.registered_by, *said]
