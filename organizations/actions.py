"""Deeds on units, cadres, posts and roles."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.log import record

from .models import STEP, Cadre, DutyAssignment, Post, RoleGrant, Unit, path_step
from .pinyin import name_pinyin
from .roles import Role


def next_child_path(parent: Unit | None) -> str:
    """The path for a new last child; siblings keep theirs."""
    siblings = Unit.objects.filter(parent=parent)
    last = siblings.order_by("-path").values_list("path", flat=True).first()
    position = int(last[-STEP:], 36) + 1 if last else 1
    return (parent.path if parent else "") + path_step(position)


@transaction.atomic
def open_unit(*, code: str, name: str, by, at: dt.datetime, parent: Unit | None = None, short_name: str = "", kind: str = Unit.Kind.OTHER, authorised_posts: int | None = None, is_demo: bool = False) -> Unit:
    """Add a unit as the last child of `parent`. Raises ValidationError when the code is taken."""
    unit = Unit(
        code=code, name=name, short_name=short_name, kind=kind, parent=parent,
        authorised_posts=authorised_posts, is_demo=is_demo, path=next_child_path(parent),
    )
    unit.full_clean()
    unit.save()
    record("organizations.open_unit", by=by, at=at, subject=unit, code=code)
    return unit


@transaction.atomic
def assign_duty(*, duty: str, unit: Unit, by, at: dt.datetime, is_dedicated: bool = False, note: str = "") -> DutyAssignment:
    """Write down which unit carries a duty."""
    assignment = DutyAssignment(duty=duty, unit=unit, is_dedicated=is_dedicated, note=note)
    assignment.full_clean()
    assignment.save()
    record("organizations.assign_duty", by=by, at=at, subject=assignment)
    return assignment


@transaction.atomic
def enter_cadre(*, staff_no: str, name: str, unit: Unit, by, at: dt.datetime, post: str = "", concurrent_posts: tuple[str, ...] = (), is_demo: bool = False, user=None, **facts) -> Cadre:
    """Put a person on the roster with their posts. `facts`: political_status, category, on_establishment, on_duty."""
    cadre = Cadre(staff_no=staff_no, name=name, name_pinyin=name_pinyin(name), unit=unit, is_demo=is_demo, user=user, **facts)
    cadre.full_clean()
    cadre.save()
    if post:
        Post.objects.create(cadre=cadre, unit=unit, title=post)
    Post.objects.bulk_create([Post(cadre=cadre, unit=unit, title=t, is_concurrent=True) for t in concurrent_posts])
    record("organizations.enter_cadre", by=by, at=at, subject=cadre, staff_no=staff_no)
    return cadre


@transaction.atomic
def grant_role(user, *, role: str, unit: Unit, by, at: dt.datetime, since: dt.date | None = None, until: dt.date | None = None) -> RoleGrant:
    """Give a role over a unit and everything below it; in force from the next request."""
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
def link_account(cadre: Cadre, *, user, by, at: dt.datetime) -> Cadre:
    """Say whose account this is."""
    if Cadre.objects.filter(user=user).exclude(pk=cadre.pk).exists():
        raise ValidationError(_("这个账号已经对应另一名干部。"))
    cadre.user = user
    cadre.save(update_fields=["user"])
    record("organizations.link_account", by=by, at=at, subject=cadre, username=user.username)
    return cadre
