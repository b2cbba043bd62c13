"""Celery's side: wake-ups for rows, and the sweep that finds what a lost wake-up left behind. Decides nothing: the rows do."""

from celery import current_app, shared_task
from django.utils import timezone
from kombu.exceptions import ChannelError

from .actions import queue_daily, wake
from .models import Job
from .registry import QUEUES
from .runner import claim, claim_from, run

AT_ONCE = 200  # wake-ups that one sweep sends to a queue


@shared_task(name="jobs.tasks.run_job")
def run_job(pk: str) -> None:
    """Run one job, if nobody else has; then instead the oldest of its queue whose own wake-up was lost."""
    owner, now = f"celery:{run_job.request.id}", timezone.now()
    job = claim(owner, now=now, pk=pk)
    if job is None:
        queue = Job.objects.filter(pk=pk).values_list("queue", flat=True).first()
        job = claim_from(Job.objects.overdue(now).filter(queue=queue), owner, now=now) if queue else None
    if job:
        run(job)


def messages_in(queue: str) -> int:
    """How many wake-ups lie in a queue of the broker."""
    with current_app.connection_for_read() as connection, connection.channel() as channel:
        try:
            return channel.queue_declare(queue=queue, passive=True).message_count
        except ChannelError:  # Redis knows no empty queue
            return 0


@shared_task(name="jobs.tasks.sweep_jobs")
def sweep_jobs() -> int:
    """Wake runners for what has waited too long or lost its runner; returns how many wake-ups were sent.

    A queue in which wake-ups still lie gets no more of them: its workers are busy, and messages would only pile up.
    """
    now, sent = timezone.now(), 0
    for queue in QUEUES:
        waiting = list(Job.objects.overdue(now).filter(queue=queue).order_by("asked_at")[:AT_ONCE])
        if waiting and not messages_in(queue):
            sent += sum(wake(job) for job in waiting)
    return sent


@shared_task(name="jobs.tasks.daily_jobs")
def daily_jobs() -> int:
    """Put today's daily work in the queue, if nobody has."""
    return len(queue_daily(at=timezone.now()))
