"""What the leader's page shows, read once: key figures, units in 机构序列, aspects, the weeks' trend."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, Min
from django.utils import timezone

from organizations.models import Unit

from .charts import Point
from .figures import Scope, figure

KEYS = {
    "submitted": ("selfcheck_submitted", "cadre__unit__path"),
    "due": ("selfcheck_due", "cadre__unit__path"),
    "closed": ("problems_closed", "responsible_unit__path"),
    "problems": ("problems", "responsible_unit__path"),
    "overdue": ("problems_overdue", "responsible_unit__path"),
}


@dataclass
class UnitRow:
    """One unit with everything below it (or only itself, for the top row)."""

    unit: Unit
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KEYS, 0))


def unit_rows(scope: Scope, as_of: dt.date) -> list[UnitRow]:
    """The children of the scope's unit and, if it has rows of its own, the unit itself first; in 机构序列, never by rate.

    One query for the units and one for each figure; rows below a child are folded into it by path.
    """
    top = scope.unit or scope.campaign.unit
    rows = {u.path: UnitRow(u) for u in Unit.objects.filter(parent=top).order_by("path")}
    own = UnitRow(top)
    for name, (key, path) in KEYS.items():
        for found, count in figure(key).rows(scope, as_of).order_by().values_list(path).annotate(n=Count("pk")):
            target = rows.get(found[: len(top.path) + 4], own) if found != top.path else own
            target.counts[name] += count
    return ([own] if any(own.counts.values()) else []) + list(rows.values())


def aspect_rows(scope: Scope, as_of: dt.date) -> list[tuple[str, int, int]]:
    """(aspect, closed, 应整改) in the order of the checklist; problems of no aspect last."""
    order = {label: n for n, label in enumerate(figure("aspects").rows(scope, as_of).values_list("label", flat=True))}
    total = dict(figure("problems").rows(scope, as_of).order_by().values_list("aspect_label").annotate(n=Count("pk")))
    closed = dict(figure("problems_closed").rows(scope, as_of).order_by().values_list("aspect_label").annotate(n=Count("pk")))
    labels = sorted(set(total) | set(order), key=lambda label: (order.get(label, len(order)), label))
    return [(label, closed.get(label, 0), total.get(label, 0)) for label in labels]


def weekly_trend(scope: Scope, as_of: dt.date, weeks: int = 10) -> list[Point]:
    """Cumulative 应整改 and 已销号 at each week's end up to the as-of day; empty when there are no problems."""
    rows = figure("problems").rows(scope, as_of)
    first = rows.aggregate(first=Min("registered_at"))["first"]
    if first is None:
        return []
    moments = [(timezone.localdate(r), timezone.localdate(c) if c else None) for r, c in rows.values_list("registered_at", "closed_at")]
    start = max(timezone.localdate(first), as_of - dt.timedelta(weeks=weeks))
    days = [as_of - dt.timedelta(weeks=n) for n in range((as_of - start).days // 7 + 1, -1, -1)]
    return [Point(day, sum(r <= day for r, _c in moments), sum(c is not None and c <= day for _r, c in moments)) for day in days]


def tracks_text(values: dict[str, int]) -> str:
    return f"立行立改 {values['problems_immediate']}，限期 {values['problems_dated']}，长期 {values['problems_long_term']}"


