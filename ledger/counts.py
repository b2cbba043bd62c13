"""Counts of problems kept by block of units (organizations/kept.py)."""

import datetime as dt

from django.db.models import Count, DateField, F, Min, Q, QuerySet
from django.db.models.functions import TruncWeek

from organizations.kept import Counter, keeps, touch

from .models import AspectCount, ClosedCount, Problem, ProblemCount, RegisteredCount, is_counted, is_late

S, T = Problem.Status, Problem.Track
COUNTED = ("open", "submitted", "verified", "closed", "deferred")  # columns of ProblemCount that are 应整改 together


def _all(_day: dt.date) -> QuerySet:
    return Problem.objects.all()


def _counted(_day: dt.date) -> QuerySet:
    return Problem.objects.counted()


def _states(day: dt.date) -> dict:
    states = {state: Count("pk", filter=Q(status=state)) for state in S.values}
    tracks = {track: Count("pk", filter=is_counted() & Q(track=track)) for track in T.values}
    return states | tracks | {"overdue": Count("pk", filter=is_late(day))}


def _next_deadline(day: dt.date) -> Min:
    """The nearest deadline that hasn't passed: on the day after it one more is overdue."""
    return Min("due_on", filter=Q(status=S.OPEN, due_on__gte=day) & ~Q(track=T.LONG_TERM))


def _closing(_day: dt.date) -> dict:
    return {"counted": Count("pk"), "closed": Count("pk", filter=Q(status=S.CLOSED))}


def _number(_day: dt.date) -> dict:
    return {"number": Count("pk")}


PATH, CAMPAIGN = "responsible_unit__path", {"campaign": F("campaign_id")}
problems = keeps(Counter(ProblemCount, PATH, _all, _states, CAMPAIGN, _next_deadline))
aspects = keeps(Counter(AspectCount, PATH, _counted, _closing, CAMPAIGN | {"aspect_label": F("aspect_label")}))
registered = keeps(Counter(RegisteredCount, PATH, lambda _day: Problem.objects.counted().filter(registered_at__isnull=False), _number, CAMPAIGN | {"week": TruncWeek("registered_at", output_field=DateField())}))
closed = keeps(Counter(ClosedCount, PATH, lambda _day: Problem.objects.counted().filter(closed_at__isnull=False), _number, CAMPAIGN | {"week": TruncWeek("closed_at", output_field=DateField())}))


def touch_problem(*paths: str) -> None:
    """The running deed changed a problem of the units at these paths in what is counted: its state, track, deadline, aspect or unit."""
    touch(*paths, of=(ProblemCount, AspectCount, RegisteredCount, ClosedCount))
