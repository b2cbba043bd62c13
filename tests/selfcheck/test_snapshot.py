"""各方面情况: counted once after the deadline, only what tells nobody's answer, and seen in one's scope."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.models import Event
from organizations.actions import grant_role, open_unit
from organizations.roles import Role
from selfcheck.actions import purge_reports, return_report, start_round, take_snapshot
from selfcheck.models import AnswerSnapshot, ChecklistVersion, Question, SelfCheck
from selfcheck.triggers import install, remove
from tests.cast import person

KEYS = ["belief_loss", "political_wavering", "principle_abandonment", "improper_conduct", "abuse_of_power", "integrity_lapse"]
AFTER = dt.timedelta(days=6)  # the stage's round is due in five days


@pytest.fixture(autouse=True)
def one_group_for_all(settings):
    """The six aspects are sensitive; all but the tests of that are told with groups of five."""
    settings.SENSITIVE_GROUP = 5


@pytest.fixture
def crowd(cast, request):
    """Six people in each of two offices, before the round is opened."""
    made = {}
    for code in ("X1", "X2"):
        unit = open_unit(code=code, name=f"{code} 室", parent=cast.organ, by=None, at=timezone.now())
        made[code] = unit, [person(f"{code}{n}", f"人{code}{n}", unit) for n in range(6)]
    return made


@pytest.fixture
def counted(cast, crowd, stage) -> AnswerSnapshot:
    """X1: three of six have belief_loss, X2: two; improper_conduct: one in X1 and three in X2; nothing else. Nobody else handed in."""
    for n, user in enumerate(crowd["X1"][1]):
        stage.hand_in(user, *["belief_loss"] * (n < 3), *["improper_conduct"] * (n < 1))
    for n, user in enumerate(crowd["X2"][1]):
        stage.hand_in(user, *["belief_loss"] * (n < 2), *["improper_conduct"] * (n < 3))
    return take_snapshot(stage.round, by=cast.office, at=timezone.now() + AFTER)


def shown(snapshot: AnswerSnapshot, key: str) -> dict:
    return {unit["name"]: unit["counts"][key] for unit in snapshot.units}


def test_what_is_kept(cast, counted, today):
    assert (counted.as_of, counted.taken_by, counted.smallest_group) == (today + AFTER, cast.office, 5)
    assert counted.versions == [{"number": 1, "reports": 12}]
    assert [(q["key"], q["aspect"]) for q in counted.questions][:2] == [("belief_loss", "信仰缺失"), ("political_wavering", "政治动摇")]
    assert [(unit["name"], unit["reports"]) for unit in counted.units] == [("区机关", 12), ("X1 室", 6), ("X2 室", 6)]
    assert shown(counted, "belief_loss") == {"区机关": [12, 5], "X1 室": [6, 3], "X2 室": [6, 2]}
    assert shown(counted, "improper_conduct") == {"区机关": [12, 4], "X1 室": [6, None], "X2 室": [6, None]}
    assert shown(counted, "abuse_of_power") == {"区机关": [12, None], "X1 室": [6, None], "X2 室": [6, None]}
    event = Event.objects.get(action="selfcheck.take_snapshot")
    assert (event.actor_id, event.detail["reports"], event.detail["smallest_group"]) == (cast.office.pk, 12, 5)


@pytest.mark.parametrize("days", [0, 5])
def test_not_before_the_deadline_is_over(cast, stage, days):
    stage.hand_in(cast.cadre)
    with pytest.raises(ValidationError, match="过后才能汇总"):
        take_snapshot(stage.round, by=cast.office, at=timezone.now() + dt.timedelta(days=days))
    assert not AnswerSnapshot.objects.exists()


def test_not_a_second_time(cast, counted, stage):
    with pytest.raises(ValidationError, match="两次汇总之间的差额会暴露个人的回答"):
        take_snapshot(stage.round, by=cast.office, at=timezone.now() + AFTER * 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        AnswerSnapshot.objects.create(round=stage.round, taken_at=timezone.now(), taken_by=cast.office, as_of=counted.as_of, smallest_group=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        AnswerSnapshot.objects.update(smallest_group=3)


def test_not_of_nothing(cast, stage):
    with pytest.raises(ValidationError, match="还没有人提交"):
        take_snapshot(stage.round, by=cast.office, at=timezone.now() + AFTER)


def test_not_of_what_is_purged(cast, stage):
    report = stage.hand_in(cast.cadre)
    purge_reports([report.pk], at=timezone.now())
    with pytest.raises(ValidationError, match="还没有人提交"):
        take_snapshot(stage.round, by=cast.office, at=timezone.now() + AFTER)


def test_what_comes_later_changes_nothing(cast, counted, stage):
    before = counted.units
    stage.hand_in(cast.cadre, *KEYS)
    counted.refresh_from_db()
    assert counted.units == before


def test_only_what_is_handed_in_counts(cast, crowd, stage):
    for n, user in enumerate(crowd["X1"][1]):
        stage.hand_in(user, *["belief_loss"] * (n < 3))
    for user in (crowd["X1"][1][0], crowd["X1"][1][5]):
        return_report(stage.report(user), comment="补", due_on=stage.due, by=cast.reviewer, at=timezone.now())
    assert shown(take_snapshot(stage.round, by=cast.office, at=timezone.now() + AFTER), "belief_loss") == {"区机关": [4, None], "X1 室": [4, None]}


def test_versions_are_joined_by_the_key_of_the_question(cast, crowd, stage):
    """Reports written to an older version count with those to the newer one, in the words of the newer."""
    from selfcheck.actions import publish_checklist

    newer = publish_checklist(cast.campaign, name="六个方面", by=cast.office, at=timezone.now(), aspects=[("belief_loss", "理想信念")])
    for n, user in enumerate(crowd["X1"][1]):
        stage.hand_in(user, *["belief_loss"] * (n < 3))
    question = newer.questions.get()
    for user in crowd["X1"][1][:2]:
        stage.report(user).answers.filter(question__key="belief_loss").update(question=question)
        stage.report(user).answers.exclude(question=question).delete()
    taken = take_snapshot(stage.round, by=cast.office, at=timezone.now() + AFTER)
    assert taken.versions == [{"number": 1, "reports": 4}, {"number": 2, "reports": 2}]
    assert next(q for q in taken.questions if q["key"] == "belief_loss")["text"] == "是否存在理想信念方面的问题？"
    assert shown(taken, "belief_loss")["X1 室"] == [6, 3]
    assert shown(taken, "abuse_of_power")["X1 室"] == [4, None]
    assert ChecklistVersion.objects.count() == 2


def published_as_normal(questions) -> None:
    """A published version is never written; here it is made as if it had been published so."""
    connection.check_constraints()  # PostgreSQL alters no table with rows still to be checked
    remove(connection)
    questions.update(sensitivity="normal")
    connection.check_constraints()
    install(connection)


def test_a_sensitive_question_needs_a_larger_group(cast, crowd, stage, settings, client):
    """The class of the checklist alone decides: one question of the six is 一般."""
    settings.SENSITIVE_GROUP = 10
    published_as_normal(Question.objects.filter(pk=stage.q["improper_conduct"]))
    for _unit, people in crowd.values():
        for n, user in enumerate(people):
            stage.hand_in(user, *["belief_loss", "improper_conduct"] * (n < 3))
    taken = take_snapshot(stage.round, by=cast.office, at=timezone.now() + AFTER)
    assert {q["key"]: q["smallest"] for q in taken.questions} == dict.fromkeys(KEYS, 10) | {"improper_conduct": 5}
    assert shown(taken, "improper_conduct") == {"区机关": [12, 6], "X1 室": [6, 3], "X2 室": [6, 3]}
    assert shown(taken, "belief_loss") == {"区机关": [12, 6], "X1 室": [6, None], "X2 室": [6, None]}
    client.force_login(cast.director)
    assert "敏感的问题不足 10 份就不公布。" in client.get(address(stage)).content.decode()


def test_sensitive_in_one_version_is_sensitive(cast, crowd, stage, settings):
    from selfcheck.actions import publish_checklist

    settings.SENSITIVE_GROUP = 10
    newer = publish_checklist(cast.campaign, name="六个方面", by=cast.office, at=timezone.now(), aspects=[("belief_loss", "理想信念")])
    published_as_normal(newer.questions)
    for n, user in enumerate(crowd["X1"][1]):
        stage.hand_in(user, *["belief_loss"] * (n < 3))
    stage.report(crowd["X1"][1][0]).answers.filter(question__key="belief_loss").update(question=newer.questions.get())
    taken = take_snapshot(stage.round, by=cast.office, at=timezone.now() + AFTER)
    assert next(q for q in taken.questions if q["key"] == "belief_loss")["smallest"] == 10
    assert shown(taken, "belief_loss")["X1 室"] == [6, None]


def test_one_group_for_all_says_so_and_an_older_count_too(cast, counted, stage, client):
    client.force_login(cast.director)
    assert "敏感的问题" not in client.get(address(stage)).content.decode()
    AnswerSnapshot.objects.update(questions=[{name: q[name] for name in ("key", "aspect", "text")} for q in counted.questions])
    assert "敏感的问题" not in client.get(address(stage)).content.decode()


# --- the page ----------------------------------------------------------------------------------------------------------


def address(stage, more: str = "") -> str:
    return f"/selfcheck/rounds/{stage.round.pk}/answers/{more}"


def past(stage) -> None:
    """The deadline was yesterday."""
    stage.round.due_on = timezone.localdate() - dt.timedelta(days=1)
    stage.round.save()


def test_before_the_deadline_it_says_when(cast, stage, client):
    client.force_login(cast.office)
    page = client.get(address(stage)).content.decode()
    assert "还不能汇总各方面情况" in page
    assert "freeze" not in page


def test_after_it_the_office_counts_with_one_button(cast, stage, client):
    stage.hand_in(cast.cadre)
    past(stage)
    client.force_login(cast.director)
    page = client.get(address(stage)).content.decode()
    assert "各方面情况还没有汇总" in page
    assert "freeze" not in page
    client.force_login(cast.office)
    assert "汇总已交的 1 份" in client.get(address(stage)).content.decode()
    answer = client.post(address(stage, "freeze/"), follow=True)
    assert "已汇总。以后交来的报告不再计入。" in answer.content.decode()
    assert "每轮只汇总一次" in client.post(address(stage, "freeze/"), follow=True).content.decode()
    assert AnswerSnapshot.objects.count() == 1


def test_the_leader_cannot_count_nor_a_neighbour(cast, stage, client):
    past(stage)
    for user, status in ((cast.director, 403), (cast.liaison, 403), (cast.outsider, 404)):
        client.force_login(user)
        assert client.post(address(stage, "freeze/")).status_code == status
    assert not AnswerSnapshot.objects.exists()


def cells_of(page: str) -> list[str]:
    import re

    return re.findall(r'<td class="num"[^>]*>([^<]*)</td>', page)


def test_the_page_shows_what_is_kept_and_opens_units(cast, counted, crowd, stage, client):
    client.force_login(cast.director)
    page = client.get(address(stage)).content.decode()
    assert "第一轮各方面情况" in page
    assert "区机关 12 份" in page
    assert "第 1 版 12 份" in page
    assert cells_of(page)[:3] == ["12", "5", "7"]
    assert cells_of(page)[9:12] == ["12", "4", "8"]
    assert cells_of(page)[18:] == ["6", "3", "—", "—", "—", "—", "—", "6", "2", "—", "—", "—", "—", "—"]
    unit = crowd["X1"][0]
    page = client.get(address(stage, f"?unit={unit.pk}")).content.decode()
    assert "X1 室 6 份" in page
    assert cells_of(page) == ["6", "3", "3", *["6", "—", "—"] * 5]
    assert f'href="?unit={cast.organ.pk}"' in page


def test_one_sees_ones_scope(cast, counted, crowd, stage, client):
    unit, people = crowd["X2"]
    grant_role(people[0], role=Role.LIAISON, unit=unit, by=None, at=timezone.now())
    client.force_login(people[0])
    page = client.get(address(stage, f"?unit={crowd['X1'][0].pk}")).content.decode()
    assert "X2 室 6 份" in page
    assert "X1 室" not in page
    assert "区机关" not in page
    client.force_login(cast.stranger)  # of a unit nobody handed in from
    assert "您的范围内没有已提交的报告" in client.get(address(stage)).content.decode()
    for user, status in ((cast.cadre, 403), (cast.outsider, 404)):
        client.force_login(user)
        assert client.get(address(stage)).status_code == status


def test_as_many_queries_for_one_unit_as_for_many(cast, counted, stage, client):
    from django.test.utils import CaptureQueriesContext

    client.force_login(cast.office)
    client.get(address(stage))
    with CaptureQueriesContext(connection) as many:
        client.get(address(stage))
    AnswerSnapshot.objects.filter(pk=counted.pk).update(units=counted.units[:1])
    with CaptureQueriesContext(connection) as one:
        client.get(address(stage))
    assert len(one) == len(many) < 15


def test_no_words_and_no_names_in_what_is_kept(counted):
    kept = str(AnswerSnapshot.objects.values().get())
    assert "以电话代替上门走访" not in kept
    assert not any(f"人X1{n}" in kept for n in range(6))


def test_counting_takes_a_fixed_number_of_queries(cast, crowd, stage, django_assert_max_num_queries):
    for user in [*crowd["X1"][1], *crowd["X2"][1]]:
        stage.hand_in(user)
    with django_assert_max_num_queries(20):
        take_snapshot(stage.round, by=cast.office, at=timezone.now() + AFTER)


def test_a_round_of_another_time_has_its_own(cast, counted, stage, today):
    again = start_round(cast.campaign, title="回头看", due_on=today, content="再查。", reviewer=cast.reviewer, by=cast.office, at=timezone.now())
    SelfCheck.objects.filter(round=again).update(noticed_at=timezone.now())
    with pytest.raises(ValidationError, match="还没有人提交"):
        take_snapshot(again, by=cast.office, at=timezone.now() + AFTER)
