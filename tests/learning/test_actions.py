"""Teaching and learning, deed by deed."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import Event
from learning.actions import (
    distribute_material,
    expected_cadres,
    hold_activity,
    hold_session,
    hold_test,
    make_up_session,
    record_attendance,
    submit_reflection,
)
from learning.models import Attendance, EducationActivity, KnowledgeTest, Reflection, StudyMaterial, StudySession
from organizations.actions import enter_cadre
from tests.cast import NOW, TODAY

DAY = dt.timedelta(days=1)
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def session(cast):
    return hold_session(cast.campaign, unit=cast.unit_a, title="学习党章", held_on=TODAY - DAY, by=cast.office, at=NOW)


def marks_of(session) -> dict[str, tuple]:
    return {row.cadre.name: (row.status, row.note, row.made_up_on) for row in session.attendance.select_related("cadre")}


def missed(cast, session, user=None) -> Attendance:
    person = cast.person(user or cast.cadre)
    record_attendance(session, marks={person.pk: {"status": "leave", "note": "出差"}}, by=cast.office, at=NOW)
    return session.attendance.get(cadre=person)


def test_distribute_material_numbers_them_and_keeps_the_file(cast):
    first = distribute_material(cast.campaign, kind="book", category="law", title="监察法", by=cast.office, at=NOW)
    upload = SimpleUploadedFile("报告.pdf", PDF)
    second = distribute_material(cast.campaign, kind="document", category="theory", title="报告", upload=upload, is_required=True, by=cast.office, at=NOW)
    assert (first.order, second.order, second.file.name, second.is_required, second.distributed_by) == (1, 2, "报告.pdf", True, cast.office)
    assert Event.objects.filter(action="learning.distribute_material").count() == 2


def test_distribute_material_refuses_a_file_that_lies(cast):
    with pytest.raises(ValidationError, match="不接受"):
        distribute_material(cast.campaign, kind="book", category="law", title="书", upload=SimpleUploadedFile("书.pdf", b"MZ..."), by=cast.office, at=NOW)
    assert not StudyMaterial.objects.exists()


def test_hold_session_keeps_when_it_was_entered_and_its_topics(cast):
    topic = distribute_material(cast.campaign, kind="book", category="law", title="监察法", by=cast.office, at=NOW)
    session = hold_session(cast.campaign, unit=cast.unit_a, title="学习", topics=[topic], held_on=TODAY - 9 * DAY, is_held=True, by=cast.liaison, at=NOW)
    assert (session.held_on, session.entered_at, session.entered_by, session.is_late_entry) == (TODAY - 9 * DAY, NOW, cast.liaison, True)
    assert list(session.topics.all()) == [topic]
    assert Event.objects.get(action="learning.hold_session").detail == {"held_on": str(TODAY - 9 * DAY), "is_held": True}


def test_hold_session_of_tomorrow_cannot_have_been_held(cast):
    with pytest.raises(ValidationError, match="日期晚于今天"):
        hold_session(cast.campaign, unit=cast.unit_a, title="学习", held_on=TODAY + DAY, is_held=True, by=cast.office, at=NOW)
    assert not StudySession.objects.exists()


def test_hold_session_needs_a_topic(cast):
    with pytest.raises(ValidationError) as refusal:
        hold_session(cast.campaign, unit=cast.unit_a, title="", by=cast.office, at=NOW)
    assert set(refusal.value.message_dict) == {"title"}


def test_expected_are_the_serving_cadres_of_the_unit_and_below(cast, session):
    person = cast.person(cast.colleague)
    person.on_duty = False
    person.save()
    assert [c.name for c in expected_cadres(session)] == ["林知夏", "陆青禾"]


def test_record_attendance_writes_everyone_present_but_the_exceptions(cast, session):
    person = cast.person(cast.cadre)
    assert record_attendance(session, marks={person.pk: {"status": "absent", "note": "未说明"}}, by=cast.liaison, at=NOW) == 3
    assert marks_of(session) == {"林知夏": ("absent", "未说明", None), "陆青禾": ("present", "", None), "许望舒": ("present", "", None)}
    assert StudySession.objects.get().is_held is True
    assert Event.objects.get(action="learning.record_attendance").detail == {"rows": 3}


def test_record_attendance_again_changes_only_those_marked(cast, session):
    missed(cast, session)
    enter_cadre(staff_no="n1", name="新来者", unit=cast.unit_a, by=None, at=NOW)
    colleague = cast.person(cast.colleague)
    assert record_attendance(session, marks={colleague.pk: {"status": "absent"}}, by=cast.office, at=NOW + DAY) == 1
    assert marks_of(session) == {"林知夏": ("leave", "出差", None), "陆青禾": ("present", "", None), "许望舒": ("absent", "", None)}


def test_record_attendance_keeps_who_has_left_since_on_the_list(cast, session):
    missed(cast, session)
    person = cast.person(cast.cadre)
    person.left_on = TODAY
    person.save()
    record_attendance(session, marks={person.pk: {"status": "absent"}}, by=cast.office, at=NOW)
    assert marks_of(session)["林知夏"] == ("absent", "", None)


def test_record_attendance_refuses_a_stranger(cast, session):
    with pytest.raises(ValidationError, match="不属于应到范围"):
        record_attendance(session, marks={cast.person(cast.stranger).pk: {"status": "absent"}}, by=cast.office, at=NOW)
    assert not Attendance.objects.exists()


def test_record_attendance_refuses_a_make_up_without_date_and_a_day_to_come(cast, session):
    with pytest.raises(ValidationError, match="林知夏：已补学的请填补学日期"):
        record_attendance(session, marks={cast.person(cast.cadre).pk: {"status": "made_up"}}, by=cast.office, at=NOW)
    later = hold_session(cast.campaign, unit=cast.unit_a, title="下次", held_on=TODAY + DAY, by=cast.office, at=NOW)
    with pytest.raises(ValidationError, match="还没有到日期"):
        record_attendance(later, marks={}, by=cast.office, at=NOW)
    assert not Attendance.objects.exists()


def test_record_attendance_of_an_empty_unit_is_refused(cast):
    from organizations.actions import open_unit

    empty = open_unit(code="E", name="空科", kind="section", parent=cast.organ, by=None, at=NOW)
    session = hold_session(cast.campaign, unit=empty, title="学习", by=cast.office, at=NOW)
    with pytest.raises(ValidationError, match="没有在编在岗干部"):
        record_attendance(session, marks={}, by=cast.office, at=NOW)


def test_make_up_session_keeps_the_reason_and_the_date(cast, session):
    row = make_up_session(missed(cast, session), made_up_on=TODAY, by=cast.cadre, at=NOW)
    row.refresh_from_db()
    assert (row.status, row.note, row.made_up_on, row.entered_by) == ("made_up", "出差", TODAY, cast.cadre)
    assert Event.objects.filter(action="learning.make_up_session", actor_id=cast.cadre.pk).count() == 1


def test_make_up_session_twice_or_of_somebody_present_is_refused(cast, session):
    row = missed(cast, session)
    make_up_session(row, made_up_on=TODAY, by=cast.cadre, at=NOW)
    with pytest.raises(ValidationError, match="林知夏这次学习是“已补学”，不需要补学"):
        make_up_session(row, made_up_on=TODAY, by=cast.cadre, at=NOW)
    with pytest.raises(ValidationError, match="是“实到”"):
        make_up_session(session.attendance.get(cadre__user=cast.colleague), made_up_on=TODAY, by=cast.colleague, at=NOW)


@pytest.mark.parametrize(("days", "message"), [(1, "不能晚于今天"), (-2, "不能早于集中学习")])
def test_make_up_session_on_an_impossible_day_is_refused(cast, session, days, message):
    with pytest.raises(ValidationError, match=message) as refusal:
        make_up_session(missed(cast, session), made_up_on=TODAY + days * DAY, by=cast.cadre, at=NOW)
    assert set(refusal.value.message_dict) == {"made_up_on"}
    assert session.attendance.get(cadre__user=cast.cadre).status == "leave"


def test_hold_activity_may_have_no_date_and_refuses_the_future(cast):
    activity = hold_activity(cast.campaign, category="warning", kind="film", title="观看警示教育片", by=cast.office, at=NOW)
    assert (activity.held_on, activity.is_held, activity.entered_by) == (None, True, cast.office)
    with pytest.raises(ValidationError, match="先不勾选"):
        hold_activity(cast.campaign, category="warning", kind="film", title="下周", held_on=TODAY + DAY, by=cast.office, at=NOW)
    assert EducationActivity.objects.count() == 1


def test_submit_reflection_again_replaces_the_text(cast, session):
    person = cast.person(cast.cadre)
    submit_reflection(session, cadre=person, text="第一稿", by=cast.cadre, at=NOW)
    submit_reflection(session, cadre=person, text="第二稿", by=cast.cadre, at=NOW + DAY)
    assert list(Reflection.objects.values_list("text", "submitted_at")) == [("第二稿", NOW + DAY)]


def test_submit_reflection_for_another_or_empty_is_refused(cast, session):
    person = cast.person(cast.cadre)
    with pytest.raises(ValidationError, match="本人填写"):
        submit_reflection(session, cadre=person, text="代写", by=cast.colleague, at=NOW)
    with pytest.raises(ValidationError, match="写几句"):
        submit_reflection(session, cadre=person, text="  ", by=cast.cadre, at=NOW)
    assert not Reflection.objects.exists()


def test_hold_test_keeps_marks_and_who_stayed_away(cast):
    scores = {cast.person(cast.cadre): Decimal("88.5"), cast.person(cast.colleague): None}
    test = hold_test(cast.campaign, title="应知应会", held_on=TODAY, pass_mark=80, scores=scores, by=cast.office, at=NOW)
    assert dict(test.results.values_list("cadre__name", "score")) == {"林知夏": Decimal("88.5"), "许望舒": None}
    assert Event.objects.get(action="learning.hold_test").detail == {"results": 2}


def test_hold_test_of_tomorrow_is_refused(cast):
    with pytest.raises(ValidationError):
        hold_test(cast.campaign, title="测试", held_on=TODAY + DAY, scores={}, by=cast.office, at=NOW)
    assert not KnowledgeTest.objects.exists()
