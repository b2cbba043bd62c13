"""Work that is done once a day, whoever asks first."""

import datetime as dt

from jobs.actions import queue_daily
from jobs.models import Job
from jobs.registry import DAILY
from jobs.runner import run_pending
from ledger.actions import defer_problem, register_problem, report_problem
from ledger.models import Problem
from tests.cast import NOW, TODAY


def test_daily_work_is_queued_once_a_day(db):
    assert {job.kind for job in queue_daily(at=NOW)} == set(DAILY)
    assert queue_daily(at=NOW + dt.timedelta(hours=3)) == []
    assert len(queue_daily(at=NOW + dt.timedelta(days=1))) == len(DAILY)


def test_a_deferred_problem_comes_back_by_itself(cast):
    problem = report_problem(cast.campaign, title="会议记录不全", source="other", manifestation="缺席原因未写", responsible_unit=cast.unit_a, track="immediate", by=cast.office, at=NOW)
    problem = register_problem(problem, by=cast.office, at=NOW)
    defer_problem(problem, until=TODAY + dt.timedelta(days=1), reason="等新格式", by=cast.office, at=NOW)
    queue_daily(at=NOW)
    run_pending()
    assert Problem.objects.get().status == "open"  # the real clock is past that day
    assert Job.objects.get(kind="ledger.resume_deferred").message == "恢复 1 件"
