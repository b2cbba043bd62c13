"""Counts of slips delivered, kept by block of units (organizations/kept.py)."""

import datetime as dt

from django.db.models import Count, F, Q, QuerySet

from organizations.kept import Counter, keeps

from .models import DeliveryCount, Slip, SlipCount, SlipDelivery


def _prompted(_day: dt.date) -> QuerySet:
    return SlipDelivery.objects.filter(slip__kind=Slip.Kind.PROMPT)


def _deliveries(_day: dt.date) -> dict:
    signed = Count("pk", filter=Q(acknowledged_at__isnull=False))
    return {"deliveries": Count("pk"), "signed": signed, "receivers": Count("cadre", distinct=True)}


deliveries = keeps(Counter(DeliveryCount, "cadre__unit__path", _prompted, _deliveries, {"campaign": F("slip__campaign")}))


def _signing(_day: dt.date) -> dict:
    return {"sent": Count("pk"), "signed": Count("pk", filter=Q(acknowledged_at__isnull=False))}


slips = keeps(Counter(SlipCount, "cadre__unit__path", lambda _day: SlipDelivery.objects.all(), _signing, {"campaign": F("slip__campaign"), "slip": F("slip")}))
