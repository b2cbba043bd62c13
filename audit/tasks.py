"""Celery's side: an anchor every hour."""

from celery import shared_task
from django.utils import timezone

from .actions import anchor


@shared_task(name="audit.tasks.anchor_log")
def anchor_log() -> bool:
    """Whether the log had grown."""
    return anchor(now=timezone.now())
