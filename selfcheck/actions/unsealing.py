"""查阅: one person asks, another grants, the author is told. Nobody reads another's report alone."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.models import User
from audit.log import record
from organizations.models import RoleGrant
from organizations.roles import Permission

from ..models import SelfCheck, Unsealing

OPEN_TIME = dt.timedelta(hours=24)  # how long a granted request opens the report


@transaction.atomic
def ask_unsealing(selfcheck: SelfCheck, *, reason: str, by, at: dt.datetime) -> Unsealing:
    """Ask to read a report that was handed in. Raises ValidationError for one's own, an unfinished one, or a second request."""
    selfcheck = SelfCheck.objects.select_for_update(of=("self",)).select_related("cadre__unit", "round").get(pk=selfcheck.pk)
    if selfcheck.cadre.user_id == by.pk:
        raise ValidationError(_("本人的报告不用申请，可以直接查看。"))
    if not selfcheck.is_handed_in:
        raise ValidationError(_("这份报告还没有提交，不能查阅。"))
    if selfcheck.unsealings.filter(asked_by=by, state=Unsealing.State.ASKED).exists():
        raise ValidationError(_("您已申请查阅这份报告，正等待批准，不用重复申请。"))
    if not reason.strip():
        raise ValidationError({"reason": _("请写明查阅的原因。")})
    asked = Unsealing(selfcheck=selfcheck, reason=reason.strip(), asked_at=at, asked_by=by)
    approvers = approvers_of(asked)
    if not approvers:
        raise ValidationError(_("没有可以批准的人：除您和报告本人外，还须有一名领导。请安全管理员先授权，或向上级提出。"))
    asked.save()
    record("selfcheck.ask_unsealing", by=by, at=at, subject=asked)
    send_notice(approvers, text=_("%(who)s申请查阅一份自查报告，请审批") % {"who": by}, url=f"/selfcheck/unsealings/{asked.pk}/decide/", at=at)
    return asked


def approvers_of(asked: Unsealing) -> list[User]:
    """Who may decide: holders of the permission over the author's unit, but neither who asked nor the author."""
    grants = RoleGrant.objects.giving(Permission.APPROVE_UNSEALING, asked.selfcheck.cadre.unit.path, asked.selfcheck.round.campaign_id)
    people = User.objects.filter(is_active=True, pk__in=grants.values("user")).exclude(pk__in=[asked.asked_by_id, asked.selfcheck.cadre.user_id or 0])
    return list(people)


@transaction.atomic
def decide_unsealing(asked: Unsealing, *, granted: bool, opinion: str, by, at: dt.datetime) -> Unsealing:
    """Grant for a day, or refuse. The author is told of what was granted: who reads, why, who agreed. Raises ValidationError."""
    current = Unsealing.objects.select_for_update(of=("self",)).select_related("selfcheck__cadre__user", "asked_by").get(pk=asked.pk)
    if current.state != Unsealing.State.ASKED:
        raise ValidationError(_("这项申请已由%(who)s办理：%(state)s。") % {"who": current.decided_by, "state": current.get_state_display()})
    if by.pk in (current.asked_by_id, current.selfcheck.cadre.user_id):
        raise ValidationError(_("申请人和报告本人不能批准，须由另一人办理。"))
    if not granted and not opinion.strip():
        raise ValidationError({"opinion": _("不同意的，请写明原因。")})
    current.state = Unsealing.State.GRANTED if granted else Unsealing.State.REFUSED
    current.decided_at, current.decided_by, current.opinion = at, by, opinion.strip()
    current.until = at + OPEN_TIME if granted else None
    current.save()
    record("selfcheck.decide_unsealing", by=by, at=at, subject=current, granted=granted, until=current.until)
    _tell(current, at=at)
    return current


def _tell(decided: Unsealing, *, at: dt.datetime) -> None:
    report, granted = decided.selfcheck, decided.state == Unsealing.State.GRANTED
    if granted:
        send_notice([decided.asked_by], text=_("查阅申请已批准，24 小时内可以查看"), url=f"/selfcheck/{report.pk}/", at=at)
    else:
        send_notice([decided.asked_by], text=_("查阅申请没有批准：%(why)s") % {"why": decided.opinion}, url="/selfcheck/unsealings/", at=at)
    if granted and report.cadre.user:
        words = {"who": decided.asked_by, "by": decided.decided_by, "why": decided.reason}
        send_notice([report.cadre.user], text=_("经%(by)s批准，%(who)s将查阅您的自查报告。原因：%(why)s") % words, url=f"/selfcheck/{report.pk}/", at=at)
