"""What rows of this room are, may not be, and who sees them."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from learning.actions import hold_session, hold_test, record_attendance, submit_reflection
from learning.models import Attendance, KnowledgeTest, Reflection, StudySession, TestResult, tell_attendance
from tests.cast import NOW, TODAY

PEOPLE = ["director", "office", "reviewer", "supervisor", "clues", "chief", "liaison", "cadre", "colleague", "stranger", "outsider", "administrator"]
DAY = dt.timedelta(days=1)


def held(cast, unit=None, title="集中学习", held_on=TODAY, **facts):
    return hold_session(cast.campaign, unit=unit or cast.organ, title=title, held_on=held_on, is_held=facts.pop("is_held", True), by=cast.office, at=NOW, **facts)


def who_sees(cast, rows) -> list[str]:
    return [name for name in PEOPLE if rows.visible_to(getattr(cast, name)).exists()]


def broken(row) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_attendance_of_one_person_at_one_session_is_one_row(cast):
    session = held(cast, cast.unit_a)
    record_attendance(session, marks={}, by=cast.office, at=NOW)
    broken(Attendance(session=session, cadre=cast.person(cast.cadre), entered_at=NOW))


@pytest.mark.parametrize(("status", "made_up_on"), [("made_up", None), ("absent", TODAY), ("present", TODAY)])
def test_made_up_has_its_date_and_nothing_else_has(cast, status, made_up_on):
    broken(Attendance(session=held(cast), cadre=cast.person(cast.cadre), status=status, made_up_on=made_up_on, entered_at=NOW))


def test_reflection_is_one_for_a_session_and_person(cast):
    session = held(cast)
    submit_reflection(session, cadre=cast.person(cast.cadre), text="有收获", by=cast.cadre, at=NOW)
    broken(Reflection(session=session, cadre=cast.person(cast.cadre), text="又一篇", submitted_at=NOW))


@pytest.mark.parametrize("score", [-1, 1000])
def test_score_lies_between_0_and_999(cast, score):
    test = hold_test(cast.campaign, title="测试", scores={}, by=cast.office, at=NOW)
    broken(TestResult(test=test, cadre=cast.person(cast.cadre), score=score))


def test_score_is_one_for_a_test_and_person(cast):
    test = hold_test(cast.campaign, title="测试", scores={cast.person(cast.cadre): None}, by=cast.office, at=NOW)
    broken(TestResult(test=test, cadre=cast.person(cast.cadre), score=60))


def test_two_sessions_on_one_day_count_2_and_one_with_two_topics_counts_1(cast):
    from learning.actions import distribute_material

    topics = [distribute_material(cast.campaign, kind="document", category="rules", title=title, by=cast.office, at=NOW) for title in ("章程", "条例")]
    held(cast, title="上午")
    held(cast, title="下午")
    held(cast, title="章程和条例", held_on=TODAY - DAY, topics=topics)
    assert StudySession.objects.held(TODAY).filter(held_on=TODAY).count() == 2
    assert StudySession.objects.held(TODAY).filter(held_on=TODAY - DAY).count() == 1
    assert StudySession.objects.held(TODAY).filter(topics__in=topics).distinct().count() == 1


def test_held_leaves_out_later_days_and_plans_and_keeps_unknown_dates(cast):
    held(cast, title="日期不清", held_on=None)
    held(cast, title="计划", held_on=TODAY + DAY, is_held=False)
    held(cast, title="昨天", held_on=TODAY - DAY)
    assert set(StudySession.objects.held(TODAY - DAY).values_list("title", flat=True)) == {"日期不清", "昨天"}


@pytest.mark.parametrize(("days", "late"), [(0, False), (3, False), (4, True)])
def test_entry_more_than_three_days_after_the_session_is_marked_late(cast, days, late):
    assert held(cast, held_on=TODAY - days * DAY).is_late_entry is late


def test_session_without_a_date_is_never_late(cast):
    assert held(cast, held_on=None).is_late_entry is False


def test_sessions_are_seen_by_everyone_in_the_campaign_and_nobody_else(cast):
    held(cast)
    assert who_sees(cast, StudySession.objects) == [name for name in PEOPLE if name not in ("outsider", "administrator")]


def test_attendance_is_seen_by_oneself_and_who_follows_the_unit(cast):
    session = held(cast, cast.unit_a)
    record_attendance(session, marks={}, by=cast.office, at=NOW)
    mine = Attendance.objects.filter(cadre__user=cast.cadre)
    assert who_sees(cast, mine) == ["director", "office", "reviewer", "supervisor", "liaison", "cadre"]


def test_reflections_and_marks_are_seen_by_oneself_and_who_runs_the_teaching(cast):
    person = cast.person(cast.cadre)
    submit_reflection(held(cast), cadre=person, text="有收获", by=cast.cadre, at=NOW)
    hold_test(cast.campaign, title="测试", scores={person: 90}, by=cast.office, at=NOW)
    assert who_sees(cast, Reflection.objects) == ["office", "liaison", "cadre"]
    assert who_sees(cast, TestResult.objects) == ["office", "liaison", "cadre"]


def test_expecting_takes_the_list_once_there_is_one_and_the_units_before(cast):
    own, above, other = held(cast, cast.unit_a, title="本科"), held(cast, cast.organ, title="全区"), held(cast, cast.unit_b, title="街道")
    assert set(StudySession.objects.expecting(cast.cadre)) == {own, above}
    Attendance.objects.create(session=other, cadre=cast.person(cast.cadre), entered_at=NOW)
    Attendance.objects.create(session=above, cadre=cast.person(cast.stranger), entered_at=NOW)
    assert set(StudySession.objects.expecting(cast.cadre)) == {own, other}


def test_concerning_takes_what_lies_inside_and_above_a_scope(cast):
    own, above, beside = held(cast, cast.unit_a), held(cast, cast.organ), held(cast, cast.unit_b)
    assert set(StudySession.objects.concerning([cast.unit_a.path])) == {own, above}
    assert set(StudySession.objects.concerning([cast.organ.path])) == {own, above, beside}


def test_unrecorded_are_those_past_or_held_without_any_attendance(cast):
    today, later, undated = held(cast, is_held=False), held(cast, held_on=TODAY + DAY, is_held=False), held(cast, held_on=None)
    done = held(cast, cast.unit_a)
    record_attendance(done, marks={}, by=cast.office, at=NOW)
    assert set(StudySession.objects.unrecorded(TODAY)) == {today, undated}
    assert later not in StudySession.objects.unrecorded(TODAY)


def test_counts_are_of_the_cadres_in_scope(cast):
    session = held(cast)
    person, stranger = cast.person(cast.cadre), cast.person(cast.stranger)
    record_attendance(session, marks={person.pk: {"status": "leave"}, stranger.pk: {"status": "absent"}}, by=cast.office, at=NOW)

    unlisted = held(cast)

    def counts(path):
        rows = list(StudySession.objects.with_counts([path]).order_by("pk"))
        told = list(StudySession.objects.order_by("pk"))
        tell_attendance(told, [path])
        assert [read(row) for row in told] == [read(row) for row in rows]
        assert rows[1] == unlisted and (read(rows[1]), rows[1].recorded) == ((0, 0, 0, 0, 0), False)
        return *read(rows[0]), rows[0].recorded

    def read(row):
        return row.expected, row.present, row.leave, row.absent, row.made_up

    assert counts(cast.organ.path) == (8, 6, 1, 1, 0, True)
    assert counts(cast.unit_a.path) == (3, 2, 1, 0, 0, True)
    assert counts(cast.elsewhere.path) == (0, 0, 0, 0, 0, True)


@pytest.mark.parametrize(("sat", "passed", "rate"), [(0, 0, None), (1967, 1966, "99.9"), (3, 2, "66.7"), (8, 1, "12.5"), (2, 2, "100.0")])
def test_pass_rate_has_one_decimal_and_is_of_those_who_sat(sat, passed, rate):
    test = KnowledgeTest()
    test.sat, test.passed = sat, passed
    assert test.pass_rate is None if rate is None else str(test.pass_rate) == rate


def test_test_counts_tell_expected_sat_and_passed(cast):
    scores = dict(zip([cast.person(u) for u in (cast.cadre, cast.colleague, cast.liaison, cast.stranger)], [60, 59.5, None, 100], strict=True))
    hold_test(cast.campaign, title="测试", scores=scores, by=cast.office, at=NOW)
    row = KnowledgeTest.objects.with_counts([cast.organ.path]).get()
    assert (row.expected, row.sat, row.passed, str(row.pass_rate)) == (4, 3, 2, "66.7")
    row = KnowledgeTest.objects.with_counts([cast.unit_a.path]).get()
    assert (row.expected, row.sat, row.passed, str(row.pass_rate)) == (3, 2, 1, "50.0")
