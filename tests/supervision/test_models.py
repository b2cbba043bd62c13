"""What rows of this room may not be, and who sees them."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from organizations.actions import grant_role
from organizations.roles import Role
from supervision.actions import (
    count_clues,
    enter_regulation,
    make_suggestion,
    raise_finding,
    raise_organ_issue,
    record_supervision,
    record_visit,
)
from supervision.models import (
    Cause,
    ClueCount,
    Finding,
    OrganIssue,
    Regulation,
    Suggestion,
    SupervisionRecord,
    Visit,
    may_enter_clues,
)
from tests.cast import NOW, TODAY

PEOPLE = ["director", "office", "reviewer", "supervisor", "clues", "chief", "liaison", "cadre", "colleague", "stranger", "outsider", "administrator"]
DAY = dt.timedelta(days=1)


def who_sees(cast, rows) -> list[str]:
    return [name for name in PEOPLE if rows.visible_to(getattr(cast, name)).exists()]


def broken(row) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def talk(cast, user, **facts):
    facts = {"kind": "talk", "level": "work"} | facts
    return record_supervision(cast.campaign, cadre=cast.person(user), by=cast.office, at=NOW, **facts)


@pytest.fixture
def visit(cast):
    return record_visit(cast.campaign, unit=cast.unit_b, team="第一督导组", by=cast.supervisor, at=NOW)


def test_clue_period_is_entered_once_and_ends_after_it_begins(cast):
    count_clues(cast.campaign, period_start=TODAY - DAY, period_end=TODAY, received=1, by=cast.clues, at=NOW)
    broken(ClueCount(campaign=cast.campaign, period_start=TODAY - DAY, period_end=TODAY, entered_at=NOW))
    broken(ClueCount(campaign=cast.campaign, period_start=TODAY, period_end=TODAY - DAY, entered_at=NOW))


def test_clue_counts_have_no_place_for_a_name_or_a_text():
    kinds = {field.name: field.get_internal_type() for field in ClueCount._meta.get_fields()}
    assert not {"CharField", "TextField", "FileField", "JSONField", "ManyToManyField"} & set(kinds.values())
    assert {name for name, kind in kinds.items() if kind == "ForeignKey"} == {"campaign", "entered_by"}


def test_findings_issues_causes_and_suggestions_are_numbered_once(cast, visit):
    raise_finding(visit, text="意见", to_ledger=False, by=cast.supervisor, at=NOW)
    issue = raise_organ_issue(cast.campaign, title="机构不健全", causes=["人手少"], by=cast.office, at=NOW)
    make_suggestion(cast.campaign, addressee="市纪委", topic="培训", text="加强培训", by=cast.office, at=NOW)
    broken(Finding(visit=visit, order=1, text="又", raised_at=NOW))
    broken(OrganIssue(campaign=cast.campaign, order=1, title="又", entered_at=NOW))
    broken(Cause(issue=issue, order=1, text="又"))
    broken(Suggestion(campaign=cast.campaign, order=1, addressee="又", topic="又", text="又", entered_at=NOW))


def test_records_stand_in_one_order_however_many_they_are(cast):
    made = [talk(cast, cast.cadre, held_on=day) for day in (TODAY - DAY, None, TODAY - 3 * DAY, TODAY - DAY, None)]
    wanted = [made[n].pk for n in (3, 0, 2, 4, 1)]
    few, many = (SupervisionRecord.objects.newest_of(count) for count in (5, 100_000))
    assert list(few.values_list("pk", flat=True)) == list(many.values_list("pk", flat=True)) == wanted
    assert "NULLS LAST" in str(few.query) and "NULLS LAST" not in str(many.query)


def test_records_are_seen_in_scope_and_by_their_subject(cast):
    talk(cast, cast.cadre)
    assert who_sees(cast, SupervisionRecord.objects) == ["director", "office", "supervisor", "cadre"]


def test_visits_and_findings_are_seen_in_scope_only(cast, visit):
    raise_finding(visit, text="意见", to_ledger=False, by=cast.supervisor, at=NOW)
    assert who_sees(cast, Visit.objects) == ["director", "office", "supervisor"]
    assert who_sees(cast, Finding.objects) == ["director", "office", "supervisor"]


def test_what_is_wrong_with_the_system_is_seen_in_scope_only(cast):
    raise_organ_issue(cast.campaign, title="机构不健全", by=cast.office, at=NOW)
    enter_regulation(cast.campaign, title="监督办法", by=cast.office, at=NOW)
    make_suggestion(cast.campaign, addressee="市纪委", topic="培训", text="加强培训", by=cast.office, at=NOW)
    for model in (OrganIssue, Regulation, Suggestion):
        assert who_sees(cast, model.objects) == ["director", "office", "supervisor"], model


def test_clue_counts_are_hidden_from_everybody_but_the_clue_group_and_leaders(cast):
    count_clues(cast.campaign, period_start=TODAY, period_end=TODAY, received=1, by=cast.clues, at=NOW)
    assert who_sees(cast, ClueCount.objects) == ["director", "clues"]


def test_clue_counts_are_entered_by_the_clue_group_of_the_campaigns_unit(cast):
    assert [name for name in PEOPLE if may_enter_clues(getattr(cast, name), cast.campaign)] == ["clues"]
    grant_role(cast.chief, role=Role.CLUES, unit=cast.unit_a, by=None, at=NOW)
    grant_role(cast.colleague, role=Role.CLUES, unit=cast.organ, by=None, at=NOW)
    for user in (cast.chief, cast.colleague):
        del user._access
    assert (may_enter_clues(cast.chief, cast.campaign), may_enter_clues(cast.colleague, cast.campaign)) == (False, True)


def test_work_and_thought_are_counted_by_kind(cast):
    for level in ("work", "work", "thought"):
        talk(cast, cast.cadre, level=level)
    talk(cast, cast.stranger, kind="debriefing")
    assert SupervisionRecord.objects.by_kind_and_level() == {("talk", "work"): 2, ("talk", "thought"): 1, ("debriefing", "work"): 1}


def test_records_without_a_date_stand_last(cast):
    undated, older, newer = talk(cast, cast.cadre), talk(cast, cast.cadre, held_on=TODAY - DAY), talk(cast, cast.cadre, held_on=TODAY)
    assert list(SupervisionRecord.objects.all()) == [newer, older, undated]
