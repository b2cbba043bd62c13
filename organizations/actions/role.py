"""Deeds on roles: who holds which over which units."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import open_account
from audit.log import record

from ..models import Cadre, RoleGrant, Unit
from ..roles import Role
from .cadre import link_account


@transaction.atomic
def grant_role(user, *, role: str, unit: Unit, by, at: dt.datetime, since: dt.date | None = None, until: dt.date | None = None) -> RoleGrant:
    """Give a role over a unit and everything below it; in force from the next request. Nobody grants to themselves."""
    if by is not None and user.pk == by.pk:
        raise ValidationError(_("不能给自己授权，请由另一名管理员办理。"))
    if RoleGrant.objects.filter(user=user, role=role, unit=unit).exists():
        raise ValidationError(_("%(who)s 已经是 %(unit)s 的%(role)s，不用重复授权。") % {"who": user, "unit": unit, "role": Role(role).label})
    grant = RoleGrant(user=user, role=role, unit=unit, since=since, until=until, granted_at=at, granted_by=str(by or _("系统")))
    grant.full_clean()
    grant.save()
    record("organizations.grant_role", by=by, at=at, subject=grant, role=role, unit=unit.code)
    return grant


@transaction.atomic
def revoke_role(grant: RoleGrant, *, by, at: dt.datetime) -> None:
    """Take a role back; in force from the next request. Nobody takes back their own administrator's role."""
    if grant.user == by and grant.role == Role.ADMINISTRATOR:
        raise ValidationError(_("不能收回自己的系统管理员授权，请由另一名管理员办理。"))
    record("organizations.revoke_role", by=by, at=at, subject=grant, role=grant.role, unit=grant.unit.code)
    grant.delete()


@transaction.atomic
def open_staff_account(*, username: str, name: str, password: str, by, at: dt.datetime, cadre: Cadre | None = None, role: str = "", unit: Unit | None = None):
    """Open an account for a cadre, or for somebody off the roster who then needs a role; both at once is allowed."""
    if cadre is None and not role:
        raise ValidationError({"role": _("不在名册中的人没有本人的页面，请同时选择角色和范围。")})
    user = open_account(username=username, name=name, password=password, by=by, at=at)
    if cadre is not None:
        link_account(cadre, user=user, by=by, at=at)
    if role:
        grant_role(user, role=role, unit=unit, by=by, at=at)
    return user
