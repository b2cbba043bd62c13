"""The roster as a whole: uploaded, looked through, confirmed, written in one go."""

import datetime as dt
from collections.abc import Callable
from functools import cache

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.log import record
from files.actions import store_file
from files.sniff import sniff_sheet
from jobs.actions import queue_job

from ..bulk import fresh_keys, insert_rows
from ..kept import touch, touch_people
from ..models import STEP, Cadre, HeadCount, Post, RosterCount, RosterImport, RosterReading, Unit, path_step
from ..pinyin import name_pinyin, reading_of
from ..roster import Line, NewUnit, Plan, chunks, named_units
from .cadre import end_posts, moved_posts

SHOWN = 50  # changes, newcomers and units shown in the preview
SHOWN_FAULTS = 200
WRITTEN = ["name", "name_pinyin", "name_initials", "unit", "political_status", "category", "on_establishment", "on_duty", "version"]


@transaction.atomic
def upload_roster(upload: UploadedFile, *, plan: Plan, reading: bytes = b"", by, at: dt.datetime) -> RosterImport:
    """Keep an uploaded sheet with what importing it would do, and what was read of it, packed, until it is written. Nothing on the roster changes yet."""
    stored = store_file(upload, by=by, at=at, kind=sniff_sheet)
    state = RosterImport.State.REFUSED if plan.faults else RosterImport.State.CHECKED
    roster = RosterImport.objects.create(file=stored, uploaded_at=at, uploaded_by=by, state=state, summary=summary_of(plan), digest=plan.digest)
    RosterReading.objects.filter(roster__uploaded_by=by).exclude(roster__state=RosterImport.State.QUEUED).delete()
    if reading and state == RosterImport.State.CHECKED:
        RosterReading.objects.create(roster=roster, content=reading)
    record("organizations.upload_roster", by=by, at=at, subject=roster, state=state, rows=plan.total)
    return roster


def summary_of(plan: Plan) -> dict:
    """What the preview shows, small enough to keep."""
    return {
        "new": len(plan.newcomers), "changed": len(plan.changed), "unchanged": plan.unchanged,
        "faults": [[f.row, f.column, f.text] for f in plan.faults[:SHOWN_FAULTS]], "fault_count": len(plan.faults),
        "bad_rows": len({f.row for f in plan.faults}),
        "changes": [[c.row, c.name, c.column, c.old, c.new] for c in plan.changes[:SHOWN]], "change_count": len(plan.changes),
        "newcomers": [[n.number, n.name, n.unit_code, n.post] for n in plan.newcomers[:SHOWN]],
        "units": [[u.code, u.name, u.parent_code] for u in plan.new_units[:SHOWN]], "unit_count": len(plan.new_units),
    }


@transaction.atomic
def confirm_roster(roster: RosterImport, *, by, at: dt.datetime) -> RosterImport:
    """Have the uploaded roster written in the background. Confirming again does nothing more."""
    roster = RosterImport.objects.select_for_update().get(pk=roster.pk)
    failed = roster.job is not None and roster.job.may_be_retried
    if roster.state == RosterImport.State.DONE or (roster.state == RosterImport.State.QUEUED and not failed):
        return roster
    if roster.state == RosterImport.State.REFUSED:
        raise ValidationError(_("表中还有错误，不能导入。请改正后重新上传。"))
    if not roster.summary["new"] and not roster.summary["changed"]:
        raise ValidationError(_("与现有名册完全一致，不用导入。"))
    roster.state, roster.confirmed_at, roster.confirmed_by = RosterImport.State.QUEUED, at, by
    roster.job = queue_job(
        "organizations.import_roster", label=_("导入干部名册：%(name)s") % {"name": roster.file.name}, args={"roster": roster.pk},
        by=by, at=at, back_url=reverse("organizations:roster_preview", args=[roster.pk]),
    )
    roster.save()
    record("organizations.confirm_roster", by=by, at=at, subject=roster)
    return roster


def finish_import(roster: RosterImport, check: Callable[[], Plan], *, at: dt.datetime) -> RosterImport:
    """Write a confirmed roster once. If its effect is no longer what was confirmed, nothing is written and it asks again.

    `check` looks the sheet through once more, inside the transaction, and holds fast whom it changes. Raises ValidationError when the effect has
    changed, after keeping the new preview.
    """
    with transaction.atomic():
        roster = RosterImport.objects.select_for_update(of=("self",)).select_related("confirmed_by", "file").get(pk=roster.pk)
        if roster.state != RosterImport.State.QUEUED:
            return roster
        plan = check()
        if roster.digest == plan.digest and not plan.faults:
            import_roster(plan, by=roster.confirmed_by, at=at, source=roster)
            roster.state, roster.done_at = RosterImport.State.DONE, at
            roster.save(update_fields=["state", "done_at"])
            RosterReading.objects.filter(roster=roster).delete()
            return roster
        roster.state = RosterImport.State.REFUSED if plan.faults else RosterImport.State.CHECKED
        roster.summary, roster.digest = summary_of(plan), plan.digest
        roster.confirmed_at = roster.confirmed_by = roster.job = None
        roster.save()
        if plan.faults:
            RosterReading.objects.filter(roster=roster).delete()
    raise ValidationError(_("预览之后名册有了变动，没有写入任何一行。请返回核对新的预览后再确认。"))


@transaction.atomic
def import_roster(plan: Plan, *, by, at: dt.datetime, source: RosterImport | None = None) -> None:
    """Write a roster that was checked: units, cadres and posts, all or nothing. Raises ValidationError if it has faults."""
    if plan.faults:
        raise ValidationError([str(fault) for fault in plan.faults])
    _open_units(plan.new_units)
    units = named_units({line.unit_code for line in plan.newcomers} | {line.unit_code for line, _old in plan.changed})
    _enter_newcomers(plan.newcomers, units)
    _write_changed(plan.changed, units, on=timezone.localdate(at))
    touch(*(unit.path for unit in units.values()), of=[HeadCount, RosterCount])
    record(
        "organizations.import_roster", by=by, at=at, subject=source, new=len(plan.newcomers), changed=len(plan.changed),
        unchanged=plan.unchanged, units=[u.code for u in plan.new_units], digest=plan.digest,
    )


def _enter_newcomers(lines: list[Line], units: dict[str, Unit]) -> None:
    """Who is new, with their posts: three statements."""
    keys, read = fresh_keys(Cadre, len(lines)), cache(reading_of)  # a name is read while the database writes those before it
    insert_rows(Cadre, ["id", "staff_no", *WRITTEN, "is_demo"], (
        (key, line.staff_no, line.name, *read(line.name), units[line.unit_code].pk, line.political_status, line.category, line.on_establishment, line.on_duty, 1, False)
        for key, line in zip(keys, lines, strict=True)
    ))  # fmt: skip
    insert_rows(Post, ["cadre", "unit", "title", "is_concurrent"], (
        (key, units[line.unit_code].pk, title, is_concurrent) for key, line in zip(keys, lines, strict=True) for title, is_concurrent in line.posts
    ))  # fmt: skip


def _write_changed(changed: list[tuple[Line, Cadre]], units: dict[str, Unit], *, on: dt.date) -> None:
    """Whom the sheet says something else of: their rows, and their posts ended and begun."""
    cadres = [_cadre_of(line, units[line.unit_code], old) for line, old in changed]
    Cadre.objects.bulk_create(cadres, batch_size=1000, update_conflicts=True, unique_fields=["staff_no"], update_fields=WRITTEN)
    gone, new = [], []
    for cadre, (line, old) in zip(cadres, changed, strict=True):
        ended, begun = moved_posts(cadre, old.held, line.posts, old_unit=old.unit)
        gone += ended
        new += begun
    end_posts(gone, on=on)
    Post.objects.bulk_create(new, batch_size=1000)
    touch_people((old for _line, old in changed), of=[HeadCount, RosterCount])
    touch_people(person for cadre, (_line, old) in zip(cadres, changed, strict=True) if old.unit_id != cadre.unit_id for person in (old, cadre))


def _cadre_of(line: Line, unit: Unit, old: Cadre) -> Cadre:
    """The row to be written over theirs, found by staff number."""
    return Cadre(
        staff_no=line.staff_no, name=line.name, name_pinyin=old.name_pinyin if old.name == line.name else name_pinyin(line.name), unit=unit,
        political_status=line.political_status, category=line.category, on_establishment=line.on_establishment, on_duty=line.on_duty,
        version=old.version + 1,
    )


def _open_units(new_units: list[NewUnit]) -> None:
    """New units as last children of their parents, one statement per level."""
    waiting = list(new_units)
    while waiting:
        codes = {u.code for u in waiting}
        level = [u for u in waiting if u.parent_code not in codes]
        waiting = [u for u in waiting if u.parent_code in codes]
        parents = {p.code: p for part in chunks({u.parent_code for u in level}) for p in Unit.objects.select_for_update().filter(code__in=part)}
        last = _last_positions(list(parents.values()))
        units = []
        for u in level:
            parent = parents.get(u.parent_code)
            last[parent and parent.pk] = position = last.get(parent and parent.pk, 0) + 1
            units.append(Unit(code=u.code, name=u.name, parent=parent, path=(parent.path if parent else "") + path_step(position)))
        Unit.objects.bulk_create(units, batch_size=1000)


def _last_positions(parents: list[Unit]) -> dict[int | None, int]:
    """The last child's position under each parent, and at the top under None."""
    found = {}
    for part in chunks(p.pk for p in parents):
        found |= dict(Unit.objects.filter(parent__in=part).order_by().values_list("parent").annotate(last=Max("path")))
    found[None] = Unit.objects.filter(parent=None).aggregate(last=Max("path"))["last"]
    return {pk: int(path[-STEP:], 36) for pk, path in found.items() if path}
