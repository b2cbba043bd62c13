"""Counts of supervision records kept by block of units (organizations/kept.py)."""

import datetime as dt

from django.db.models import Count, F, Q, QuerySet

from organizations.kept import Counter, keeps

from .models import RecordCount, SupervisionRecord


def _held(day: dt.date) -> QuerySet:
    return SupervisionRecord.objects.filter(Q(held_on__lte=day) | Q(held_on__isnull=True))


def _records(_day: dt.date) -> dict:
    talk = Q(kind="talk")
    return {
        "work": Count("pk", filter=Q(level="work")), "thought": Count("pk", filter=Q(level="thought")),
        "talks": Count("pk", filter=talk), "talk_people": Count("cadre", filter=talk, distinct=True),
    }


records = keeps(Counter(RecordCount, "cadre__unit__path", _held, _records, {"campaign": F("campaign_id")}))
