"""Claims queued jobs and runs them: in a thread of the web process, or in a Celery worker."""

import datetime as dt
import logging
import os
import socket
import threading
import uuid
from contextlib import nullcontext

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .actions import queue_daily
from .models import LEASE, MAX_RUNS, Job
from .registry import KINDS, Result

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another runner holds the job now; what this one did must not count."""


def claim(owner: str, *, now: dt.datetime, pk: str | None = None) -> Job | None:
    """Take one claimable job, the oldest first; None when there is none. Never two runners at once."""
    with transaction.atomic():
        waiting = Job.objects.claimable(now).order_by("asked_at")
        if pk:
            waiting = waiting.filter(pk=pk)
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        job = waiting.first()
        if job is None:
            return None
        if job.runs >= MAX_RUNS:
            _finish(job, Job.Status.FAILED, now, message=_("任务多次中断，已停止。请重新办理，仍不成功请联系系统管理员。"))
            return None if pk else claim(owner, now=now)
        job.status, job.owner, job.lease_until, job.runs = Job.Status.RUNNING, owner, now + LEASE, job.runs + 1
        job.save(update_fields=["status", "owner", "lease_until", "runs"])
        return job


def _finish(job: Job, status: str, now: dt.datetime, *, message: str = "") -> None:
    job.status, job.finished_at, job.message, job.lease_until = status, now, message[:300], None
    job.percent = 100 if status == Job.Status.DONE else job.percent
    job.save()


def run(job: Job) -> None:
    """Run a claimed job to its end. Failures become a Chinese sentence on the row and a line in the log."""
    owner, fence = job.owner, job.runs

    def mine():
        return Job.objects.filter(pk=job.pk, owner=owner, runs=fence, status=Job.Status.RUNNING)

    def report(percent: int, message: str = "") -> None:
        lease = timezone.now() + LEASE
        if not mine().update(percent=min(99, percent), message=message[:300], lease_until=lease):
            raise LeaseLost(job.pk)

    try:
        result = KINDS[job.kind](job.args, report)
        _deliver(job, result, mine)
    except LeaseLost:
        logger.warning("job %s was taken over by another runner", job.pk)
    except ValidationError as refusal:
        _fail(mine, "".join(refusal.messages))
    except Exception:
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        _fail(mine, _("办理时出错，没有生成结果。请稍后重试，仍不成功请联系系统管理员（任务编号 %(id)s）。") % {"id": str(job.pk)[:8]})


def _deliver(job: Job, result: Result, mine) -> None:
    """The result and the row's end in one transaction; only the present owner delivers."""
    with nullcontext() if result.content is None or isinstance(result.content, bytes) else result.content, transaction.atomic():
        if not mine().exists():
            raise LeaseLost(job.pk)
        if result.content is not None:
            job.result.save(f"{job.pk}", ContentFile(result.content) if isinstance(result.content, bytes) else File(result.content), save=False)
            job.result_name, job.result_type = result.name, result.media_type
        _finish(job, Job.Status.DONE, timezone.now(), message=result.message)


def _fail(mine, message: str) -> None:
    mine().update(status=Job.Status.FAILED, finished_at=timezone.now(), message=message[:300], lease_until=None)


def run_pending(owner: str | None = None) -> int:
    """Run everything that can be claimed now; returns how many jobs were run."""
    owner = owner or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    count = 0
    while job := claim(owner, now=timezone.now()):
        run(job)
        count += 1
    return count


class RunnerThread:
    """The web process's own runner: started on the first job, wakes on demand and looks every few seconds."""

    IDLE = 5.0  # seconds between looks when nobody wakes it

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._pid = 0

    def wake(self) -> None:
        """Start the thread in this process if it isn't running, and have it look at the queue now."""
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._event = os.getpid(), threading.Event()
                threading.Thread(target=self._loop, args=(self._event,), name="jobs", daemon=True).start()
        self._event.set()

    def _loop(self, event: threading.Event) -> None:
        day = None
        while True:
            event.wait(self.IDLE)
            event.clear()
            close_old_connections()
            try:
                if day != timezone.localdate():
                    queue_daily(at=timezone.now())
                    day = timezone.localdate()
                run_pending()
            except Exception:
                logger.exception("the job thread met an error and goes on")


thread = RunnerThread()
