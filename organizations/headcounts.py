"""How many people each unit has, alone and with everything below it. Three queries for any number of units."""

from dataclasses import dataclass, field

from django.db.models import Count, Prefetch, Q

from .models import STEP, Cadre, DutyAssignment, Unit, UnitQuerySet


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


def unit_rows(units: UnitQuerySet) -> list[UnitRow]:
    """The units in 机构序列 with their headcounts; subtree counts cover the units given."""
    rows = {u.path: UnitRow(u) for u in units.prefetch_related(Prefetch("duties", DutyAssignment.objects.order_by("duty"))).order_by("path")}
    by_unit = {r["unit_id"]: r for r in Cadre.objects.present().order_by().filter(unit__in=units.order_by().values("pk")).values("unit_id").annotate(**COUNTS)}
    for path, row in rows.items():
        own = by_unit.get(row.unit.pk, {})
        row.roster, row.established, row.on_duty = (own.get(key, 0) for key in COUNTS)
        row.posts = row.unit.authorised_posts
        ancestors = [path[:end] for end in range(STEP, len(path) + 1, STEP) if path[:end] in rows]
        row.indent = min(4, len(ancestors) - 1)
        for ancestor in ancestors:
            for key in COUNTS:
                rows[ancestor].below[key] += own.get(key, 0)
    return list(rows.values())


def totals(rows: list[UnitRow]) -> dict[str, int]:
    """The sums of the units' own counts; 编制 of those where it is known, and how many are not."""
    known = [row.posts for row in rows if row.posts is not None]
    return {key: sum(getattr(row, key) for row in rows) for key in COUNTS} | {"posts": sum(known), "posts_unknown": len(rows) - len(known)}
