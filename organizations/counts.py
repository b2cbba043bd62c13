"""Counts of people kept by block of units (kept.py)."""

import datetime as dt

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Left

from .kept import Counter, keeps
from .models import STEP, Cadre, HeadCount, RosterCount, Unit

DEEPEST = Unit._meta.get_field("path").max_length


def _staffed(day: dt.date) -> QuerySet:
    """Units with how many people are 在编在岗 there, and whether they are a street's or below one."""
    there = Cadre.objects.filter(Q(left_on__isnull=True) | Q(left_on__gt=day), unit=OuterRef("pk"), on_establishment=True, on_duty=True)
    above = [Left(OuterRef("path"), end) for end in range(STEP, DEEPEST + 1, STEP)]
    heads = Subquery(there.order_by().values("unit").annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return Unit.objects.annotate(heads=heads, in_street=Exists(Unit.objects.filter(kind=Unit.Kind.STREET, path__in=above))).filter(heads__gt=0)


def _heads(day: dt.date) -> dict:
    return {"total": Sum("heads"), "street": Coalesce(Sum("heads", filter=Q(in_street=True)), 0), "organ": Coalesce(Sum("heads", filter=Q(in_street=False)), 0)}


heads = keeps(Counter(HeadCount, "path", _staffed, _heads))


def _roster(_day: dt.date) -> dict:
    here = Q(left_on__isnull=True)
    return {
        "roster": Count("pk", filter=here), "established": Count("pk", filter=here & Q(on_establishment=True)),
        "on_duty": Count("pk", filter=here & Q(on_duty=True)), "left": Count("pk", filter=~here),
    }


roster = keeps(Counter(RosterCount, "unit__path", lambda _day: Cadre.objects.all(), _roster))
