"""Counts of supervision records kept by block of units (organizations/kept.py)."""

import datetime as dt

from django.db.models import Count, F, Q, QuerySet

from campaigns.models import Campaign
from organizations.kept import Counter, keeps, read_under, sums
from organizations.models import Unit, lies_within, scope_paths
from organizations.roles import Permission

from .models import RecordCount, SupervisionRecord

PAIRS = {f"{kind}_{level}": (kind, level) for kind in SupervisionRecord.Kind.values for level in SupervisionRecord.Level.values}


def _held(day: dt.date) -> QuerySet:
    return SupervisionRecord.objects.filter(Q(held_on__lte=day) | Q(held_on__isnull=True))


def _records(_day: dt.date) -> dict:
    talk = Q(kind="talk")
    return {
        "work": Count("pk", filter=Q(level="work")), "thought": Count("pk", filter=Q(level="thought")),
        "talks": Count("pk", filter=talk), "talk_people": Count("cadre", filter=talk, distinct=True),
    } | {name: Count("pk", filter=Q(kind=kind, level=level)) for name, (kind, level) in PAIRS.items()}


records = keeps(Counter(RecordCount, "cadre__unit__path", _held, _records, {"campaign": F("campaign_id")}))


def seen_by_kind_and_level(user, campaign: Campaign, *, unit: Unit | None, day: dt.date) -> dict[tuple[str, str], int] | None:
    """(kind, level) → 人次 of what the visitor sees, or of one unit in their scope with what is below it, from what is kept. None for whom records about
    themself lie outside their scope: those are not in it."""
    if not lies_within(user, Permission.SEE_SUPERVISION):
        return None
    paths = [unit.path] if unit else scope_paths(user, Permission.SEE_SUPERVISION, campaign.pk)
    found = sums(read_under(records, paths, day, campaign=campaign.pk), records.names)
    return {pair: found[name] for name, pair in PAIRS.items()}
