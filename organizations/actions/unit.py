"""Deeds on units and the duties they carry."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from accounts.versions import lock_version
from audit.log import record

from ..kept import touch
from ..models import STEP, DutyAssignment, HeadCount, Unit, path_step


def next_child_path(parent: Unit | None) -> str:
    """The path for a new last child; siblings keep theirs."""
    siblings = Unit.objects.filter(parent=parent)
    last = siblings.order_by("-path").values_list("path", flat=True).first()
    position = int(last[-STEP:], 36) + 1 if last else 1
    return (parent.path if parent else "") + path_step(position)


@transaction.atomic
def open_unit(*, code: str, name: str, by, at: dt.datetime, parent: Unit | None = None, short_name: str = "", kind: str = Unit.Kind.OTHER, authorised_posts: int | None = None, is_demo: bool = False) -> Unit:
    """Add a unit as the last child of `parent`. Raises ValidationError when the code is taken."""
    if parent is not None:
        Unit.objects.select_for_update().get(pk=parent.pk)  # two new children don't get the same place
    unit = Unit(
        code=code, name=name, short_name=short_name, kind=kind, parent=parent,
        authorised_posts=authorised_posts, is_demo=is_demo, path=next_child_path(parent),
    )
    unit.full_clean()
    unit.save()
    record("organizations.open_unit", by=by, at=at, subject=unit, code=code)
    return unit


@transaction.atomic
def change_unit(unit: Unit, *, by, at: dt.datetime, version: int | None = None, **facts) -> Unit:
    """Correct a unit's facts; its code and its place in the tree stay. `facts`: name, short_name, kind, authorised_posts, closed_on."""
    known, unit = unit, lock_version(unit, version)
    if facts.get("closed_on") and unit.cadres.present().exists():
        raise ValidationError({"closed_on": _("“%(unit)s”名册上还有干部，请先把他们调到别的单位，再撤销。") % {"unit": unit}})
    if facts.get("closed_on") and unit.children.open_on(facts["closed_on"]).exists():
        raise ValidationError({"closed_on": _("“%(unit)s”还有未撤销的下级单位，请先撤销下级。") % {"unit": unit}})
    changed = {name: [str(getattr(unit, name)), str(value)] for name, value in facts.items() if getattr(unit, name) != value}
    if not changed:
        return known
    for name, value in facts.items():
        setattr(unit, name, value)
    unit.full_clean()
    unit.save(update_fields=[*changed, "name_initials", "version"])
    if "kind" in changed:  # who is a street's
        touch(unit.path, of=[HeadCount], below=True)
    record("organizations.change_unit", by=by, at=at, subject=unit, changed=changed)
    return unit


@transaction.atomic
def move_unit(unit: Unit, *, parent: Unit | None, by, at: dt.datetime, version: int | None = None) -> Unit:
    """划转: hang a unit with all below it under another. Who sees what moves along: scopes follow the tree. Raises ValidationError."""
    list(Unit.objects.select_for_update().filter(pk__in=[unit.pk, parent.pk if parent else unit.pk]).order_by("pk"))  # two moves don't cross
    unit, parent = lock_version(unit, version), Unit.objects.get(pk=parent.pk) if parent else None
    if parent and parent.path.startswith(unit.path):
        raise ValidationError({"parent": _("不能划转到本单位或它的下级。")})
    if parent and parent.pk == unit.parent_id:
        raise ValidationError({"parent": _("“%(unit)s”已经在“%(parent)s”之下。") % {"unit": unit, "parent": parent}})
    if parent and parent.closed_on:
        raise ValidationError({"parent": _("“%(parent)s”已撤销，不能划入。") % {"parent": parent}})
    old, new, came_from = unit.path, next_child_path(parent), unit.parent
    moved = Unit.objects.filter(path__gte=old, path__lt=old + "~").update(path=Concat(Value(new), Substr("path", len(old) + 1)))
    Unit.objects.filter(pk=unit.pk).update(parent=parent, version=unit.version)
    unit.refresh_from_db()
    touch(old, new, below=True)
    record("organizations.move_unit", by=by, at=at, subject=unit, old=str(came_from or ""), new=str(parent or ""), units=moved)
    return unit


@transaction.atomic
def assign_duty(*, duty: str, unit: Unit, by, at: dt.datetime, is_dedicated: bool = False, note: str = "") -> DutyAssignment:
    """Write down which unit carries a duty."""
    if DutyAssignment.objects.filter(duty=duty, unit=unit).exists():
        raise ValidationError({"duty": _("“%(unit)s”已经写明承担“%(duty)s”，不用重复登记。") % {"unit": unit, "duty": duty}})
    assignment = DutyAssignment(duty=duty, unit=unit, is_dedicated=is_dedicated, note=note)
    assignment.full_clean()
    assignment.save()
    record("organizations.assign_duty", by=by, at=at, subject=assignment)
    return assignment


@transaction.atomic
def withdraw_duty(assignment: DutyAssignment, *, by, at: dt.datetime) -> None:
    """A unit no longer carries a duty."""
    record("organizations.withdraw_duty", by=by, at=at, subject=assignment)
    assignment.delete()
