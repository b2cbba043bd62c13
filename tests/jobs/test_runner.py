"""Queue, claim, run: each job once, and nobody's result but the asker's."""

import datetime as dt
import threading
import time

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings as configured
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from audit.models import Event
from jobs import registry, runner, tasks
from jobs.actions import queue_daily, queue_job, wake
from jobs.models import MAX_ATTEMPTS, WAITS, Job, args_hash
from jobs.registry import DOCUMENTS, QUEUES, QUICK, Result, job_kind
from jobs.runner import claim, run, run_pending
from tests.cast import NOW, account

LEASE = configured.JOB_LEASE


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
    assert (taken.owner, taken.runs, taken.attempts) == ("b", 2, 2)


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
    Job.objects.filter(pk=bad.pk).update(status="running", runs=9, attempts=MAX_ATTEMPTS, lease_until=NOW, owner="gone")
    good = ask(at=NOW + dt.timedelta(minutes=1))
    assert run_pending() == 1
    assert (again(bad).status, again(bad).failure, "多次中断" in again(bad).message, again(good).status) == ("failed", "broken", True, "done")


def test_constraints_hold(ask):
    job = ask()
    for broken in ({"percent": 101}, {"status": "done"}, {"finished_at": NOW}, {"cancelled_at": NOW}, {"status": "running", "cancelled_at": NOW}, {"status": "cancelled", "finished_at": NOW}):
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
    first, second = ask(), ask(at=timezone.now())
    tasks.run_job(str(first.pk))
    assert (again(first).status, again(first).runs, again(second).status) == ("done", 1, "queued")
    tasks.run_job(str(first.pk))  # a message whose job is over serves the one that has waited too long
    assert again(second).status == "queued"
    Job.objects.filter(pk=second.pk).update(asked_at=timezone.now() - 2 * configured.JOB_PATIENCE)
    tasks.run_job(str(first.pk))
    assert again(second).status == "done"


def test_wake_in_process_rouses_the_thread(ask, settings, monkeypatch):
    settings.JOBS_IN_PROCESS = True
    roused = []
    monkeypatch.setattr(runner.thread, "wake", roused.append)
    assert wake(ask()) is True
    assert roused == ["quick"]


def test_the_loop_looks_at_the_queue_and_outlives_an_error(monkeypatch, caplog):
    looked = []

    def look(queue):
        looked.append(queue)
        raise RuntimeError("broken once") if len(looked) == 1 else KeyboardInterrupt

    monkeypatch.setattr(runner, "run_pending", look)
    monkeypatch.setattr(runner, "queue_daily", lambda at: [])
    monkeypatch.setattr(runner, "close_old_connections", lambda: None)
    threads = runner.RunnerThreads()
    threads.IDLE = 0.01
    with pytest.raises(KeyboardInterrupt):
        threads._loop(QUICK, threading.Event())
    assert "broken once" in caplog.text and looked == [QUICK, QUICK]


def test_wake_starts_one_thread_per_queue_and_process(monkeypatch):
    started = []
    threads = runner.RunnerThreads()
    monkeypatch.setattr(threads, "_loop", lambda queue, event: started.append((queue, event)))
    threads.wake(DOCUMENTS)
    threads.wake(DOCUMENTS)
    monkeypatch.setattr(runner.os, "getpid", lambda: -1)  # after a fork
    threads.wake()
    for other in threading.enumerate():
        if other.name.startswith("jobs "):
            other.join(5)
    assert sorted(queue for queue, _event in started) == sorted(2 * QUEUES)
    assert sorted((queue, event.is_set()) for queue, event in started) == [(queue, is_set) for queue in sorted(QUEUES) for is_set in (queue == DOCUMENTS, True)]


def test_queue_daily_asks_once_a_day(ask, kinds, monkeypatch):
    monkeypatch.setattr("jobs.actions.DAILY", {"tests.work": "每日核对"})
    kinds["tests.work"] = lambda args, report: Result()
    assert [(j.kind, j.label, j.args["day"], j.asked_by) for j in queue_daily(at=NOW)] == [("tests.work", "每日核对", NOW.date(), None)]
    assert queue_daily(at=NOW + dt.timedelta(hours=13)) == []
    assert len(queue_daily(at=NOW + dt.timedelta(hours=14))) == 1


def test_wake_with_the_broker_down_leaves_the_job_queued(ask, settings, caplog, monkeypatch):
    from rectification.celery import app

    settings.JOBS_IN_PROCESS = False
    kept = app.conf.broker_url
    app.conf.update(broker_url="redis://127.0.0.1:1/0", broker_write_url=None)
    app.__dict__.pop("amqp", None)
    app._pool = None
    try:
        job = ask()
        begun = time.monotonic()
        assert [wake(job), wake(job)] == [False, False]
        assert time.monotonic() - begun < 2
        assert caplog.text.count("broker unreachable") == 1  # the second time it isn't even asked
        assert again(job).status == "queued"
    finally:
        monkeypatch.setattr("jobs.actions._broker_down_until", 0.0)
        app.conf.update(broker_url=kept)
        app.__dict__.pop("amqp", None)
        app._pool = None
    assert (run_pending(), again(job).status) == (1, "done")


# --- attempts and pauses ---


def test_each_broken_attempt_waits_longer(ask):
    """The pause after the first, second … broken attempt; whoever looks a moment earlier finds nothing."""
    ask()
    now = NOW
    for attempt, wait in enumerate(WAITS, 1):
        assert claim("a", now=now).attempts == attempt
        over = now + LEASE + wait * LEASE
        assert claim("b", now=over) is None
        now = over + dt.timedelta(seconds=1)
    assert claim("a", now=now).attempts == MAX_ATTEMPTS
    assert claim("b", now=now + LEASE + dt.timedelta(seconds=1)) is None
    assert (Job.objects.get().status, Job.objects.get().failure) == ("failed", "broken")


def test_a_database_that_is_lost_fails_no_job(ask, caplog):
    def broken(args, report):
        if Job.objects.get().attempts == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return Result(message="好")

    job = ask(broken)
    assert run_pending() == 2
    assert (again(job).status, again(job).attempts, "lost its database" in caplog.text) == ("done", 2, True)


# --- the end and its effect in one transaction ---


def other_job(asker) -> None:
    Job.objects.create(kind="tests.effect", label="结果", asked_by=asker, asked_at=NOW, status="done", finished_at=NOW)


def effects() -> int:
    return Job.objects.filter(kind="tests.effect").count()


def test_a_closing_and_the_end_happen_together(ask, asker):
    def work(args, report):
        return lambda: other_job(asker) or Result(b"PK", "表.xlsx", "x", "写好了")

    job = ask(work)
    run_pending()
    assert (again(job).status, again(job).message, again(job).result.read(), effects()) == ("done", "写好了", b"PK", 1)


@pytest.mark.parametrize("overtaken", [{"owner": "b", "runs": 2}, {"status": "failed", "finished_at": NOW}])
def test_no_effect_after_the_lease_was_lost(ask, asker, overtaken):
    def work(args, report):
        def close():
            other_job(asker)
            Job.objects.filter(kind="tests.work").update(**overtaken)  # in life another connection does it before
            return Result(b"stale", "旧.xlsx", "x")

        return close

    job = ask(work)
    run(claim("a", now=timezone.now()))
    assert (effects(), again(job).result.name, list(configured.OUTPUT_DIR.glob(f"{job.pk}*"))) == (0, "", [])


def test_a_report_inside_a_transaction_is_a_fence(ask, asker):
    def work(args, report):
        with transaction.atomic():
            other_job(asker)
            report(10)
        Job.objects.filter(kind="tests.work").update(runs=7)
        with transaction.atomic():
            other_job(asker)
            report(20)

    ask(work)
    run(claim("a", now=timezone.now()))
    assert effects() == 1


def test_a_closing_that_is_refused_keeps_what_it_wrote(ask, asker):
    job = ask(lambda args, report: lambda: other_job(asker) or Result(message="请重新核对", refused=True))
    run_pending()
    assert (again(job).status, again(job).failure, again(job).message, effects()) == ("failed", "refused", "请重新核对", 1)


def test_a_closing_that_fails_leaves_nothing(ask, asker):
    def work(args, report):
        def close():
            other_job(asker)
            raise ValidationError("编号重复，请更正。")

        return close

    job = ask(work)
    run_pending()
    assert (again(job).status, again(job).message, effects()) == ("failed", "编号重复，请更正。", 0)


def test_arguments_changed_in_the_queue_are_not_acted_on(ask, asker):
    job = ask(lambda args, report: other_job(asker) or Result(), args={"n": 1, "day": NOW.date(), "名": ["甲"]})
    assert again(job).args_sha256 == args_hash({"名": ["甲"], "n": 1, "day": str(NOW.date())})
    Job.objects.update(args={"n": 2})
    run_pending()
    assert (again(job).status, "与提交时不一致" in again(job).message, effects()) == ("failed", True, 0)


def test_a_job_of_the_version_before_has_no_hash_and_is_done(ask):
    job = ask()
    Job.objects.update(args_sha256="")
    run_pending()
    assert again(job).status == "done"


# --- time ---


def test_work_that_overruns_its_limit_is_told_what_to_do(ask, settings):
    settings.JOB_LIMITS = {QUICK: (0, 30)}
    after = []

    def work(args, report):
        report(1)
        after.append("went on")

    job = ask(work)
    run_pending()
    assert (again(job).status, again(job).failure, again(job).message.split("（")[0], after) == ("failed", "overtime", "办理超过 1 分钟，已停下。请缩小范围分几次办理；范围已经很小的，请联系系统管理员", [])


def test_a_worker_that_is_told_to_stop_ends_its_job(ask):
    def work(args, report):
        raise SoftTimeLimitExceeded

    job = ask(work)
    run_pending()
    assert (again(job).status, again(job).failure) == ("failed", "overtime")


@pytest.fixture
def short_leases(settings):
    settings.JOB_LEASE = dt.timedelta(seconds=0.8)


def test_a_long_silent_step_keeps_its_lease(transactional_db, short_leases, kinds):
    """Nobody takes over while the runner lives, though it reports nothing for two leases."""
    seen = []

    def work(args, report):
        for _n in range(8):
            time.sleep(0.2)
            seen.append(claim("b", now=timezone.now()))
        return Result(message="好")

    kinds["tests.work"] = work
    job = queue_job("tests.work", label="导出", args={}, by=account("office", "沈若川"), at=NOW)
    run_pending()
    assert (seen, again(job).status, again(job).runs) == ([None] * 8, "done", 1)


def test_work_that_hangs_beyond_its_hard_limit_gives_its_lease_up(transactional_db, short_leases, kinds, settings):
    settings.JOB_LIMITS = {QUICK: (0.1, 0.3)}
    taken = []

    def work(args, report):
        time.sleep(1.6)
        taken.append(claim("b", now=timezone.now()))
        return Result(message="迟了")

    kinds["tests.work"] = work
    job = queue_job("tests.work", label="导出", args={}, by=account("office", "沈若川"), at=NOW)
    run(claim("a", now=timezone.now()))
    assert (taken[0].owner, again(job).owner, again(job).status, again(job).message) == ("b", "b", "running", "")


# --- queues ---


def test_every_kind_names_its_queue_and_its_title():
    assert {kind: (registry.QUEUE_OF.get(kind), bool(registry.TITLES.get(kind))) for kind in registry.KINDS if registry.QUEUE_OF.get(kind) not in QUEUES or not registry.TITLES.get(kind)} == {}
    assert {kind for kind, queue in registry.QUEUE_OF.items() if queue == "imports"} >= {"organizations.import_roster", "ledger.bulk"}


def test_a_kind_of_an_unknown_queue_is_refused(kinds):
    with pytest.raises(ValueError, match="isn't one of quick, documents, imports"):
        job_kind("tests.once", queue="slow")


def test_a_queue_runs_its_own_jobs_only(ask, monkeypatch):
    quick = ask()
    monkeypatch.setitem(registry.QUEUE_OF, "tests.work", DOCUMENTS)
    long = ask()
    assert (run_pending(queue=QUICK), again(quick).status, again(long).status) == (1, "done", "queued")
    assert (run_pending(queue=DOCUMENTS), again(long).status) == (1, "done")


def test_limits_and_names_are_the_same_everywhere():
    from rectification.celery import app

    assert tuple(configured.JOB_LIMITS) == QUEUES == tuple(q.name for q in app.conf.task_queues)
    longest = max(hard for _soft, hard in configured.JOB_LIMITS.values())
    assert app.conf.broker_transport_options["visibility_timeout"] > longest
    assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost, app.conf.worker_prefetch_multiplier) == (True, True, 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_document_at_work_holds_up_no_quick_job_of_the_same_process(monkeypatch):
    begun, release, quick = threading.Event(), threading.Event(), threading.Event()

    def work(queue):
        if queue == DOCUMENTS:
            begun.set()
            release.wait(20)
        elif queue == QUICK and begun.wait(20):
            quick.set()
        raise SystemExit  # ends the thread

    monkeypatch.setattr(runner, "run_pending", work)
    monkeypatch.setattr(runner, "queue_daily", lambda at: [])
    monkeypatch.setattr(runner, "close_old_connections", lambda: None)
    runner.RunnerThreads().wake()
    was_held_up = not quick.wait(20)
    release.set()
    for other in threading.enumerate():
        if other.name.startswith("jobs "):
            other.join(20)
    assert not was_held_up


# --- the sweep ---


@pytest.fixture
def sweep(monkeypatch):
    """`sweep(lying)` → labels of the jobs that the sweep wakes while so many messages lie in each queue."""

    def look(lying: int) -> list[str]:
        woken = []
        monkeypatch.setattr(tasks, "messages_in", lambda queue: lying)
        monkeypatch.setattr(tasks, "wake", lambda job: woken.append(job.label) or True)
        assert tasks.sweep_jobs() == len(woken)
        return woken

    return look


def test_the_sweep_wakes_what_waited_too_long_or_lost_its_runner(ask, sweep):
    now = timezone.now()
    for label, facts in {
        "just asked": {"asked_at": now},
        "forgotten": {"asked_at": now - 2 * configured.JOB_PATIENCE},
        "at work": {"asked_at": NOW, "status": "running", "attempts": 1, "lease_until": now + LEASE},
        "left behind": {"asked_at": NOW, "status": "running", "attempts": 1, "lease_until": now - dt.timedelta(seconds=1)},
        "in its pause": {"asked_at": NOW, "status": "running", "attempts": 3, "lease_until": now - dt.timedelta(seconds=1)},
        "over": {"asked_at": NOW, "status": "done", "finished_at": NOW},
    }.items():
        Job.objects.filter(pk=ask().pk).update(label=label, **facts)
    assert sweep(0) == ["left behind", "forgotten"]


def test_the_sweep_leaves_a_queue_alone_in_which_wake_ups_still_lie(ask, sweep):
    ask()
    assert (sweep(1), sweep(0)) == ([], ["导出台账"])
