"""The reviewer's decision: return or accept."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from audit.log import record
from ledger.actions import refuse_taking_in, report_problem
from ledger.models import Problem

from ..before import picture
from ..models import AnswerItem, SelfCheck
from .report import lock, move, take_key, with_body

S = SelfCheck.Status


def _refuse_other_reviewer(selfcheck: SelfCheck, by) -> None:
    if selfcheck.reviewer_id != by.pk or selfcheck.cadre.user_id == by.pk:
        raise ValidationError(_("这份报告指定由别人审核。"))


@transaction.atomic
def return_report(selfcheck: SelfCheck, *, comment: str, due_on: dt.date, by, at: dt.datetime, version: int | None = None, remarks: dict[str, str] | None = None) -> SelfCheck:
    """退回补正 with what is missing and until when. `remarks`: question key → what to mend there; with one the comment may be empty.

    What the report says now is kept, sealed, so that the next reading shows what changed.
    """
    current = lock(selfcheck, version)
    _refuse_other_reviewer(current, by)
    remarks = {key: text.strip() for key, text in (remarks or {}).items() if text.strip()}
    if not comment.strip() and not remarks:
        raise ValidationError({"comment": _("请写明哪一方面要怎样补正，或者在要补正的那一项下面写意见。")})
    move(current, S.RETURNED)
    take_key(current, at=at)
    current.returned_at, current.returned_by, current.return_comment, current.due_on = at, by, comment, due_on
    current.remarks = remarks
    prefetch_related_objects([current], with_body())
    current.before_text = picture(current)
    current.save()
    record("selfcheck.return_report", by=by, at=at, subject=current)
    if current.cadre.user:
        send_notice([current.cadre.user], text=_("您的自查报告退回补正"), url=f"/selfcheck/{current.pk}/edit/", at=at)
    return current


@dataclass(frozen=True)
class Talk:
    """谈心谈话 before the acceptance: when, by whom, with what opinion."""

    on: dt.date
    talker: str
    opinion: str = ""


@transaction.atomic
def accept_report(
    selfcheck: SelfCheck, *, by, at: dt.datetime, opinion: str = "", version: int | None = None, talk: Talk | None = None, into: Mapping[int, Problem] | None = None,
) -> SelfCheck:
    """审核通过: every item under a 是 becomes a problem of the ledger, or goes under an open one (`into`: item pk → problem), linked both ways.

    A round may ask for a talk first.
    """
    current = lock(selfcheck, version)
    _refuse_other_reviewer(current, by)
    _refuse_without_talk(current, talk, at)
    move(current, S.ACCEPTED)
    take_key(current, at=at)
    if talk:
        current.talked_on, current.talker, current.talk_opinion = talk.on, talk.talker, talk.opinion
    current.accepted_at, current.accepted_by, current.opinion = at, by, opinion
    current.save()
    record("selfcheck.accept_report", by=by, at=at, subject=current)
    _attach_items(current, into or {}, by=by, at=at)
    _raise_problems(current, by=by, at=at)
    if current.cadre.user:
        send_notice([current.cadre.user], text=_("您的自查报告已通过审核"), url=f"/selfcheck/{current.pk}/", at=at)
    return current


def _refuse_without_talk(selfcheck: SelfCheck, talk: Talk | None, at: dt.datetime) -> None:
    if selfcheck.round.needs_talk and talk is None:
        raise ValidationError({"talked_on": _("这一轮要求通过前先谈心谈话，请填写谈话日期和谈话人。")})
    if talk and talk.on > timezone.localdate(at):
        raise ValidationError({"talked_on": _("谈话日期不能晚于今天。")})


def _attach_items(selfcheck: SelfCheck, into: Mapping[int, Problem], *, by, at: dt.datetime) -> None:
    items = AnswerItem.objects.filter(answer__selfcheck=selfcheck).select_related("answer").in_bulk(into)
    if len(items) < len(into):
        raise ValidationError(_("要并入的项目不在这份报告里，请刷新页面后再选。"))
    for pk, problem in into.items():
        attach_item(items[pk], problem, by=by, at=at)


@transaction.atomic
def attach_item(item: AnswerItem, problem: Problem, *, by, at: dt.datetime) -> AnswerItem:
    """Put an item of an accepted report under an open problem of the same campaign instead of a new one. Its words stay sealed."""
    selfcheck = SelfCheck.objects.select_related("round__campaign", "cadre").get(pk=item.answer.selfcheck_id)
    _refuse_other_reviewer(selfcheck, by)
    if selfcheck.status != S.ACCEPTED or not item.answer.exists or AnswerItem.objects.get(pk=item.pk).problem_id:
        raise ValidationError(_("只有已通过、选“是”且尚未列入台账的项目可以并入已有问题。"))
    refuse_taking_in(problem, selfcheck.round.campaign, by)
    item.problem = problem
    item.save(update_fields=["problem"])
    record("selfcheck.attach_item", by=by, at=at, subject=selfcheck, problem=problem.code)
    return item


def _raise_problems(selfcheck: SelfCheck, *, by, at: dt.datetime) -> None:
    items = AnswerItem.objects.filter(answer__selfcheck=selfcheck, answer__exists=True, problem__isnull=True)
    for item in items.select_related("answer__question__aspect").order_by("answer__question__order", "order"):
        item.answer.selfcheck = selfcheck  # whose body is open already
        aspect = item.answer.question.aspect
        item.problem = report_problem(
            selfcheck.round.campaign, title=headline(item.manifestation), source=Problem.Source.SELF_CHECK,
            manifestation=item.manifestation, cause=item.cause, measures=[item.measure], track=item.track, due_on=item.due_on,
            aspect_key=aspect.key, aspect_label=aspect.label, responsible_unit=selfcheck.cadre.unit,
            responsible_person=selfcheck.cadre, by=by, at=at,
        )
        item.save(update_fields=["problem"])


def headline(text: str, limit: int = 40) -> str:
    """The first sentence of a manifestation as the problem's one-line title; never empty, whatever the text begins with."""
    first = next((part.strip() for part in re.split("[。\n]", text) if part.strip()), text.strip())
    return first if len(first) <= limit else first[: limit - 1] + "…"
