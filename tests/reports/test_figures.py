"""Every number has a definition, a unit of count and rows that add up to it."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from campaigns.models import Campaign
from ledger.actions import recur_problem
from ledger.models import Problem
from organizations.models import Unit
from reports.figures import CHECKED, CHECKS, REGISTRY, Rate, Scope, by_subject, failed_checks, figure, percent
from reports.values import figures_counting, values
from reports.views.dashboard import cells

TODAY = timezone.localdate()
UNITS = {"个", "人", "人次", "次", "项", "份", "件", "场", "条", "类", "%"}


@pytest.fixture
def scope(demo_entered, db) -> Scope:
    return Scope(Campaign.objects.get())


def test_every_figure_is_complete():
    incomplete = [
        key for key, f in REGISTRY.items()
        if not (str(f.label) and f.unit in UNITS and len(str(f.definition)) >= 6 and f.columns and key == f.key)
    ]
    assert incomplete == []


@pytest.mark.parametrize("key", sorted(REGISTRY))
def test_rows_make_the_value_and_can_be_shown(scope, key):
    known = figure(key)
    rows = known.rows(scope, TODAY)
    assert isinstance(rows, models.QuerySet)
    assert rows.count() == len(set(rows.values_list("pk", flat=True)))  # distinct
    if isinstance(known, Rate):
        assert known.value(scope, TODAY) == percent(figure(known.part).value(scope, TODAY), rows.count())
    else:
        assert known.value(scope, TODAY) == rows.count()
    assert all(len(line) == len(known.columns) for line in cells(known, rows[:3]))


@pytest.mark.parametrize("key", sorted(k for k, f in REGISTRY.items() if f.sums_over_units))
def test_parts_by_unit_add_up_to_the_whole(scope, key):
    children = Unit.objects.filter(parent=scope.campaign.unit)
    own_only = figure(key).value(scope, TODAY) - sum(figure(key).value(Scope(scope.campaign, u), TODAY) for u in children)
    assert own_only == 0  # nobody in the demo belongs to the organ itself


EXPECTED = {
    "cadres_total": 24, "cadres_organ": 8, "cadres_street": 16, "streets": 4, "meetings": 4, "work_groups": 5, "phases": 3, "plan_items": 11,
    "plan_done": 5, "plan_overdue": 2, "slips": 1, "slip_deliveries": 24, "slip_signed": 22, "slip_receivers": 24, "materials": 8, "sessions": 5,
    "attendance_expected": 120, "attendance_present": 113, "attendance_made_up": 5, "attendance_missing": 2, "activities": 4, "selfcheck_due": 24,
    "selfcheck_submitted": 19, "selfcheck_accepted": 16, "selfcheck_returned": 1, "selfcheck_missing": 5, "selfcheck_overdue": 4, "aspects": 6,
    "questions": 6, "problems_reported": 2, "problems": 13, "problems_closed": 5, "problems_at_work": 8, "problems_waiting": 2, "problems_overdue": 3,
    "problems_immediate": 6, "problems_dated": 6, "problems_long_term": 1, "closing_rate": Decimal("38.5"), "rules_new": 1, "rules_revised": 0,
    "supervision_work": 30, "supervision_thought": 5, "talks": 5, "talk_people": 5, "findings": 2, "regulations": 1, "organ_issues": 3, "suggestions": 2,
}


def test_every_figure_stands_under_its_subject():
    assert [f.key for _subject, known in by_subject() for f in known] == list(REGISTRY)
    assert all(known for _subject, known in by_subject())


def test_values_of_the_demo(scope):
    assert values(REGISTRY, scope, TODAY) == EXPECTED


@pytest.mark.parametrize("days_ago", [0, 7])
def test_together_they_count_as_one_by_one(scope, days_ago, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr("reports.values.is_kept", lambda scope, as_of: False)  # what is kept: test_kept_demo.py
    day = TODAY - dt.timedelta(days=days_ago)
    for unit in [None, *Unit.objects.all()]:
        part = Scope(scope.campaign, unit or scope.campaign.unit)
        with django_assert_num_queries(1):
            together = values(REGISTRY, part, day)
        assert together == {key: known.value(part, day) for key, known in REGISTRY.items()}


def test_together_nothing_is_counted_without_a_campaigns_rows(cast):
    together = values(REGISTRY, Scope(cast.campaign), TODAY)
    assert together == {key: known.value(Scope(cast.campaign), TODAY) for key, known in REGISTRY.items()}
    assert together["closing_rate"] is None


def test_nothing_is_looked_up_to_write_what_counts_a_figure(scope, django_assert_num_queries):
    """The statement is kept: what was looked up for it would be old the next time."""
    assert scope.path
    with django_assert_num_queries(0):
        written = figures_counting.__wrapped__(tuple(key for key, f in REGISTRY.items() if not isinstance(f, Rate)), scope.campaign, scope.unit, scope.path, TODAY)
    assert set(written.asked) | set(written.impossible) == {key for key, f in REGISTRY.items() if not isinstance(f, Rate)}


def test_what_is_known_is_not_counted_again(scope, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert values(["closing_rate", "problems"], scope, TODAY, {"problems": 8, "problems_closed": 2}) == {"closing_rate": Decimal("25.0"), "problems": 8}


def test_an_earlier_day_counts_what_was_so_then(scope):
    week_ago = TODAY - dt.timedelta(days=7)
    then = values(["problems", "problems_closed", "selfcheck_submitted", "problems_waiting"], scope, week_ago)
    assert then == {"problems": 13, "problems_closed": 0, "selfcheck_submitted": 16, "problems_waiting": 0}


def test_a_relapse_next_month_does_not_change_last_months_figures(scope):
    yesterday = TODAY - dt.timedelta(days=1)
    before = values(["problems", "problems_closed"], scope, yesterday)
    closed = Problem.objects.closed().first()
    recur_problem(closed, manifestation="又出现", track="immediate", by=closed.closed_by, at=timezone.now())
    assert values(["problems", "problems_closed"], scope, yesterday) == before
    assert closed.successors.count() == 1


def test_checks_hold_on_the_demo_and_can_fail(scope):
    assert failed_checks(values(CHECKED, scope, TODAY)) == []
    wrong = {key: 1 for check in CHECKS for key in check.keys} | {"selfcheck_submitted": 9, "cadres_total": 1, "problems_closed": 5, "attendance_present": 7, "slip_signed": 3, "problems_dated": 4}
    assert [check.holds(wrong) for check in CHECKS] == [False] * len(CHECKS)


@pytest.mark.parametrize(("part", "whole", "places", "shown"), [
    (688, 697, "0.01", "98.71"), (453, 471, "0.01", "96.18"), (18, 471, "0.01", "3.82"), (1966, 1967, "0.1", "99.9"), (0, 5, "0.1", "0.0"),
])
def test_published_rates_come_out(part, whole, places, shown):
    assert str(percent(part, whole, places)) == shown


def test_no_whole_no_rate():
    assert percent(0, 0) is None


def test_a_term_never_overdue_is_still_counted(scope):
    long_term = Problem.objects.get(track="long_term")
    long_term.due_on, long_term.deadline_text = TODAY - dt.timedelta(days=400), "立行立改，长期坚持"
    long_term.save()
    assert not long_term.is_overdue(TODAY)
    assert values(["problems_overdue", "problems"], scope, TODAY) == {"problems_overdue": 3, "problems": 13}
    with pytest.raises(KeyError):
        figure("no_such")
    with pytest.raises(ValidationError):
        Problem(due_on="x").full_clean()
