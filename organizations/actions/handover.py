"""移交工作: what a leaver has not finished goes to a successor in one act."""

import datetime as dt
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from audit.log import record

from ..models import Cadre
from ..roles import ADMINISTRATORS
from ..shares import SHARES
from .role import grant_role, revoke_role


@dataclass
class HandedOver:
    """What went over by kind, and how many items need somebody else because the successor may not take them."""

    moved: dict[str, list[str]] = field(default_factory=dict)
    left: int = 0

    @property
    def count(self) -> int:
        return sum(len(names) for names in self.moved.values())


@transaction.atomic
def hand_over(leaver: Cadre, *, successor: Cadre, by, at: dt.datetime, with_roles: bool = False) -> HandedOver:
    """Pass every open item of a leaver to a successor; with their roles too, if asked. One record names them all.

    Nobody takes over the judgement of their own case: such items stay and are counted in `left`. Raises ValidationError.
    """
    if successor == leaver:
        raise ValidationError({"successor": _("接手人不能是本人。")})
    if successor.left_on:
        raise ValidationError({"successor": _("%(who)s 已离任，请另选接手人。") % {"who": successor}})
    done = HandedOver()
    for share in SHARES:
        names, left = share.pass_on(leaver, successor)
        done.left += left
        if names:
            done.moved[str(share.label)] = names
    if with_roles:
        done.moved |= _pass_roles(leaver, successor, by=by, at=at)
    if not done.moved and not done.left:
        raise ValidationError(_("%(who)s 没有未办完的事项，不用移交。") % {"who": leaver})
    record("organizations.hand_over", by=by, at=at, subject=leaver, successor=str(successor), moved=done.moved, left=done.left)
    if successor.user and done.moved:
        send_notice([successor.user], text=_("%(who)s 的 %(n)s 项工作已移交给您，请到工作台查看") % {"who": leaver, "n": done.count}, url="/", at=at)
    return done


def _pass_roles(leaver: Cadre, successor: Cadre, *, by, at: dt.datetime) -> dict[str, list[str]]:
    """Roles of the campaign end for the one and begin for the other; those of administrators do not pass on."""
    if leaver.user is None:
        return {}
    if successor.user is None:
        raise ValidationError({"successor": _("%(who)s 还没有账号，不能接手角色。请先开通账号，或不勾选“连同角色”。") % {"who": successor}})
    passed = []
    for grant in leaver.user.grants.exclude(role__in=ADMINISTRATORS).select_related("unit", "user"):
        if grant.until is None or grant.until >= timezone.localdate(at):
            held = successor.user.grants.filter(role=grant.role, unit=grant.unit, campaign_id=grant.campaign_id).exists()
            if not held:
                grant_role(successor.user, role=grant.role, unit=grant.unit, campaign_id=grant.campaign_id, until=grant.until, by=by, at=at)
            passed.append(f"{grant.get_role_display()}（{grant.unit}）")
        revoke_role(grant, by=by, at=at)
    return {str(_("角色")): passed} if passed else {}
