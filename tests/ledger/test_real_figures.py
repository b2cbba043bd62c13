"""Figures, deadlines and returns as real papers print them."""

import pytest
from django.utils import timezone

from ledger import actions
from ledger.listing import rate
from ledger.models import Problem
from reports.actions import compose_briefing, document_of, issue_briefing, submit_briefing
from reports.document import plain_text
from reports.figures import percent
from tests.cast import NOW, TODAY
from tests.ledger import plays
from tests.ledger.plays import DAY, S
from tests.ledger.test_views import live, page, send, today


@pytest.mark.parametrize("part, whole, decimals, printed", [
    (688, 697, 2, "98.71%"),
    (453, 471, 2, "96.18%"),
    (18, 471, 2, "3.82%"),
    (1966, 1967, 1, "99.9%"),
    (0, 697, 2, "0.00%"),
    (697, 697, 2, "100.00%"),
    (5, 0, 2, ""),
])
def test_rates_come_out_as_printed(part, whole, decimals, printed):
    assert rate(part, whole, decimals) == printed
    value = percent(part, whole, "0.1" if decimals == 1 else "0.01")
    assert ("" if value is None else f"{value}%") == printed


def test_the_parts_of_the_printed_wholes_add_up():
    assert 688 + 4 + 5 == 697 and 453 + 18 == 471


def test_three_outcomes_are_told_apart_in_the_ledger(cast):
    """688 完成, 4 基本完成并持续整改, 5 未完成 of 697: what is not finished is not closed, and the rate says so."""
    for outcome in ("done", "done", "mostly"):
        actions.close_problem(plays.in_state(cast, S.VERIFIED), outcome=outcome, by=cast.office, at=NOW)
    plays.opened(cast)
    tally = Problem.objects.tally(cast.office, TODAY)
    assert (tally["counted"], tally["closed"], tally["not_closed"]) == (4, 3, 1)
    assert Problem.objects.filter(outcome="mostly").count() == 1 and rate(tally["closed"], tally["counted"], 2) == "75.00%"


def issued(cast, body: str):
    briefing = compose_briefing(cast.campaign, kind="progress", title="工作进展情况的汇报", as_of=today(), body=body, by=cast.office, at=timezone.now())
    return issue_briefing(submit_briefing(briefing, by=cast.office, at=timezone.now()), signer="赵念安", by=cast.director, at=timezone.now())


def test_people_punished_twice_are_no_wrong_sum(cast):
    """党纪处分 315 + 政务处分 40 against 处分 334: some got both; it is printed as written and nothing stops it."""
    said = "给予党纪处分315人，政务处分40人，处分334人。"
    assert said in plain_text(document_of(issued(cast, said)))


def test_a_return_next_month_leaves_last_months_report_as_it_was(cast):
    closed = live(cast, S.CLOSED)
    live(cast)
    briefing = issued(cast, "应整改{{problems}}个，已销号{{problems_closed}}个，销号率{{closing_rate}}%。")
    before = plain_text(document_of(briefing))
    assert "应整改2个，已销号1个，销号率50.0%" in before.replace("%%", "%")
    row = Problem.objects.filter(pk=closed.pk).values().get()
    again = actions.recur_problem(closed, manifestation="又有", track="immediate", by=cast.office, at=timezone.now() + 30 * DAY)
    actions.register_problem(again, by=cast.office, at=timezone.now() + 30 * DAY)
    assert (again.recurs, Problem.objects.filter(pk=closed.pk).values().get()) == (closed, row)
    briefing.refresh_from_db()
    assert plain_text(document_of(briefing)) == before


def test_a_deadline_in_words_is_accepted_and_never_late(cast, signed_in):
    """“立行立改，长期坚持”."""
    problem = live(cast, S.REPORTED)
    words = "立行立改，长期坚持"
    data = {"seriousness": "ordinary", "track": "long_term", "due_on": str(today() - DAY), "deadline_text": words, "responsible_person": problem.responsible_person_id}
    assert send(signed_in(cast.office), "problem_register", problem, **data).status_code == 302
    problem.refresh_from_db()
    assert (problem.status, problem.deadline_text, problem.deadline_label) == (S.OPEN, words, words)
    for later in (0, 1, 400):
        day = today() + later * DAY
        assert not problem.is_overdue(day) and not Problem.objects.overdue(day).exists() and not Problem.objects.due_soon(day).exists()
        assert Problem.objects.tally(cast.office, day)["not_closed"] == 1
    assert words in page(signed_in(cast.office), "problem_detail", problem.pk)
