"""Claims waiting jobs and runs them: in a thread of the web process, or in a Celery worker."""

import datetime as dt
import logging
import os
import socket
import threading
import time
import uuid
from contextlib import contextmanager

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .actions import queue_daily
from .models import MAX_ATTEMPTS, Job, JobQuerySet, args_hash
from .registry import KINDS, QUEUES, QUICK, Result
from .results import drop_result, write_result

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another runner holds the job now; what this one did must not count."""


class Cancelled(Exception):
    """Somebody has asked that it stop."""


class Overtime(Exception):
    """It has taken longer than its queue allows."""


def claim(owner: str, *, now: dt.datetime, pk: str | None = None, queue: str | None = None) -> Job | None:
    """Take one claimable job, the oldest first; None when there is none. Never two runners at once."""
    waiting = Job.objects.claimable(now)
    waiting = waiting.filter(pk=pk) if pk else waiting
    waiting = waiting.filter(queue=queue) if queue else waiting
    return claim_from(waiting, owner, now=now)


def claim_from(waiting: JobQuerySet, owner: str, *, now: dt.datetime) -> Job | None:
    """Take the oldest of these claimable jobs; one that was broken off too often, or cancelled meanwhile, ends here."""
    while waiting.exists():  # looking takes no lock; on SQLite a transaction that finds nothing would hold up every writer
        with transaction.atomic():
            rows = waiting.order_by("asked_at")
            rows = rows.select_for_update(skip_locked=True, of=("self",)) if connection.features.has_select_for_update_skip_locked else rows
            job = rows.first()
            if job is None:
                return None
            if not _ends_unrun(job, now):
                job.status, job.owner, job.lease_until = Job.Status.RUNNING, owner, now + settings.JOB_LEASE
                job.runs, job.attempts = job.runs + 1, job.attempts + 1
                job.save(update_fields=["status", "owner", "lease_until", "runs", "attempts"])
                return job
    return None


def _ends_unrun(job: Job, now: dt.datetime) -> bool:
    """Whether nothing is to be done any more."""
    if job.cancelled_at:
        job.status, job.message = Job.Status.CANCELLED, _("中途停下，此前办完的保留。")
    elif job.attempts >= MAX_ATTEMPTS:
        job.status, job.failure, job.message = Job.Status.FAILED, Job.Failure.BROKEN, _("任务多次中断，已停止。请重新办理，仍不成功请联系系统管理员。")
    else:
        return False
    job.finished_at, job.lease_until = now, None
    job.save(update_fields=["status", "failure", "message", "finished_at", "lease_until"])
    return True


class Lease:
    """What a runner holds: one job, as long as its row says so. While `beating`, the lease is renewed whether or not the work reports."""

    def __init__(self, job: Job) -> None:
        self.pk, self.owner, self.fence = job.pk, job.owner, job.runs
        self.soft, self.hard = settings.JOB_LIMITS.get(job.queue, settings.JOB_LIMITS[QUICK])
        self.begun = time.monotonic()
        self._stop = threading.Event()

    def rows(self) -> JobQuerySet:
        """The job, if it is still this runner's."""
        return Job.objects.filter(pk=self.pk, owner=self.owner, runs=self.fence, status=Job.Status.RUNNING)

    def write(self, **facts) -> None:
        """Change the row, on the condition that it is still ours and nobody has cancelled it. Inside a transaction the row stays ours until its end."""
        if not self.rows().filter(cancelled_at=None).update(**facts):
            raise Cancelled(self.pk) if self.rows().exists() else LeaseLost(self.pk)

    def report(self, percent: int, message: str = "") -> None:
        """The `Report` that the work is given."""
        self.write(percent=max(0, min(99, percent)), message=message[:300], lease_until=timezone.now() + settings.JOB_LEASE)
        if time.monotonic() - self.begun > self.soft:
            raise Overtime(self.pk)

    @contextmanager
    def beating(self):
        """A thread renews the lease meanwhile; a killed process stops beating."""
        thread = threading.Thread(target=self._beat, name=f"lease {self.pk}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(1)

    def _beat(self) -> None:
        """Every quarter of a lease. Work that overruns its hard limit here isn't vouched for any longer: it gives its lease up."""
        try:
            while not self._stop.wait(settings.JOB_LEASE.total_seconds() / 4) and time.monotonic() - self.begun < self.hard:
                self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        try:
            self.rows().update(lease_until=timezone.now() + settings.JOB_LEASE)
        except DatabaseError as error:  # SQLite while the work itself writes for long, or a database that restarts: the next beat tries again
            logger.warning("the lease of job %s could not be renewed this time: %s", self.pk, error)
            connection.close()


def run(job: Job) -> None:
    """Run a claimed job to its end. Failures become a Chinese sentence on the row and a line in the log."""
    lease, number = Lease(job), {"id": str(job.pk)[:8]}
    try:
        with lease.beating():
            _work(job, lease)
    except LeaseLost:
        logger.warning("job %s was taken over by another runner", job.pk)
    except Cancelled:
        _end(lease, Job.Status.CANCELLED, _("中途停下，此前办完的保留。"))
    except (Overtime, SoftTimeLimitExceeded):
        _fresh_connection()  # the signal may have cut a query short
        logger.warning("job %s (%s) took longer than %s s", job.pk, job.kind, lease.soft)
        _end(lease, Job.Status.FAILED, _("办理超过 %(m)s 分钟，已停下。请缩小范围分几次办理；范围已经很小的，请联系系统管理员（任务编号 %(id)s）。") % {"m": max(1, round(lease.soft / 60)), **number}, Job.Failure.OVERTIME)
    except ValidationError as refusal:
        _end(lease, Job.Status.FAILED, "".join(refusal.messages), Job.Failure.REFUSED)
    except (OperationalError, InterfaceError):
        logger.exception("job %s (%s) lost its database and is tried again", job.pk, job.kind)
        _give_back(lease)
    except Exception:
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        _end(lease, Job.Status.FAILED, _("办理时出错，没有生成结果。请稍后重试，仍不成功请联系系统管理员（任务编号 %(id)s）。") % number, Job.Failure.ERROR)


def _work(job: Job, lease: Lease) -> None:
    """The work, then its end. A closing is run inside the transaction that ends the job; a file is on the disk before its row says so."""
    if job.args_sha256 not in ("", args_hash(job.args)):  # none: asked for by the version before, while servers are brought up to date
        raise ValidationError(_("任务的内容与提交时不一致，没有办理。请重新提交，并告诉系统管理员。"))
    made = KINDS[job.kind](job.args, lease.report)
    if not callable(made):
        with _kept(job, made) as file:
            _deliver(lease, made, file)
        return
    with transaction.atomic():
        result = made()
        with _kept(job, result) as file:
            _deliver(lease, result, file, is_effect=True)


@contextmanager
def _kept(job: Job, result: Result):
    """The result's file written, as facts for the row; taken away again when the row doesn't take it. No two runners write the same name."""
    if result.content is None:
        yield {}
        return
    name = f"{job.pk}-{job.runs}"
    digest = write_result(name, result.content)
    try:
        yield {"result": name, "result_sha256": digest, "result_name": result.name, "result_type": result.media_type}
    except (LeaseLost, Cancelled):
        drop_result(name)  # after other errors the row may have taken it all the same; a file that no row names goes with the daily tidying
        raise


def _deliver(lease: Lease, result: Result, file: dict, is_effect: bool = False) -> None:
    """The row's end. A cancellation still stops what happens only here (a file, a closing's effect); a deed that was done is told as done."""
    ended = {"finished_at": timezone.now(), "lease_until": None, "message": result.message[:300], **file}
    if result.refused:
        ended |= {"status": Job.Status.FAILED, "failure": Job.Failure.REFUSED}
    else:
        ended |= {"status": Job.Status.DONE, "percent": 100}
    if file or is_effect:
        lease.write(**ended)
    elif not lease.rows().update(**ended, cancelled_at=None, cancelled_by=None):
        raise LeaseLost(lease.pk)


def _end(lease: Lease, status: str, message: str, failure: str = "") -> None:
    """An end without a result, if the job is still ours. One that was cancelled meanwhile is cancelled, however it went."""
    now = timezone.now()
    if not lease.rows().filter(cancelled_at=None).update(status=status, failure=failure, message=message[:300], finished_at=now, lease_until=None):
        lease.rows().filter(cancelled_at__isnull=False).update(status=Job.Status.CANCELLED, message=_("中途停下，此前办完的保留。"), finished_at=now, lease_until=None)


def _fresh_connection() -> None:
    """The next query has a connection of its own, unless somebody around us has a transaction on this one."""
    if not connection.in_atomic_block:
        connection.close()


def _give_back(lease: Lease) -> None:
    """The database failed, not the work: somebody tries again after the pause; if it still doesn't answer, when the lease has run out."""
    _fresh_connection()
    try:
        lease.rows().update(lease_until=timezone.now())
    except DatabaseError as error:
        logger.warning("job %s could not be given back, its lease runs out by itself: %s", lease.pk, error)


def run_pending(owner: str | None = None, queue: str | None = None) -> int:
    """Run everything that can be claimed now (in one queue, or in all); returns how many jobs were run."""
    owner = owner or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    count = 0
    while job := claim(owner, now=timezone.now(), queue=queue):
        run(job)
        count += 1
    return count


class RunnerThreads:
    """The web process's own runners, one for each queue: a long document holds up no quick work.

    Started on the first job; each wakes on demand and looks every few seconds.
    """

    IDLE = 5.0  # seconds between looks when nobody wakes it

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, threading.Event] = {}
        self._pid = 0

    def wake(self, queue: str | None = None) -> None:
        """Start the threads in this process if they aren't running, and have those of a queue (or all) look now."""
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._events = os.getpid(), {name: threading.Event() for name in QUEUES}
                for name, event in self._events.items():
                    threading.Thread(target=self._loop, args=(name, event), name=f"jobs {name}", daemon=True).start()
        for name, event in self._events.items():
            if queue in (None, name):
                event.set()

    def _loop(self, queue: str, event: threading.Event) -> None:
        day = None
        while True:
            event.wait(self.IDLE)
            event.clear()
            close_old_connections()
            try:
                if queue == QUICK and day != timezone.localdate():
                    queue_daily(at=timezone.now())
                    day = timezone.localdate()
                run_pending(queue=queue)
            except Exception:
                logger.exception("the job thread met an error and goes on")


thread = RunnerThreads()
