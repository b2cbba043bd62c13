"""Rooms below the registry count their own lists; this holds that they count as the registry defines."""

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from campaigns.models import Campaign, PlanItem
from learning.models import Attendance, StudySession, comings, held_by
from ledger.models import Problem
from organizations.headcounts import unit_rows
from organizations.models import Cadre, Unit
from reports.figures import REGISTRY, Scope
from reports.values import values
from selfcheck.models import SelfCheck
from supervision.models import SupervisionRecord

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def scope(demo_entered, db) -> Scope:
    return Scope(Campaign.objects.get())


@pytest.fixture
def found(scope) -> dict[str, int]:
    return values(REGISTRY, scope, TODAY)


@pytest.fixture
def office(demo_entered, db):
    return get_user_model().objects.get(username="YL002")


def test_the_ledger(found, office):
    tally = Problem.objects.visible_to(office).tally(office, TODAY)
    assert {k: tally[k] for k in ("counted", "closed", "not_closed", "overdue", "reported")} == {
        "counted": found["problems"], "closed": found["problems_closed"], "not_closed": found["problems_at_work"],
        "overdue": found["problems_overdue"], "reported": found["problems_reported"],
    }


def test_the_self_check(found):
    (tally,) = SelfCheck.objects.tally(TODAY, "round")
    assert {k: tally[k] for k in ("all", "handed_in", "accepted", "missing", "returned", "overdue")} == {
        "all": found["selfcheck_due"], "handed_in": found["selfcheck_submitted"], "accepted": found["selfcheck_accepted"],
        "missing": found["selfcheck_missing"], "returned": found["selfcheck_returned"], "overdue": found["selfcheck_overdue"],
    }


def test_teaching(found, scope):
    sessions = StudySession.objects.filter(campaign=scope.campaign)
    totals = sessions.by_state(TODAY) | Attendance.objects.filter(held_by(TODAY, "session__"), session__in=sessions).aggregate(**comings())
    assert {k: totals[k] for k in ("held", "expected", "present", "made_up", "missing")} == {
        "held": found["sessions"], "expected": found["attendance_expected"], "present": found["attendance_present"],
        "made_up": found["attendance_made_up"], "missing": found["attendance_missing"],
    }


def test_the_plan(found):
    assert PlanItem.objects.overdue(TODAY).count() == found["plan_overdue"]
    assert PlanItem.objects.filter(done_on__isnull=False).count() == found["plan_done"]


def test_headcounts(found):
    root = unit_rows(Unit.objects.all())[0]
    assert root.below["established"] == root.below["on_duty"] == Cadre.objects.serving().count() == found["cadres_total"]


def test_supervision(found):
    by = SupervisionRecord.objects.by_kind_and_level()
    assert sum(n for (_kind, level), n in by.items() if level == "work") == found["supervision_work"]
    assert sum(n for (kind, _level), n in by.items() if kind == "talk") == found["talks"]


def test_the_pages_show_these_numbers(found, office, client):
    client.force_login(office)
    shown = {
        "/ledger/problems/": f"应整改 {found['problems']}",
        "/reports/": f"应整改 {found['problems']} 件，已销号 {found['problems_closed']} 件",
        "/": f"{found['selfcheck_overdue']} 份自查报告逾期未交",
        "/campaigns/": f"{found['plan_overdue']} 项安排逾期",
        "/learning/": f"已举行集中学习 {found['sessions']} 次",
    }
    import re

    pages = {path: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", client.get(path).content.decode())) for path in shown}
    assert [path for path, words in shown.items() if words not in pages[path]] == []
