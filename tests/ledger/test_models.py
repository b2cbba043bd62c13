"""What a problem may not be, which are overdue, who sees which."""

import pytest
from django.db import IntegrityError, transaction
from django.http import QueryDict

from ledger import actions
from ledger.listing import Ledger, UrgentFirst
from ledger.models import ExtensionRequest, Problem, RuleMakingItem
from organizations.actions import enter_cadre
from tests.cast import NOW, TODAY
from tests.ledger.plays import DAY, S, in_state, opened, reported, submit

# --- constraints, broken one by one -------------------------------------------


@pytest.mark.parametrize("state, broken", [
    (S.OPEN, {"registered_by": None}),
    (S.OPEN, {"registered_at": None}),
    (S.OPEN, {"submitted_at": NOW}),
    (S.SUBMITTED, {"submitted_by": None}),
    (S.OPEN, {"closed_at": NOW}),
    (S.OPEN, {"status": "closed", "outcome": "done"}),
    (S.CLOSED, {"closed_by": None}),
    (S.CLOSED, {"outcome": ""}),
    (S.CLOSED, {"status": "open"}),
    (S.MERGED, {"merged_into": None}),
    (S.OPEN, {"status": "merged"}),
    (S.DEFERRED, {"deferred_until": None}),
    (S.OPEN, {"due_on": None}),
    (S.OPEN, {"outcome": "done"}),
    (S.OPEN, {"edited_at": NOW}),
])
def test_the_database_refuses_what_does_not_belong_together(cast, state, broken):
    problem = in_state(cast, state)
    with pytest.raises(IntegrityError), transaction.atomic():
        Problem.objects.filter(pk=problem.pk).update(**broken)


def test_a_number_is_given_once(cast):
    first, second = reported(cast), reported(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Problem.objects.filter(pk=second.pk).update(number=first.number)


def test_one_extension_request_at_a_time(cast):
    problem = opened(cast)
    ExtensionRequest.objects.create(problem=problem, reason="一", until=TODAY, requested_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExtensionRequest.objects.create(problem=problem, reason="二", until=TODAY, requested_at=NOW)


@pytest.mark.parametrize("broken", [{"granted": True}, {"decided_at": NOW}, {"granted": False, "decided_at": NOW}])
def test_a_decision_has_its_hand_and_hour(cast, broken):
    request = actions.request_extension(opened(cast), reason="等", until=TODAY + 20 * DAY, by=cast.cadre, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExtensionRequest.objects.filter(pk=request.pk).update(**broken)


# --- overdue --------------------------------------------------------------------


def test_a_deadline_day_ends_at_midnight(cast):
    problem = opened(cast, due_on=TODAY)
    assert not problem.is_overdue(TODAY)
    assert problem.is_overdue(TODAY + DAY)
    assert not Problem.objects.overdue(TODAY).exists()
    assert Problem.objects.overdue(TODAY + DAY).get() == problem


@pytest.mark.parametrize("due_on, text", [(None, "立行立改，长期坚持"), (TODAY - 30 * DAY, "2025 年底前，并长期坚持")])
def test_a_long_term_problem_is_never_overdue_and_still_counts(cast, due_on, text):
    problem = opened(cast, track="long_term", due_on=due_on, deadline_text=text)
    assert not problem.is_overdue(TODAY + 999 * DAY)
    assert not Problem.objects.overdue(TODAY + 999 * DAY).exists()
    assert problem.deadline_label == text
    assert Problem.objects.counted().get() == problem


@pytest.mark.parametrize("state", [s for s in S.values if s != S.OPEN])
def test_only_a_problem_at_work_can_be_overdue(cast, state):
    problem = in_state(cast, state, due_on=TODAY - 5 * DAY)
    assert not problem.is_overdue(TODAY)
    assert not Problem.objects.overdue(TODAY).filter(pk=problem.pk).exists()


def test_due_soon_is_today_to_the_seventh_day(cast):
    days = {n: opened(cast, due_on=TODAY + n * DAY) for n in (-1, 0, 7, 8)}
    assert set(Problem.objects.due_soon(TODAY)) == {days[0], days[7]}


def test_urgent_first_longest_overdue_on_top_then_newest_number(cast):
    one = opened(cast, due_on=TODAY + DAY)
    late = opened(cast, due_on=TODAY - 2 * DAY)
    later = opened(cast, due_on=TODAY - 9 * DAY)
    long_term = opened(cast, track="long_term", due_on=TODAY - 90 * DAY)
    submitted = submit(cast, opened(cast, due_on=TODAY - 20 * DAY))
    seen = Ledger(cast.campaign, cast.office, QueryDict(), TODAY)
    assert list(seen.page(1, 9)) == [later, late, submitted, long_term, one]
    assert [list(seen.page(n, 2)) for n in (1, 2, 3)] == [[later, late], [submitted, long_term], [one]]
    keys = UrgentFirst(Problem.objects.all(), TODAY, late=2)
    assert [{row["pk"] for row in keys[n : n + 2]} for n in (1, 5)] == [{late.pk, submitted.pk}, set()]


# --- counts -----------------------------------------------------------------------


def test_tally_counts_every_state_once_under_its_definition(cast):
    for state in S.values:
        in_state(cast, state)
    opened(cast, due_on=TODAY - DAY)
    opened(cast, due_on=TODAY + 7 * DAY)
    # eight states, one more that the merged one went into, two more at work
    assert Problem.objects.tally(cast.reviewer, TODAY) == {
        "all": 11, "mine": 0, "counted": 8, "not_closed": 7, "awaiting": 1, "overdue": 1, "soon": 1,
        "reported": 1, "open": 4, "submitted": 1, "verified": 1, "closed": 1, "deferred": 1, "dismissed": 1, "merged": 1,
    }
    assert (Problem.objects.counted().count(), Problem.objects.not_closed().count()) == (8, 7)


def test_tally_is_one_query_and_one_each_for_what_is_theirs(cast, django_assert_num_queries):
    in_state(cast, S.SUBMITTED)
    Problem.objects.tally(cast.reviewer, TODAY)  # the grants are read once per user
    with django_assert_num_queries(3):
        Problem.objects.tally(cast.reviewer, TODAY)


def test_rules_new_and_revised_are_counted_apart(cast):
    for kind, issued_on in [("new", None), ("new", TODAY), ("new", TODAY), ("revised", TODAY), ("revised", None)]:
        actions.plan_rule(cast.campaign, title="某办法", kind=kind, unit=cast.unit_a, issued_on=issued_on, by=cast.office, at=NOW)
    assert RuleMakingItem.objects.tally() == {"all": 5, "issued": 3, "planned": 2, "new": 3, "new_issued": 2, "revised": 2, "revised_issued": 1}


# --- who waits, who sees -------------------------------------------------------------


def test_awaiting_is_for_the_named_verifier_or_when_nobody_is_named_for_all_who_verify(cast):
    named = submit(cast, opened(cast, verifier=cast.reviewer))
    anybody = submit(cast, opened(cast))
    assert set(Problem.objects.awaiting(cast.reviewer)) == {named, anybody}
    assert set(Problem.objects.awaiting(cast.office)) == {anybody}
    assert not Problem.objects.awaiting(cast.cadre).exists()


def test_awaiting_leaves_out_ones_own_and_what_one_submitted(cast):
    own = actions.submit_problem(opened(cast, person=cast.person(cast.office), unit=cast.bureau), note="好", by=cast.liaison, at=NOW)
    by_me = actions.submit_problem(opened(cast), note="好", by=cast.office, at=NOW)
    assert not Problem.objects.awaiting(cast.office).exists()
    assert set(Problem.objects.awaiting(cast.reviewer)) == {own, by_me}


def test_awaiting_has_those_without_an_account_or_a_person(cast):
    without_account = enter_cadre(staff_no="X1", name="周明远", unit=cast.unit_a, post="", user=None, by=None, at=NOW)
    first = actions.submit_problem(opened(cast, person=without_account), note="好", by=cast.liaison, at=NOW)
    nobody = actions.register_problem(
        actions.report_problem(cast.campaign, title="单位的", source="visit", manifestation="有", responsible_unit=cast.unit_a, track="immediate", by=cast.office, at=NOW),
        by=cast.office, at=NOW,
    )
    second = actions.submit_problem(nobody, note="好", by=cast.liaison, at=NOW)
    assert set(Problem.objects.awaiting(cast.reviewer)) == {first, second}
    assert Problem.objects.tally(cast.reviewer, TODAY)["awaiting"] == 2


def test_visible_to_owner_verifier_and_those_in_scope(cast):
    problem = opened(cast)
    everybody = {name for name, value in vars(cast).items() if hasattr(value, "username")}
    sees = {name for name in everybody if Problem.objects.visible_to(getattr(cast, name)).filter(pk=problem.pk).exists()}
    assert sees == {"cadre", "liaison", "office", "director", "reviewer", "supervisor", "coordination", "inspection"}
    in_b = opened(cast, unit=cast.unit_b, person=cast.person(cast.stranger), verifier=cast.chief)
    assert Problem.objects.visible_to(cast.chief).get() == in_b
