"""Deeds on roles: who holds which over which units."""

import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import open_account
from audit.log import record

from ..models import Cadre, RoleGrant, Unit
from ..roles import ADMINISTRATORS, Role
from .cadre import link_account


@transaction.atomic
def grant_role(
    user, *, role: str, unit: Unit, by, at: dt.datetime, since: dt.date | None = None, until: dt.date | None = None, campaign_id: int | None = None
) -> RoleGrant:
    """Give a role over a unit and everything below it, in one campaign or (None) in all; in force from the next request.

    Nobody grants to themselves, and none of the three administrators gets a second role (三员分立). Raises ValidationError.
    """
    if by is not None and user.pk == by.pk:
        raise ValidationError(_("不能给自己授权，请由另一名管理员办理。"))
    if RoleGrant.objects.filter(user=user, role=role, unit=unit, campaign_id=campaign_id).exists():
        raise ValidationError(_("%(who)s 已经是 %(unit)s 的%(role)s，不用重复授权。") % {"who": user, "unit": unit, "role": Role(role).label})
    _keep_apart(user, role)
    grant = RoleGrant(
        user=user, role=role, unit=unit, campaign_id=campaign_id, since=since, until=until, granted_at=at, granted_by=str(by or _("系统")),
        is_separated=settings.SEPARATE_ADMINISTRATORS,
    )  # fmt: skip
    grant.full_clean()
    grant.save()
    record("organizations.grant_role", by=by, at=at, subject=grant, role=role, unit=unit.code, campaign=campaign_id)
    return grant


def _keep_apart(user, role: str) -> None:
    """三员分立: an administrator holds that one role, and over one place only."""
    if not settings.SEPARATE_ADMINISTRATORS:
        return
    held = set(RoleGrant.objects.filter(user=user).values_list("role", flat=True))
    if role in ADMINISTRATORS and held:
        raise ValidationError({"role": _("%(who)s 已有%(role)s的授权。三员分立：管理员账号只能担任一种管理员，请另开账号。") % {"who": user, "role": Role(min(held)).label}})
    if role not in ADMINISTRATORS and held & set(ADMINISTRATORS):
        raise ValidationError({"role": _("%(who)s 是管理员账号。三员分立：管理员不兼任业务角色，请用本人的业务账号授权。") % {"who": user}})


@transaction.atomic
def revoke_role(grant: RoleGrant, *, by, at: dt.datetime) -> None:
    """Take a role back; in force from the next request. Nobody takes back their own administrator's role."""
    if grant.user == by and grant.role in ADMINISTRATORS:
        raise ValidationError(_("不能收回自己的管理员授权，请由另一名管理员办理。"))
    record("organizations.revoke_role", by=by, at=at, subject=grant, role=grant.role, unit=grant.unit.code)
    grant.delete()


@transaction.atomic
def open_staff_account(*, username: str, name: str, password: str, by, at: dt.datetime, cadre: Cadre | None = None, role: str = "", unit: Unit | None = None):
    """Open an account for a cadre, or for somebody off the roster, who sees nothing until a role is granted; both at once is allowed."""
    user = open_account(username=username, name=name, password=password, by=by, at=at)
    if cadre is not None:
        link_account(cadre, user=user, by=by, at=at)
    if role:
        grant_role(user, role=role, unit=unit, by=by, at=at)
    return user
