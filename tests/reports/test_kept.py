"""Kept counts are what counting the rows would find, after every deed, at every level, on every day."""

import datetime as dt
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Notice
from ledger.actions import change_problem, report_problem
from ledger.counts import problems
from ledger.models import Problem, ProblemCount
from organizations.actions import change_unit, check_counts, enter_cadre, move_unit, open_unit
from organizations.kept import COUNTERS, Ask, build, read
from organizations.models import HeadCount, KeptCheck, Unit
from reports.dashboard import weekly_trend
from reports.figures import Scope, figure
from reports.kept import is_kept
from reports.values import values
from tests.cast import enter
from tests.ledger.plays import in_state, opened

TODAY = timezone.localdate()
NOW = timezone.now()


def wrong() -> dict[str, int]:
    return {kind: number for kind, number in build(at=timezone.now()).items() if number}


def test_until_they_are_built_everything_is_counted(db, cast):
    assert not is_kept(Scope(cast.campaign), TODAY)
    found = read({"all": Ask(problems, cast.organ.path, 1)}, TODAY)
    assert found == {"all": []} and not ProblemCount.objects.exists()
    assert check_counts(by=None, at=NOW) == {}  # the first time nothing was kept, and nothing is wrong
    assert is_kept(Scope(cast.campaign), TODAY) and KeptCheck.objects.count() == len(COUNTERS)


def test_what_drifted_is_mended_and_told(cast):
    check_counts(by=None, at=NOW)
    plant(cast, cast.unit_a)
    assert wrong() == {}
    ProblemCount.objects.update(reported=9)
    HeadCount.objects.all().delete()
    found = check_counts(by=None, at=NOW)
    assert found == {"ledger.ProblemCount": 1, "organizations.HeadCount": 4}
    assert "5 处" in Notice.objects.get(user=cast.administrator).text
    assert KeptCheck.objects.get(kind="ledger.ProblemCount").differences == 1
    assert wrong() == {} and total(cast)["reported"] == 1


def plant(cast, unit: Unit, *, due: dt.date | None = None) -> Problem:
    return report_problem(
        cast.campaign, title="记录不全", source="other", manifestation="3 份没有地点。", responsible_unit=unit, track="dated" if due else "immediate", due_on=due, by=cast.office, at=NOW,
    )


def total(cast, unit: Unit | None = None) -> dict[str, int]:
    path = (unit or cast.organ).path
    return next(iter(read({"it": Ask(problems, path, len(path) // 4, "", {"campaign": cast.campaign.pk})}, TODAY)["it"]), {})


def test_a_unit_that_moves_takes_its_counts_along(cast):
    build(at=NOW)
    deep = cast.unit_a
    for n in range(3):
        deep = open_unit(code=f"D{n}", name=f"第 {n} 组", parent=deep, by=None, at=NOW)
    plant(cast, deep)
    plant(cast, cast.bureau)
    enter_cadre(staff_no="D1", name="程远", unit=deep, by=None, at=NOW)
    assert len(deep.path) // 4 == 6 and total(cast, cast.bureau)["reported"] == 2
    assert ProblemCount.objects.get(path=cast.unit_a.path + "0001").reported == 1  # kept with the fourth level above it
    move_unit(Unit.objects.get(code="D0"), parent=cast.unit_b, by=None, at=NOW)
    assert (total(cast, cast.bureau)["reported"], total(cast, cast.unit_b)["reported"], wrong()) == (1, 1, {})
    move_unit(Unit.objects.get(pk=cast.unit_b.pk), parent=cast.bureau, by=None, at=NOW)  # D0 lies on the fifth level now
    assert not ProblemCount.objects.filter(path=Unit.objects.get(code="D0").path).exists()
    assert (total(cast, cast.bureau)["reported"], wrong()) == (2, {})
    move_unit(Unit.objects.get(pk=cast.unit_b.pk), parent=cast.elsewhere, by=None, at=NOW)
    assert (total(cast)["reported"], total(cast, cast.elsewhere)["reported"], wrong()) == (1, 1, {})


def test_a_street_is_a_street_for_all_below_it(cast):
    build(at=NOW)
    change_unit(cast.bureau, kind=Unit.Kind.STREET, by=None, at=NOW)
    assert values(["cadres_street", "cadres_organ", "cadres_total"], Scope(cast.campaign), TODAY) == {"cadres_street": 8, "cadres_organ": 0, "cadres_total": 8}
    assert wrong() == {}


def test_a_problem_of_another_unit_is_counted_there(cast):
    build(at=NOW)
    change_problem(plant(cast, cast.unit_a), responsible_unit=cast.unit_b, by=cast.office, at=NOW)
    assert (total(cast, cast.bureau).get("reported"), total(cast, cast.unit_b)["reported"], wrong()) == (None, 1, {})


def test_the_trend_counts_to_sundays_and_to_today(cast):
    build(at=NOW)
    assert weekly_trend(Scope(cast.campaign), TODAY) == []


def test_weeks_before_the_trend_are_told_together(cast, monkeypatch):
    """As counting the rows tells them, which knows no first week."""
    build(at=NOW)
    for weeks, closed in [(30, True), (25, False), (11, False), (10, True), (9, False), (0, False)]:
        at = NOW - dt.timedelta(weeks=weeks)
        if closed:
            in_state(cast, Problem.Status.CLOSED, at=at, due_on=at.date() + dt.timedelta(days=9))
        else:
            opened(cast, at=at, due_on=TODAY + dt.timedelta(days=9))
    kept = weekly_trend(Scope(cast.campaign), TODAY)
    monkeypatch.setattr("reports.dashboard.is_kept", lambda scope, as_of: False)
    assert kept == weekly_trend(Scope(cast.campaign), TODAY) and len(kept) == 12
    assert (kept[0].found, kept[-1].found, kept[0].closed, kept[-1].closed) == (3, 6, 1, 2)


@pytest.mark.django_db(transaction=True)
def test_they_are_written_with_the_deed_and_undone_with_it():
    cast = enter()
    build(at=NOW)
    plant(cast, cast.unit_a)
    assert ProblemCount.objects.get().reported == 1
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        plant(cast, cast.unit_a)
        assert total(cast)["reported"] == 2  # who asks inside the deed is told already
        raise ZeroDivisionError
    assert ProblemCount.objects.get().reported == 1 and not connection.finishing
    with transaction.atomic():
        plant(cast, cast.unit_a)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            plant(cast, cast.unit_b)
            raise ZeroDivisionError
    assert ProblemCount.objects.get().reported == 2 and figure("problems_reported").value(Scope(cast.campaign), TODAY) == 2


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="tools/test.sh runs it on PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_deeds_at_the_same_time_in_one_block_are_all_counted():
    """On PostgreSQL neither transaction sees the other's rows until it has committed."""
    cast = enter()
    build(at=NOW)
    start, faults = threading.Barrier(4), []

    def work(n: int) -> None:
        try:
            start.wait(timeout=20)
            for _deed in range(6):
                plant(cast, cast.unit_a if n % 2 else cast.bureau)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert (Problem.objects.count(), total(cast)["reported"], wrong()) == (24, 24, {})
