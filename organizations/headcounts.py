"""How many people each unit has, alone and with everything below it. Three queries for any number of units, four for a wide scope's upper ones."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Prefetch, Q, Sum
from django.db.models.functions import Coalesce

from .breadth import breadth_of
from .counts import roster
from .kept import read_under, topmost
from .models import STEP, Cadre, DutyAssignment, Unit, UnitQuerySet, within


@dataclass
class UnitRow:
    """A unit as a line of the tree. 在编 / 在岗 count those who have not left."""

    unit: Unit
    indent: int = 0
    roster: int = 0
    established: int = 0
    on_duty: int = 0
    posts: int | None = None
    below: dict[str, int] = field(default_factory=lambda: {"roster": 0, "established": 0, "on_duty": 0})


COUNTS = {
    "roster": Count("pk"),
    "established": Count("pk", filter=Q(on_establishment=True)),
    "on_duty": Count("pk", filter=Q(on_duty=True)),
}


@dataclass
class Tree:
    """Units as lines: all of a narrow scope; of a wide one the tops and what is right below them, each with all that is below it."""

    rows: list[UnitRow]
    totals: dict[str, int]
    count: int  # of units in the scope
    is_wide: bool = False


def tree(paths: Iterable[str], today: dt.date) -> Tree:
    """The units of these subtrees."""
    tops = topmost(paths)
    if breadth_of(tops).is_wide:
        return _upper(tops, today)
    rows = unit_rows(Unit.objects.filter(within(tops, "path")))
    return Tree(rows, totals(rows), len(rows))


def _upper(tops: list[str], today: dt.date) -> Tree:
    kept = {row["path"]: row for row in read_under(roster, tops, today, below=1)}
    heads = list(Unit.objects.filter(path__in=tops).values_list("pk", flat=True))
    rows = _own_rows(Unit.objects.filter(Q(pk__in=heads) | Q(parent__in=heads)))  # by the parent's path a database reads every unit
    for path, row in rows.items():
        row.below = _sum(numbers for below, numbers in kept.items() if below.startswith(path))
        row.indent = int(path not in tops)
    posts = Unit.objects.filter(within(tops, "path")).aggregate(count=Count("pk"), posts=Coalesce(Sum("authorised_posts"), 0), posts_unknown=Count("pk", filter=Q(authorised_posts__isnull=True)))
    count = posts.pop("count")
    return Tree(list(rows.values()), _sum(kept.values()) | posts, count, is_wide=True)


def _sum(rows: Iterable[Mapping[str, int]]) -> dict[str, int]:
    rows = list(rows)
    return {key: sum(row[key] for row in rows) for key in COUNTS}


def _own_rows(units: UnitQuerySet) -> dict[str, UnitRow]:
    """path → the unit with its own headcounts, in 机构序列."""
    rows = {u.path: UnitRow(u, posts=u.authorised_posts) for u in units.prefetch_related(Prefetch("duties", DutyAssignment.objects.order_by("duty"))).order_by("path")}
    by_unit = {r["unit_id"]: r for r in Cadre.objects.present().order_by().filter(unit__in=units.order_by().values("pk")).values("unit_id").annotate(**COUNTS)}
    for row in rows.values():
        own = by_unit.get(row.unit.pk, {})
        row.roster, row.established, row.on_duty = (own.get(key, 0) for key in COUNTS)
    return rows


def unit_rows(units: UnitQuerySet) -> list[UnitRow]:
    """The units in 机构序列 with their headcounts; subtree counts cover the units given."""
    rows = _own_rows(units)
    for path, row in rows.items():
        ancestors = [path[:end] for end in range(STEP, len(path) + 1, STEP) if path[:end] in rows]
        row.indent = min(4, len(ancestors) - 1)
        for ancestor in ancestors:
            for key in COUNTS:
                rows[ancestor].below[key] += getattr(row, key)
    return list(rows.values())


def totals(rows: list[UnitRow]) -> dict[str, int]:
    """The sums of the units' own counts; 编制 of those where it is known, and how many are not."""
    known = [row.posts for row in rows if row.posts is not None]
    return {key: sum(getattr(row, key) for row in rows) for key in COUNTS} | {"posts": sum(known), "posts_unknown": len(rows) - len(known)}
