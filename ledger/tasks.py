"""What happens by itself."""

from celery import shared_task
from django.utils import timezone

from .actions import resume_due_problems


@shared_task(name="ledger.tasks.resume_deferred")
def resume_deferred() -> int:
    """Daily: deferred problems whose day has come are at work again."""
    return resume_due_problems(at=timezone.now())
