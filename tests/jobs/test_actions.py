"""Taking a job back and having it tried again: who, when, once."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from jobs import runner
from jobs.actions import cancel_job, queue_job, retry_job
from jobs.models import Job
from jobs.registry import Result
from jobs.runner import claim, run, run_pending
from tests.cast import NOW, account

LATER = NOW + dt.timedelta(minutes=5)


@pytest.fixture
def asker(db):
    return account("office", "沈若川")


@pytest.fixture
def ask(asker, monkeypatch):
    """`ask(work)` queues a job that does `work(args, report)`."""

    def queue(work=lambda args, report: Result(message="好"), by=asker) -> Job:
        monkeypatch.setattr(runner, "KINDS", {"tests.work": work})
        return queue_job("tests.work", label="导出台账", args={}, by=by, at=NOW)

    return queue


def again(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def end(job: Job) -> tuple:
    job = again(job)
    return job.status, job.cancelled_by and job.cancelled_by.name, bool(job.finished_at), job.message


def refusal(deed, job, by) -> str:
    with pytest.raises(ValidationError) as caught:
        deed(job, by=by, at=LATER)
    return "".join(caught.value.messages)


def test_a_waiting_job_is_cancelled_at_once(ask, asker):
    job = cancel_job(ask(), by=asker, at=LATER)
    assert (end(job), again(job).finished_at, again(job).cancelled_at) == (("cancelled", "沈若川", True, "还没有开始办理。"), LATER, LATER)
    assert Event.objects.get(action="jobs.cancel_job").actor_label == "沈若川"
    assert run_pending() == 0


def test_a_running_job_stops_at_its_next_report(ask, asker):
    after = []

    def work(args, report):
        cancel_job(Job.objects.get(), by=asker, at=LATER)
        after.append(again(Job.objects.get()).stands)
        report(50)
        after.append("went on")

    job = ask(work)
    run_pending()
    assert (end(job), after) == (("cancelled", "沈若川", True, "中途停下，此前办完的保留。"), ["正在取消"])


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (lambda: Result(b"PK", "表.xlsx", "x"), "cancelled"),  # the file is given to nobody
        (lambda: lambda: Result(message="写好了"), "cancelled"),  # the closing is undone
        (lambda: Result(message="办成 3 件"), "done"),  # what was done is told as done
        (lambda: 1 / 0, "cancelled"),  # it was cancelled, however it went
    ],
)
def test_a_cancellation_after_the_last_report(ask, asker, made, status):
    def work(args, report):
        cancel_job(Job.objects.get(), by=asker, at=LATER)
        return made()

    job = ask(work)
    run_pending()
    assert (again(job).status, again(job).result.name, again(job).cancelled_at) == (status, "", LATER if status == "cancelled" else None)


def test_a_job_whose_runner_died_after_it_was_cancelled_is_not_run_again(ask, asker):
    job = ask(lambda args, report: pytest.fail("was run"))
    claim("gone", now=NOW)
    cancel_job(job, by=asker, at=LATER)
    assert (run_pending(), end(job)) == (0, ("cancelled", "沈若川", True, "中途停下，此前办完的保留。"))


def test_what_is_over_or_being_cancelled_or_the_systems_own_is_refused(ask, asker):
    done, running, daily = ask(), ask(), ask(by=None)
    run(claim("a", now=timezone.now(), pk=str(done.pk)))
    claim("b", now=timezone.now(), pk=str(running.pk))
    cancel_job(running, by=asker, at=LATER)
    assert refusal(cancel_job, done, asker) == "这项任务现在是“已完成”，不用取消。"
    assert refusal(cancel_job, running, asker) == "已经有人取消，正在停下，请稍候。"
    assert refusal(cancel_job, daily, asker) == "系统每天自动办理的任务不能取消。"
    assert Event.objects.filter(action="jobs.cancel_job").count() == 1


def test_a_failed_job_is_tried_again_under_its_own_number(ask, asker):
    tries = []

    def work(args, report):
        tries.append(1)
        if len(tries) == 1:
            raise ValidationError("名册有变动")
        return Result(message="好")

    job = ask(work)
    run_pending()
    retry_job(job, by=asker, at=LATER)
    assert (again(job).status, again(job).message, again(job).failure, again(job).attempts) == ("queued", "", "", 0)
    assert "不用重试" in refusal(retry_job, job, asker)  # the second click
    run_pending()
    assert (end(job), again(job).runs, len(tries)) == (("done", None, True, "好"), 2, 2)
    assert "不用重试" in refusal(retry_job, job, asker)
    assert [e.action for e in Event.objects.filter(action="jobs.retry_job")] == ["jobs.retry_job"]


def test_a_cancelled_job_can_be_tried_again(ask, asker):
    job = cancel_job(ask(), by=asker, at=LATER)
    retry_job(job, by=asker, at=LATER)
    run_pending()
    assert end(job) == ("done", None, True, "好")


def test_a_runner_of_before_the_retry_delivers_nothing(ask, asker):
    """It was cancelled and asked for again while the first runner, long cut off, was still at work."""

    def work(args, report):
        if Job.objects.get().runs == 1:
            Job.objects.update(status="cancelled", cancelled_by=asker, cancelled_at=NOW, finished_at=NOW)
            retry_job(Job.objects.get(), by=asker, at=LATER)
            claim("b", now=timezone.now())
            return Result(message="旧的")

    job = ask(work)
    run(claim("a", now=timezone.now()))
    assert (again(job).status, again(job).owner, again(job).message) == ("running", "b", "")
