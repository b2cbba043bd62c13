"""Counts of self-check reports kept by block of units (organizations/kept.py). Of their answers none are kept."""

import datetime as dt

from django.db.models import Count, F, Min, Q, QuerySet

from organizations.kept import Counter, keeps

from .models import ReportCount, SelfCheck, is_handed_in

S = SelfCheck.Status


def _all(_day: dt.date) -> QuerySet:
    return SelfCheck.objects.all()


def _states(day: dt.date) -> dict:
    return {
        "due": Count("pk"), "submitted": Count("pk", filter=is_handed_in()), "accepted": Count("pk", filter=Q(status=S.ACCEPTED)),
        "returned": Count("pk", filter=Q(status=S.RETURNED)), "overdue": Count("pk", filter=~is_handed_in() & Q(due_on__lt=day)),
    }


def _next_deadline(day: dt.date) -> Min:
    """The nearest deadline of a report not handed in: on the day after it one more is overdue."""
    return Min("due_on", filter=~is_handed_in() & Q(due_on__gte=day))


reports = keeps(Counter(ReportCount, "cadre__unit__path", _all, _states, {"campaign": F("round__campaign")}, _next_deadline))
