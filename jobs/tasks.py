"""Celery's side: wake-ups for rows, and the sweep that finds what a lost wake-up left behind."""

from celery import shared_task
from django.utils import timezone

from .actions import queue_daily
from .runner import claim, run, run_pending


@shared_task(name="jobs.tasks.run_job")
def run_job(pk: str) -> None:
    """Run one job, if nobody else has."""
    job = claim(f"celery:{run_job.request.id}", now=timezone.now(), pk=pk)
    if job:
        run(job)


@shared_task(name="jobs.tasks.sweep_jobs")
def sweep_jobs() -> int:
    """Run whatever still waits."""
    return run_pending()


@shared_task(name="jobs.tasks.daily_jobs")
def daily_jobs() -> int:
    """Put today's daily work in the queue, if nobody has."""
    return len(queue_daily(at=timezone.now()))
