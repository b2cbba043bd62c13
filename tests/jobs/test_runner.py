"""Queue, claim, run: each job once, and nobody's result but the asker's."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from jobs import registry, runner, tasks
from jobs.actions import queue_daily, queue_job, wake
from jobs.models import LEASE, MAX_RUNS, Job
from jobs.registry import Result, job_kind
from jobs.runner import claim, run, run_pending
from tests.cast import NOW, account


@pytest.fixture
def kinds(monkeypatch) -> dict:
    """A registry of this test's own."""
    own: dict = {}
    monkeypatch.setattr(registry, "KINDS", own)
    monkeypatch.setattr(runner, "KINDS", own)
    return own


@pytest.fixture
def asker(db):
    return account("office", "沈若川")


@pytest.fixture
def ask(asker, kinds):
    """`ask(work)` queues a job that does `work(args, report)`."""

    def queue(work=lambda args, report: Result(message="好"), **facts) -> Job:
        kinds["tests.work"] = work
        return queue_job("tests.work", label="导出台账", args=facts.pop("args", {}), by=asker, at=facts.pop("at", NOW), **facts)

    return queue


def again(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def test_queue_job_writes_the_row_and_the_event(ask, asker):
    job = again(ask(args={"n": 1}, back_url="/ledger/"))
    assert (job.status, job.args, job.asked_by, job.percent, job.runs, str(job)) == ("queued", {"n": 1}, asker, 0, 0, "导出台账")
    assert Event.objects.get(action="jobs.queue_job").detail == {"kind": "tests.work"}


def test_queue_job_wakes_a_runner_once_it_is_committed(ask, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr("jobs.actions.wake", lambda job: woken.append(job.pk))
    with django_capture_on_commit_callbacks(execute=True):
        job = ask()
        assert woken == []
    assert woken == [job.pk]


def test_a_deed_that_fails_asks_for_no_job(ask):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ask()
        1 / 0  # noqa: B018
    assert not Job.objects.exists()


def test_run_pending_runs_the_oldest_first(ask):
    order = []
    for n in (3, 1, 2):
        ask(lambda args, report: order.append(args["n"]) or Result(), args={"n": n}, at=NOW + dt.timedelta(minutes=n))
    assert (run_pending(), order, run_pending()) == (3, [1, 2, 3], 0)


def test_a_finished_job_keeps_its_file(ask):
    job = ask(lambda args, report: Result(b"PK", "台账.xlsx", "application/x", "共 3 件"))
    run_pending()
    job = again(job)
    assert (job.status, job.percent, job.message, job.result.read(), job.result_name, job.lease_until, job.is_over) == ("done", 100, "共 3 件", b"PK", "台账.xlsx", None, True)


def test_progress_renews_the_lease(ask):
    seen = []

    def work(args, report):
        Job.objects.update(lease_until=timezone.now())
        report(40, "写到一半")
        job = Job.objects.get()
        seen.append((job.percent, job.message, job.lease_until > timezone.now() + LEASE / 2, job.status, job.is_over))
        report(250)
        seen.append(Job.objects.get().percent)
        return Result()

    ask(work)
    run_pending()
    assert seen == [(40, "写到一半", True, "running", False), 99]


def test_a_refusal_is_told_as_it_is(ask):
    def work(args, report):
        raise ValidationError("名册有变动，请重新核对。")

    job = ask(work)
    run_pending()
    assert (again(job).status, again(job).message, bool(again(job).finished_at)) == ("failed", "名册有变动，请重新核对。", True)


def test_an_error_is_logged_and_told_without_its_inside(ask, caplog):
    job = ask(lambda args, report: {}["secret-canary"])
    run_pending()
    assert again(job).status == "failed"
    assert "canary" not in again(job).message and str(job.pk)[:8] in again(job).message
    assert "secret-canary" in caplog.text


def test_a_job_of_a_kind_nobody_knows_fails(ask, kinds):
    job = ask()
    kinds.clear()
    run_pending()
    assert again(job).status == "failed"


def test_one_runner_at_a_time(ask):
    ask()
    assert (claim("a", now=NOW).owner, claim("b", now=NOW)) == ("a", None)
    taken = claim("b", now=NOW + LEASE + dt.timedelta(seconds=1))
    assert (taken.owner, taken.runs) == ("b", 2)


def test_claim_by_number_takes_that_one_only(ask):
    first, second = ask(), ask(at=NOW + dt.timedelta(minutes=1))
    assert claim("a", now=NOW, pk=str(second.pk)).pk == second.pk
    assert (claim("b", now=NOW, pk=str(second.pk)), again(first).status) == (None, "queued")


def test_a_runner_that_lost_its_lease_delivers_nothing(ask):
    def overtaken(args, report):
        Job.objects.update(owner="b", runs=2)
        return Result(b"stale", "旧.xlsx", "x", "旧")

    job = ask(overtaken)
    run(claim("a", now=timezone.now()))
    assert (again(job).status, again(job).owner, again(job).message, bool(again(job).result)) == ("running", "b", "", False)


def test_a_runner_that_lost_its_lease_stops_at_its_next_report(ask):
    after = []

    def overtaken(args, report):
        Job.objects.update(owner="b", runs=2)
        report(50)
        after.append("went on")

    job = ask(overtaken)
    run(claim("a", now=timezone.now()))
    assert (after, again(job).percent) == ([], 0)


def test_a_runner_that_lost_its_lease_doesnt_fail_the_job(ask):
    def overtaken(args, report):
        Job.objects.update(owner="b", runs=2)
        raise ValidationError("旧的失败")

    job = ask(overtaken)
    run(claim("a", now=timezone.now()))
    assert (again(job).status, again(job).message) == ("running", "")


def test_a_job_that_breaks_off_too_often_is_given_up_and_the_next_one_runs(ask):
    bad = ask()
    Job.objects.filter(pk=bad.pk).update(status="running", runs=MAX_RUNS, lease_until=NOW, owner="gone")
    good = ask(at=NOW + dt.timedelta(minutes=1))
    assert run_pending() == 1
    assert (again(bad).status, "多次中断" in again(bad).message, again(good).status) == ("failed", True, "done")


def test_constraints_hold(ask):
    job = ask()
    for broken in ({"percent": 101}, {"status": "done"}, {"finished_at": NOW}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(**broken)


def test_a_kind_is_registered_once(kinds):
    @job_kind("tests.once")
    def work(args, report):
        return Result()

    assert kinds == {"tests.once": work}
    with pytest.raises(ValueError, match="registered twice"):
        job_kind("tests.once")(work)


def test_the_celery_tasks_run_what_waits(ask):
    first, second = ask(), ask(at=NOW + dt.timedelta(minutes=1))
    tasks.run_job(str(first.pk))
    tasks.run_job(str(first.pk))
    assert (again(first).status, again(first).runs, again(second).status) == ("done", 1, "queued")
    assert (tasks.sweep_jobs(), again(second).status) == (1, "done")


def test_wake_in_process_rouses_the_thread(ask, settings, monkeypatch):
    settings.JOBS_IN_PROCESS = True
    roused = []
    monkeypatch.setattr(runner.thread, "wake", lambda: roused.append(1))
    wake(ask())
    assert roused == [1]


def test_the_loop_looks_at_the_queue_and_outlives_an_error(monkeypatch, caplog):
    looked = []

    def look():
        looked.append(1)
        raise RuntimeError("broken once") if len(looked) == 1 else KeyboardInterrupt

    monkeypatch.setattr(runner, "run_pending", look)
    monkeypatch.setattr(runner, "queue_daily", lambda at: [])
    monkeypatch.setattr(runner, "close_old_connections", lambda: None)
    thread = runner.RunnerThread()
    thread.IDLE = 0.01
    with pytest.raises(KeyboardInterrupt):
        thread._loop(threading.Event())
    assert "broken once" in caplog.text


def test_wake_starts_one_thread_per_process(monkeypatch):
    started = []
    thread = runner.RunnerThread()
    monkeypatch.setattr(thread, "_loop", lambda event: started.append(event))
    thread.wake()
    thread.wake()
    monkeypatch.setattr(runner.os, "getpid", lambda: -1)  # after a fork
    thread.wake()
    for other in threading.enumerate():
        if other.name == "jobs":
            other.join(5)
    assert (len(started), [event.is_set() for event in started]) == (2, [True, True])


def test_queue_daily_asks_once_a_day(ask, kinds, monkeypatch):
    monkeypatch.setattr("jobs.actions.DAILY", {"tests.work": "每日核对"})
    kinds["tests.work"] = lambda args, report: Result()
    assert [(j.kind, j.label, j.args["day"], j.asked_by) for j in queue_daily(at=NOW)] == [("tests.work", "每日核对", NOW.date(), None)]
    assert queue_daily(at=NOW + dt.timedelta(hours=13)) == []
    assert len(queue_daily(at=NOW + dt.timedelta(hours=14))) == 1


def test_wake_with_the_broker_down_leaves_the_job_queued(ask, settings, caplog):
    from rectification.celery import app

    settings.JOBS_IN_PROCESS = False
    kept = app.conf.broker_url
    app.conf.update(broker_url="redis://127.0.0.1:1/0", broker_write_url=None)
    app.__dict__.pop("amqp", None)
    app._pool = None
    try:
        job = ask()
        wake(job)
        assert "broker unreachable" in caplog.text
        assert again(job).status == "queued"
    finally:
        app.conf.update(broker_url=kept)
        app.__dict__.pop("amqp", None)
        app._pool = None
    assert (run_pending(), again(job).status) == (1, "done")
