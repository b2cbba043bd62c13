"""Asking for a job and waking a runner for it."""

import datetime as dt
import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.log import record

from .models import Job
from .registry import DAILY

logger = logging.getLogger(__name__)


@transaction.atomic
def queue_job(kind: str, *, label: str, args: dict, by, at: dt.datetime, back_url: str = "") -> Job:
    """Put a job in the queue, in the deed's own transaction; a runner is woken when that commits."""
    job = Job.objects.create(kind=kind, label=label, args=args, asked_by=by, asked_at=at, back_url=back_url)
    record("jobs.queue_job", by=by, at=at, subject=job, kind=kind)
    transaction.on_commit(lambda: wake(job))
    return job


def wake(job: Job) -> None:
    """Tell a runner that there is work. A broker that is down delays the job until the next sweep, no more."""
    if settings.JOBS_IN_PROCESS:
        from .runner import thread

        thread.wake()
        return
    from kombu.exceptions import OperationalError

    from .tasks import run_job

    try:
        run_job.delay(str(job.pk))
    except OperationalError:
        logger.warning("broker unreachable; job %s waits for the next sweep", job.pk)


@transaction.atomic
def queue_daily(*, at: dt.datetime) -> list[Job]:
    """Put today's daily work in the queue, each kind once a day whoever asks first; returns what was new."""
    today = timezone.localdate(at)
    start = timezone.make_aware(dt.datetime.combine(today, dt.time()))
    done = set(Job.objects.filter(kind__in=DAILY, asked_at__gte=start).values_list("kind", flat=True))
    return [queue_job(kind, label=str(label), args={"day": today}, by=None, at=at) for kind, label in DAILY.items() if kind not in done]
