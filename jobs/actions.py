"""Asking for a job, taking it back, having it tried again; and waking a runner for it."""

import datetime as dt
import logging
import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.log import record
from audit.models import Event

from .models import Job, args_hash
from .registry import DAILY, QUEUE_OF, QUICK

logger = logging.getLogger(__name__)

# How the visitor's request speaks to the broker: seconds, and one try more at once. A connection of its own, since one kept may be dead.
IMPATIENT = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
BROKER_PAUSE = 10.0  # seconds in which a broker that didn't answer isn't asked again by this process
_broker_down_until = 0.0


@transaction.atomic
def queue_job(kind: str, *, label: str, args: dict, by, at: dt.datetime, back_url: str = "", once: str | None = None) -> Job:
    """Put a job in the queue, in the deed's own transaction; a runner is woken when that commits.

    A second job with the same `once` is refused by the database (IntegrityError).
    """
    job = Job.objects.create(
        kind=kind, queue=QUEUE_OF.get(kind, QUICK), label=label, args=args, args_sha256=args_hash(args),
        asked_by=by, asked_at=at, back_url=back_url, once=once,
    )  # fmt: skip
    record("jobs.queue_job", by=by, at=at, subject=job, kind=kind)
    transaction.on_commit(lambda: wake(job))
    return job


@transaction.atomic
def cancel_job(job: Job, *, by, at: dt.datetime) -> Job:
    """A job that waits ends now; one at work ends when its runner next looks, and until then says that it was asked to."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if job.is_over:
        raise ValidationError(_("这项任务现在是“%(now)s”，不用取消。") % {"now": job.stands})
    if job.cancelled_at:
        raise ValidationError(_("已经有人取消，正在停下，请稍候。"))
    if not job.may_be_cancelled:
        raise ValidationError(_("系统每天自动办理的任务不能取消。"))
    job.cancelled_at, job.cancelled_by = at, by
    if job.status == Job.Status.QUEUED:
        job.status, job.finished_at, job.message = Job.Status.CANCELLED, at, _("还没有开始办理。")
    job.save(update_fields=["cancelled_at", "cancelled_by", "status", "finished_at", "message"])
    record("jobs.cancel_job", by=by, at=at, subject=job, kind=job.kind)
    return job


@transaction.atomic
def retry_job(job: Job, *, by, at: dt.datetime) -> Job:
    """A job that failed or was cancelled waits once more, under its own number: whatever points to it goes on pointing to it."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if not job.may_be_retried:
        raise ValidationError(_("这项任务现在是“%(now)s”，不用重试。") % {"now": job.stands})
    job.status, job.percent, job.message, job.failure, job.attempts = Job.Status.QUEUED, 0, "", "", 0
    job.finished_at = job.cancelled_at = job.cancelled_by = job.lease_until = None
    job.save()
    record("jobs.retry_job", by=by, at=at, subject=job, kind=job.kind)
    transaction.on_commit(lambda: wake(job))
    return job


@transaction.atomic
def take_result(job: Job, *, fits: bool, by, at: dt.datetime) -> None:
    """Somebody fetches what a job made; a file that is no longer what was made is not given out, and that is on record too."""
    result = Event.Result.DONE if fits else Event.Result.REFUSED
    record("jobs.download_result", by=by, at=at, subject=job, result=result, name=job.result_name)


def wake(job: Job) -> bool:
    """Tell a runner that there is work. A broker that is down delays the job until the next sweep, and the visitor by a second at most."""
    global _broker_down_until
    if settings.JOBS_IN_PROCESS:
        from .runner import thread

        thread.wake(job.queue)
        return True
    if time.monotonic() < _broker_down_until:
        return False
    from kombu.exceptions import OperationalError

    from .tasks import run_job

    soft, hard = settings.JOB_LIMITS[job.queue]
    connection = run_job.app.connection_for_write(transport_options=IMPATIENT)
    try:
        with connection:
            run_job.apply_async((str(job.pk),), queue=job.queue, soft_time_limit=soft, time_limit=hard, connection=connection, retry=False)
    except (OperationalError, *connection.connection_errors, *connection.channel_errors):
        _broker_down_until = time.monotonic() + BROKER_PAUSE
        logger.warning("broker unreachable; job %s waits for the next sweep", job.pk)
        return False
    return True


@transaction.atomic
def queue_daily(*, at: dt.datetime) -> list[Job]:
    """Put today's daily work in the queue, each kind once a day whoever asks first; returns what was new."""
    today = timezone.localdate(at)
    start = timezone.make_aware(dt.datetime.combine(today, dt.time()))
    done = set(Job.objects.filter(kind__in=DAILY, asked_at__gte=start).values_list("kind", flat=True))
    asked = [_queue_today(kind, str(label), today, at) for kind, label in DAILY.items() if kind not in done]
    return [job for job in asked if job is not None]


def _queue_today(kind: str, label: str, today: dt.date, at: dt.datetime) -> Job | None:
    """None when another process was faster."""
    try:
        with transaction.atomic():
            return queue_job(kind, label=label, args={"day": today}, by=None, at=at, once=f"{kind} {today}")
    except IntegrityError:
        return None
