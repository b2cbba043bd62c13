"""Rounds: open a round, say who reviews, urge."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.versions import lock_version
from audit.log import record
from campaigns.actions import issue_slip
from campaigns.models import Campaign, Slip, SlipDelivery
from organizations.kept import touch, touch_people
from organizations.models import Cadre, Unit, within

from ..models import ChecklistVersion, ReportCount, Round, SelfCheck
from .checklists import NAME, latest, publish_checklist
from .report import tell_reviewer

S = SelfCheck.Status
REVIEW_TIME = dt.timedelta(days=60)  # how long after a report's deadline its reviewer may read it



@transaction.atomic
def open_round(campaign: Campaign, *, title: str, checklist: ChecklistVersion, due_on: dt.date, content: str, by, at: dt.datetime, reviewers: dict[str, object], cadres: Iterable[Cadre] | None = None, units: Iterable[Unit] = (), needs_talk: bool = False, keep_until: dt.date | None = None) -> Round:
    """Open a round: a prompt slip to every serving cadre of the units (none named: of the whole campaign), and a report form for each.

    `reviewers`: unit path → user; the nearest unit above a cadre decides, and nobody reviews themselves.
    Raises ValidationError when the title is taken, the checklist is a draft, or nobody would receive it.
    """
    if checklist.is_draft:
        raise ValidationError({"checklist": _("检查清单还是草稿，请先发布。")})
    if campaign.rounds_of_selfcheck.filter(title=title).exists():
        raise ValidationError({"title": _("“%(t)s”已经发起过，请换一个名称。") % {"t": title}})
    people = list(cadres) if cadres is not None else list(_serving(campaign, units))
    slip = issue_slip(campaign, title=_("开展自查自纠（%(t)s）") % {"t": title}, content=content, cadres=people, due_on=due_on, by=by, at=at)
    opened = Round(campaign=campaign, checklist=checklist, slip=slip, title=title, due_on=due_on, needs_talk=needs_talk, keep_until=keep_until, opened_at=at, opened_by=by)
    opened.full_clean()
    opened.save()
    opened.units.set(units)
    _hand_out(opened, people, due_on=due_on, reviewers=reviewers)
    record("selfcheck.open_round", by=by, at=at, subject=opened, cadres=len(people))
    return opened


def _serving(campaign: Campaign, units: Iterable[Unit]) -> QuerySet[Cadre]:
    """Who takes part: those in service under the units, or under the campaign's own."""
    paths = [unit.path for unit in units] or [campaign.unit.path]
    return Cadre.objects.serving().filter(within(paths, "unit__path")).select_related("unit", "user")


def _hand_out(opened: Round, people: list[Cadre], *, due_on: dt.date, reviewers: dict[str, object]) -> None:
    SelfCheck.objects.bulk_create(
        [SelfCheck(round=opened, cadre=cadre, checklist_id=opened.checklist_id, due_on=due_on, **_assigned(_reviewer_of(cadre, reviewers), due_on + REVIEW_TIME)) for cadre in people],
        batch_size=500,
    )
    touch_people(people, of=[ReportCount])


@transaction.atomic
def change_round(opened: Round, *, due_on: dt.date, needs_talk: bool, keep_until: dt.date | None, by, at: dt.datetime, version: int | None = None) -> Round:
    """Another deadline, also for everybody who has not handed in (one sent back keeps the day its reviewer set); talk; how long contents are kept."""
    current = lock_version(opened, version)
    before = current.due_on
    current.due_on, current.needs_talk, current.keep_until = due_on, needs_talk, keep_until
    current.full_clean()
    current.save()
    if due_on != before:
        waiting = current.selfchecks.filter(status__in=[S.PENDING, S.DRAFT])
        _touch_units_of(waiting)
        waiting.update(due_on=due_on)
        waiting.filter(reviewer__isnull=False).update(review_until=review_end(due_on, at))
    record("selfcheck.change_round", by=by, at=at, subject=current, due_on=due_on, keep_until=keep_until)
    return current


def _touch_units_of(rows: QuerySet[SelfCheck]) -> None:
    touch(*rows.order_by().values_list("cadre__unit__path", flat=True).distinct(), of=[ReportCount])


def newcomers(opened: Round) -> QuerySet[Cadre]:
    """In service where the round runs, and without a report in it: they came later."""
    return _serving(opened.campaign, opened.units.all()).exclude(selfchecks__round=opened)


@transaction.atomic
def include_newcomers(opened: Round, *, due_on: dt.date, reviewer, by, at: dt.datetime) -> int:
    """补发: a slip and a report form to everybody who came after the round was opened. Says how many; twice hands out once."""
    opened = Round.objects.select_for_update(of=("self",)).select_related("campaign__unit", "slip").get(pk=opened.pk)
    people = list(newcomers(opened))
    if not people:
        raise ValidationError(_("这一轮没有要补发的人：在编在岗的干部都已收到。"))
    issue_slip(opened.campaign, title=opened.slip.title, content=opened.slip.content, cadres=people, due_on=due_on, by=by, at=at)
    _hand_out(opened, people, due_on=due_on, reviewers={opened.campaign.unit.path: reviewer} if reviewer else {})
    record("selfcheck.include_newcomers", by=by, at=at, subject=opened, cadres=len(people))
    return len(people)


def _reviewer_of(cadre: Cadre, reviewers: dict[str, object]):
    """The reviewer of the nearest unit above who isn't the cadre."""
    paths = sorted((p for p in reviewers if cadre.unit.path.startswith(p)), key=len, reverse=True)
    return next((reviewers[p] for p in paths if reviewers[p].pk != cadre.user_id), None)


def _assigned(reviewer, until: dt.date) -> dict:
    """The reviewer with the day their reading ends; neither without the other."""
    return {"reviewer": reviewer, "review_until": until if reviewer else None}


def review_end(due_on: dt.date, at: dt.datetime) -> dt.date:
    """The last day a reviewer assigned now may read: counted from the deadline, or from today when that has passed."""
    return max(due_on, timezone.localdate(at)) + REVIEW_TIME


@transaction.atomic
def start_round(campaign: Campaign, *, title: str, due_on: dt.date, content: str, reviewer, by, at: dt.datetime, checklist: ChecklistVersion | None = None, **facts) -> Round:
    """Open a round with one reviewer for everybody. Without a checklist the latest serves; the first is published on the way. `facts` as in open_round."""
    checklist = checklist or latest(campaign) or publish_checklist(campaign, name=NAME, by=by, at=at)
    return open_round(campaign, title=title, checklist=checklist, due_on=due_on, content=content, reviewers={campaign.unit.path: reviewer}, by=by, at=at, **facts)


@transaction.atomic
def assign_reviewer(selfcheck: SelfCheck, *, reviewer, by, at: dt.datetime, until: dt.date | None = None) -> SelfCheck:
    """Say who reviews a report, and until when they may read it; not its author, and not after it was accepted."""
    if selfcheck.cadre.user_id == reviewer.pk:
        raise ValidationError({"reviewer": _("审核人不能是本人。")})
    if selfcheck.status == S.ACCEPTED:
        raise ValidationError(_("这份报告已通过审核，不需要再指定审核人。"))
    selfcheck.reviewer, selfcheck.review_until = reviewer, until or review_end(selfcheck.due_on, at)
    selfcheck.save(update_fields=["reviewer", "review_until"])
    touch(selfcheck.cadre.unit.path, of=[ReportCount])
    record("selfcheck.assign_reviewer", by=by, at=at, subject=selfcheck, reviewer=str(reviewer), until=selfcheck.review_until)
    if selfcheck.status == S.SUBMITTED:
        tell_reviewer(selfcheck, at=at)
    return selfcheck


@transaction.atomic
def assign_reviewers(opened: Round, *, rows: QuerySet[SelfCheck], reviewer, by, at: dt.datetime, until: dt.date | None = None) -> int:
    """The same for all of `rows` that have no reviewer, or none any more; the reviewer's own report is left out. Says how many."""
    free = rows.filter(round=opened).in_pile("unassigned", timezone.localdate(at)).exclude(cadre__user=reviewer)
    waiting = free.filter(status=S.SUBMITTED).count()
    until = until or review_end(opened.due_on, at)
    _touch_units_of(free)
    count = free.order_by().update(reviewer=reviewer, review_until=until)
    if not count:
        raise ValidationError(_("没有可以指定的报告：都已有审核人，或者只剩审核人本人的。"))
    record("selfcheck.assign_reviewers", by=by, at=at, subject=opened, reviewer=str(reviewer), reports=count, until=until)
    if waiting:
        send_notice([reviewer], text=_("有 %(n)s 份自查报告请您审核") % {"n": waiting}, url="/selfcheck/reviews/", at=at)
    return count


@dataclass(frozen=True)
class Urged:
    """How many an urging reached, and how many were left in peace because they were urged earlier that day."""

    sent: int
    skipped: int


def urge_title(opened: Round) -> str:
    """The title of a round's urging slips; by it they are found again."""
    return _("催交自查自纠报告（%(t)s）") % {"t": opened.title}


def urged_on(opened: Round, day: dt.date) -> QuerySet[SlipDelivery]:
    """The urging slips of a round sent on a day, one row a person."""
    return SlipDelivery.objects.filter(
        slip__campaign=opened.campaign_id, slip__kind=Slip.Kind.URGE, slip__title=urge_title(opened), slip__issued_at__date=day
    )


@transaction.atomic
def urge_missing(opened: Round, *, by, at: dt.datetime, units: Iterable[Unit] | None = None) -> Urged:
    """催办: an urging slip to everybody whose report is missing, nobody twice on one day.

    `units`: only these with what lies below them. Raises ValidationError when there is nobody (left) to urge.
    """
    Round.objects.select_for_update().get(pk=opened.pk)
    rows = opened.selfchecks.missing().filter(cadre__left_on__isnull=True).select_related("cadre__unit")
    if units is not None:
        rows = rows.filter(within([unit.path for unit in units], "cadre__unit__path"))
    people = [row.cadre for row in rows]
    if not people:
        raise ValidationError(_("应交的都已交齐，不用催办。"))
    today = timezone.localdate(at)
    urged = set(urged_on(opened, today).values_list("cadre_id", flat=True))
    waiting = [cadre for cadre in people if cadre.pk not in urged]
    if not waiting:
        raise ValidationError(_("未交的 %(n)s 人今天都已催过，明天再催。") % {"n": len(people)})
    slip = issue_slip(
        opened.campaign, kind=Slip.Kind.URGE, title=urge_title(opened), content=_urge_text(opened), cadres=waiting,
        due_on=max(opened.due_on, today), by=by, at=at,
    )
    record("selfcheck.urge_missing", by=by, at=at, subject=opened, slip=slip.reference, cadres=len(waiting))
    return Urged(sent=len(waiting), skipped=len(people) - len(waiting))


def _urge_text(opened: Round) -> str:
    return _("%(round)s应于 %(m)s 月 %(d)s 日前提交，您的报告还没有交来（退回补正的还没有重新提交）。请抓紧填写，写好后提交。") % {
        "round": opened, "m": opened.due_on.month, "d": opened.due_on.day,
    }
