"""Correcting the facts of a problem while it is at work."""

import datetime as dt
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.versions import lock_version
from audit.log import record
from organizations.models import Cadre

from ..counts import touch_problem
from ..models import Correction, Problem
from .problem import note_editor, owner_of, refuse_own_verifier, tell
from .refusals import refuse_own_problem

S = Problem.Status
CHANGEABLE = {S.REPORTED, S.OPEN, S.DEFERRED}  # what was submitted stands as the verifier read it
FACTS = (
    "title", "manifestation", "cause", "acceptance_standard", "seriousness", "responsible_unit", "responsible_person", "lead_official", "verifier",
)


@transaction.atomic
def change_problem(problem: Problem, *, by, at: dt.datetime, owners: Mapping[int, Cadre | None] | None = None, version: int | None = None, **facts) -> Problem:
    """Correct FACTS, and who carries out which measure (`owners`: measure pk → cadre). The deadline moves by an extension only.

    What stood there before is kept in a Correction. Raises ValidationError when nothing changes.
    """
    current = lock_version(problem, version)
    refuse_own_problem(current, by, at)
    if current.status not in CHANGEABLE:
        raise ValidationError(_("这件问题现在是“%(now)s”，不能再更正；待验收、已验收的请先退回整改。"), params={"now": current.get_status_display()})
    previous, where = current.responsible_person, current.responsible_unit.path
    changes = [_set(current, name, facts[name]) for name in FACTS if name in facts] + _set_owners(current, owners or {})
    changes = [change for change in changes if change]
    if not changes:
        raise ValidationError(_("没有改动，不必保存。"))
    refuse_own_verifier(current)
    current.full_clean(validate_unique=False)
    current.save()
    note_editor(current, by, at)
    Correction.objects.create(problem=current, changes=changes, at=at, by=by)
    touch_problem(where, current.responsible_unit.path)
    record("ledger.change_problem", by=by, at=at, subject=current, changed=[change["label"] for change in changes])
    if current.status != S.REPORTED and current.responsible_person != previous:
        tell(current, owner_of(current), _("有一件问题请您整改"), at)
    return current


def _set(row: models.Model, name: str, value) -> dict[str, str] | None:
    """Set one fact; what it was and is, as people read it, or None when it stays."""
    field = row._meta.get_field(name)
    before = getattr(row, name)
    if before == value:
        return None
    told = _shown(row, field)
    setattr(row, name, value)
    return {"label": str(field.verbose_name), "before": told, "after": _shown(row, field)}


def _shown(row: models.Model, field: models.Field) -> str:
    value = getattr(row, f"get_{field.name}_display")() if field.choices else getattr(row, field.name)
    return "" if value is None else str(value)


def _set_owners(problem: Problem, owners: Mapping[int, Cadre | None]) -> list[dict[str, str] | None]:
    changes = []
    for measure in problem.measures.select_related("owner").filter(pk__in=owners):
        change = _set(measure, "owner", owners[measure.pk])
        if change:
            measure.save(update_fields=["owner"])
            change["label"] = _("第 %(n)s 条措施的落实人") % {"n": measure.order}
        changes.append(change)
    return changes
