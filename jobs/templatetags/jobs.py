"""A job in the words that its reader may have."""

from django import template

from jobs.models import Job

register = template.Library()


@register.filter
def label_for(job: Job, user) -> str:
    return job.label_for(user)


@register.filter
def reason_for(job: Job, user) -> str:
    return job.reason_for(user)


@register.filter
def is_of(job: Job, user) -> bool:
    """Whether this person asked for it."""
    return job.asked_by_id == user.pk
