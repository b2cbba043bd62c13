"""Supervision, deed by deed."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from audit.models import Event
from ledger.models import Problem
from supervision.actions import (
    answer_suggestion,
    count_clues,
    enter_regulation,
    make_suggestion,
    raise_finding,
    raise_organ_issue,
    record_supervision,
    record_visit,
)
from supervision.models import ClueCount, Finding, OrganIssue, Regulation, Suggestion, SupervisionRecord, Visit
from tests.cast import NOW, TODAY

DAY = dt.timedelta(days=1)


@pytest.fixture
def visit(cast):
    return record_visit(cast.campaign, unit=cast.unit_b, team="第一督导组", held_on=TODAY, form="查阅资料", by=cast.supervisor, at=NOW)


def test_record_supervision_keeps_who_and_when(cast):
    entry = record_supervision(cast.campaign, kind="talk", level="thought", cadre=cast.person(cast.cadre), held_on=TODAY, conducted_by="赵念安", by=cast.office, at=NOW)
    assert (entry.kind, entry.level, entry.cadre.name, entry.held_on, entry.entered_at, entry.entered_by) == ("talk", "thought", "林知夏", TODAY, NOW, cast.office)
    assert Event.objects.get(action="supervision.record_supervision").detail == {"kind": "talk"}


def test_record_supervision_of_tomorrow_or_of_no_kind_is_refused(cast):
    person = cast.person(cast.cadre)
    with pytest.raises(ValidationError, match="不能晚于今天"):
        record_supervision(cast.campaign, kind="talk", level="work", cadre=person, held_on=TODAY + DAY, by=cast.office, at=NOW)
    with pytest.raises(ValidationError):
        record_supervision(cast.campaign, kind="gossip", level="work", cadre=person, by=cast.office, at=NOW)
    assert not SupervisionRecord.objects.exists()


def test_record_visit_and_one_of_tomorrow(cast, visit):
    assert (visit.unit, visit.team, visit.entered_by) == (cast.unit_b, "第一督导组", cast.supervisor)
    with pytest.raises(ValidationError, match="不能晚于今天"):
        record_visit(cast.campaign, unit=cast.unit_b, team="组", held_on=TODAY + DAY, by=cast.supervisor, at=NOW)
    assert Visit.objects.count() == 1 and Event.objects.filter(action="supervision.record_visit").count() == 1


def test_raise_finding_becomes_a_problem_of_the_unit(cast, visit):
    due = TODAY + 5 * DAY
    finding = raise_finding(visit, text="学习计划未按月落实。台账不全。", due_on=due, responsible_person=cast.person(cast.stranger), by=cast.supervisor, at=NOW)
    problem = Problem.objects.get()
    assert (finding.problem, finding.order, problem.findings.get()) == (problem, 1, finding)
    assert (problem.title, problem.manifestation, problem.source, problem.level) == ("学习计划未按月落实", "学习计划未按月落实。台账不全。", "visit", "organ")
    assert (problem.track, problem.due_on, problem.responsible_unit, problem.status) == ("dated", due, cast.unit_b, "reported")
    assert Event.objects.get(action="supervision.raise_finding").detail == {"to_ledger": True}


def test_raise_finding_without_a_date_is_to_be_put_right_at_once(cast, visit):
    assert raise_finding(visit, text="会议记录不全", by=cast.supervisor, at=NOW).problem.track == "immediate"


def test_raise_finding_outside_the_ledger_makes_no_problem(cast, visit):
    finding = raise_finding(visit, text="建议加强沟通", to_ledger=False, by=cast.supervisor, at=NOW)
    assert finding.problem is None and not Problem.objects.exists()


def test_raise_finding_tells_the_responsible_person_where_to_look(cast, visit):
    stranger = cast.person(cast.stranger)
    finding = raise_finding(visit, text="学习计划未落实", responsible_person=stranger, by=cast.supervisor, at=NOW)
    raise_finding(visit, text="口头提醒", to_ledger=False, responsible_person=stranger, by=cast.supervisor, at=NOW)
    notices = dict(cast.stranger.notices.values_list("text", "url"))
    assert notices == {"督导反馈：学习计划未落实": f"/ledger/problems/{finding.problem_id}/", "督导反馈：口头提醒": ""}


def test_raise_finding_counts_on_and_refuses_an_empty_one(cast, visit):
    raise_finding(visit, text="一", by=cast.supervisor, at=NOW)
    assert raise_finding(visit, text="二", by=cast.supervisor, at=NOW).order == 2
    with pytest.raises(ValidationError):
        raise_finding(visit, text="", by=cast.supervisor, at=NOW)
    assert (Finding.objects.count(), Problem.objects.count()) == (2, 2)


def test_count_clues_again_corrects_the_same_period(cast):
    period = {"period_start": TODAY - DAY, "period_end": TODAY}
    count_clues(cast.campaign, **period, received=3, handling=2, by=cast.clues, at=NOW)
    count_clues(cast.campaign, **period, received=4, handling=2, enquiry=1, filed=0, concluded=1, by=cast.clues, at=NOW + DAY)
    assert list(ClueCount.objects.values_list("received", "handling", "enquiry", "filed", "concluded", "entered_at")) == [(4, 2, 1, 0, 1, NOW + DAY)]
    assert Event.objects.filter(action="supervision.count_clues").count() == 2


def test_count_clues_refuses_less_than_none_and_a_period_backwards(cast):
    with pytest.raises(ValidationError):
        count_clues(cast.campaign, period_start=TODAY, period_end=TODAY, received=-1, by=cast.clues, at=NOW)
    with pytest.raises(ValidationError):
        count_clues(cast.campaign, period_start=TODAY, period_end=TODAY - DAY, by=cast.clues, at=NOW)
    assert not ClueCount.objects.exists()


def test_raise_organ_issue_keeps_its_causes_in_order(cast):
    issue = raise_organ_issue(cast.campaign, title="机构不健全", description="人手少", causes=["任务重", " ", "兼职"], by=cast.office, at=NOW)
    assert list(issue.causes.values_list("order", "text")) == [(1, "任务重"), (2, "兼职")]
    assert raise_organ_issue(cast.campaign, title="制度不完善", by=cast.office, at=NOW).order == 2
    with pytest.raises(ValidationError):
        raise_organ_issue(cast.campaign, title="", by=cast.office, at=NOW)
    assert OrganIssue.objects.count() == 2 and Event.objects.filter(action="supervision.raise_organ_issue").count() == 2


def test_enter_regulation_keeps_what_is_thought_of_it(cast):
    rule = enter_regulation(cast.campaign, title="监督管理办法", issued_on=TODAY, evaluation="比较笼统", by=cast.office, at=NOW)
    assert (rule.is_in_force, rule.evaluation, rule.entered_by) == (True, "比较笼统", cast.office)
    with pytest.raises(ValidationError):
        enter_regulation(cast.campaign, title="", by=cast.office, at=NOW)
    assert Regulation.objects.count() == 1 and Event.objects.filter(action="supervision.enter_regulation").count() == 1


def test_make_suggestion_and_answer_it(cast):
    suggestion = make_suggestion(cast.campaign, addressee="市纪委", topic="培训", text="加强培训", by=cast.office, at=NOW)
    answer_suggestion(suggestion, reply="下季度安排", by=cast.office, at=NOW)
    suggestion.refresh_from_db()
    assert (suggestion.order, suggestion.reply) == (1, "下季度安排")
    with pytest.raises(ValidationError):
        make_suggestion(cast.campaign, addressee="", topic="", text="", by=cast.office, at=NOW)
    assert Suggestion.objects.count() == 1
    assert list(Event.objects.filter(action__endswith="_suggestion").order_by("pk").values_list("action", flat=True)) == ["supervision.make_suggestion", "supervision.answer_suggestion"]
