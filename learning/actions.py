"""Deeds of teaching and learning."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.versions import Conflict, lock_version, move_on
from audit.log import record
from campaigns.models import Campaign
from files.actions import store_file
from organizations.kept import touch, touch_people
from organizations.models import Cadre, Unit

from .models import (
    Attendance,
    AttendanceCount,
    EducationActivity,
    KnowledgeTest,
    Reflection,
    SessionCount,
    StudyMaterial,
    StudySession,
    TestResult,
)


def _refuse_future(held_on: dt.date | None, is_held: bool, at: dt.datetime) -> None:
    if is_held and held_on and held_on > timezone.localdate(at):
        raise ValidationError({"held_on": _("日期晚于今天，请先不勾选“已举行”，到时再登记。")})


@transaction.atomic
def distribute_material(campaign: Campaign, *, kind: str, category: str, title: str, by, at: dt.datetime, upload=None, **facts) -> StudyMaterial:
    """下发学习材料. `facts`: is_required, is_sample."""
    order = (campaign.materials.aggregate(last=Max("order"))["last"] or 0) + 1
    material = StudyMaterial(campaign=campaign, kind=kind, category=category, title=title, order=order, distributed_at=at, distributed_by=by, **facts)
    material.full_clean()
    if upload:
        material.file = store_file(upload, by=by, at=at)
    material.save()
    record("learning.distribute_material", by=by, at=at, subject=material)
    return material


@transaction.atomic
def hold_session(campaign: Campaign, *, unit: Unit, title: str, by, at: dt.datetime, topics: Iterable[StudyMaterial] = (), **facts) -> StudySession:
    """Plan or record a session. `facts`: held_on, place, host, form, is_held. A future one can't have been held."""
    session = StudySession(campaign=campaign, unit=unit, title=title, entered_at=at, entered_by=by, **facts)
    session.full_clean()
    _refuse_future(session.held_on, session.is_held, at)
    session.save()
    session.topics.set(topics)
    touch(unit.path, of=[SessionCount])
    record("learning.hold_session", by=by, at=at, subject=session, held_on=session.held_on, is_held=session.is_held)
    return session


def expected_cadres(session: StudySession):
    """应到: everyone in 在编在岗 of the unit and below."""
    return Cadre.objects.serving().under(session.unit).in_order()


@transaction.atomic
def record_attendance(session: StudySession, *, marks: dict[int, dict], by, at: dt.datetime, version: int | None = None) -> int:
    """Write who came. `marks`: cadre id → {"status", "note", "made_up_on"}; the session then counts as held.

    The first time everyone expected is written, 实到 by default. A correction touches only those marked, so that who
    joined the unit later isn't added to an old session. Marks for people not expected are refused.
    Returns how many rows were written.
    """
    session = lock_version(session, version)
    listed = {row.cadre_id: row for row in session.attendance.select_related("cadre")}
    expected = {cadre.pk: cadre for cadre in expected_cadres(session)} | {pk: row.cadre for pk, row in listed.items()}
    if set(marks) - set(expected):
        raise ValidationError(_("名单中有不属于应到范围的人员，请刷新页面后重填。"))
    if not expected:
        raise ValidationError(_("“%(unit)s”没有在编在岗干部，请先在机构人员中维护名册。"), params={"unit": session.unit})
    if session.held_on and session.held_on > timezone.localdate(at):
        raise ValidationError(_("这次学习还没有到日期，请到时再登记考勤。"))
    rows = [_attendance(session, expected[pk], marks.get(pk, {}), listed.get(pk), by, at) for pk in (marks if listed else expected)]
    Attendance.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["session", "cadre"],
        update_fields=["status", "note", "made_up_on", "entered_at", "entered_by", "version"],
    )
    session.is_held = True
    session.save(update_fields=["is_held", "version"])
    touch(session.unit.path, of=[SessionCount])
    touch_people(expected.values(), of=[AttendanceCount])
    record("learning.record_attendance", by=by, at=at, subject=session, rows=len(rows))
    return len(rows)


def _attendance(session: StudySession, cadre: Cadre, mark: dict, before: Attendance | None, by, at: dt.datetime) -> Attendance:
    """The row to be written over `before`, whose version moves on when the mark differs."""
    mark = {"status": Attendance.Status.PRESENT, "note": "", "made_up_on": None} | mark
    if mark["status"] != Attendance.Status.MADE_UP:
        mark["made_up_on"] = None
    elif mark["made_up_on"] is None:
        raise ValidationError(_("%(name)s：已补学的请填补学日期。"), params={"name": cadre})
    version = 1 if before is None else before.version + any(getattr(before, key) != value for key, value in mark.items())
    return Attendance(session=session, cadre=cadre, entered_at=at, entered_by=by, version=version, **mark)


@transaction.atomic
def make_up_session(attendance: Attendance, *, made_up_on: dt.date, by, at: dt.datetime, version: int | None = None) -> Attendance:
    """Mark what someone missed as studied since (已补学)."""
    session = lock_version(attendance.session)  # as record_attendance: first the session, then its rows
    row = Attendance.objects.select_for_update().get(pk=attendance.pk)
    if not row.is_missing:
        raise Conflict(row, _("%(name)s这次学习是“%(status)s”，不需要补学。") % {"name": row.cadre, "status": row.get_status_display()}, is_final=True)
    move_on(row, version)
    if made_up_on > timezone.localdate(at):
        raise ValidationError({"made_up_on": _("补学日期不能晚于今天。")})
    if row.session.held_on and made_up_on < row.session.held_on:
        raise ValidationError({"made_up_on": _("补学日期不能早于集中学习的日期。")})
    row.status, row.made_up_on, row.entered_at, row.entered_by = Attendance.Status.MADE_UP, made_up_on, at, by
    row.save(update_fields=["status", "made_up_on", "entered_at", "entered_by", "version"])
    session.save(update_fields=["version"])
    touch(row.cadre.unit.path, of=[AttendanceCount])
    record("learning.make_up_session", by=by, at=at, subject=row)
    return row


@transaction.atomic
def hold_activity(campaign: Campaign, *, category: str, kind: str, title: str, by, at: dt.datetime, **facts) -> EducationActivity:
    """Record an activity. `facts`: places, held_on, participants, is_held; its date may be unknown."""
    activity = EducationActivity(campaign=campaign, category=category, kind=kind, title=title, entered_at=at, entered_by=by, **facts)
    activity.full_clean()
    _refuse_future(activity.held_on, activity.is_held, at)
    activity.save()
    record("learning.hold_activity", by=by, at=at, subject=activity)
    return activity


@transaction.atomic
def submit_reflection(session: StudySession, *, cadre: Cadre, text: str, by, at: dt.datetime, version: int | None = None) -> Reflection:
    """Hand in one's own 心得, or replace it. Version 0: none was there to be read."""
    if cadre.user_id != by.pk:
        raise ValidationError(_("心得体会须由本人填写。"))
    if not text.strip():
        raise ValidationError({"text": _("请写几句学习心得。")})
    Cadre.objects.select_for_update().get(pk=cadre.pk)  # two windows at once don't make two
    reflection = Reflection.objects.filter(session=session, cadre=cadre).first() or Reflection(session=session, cadre=cadre, version=0)
    move_on(reflection, version)
    reflection.text, reflection.submitted_at = text, at
    reflection.save()
    record("learning.submit_reflection", by=by, at=at, subject=reflection)
    return reflection


@transaction.atomic
def hold_test(campaign: Campaign, *, title: str, by, at: dt.datetime, scores: dict[Cadre, Decimal | None], held_on: dt.date | None = None, pass_mark: int = 60) -> KnowledgeTest:
    """Record a knowledge test and its marks; None for who was to sit it and didn't."""
    test = KnowledgeTest(campaign=campaign, title=title, held_on=held_on, pass_mark=pass_mark, entered_at=at, entered_by=by)
    test.full_clean()
    _refuse_future(held_on, True, at)
    test.save()
    TestResult.objects.bulk_create([TestResult(test=test, cadre=cadre, score=score) for cadre, score in scores.items()], batch_size=500)
    record("learning.hold_test", by=by, at=at, subject=test, results=len(scores))
    return test
