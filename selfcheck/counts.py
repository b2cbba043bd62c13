"""Counts of self-check reports kept by block of units (organizations/kept.py). Of their answers none are kept."""

import datetime as dt

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least

from organizations.kept import Counter, Row, keeps

from .models import ReportCount, SelfCheck, is_handed_in, is_unassigned

S = SelfCheck.Status


def _all(_day: dt.date) -> QuerySet:
    return SelfCheck.objects.all()


def _states(day: dt.date) -> dict:
    return {
        "due": Count("pk"), "submitted": Count("pk", filter=is_handed_in()), "accepted": Count("pk", filter=Q(status=S.ACCEPTED)),
        "returned": Count("pk", filter=Q(status=S.RETURNED)), "overdue": Count("pk", filter=~is_handed_in() & Q(due_on__lt=day)),
        "unassigned": Count("pk", filter=is_unassigned(day)),
    }


def _next_day(day: dt.date) -> Combinable:
    """The nearest deadline of a report not handed in, or last day of a reviewer: on the day after it one more is overdue or without."""
    deadline = Min("due_on", filter=~is_handed_in() & Q(due_on__gte=day))
    reading = Min("review_until", filter=~Q(status=S.ACCEPTED) & Q(reviewer__isnull=False, review_until__gte=day))
    return Coalesce(Least(deadline, reading), deadline, reading)  # of nothing and a day SQLite's least is nothing


reports = keeps(Counter(ReportCount, "cadre__unit__path", _all, _states, {"campaign": F("round__campaign"), "round": F("round")}, _next_day))


def piles_of(row: Row) -> dict[str, int]:
    """Kept counts as the piles of a round's page (SelfCheckQuerySet.tally)."""
    return {
        "all": row["due"], "handed_in": row["submitted"], "missing": row["due"] - row["submitted"], "overdue": row["overdue"], "returned": row["returned"],
        "submitted": row["submitted"] - row["accepted"], "accepted": row["accepted"], "unassigned": row["unassigned"],
    }
