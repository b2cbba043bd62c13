"""Kept counts of the demo: entered by its deeds alone they are what counting would find, at every level and on every day."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign
from demo.actions import enter_demo, remove_demo
from ledger.counts import problems
from ledger.models import Problem
from organizations import kept
from organizations.actions import change_cadre, check_counts
from organizations.kept import COUNTERS, Ask, build, read
from organizations.models import Cadre, Unit
from reports.dashboard import dashboard_of, first_week
from reports.figures import REGISTRY, Scope
from reports.kept import SUMS, is_kept, read_board
from reports.values import values
from selfcheck.models import ReportCount, SelfCheck

TODAY = timezone.localdate()
NOW = timezone.now()


def wrong() -> dict[str, int]:
    return {kind: number for kind, number in build(at=timezone.now()).items() if number}


@pytest.fixture(scope="module")
def entered(django_db_setup, django_db_blocker):
    """The demo, entered after the counts were built: only its deeds have made them. Rolled back after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        build(at=NOW)
        enter_demo(at=NOW)
        connection.finish()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(entered, db) -> Campaign:
    return Campaign.objects.get()


def live(scope: Scope, day: dt.date) -> dict:
    return {key: known.value(scope, day) for key, known in REGISTRY.items()}


def test_the_demo_entered_by_its_deeds_leaves_right_counts(demo, django_assert_num_queries):
    assert wrong() == {}
    for unit in Unit.objects.all():
        scope = Scope(demo, unit)
        assert is_kept(scope, TODAY)
        read_board(scope, TODAY, first_week(TODAY))
        with django_assert_num_queries(2):  # what is kept, and what isn't
            together = values(REGISTRY, scope, TODAY)
        assert together == live(scope, TODAY)


def test_every_figure_that_adds_up_and_grows_with_the_workforce_is_kept():
    counted_live = {"streets", "findings", "rules_new", "rules_revised"}  # few, however large the organ
    assert {key for key, known in REGISTRY.items() if known.sums_over_units} - SUMS.keys() == counted_live
    assert set(SUMS) <= set(REGISTRY)


def test_the_dashboard_says_the_same_either_way(demo, monkeypatch):
    for unit in [None, *Unit.objects.all()]:
        scope = Scope(demo, unit)
        from_kept = dashboard_of(scope, TODAY)
        with monkeypatch.context() as patch:
            patch.setattr("reports.dashboard.is_kept", lambda scope, as_of: False)
            patch.setattr("reports.values.is_kept", lambda scope, as_of: False)
            assert dashboard_of(scope, TODAY) == from_kept
    assert from_kept.figures["problems"] >= 0 and dashboard_of(Scope(demo), TODAY).figures["problems"] == 13


def test_another_day_is_counted_from_the_history(demo):
    assert not is_kept(Scope(demo), TODAY - dt.timedelta(days=1))
    earlier = values(["problems", "problems_closed"], Scope(demo), TODAY - dt.timedelta(days=400))
    assert earlier == {"problems": 0, "problems_closed": 0}


def test_people_who_move_or_leave_take_their_counts_along(demo):
    person = Cadre.objects.exclude(selfchecks=None).select_related("unit").first()
    target = Unit.objects.exclude(pk=person.unit_id).filter(parent__isnull=False).first()
    was = values(["selfcheck_due", "cadres_total", "attendance_expected"], Scope(demo, target), TODAY)
    change_cadre(person, post="", concurrent_posts=(), unit=target, by=None, at=NOW)
    now = values(was, Scope(demo, target), TODAY)
    assert {key: now[key] - was[key] for key in was} == {"selfcheck_due": 1, "cadres_total": 1, "attendance_expected": 5}
    change_cadre(Cadre.objects.get(pk=person.pk), post="", concurrent_posts=(), left_on=TODAY, by=None, at=NOW)
    assert values(["cadres_total"], Scope(demo, target), TODAY)["cadres_total"] == was["cadres_total"] and wrong() == {}


def test_a_day_that_passes_makes_what_is_due_overdue_without_a_deed(demo, django_assert_num_queries):
    due = SelfCheck.objects.missing().filter(due_on__gte=TODAY).first()
    later = due.due_on + dt.timedelta(days=1)
    ask = {"reports": Ask(COUNTERS[ReportCount], demo.unit.path, 2), "problems": Ask(problems, demo.unit.path, 2)}
    today, then = read(ask, TODAY), read(ask, later)
    assert {name: sum(row["overdue"] for row in then[name]) for name in ask} == {
        "reports": SelfCheck.objects.overdue(later).count(), "problems": Problem.objects.overdue(later).count(),
    }
    assert sum(row["overdue"] for row in then["reports"]) > sum(row["overdue"] for row in today["reports"])
    assert {name: sorted((row["path"], row["key"]) for row in rows) for name, rows in then.items()} == {name: sorted((row["path"], row["key"]) for row in rows) for name, rows in today.items()}
    with django_assert_num_queries(1):
        assert read(ask, TODAY) == today


def test_many_blocks_gone_past_their_day_are_counted_together(demo, monkeypatch):
    monkeypatch.setattr(kept, "MANY", 1)
    ask = {"reports": Ask(COUNTERS[ReportCount], demo.unit.path, 2)}
    later = TODAY + dt.timedelta(days=400)
    assert sum(row["overdue"] for row in read(ask, later)["reports"]) == SelfCheck.objects.overdue(later).count() == 5


def test_the_night_makes_them_right_for_the_new_day_and_calls_nothing_wrong(demo, monkeypatch):
    later = NOW + dt.timedelta(days=400)
    monkeypatch.setattr("organizations.kept.timezone.localdate", lambda at=None: later.date())
    assert check_counts(by=None, at=later) == {}
    assert sum(ReportCount.objects.values_list("overdue", flat=True)) == SelfCheck.objects.overdue(later.date()).count()


def test_the_demo_removed_leaves_none_of_its_counts(demo):
    remove_demo(at=NOW)
    connection.finish()
    assert {model: model.objects.count() for model in COUNTERS if model.objects.exists()} == {} and wrong() == {}


def test_the_desk_of_a_wide_scope_is_told_by_the_units_below_its_top(demo, client, monkeypatch):
    """The same numbers, folded; and the same latest steps, found another way."""
    client.force_login(User.objects.get(username="YL002"))
    narrow = client.get("/").context
    monkeypatch.setattr("organizations.breadth.WIDE", 1)
    wide = client.get("/").context
    children = Unit.objects.filter(parent=demo.unit).order_by("path")
    for rows, total, overdue, path in (
        ("missing_reports", "missing_total", SelfCheck.objects.overdue(TODAY), "cadre__unit__path"), ("late_problems", "late_total", Problem.objects.overdue(TODAY), "responsible_unit__path"),
    ):
        below = {child.pk: overdue.filter(**{f"{path}__startswith": child.path}).count() for child in children}
        assert {row.unit["pk"]: row.count for row in wide[rows]} == {pk: n for pk, n in below.items() if n} != {}
        assert wide[total] == narrow[total] == overdue.count() and {row.due_on for row in wide[rows]} == {None}
    assert wide["missing_round"] == narrow["missing_round"] is not None
    assert [change.pk for change in wide["changes"]] == [change.pk for change in narrow["changes"]] and len(wide["changes"]) == 6
