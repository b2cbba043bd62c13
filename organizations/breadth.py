"""How wide a scope is: of few units each is read by its number, of many one reads what is below the top, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from .kept import Counter, Row, read_under
from .models import Unit, within

WIDE = 80  # units: as many lines as one reads through
NAMED = 2000  # units: as many are named by their numbers, which spares a database the join; of more it is told the range of paths
LISTED = 1000  # rows of a wide scope that are listed one by one all the same


@dataclass(frozen=True)
class Breadth:
    """The subtrees of a scope, and the numbers of its units, None when these are too many."""

    paths: list[str]
    units: list[int] | None

    @property
    def is_wide(self) -> bool:
        return self.units is None


def breadth_of(paths: list[str], *known: Breadth) -> Breadth:
    """One query, none if one that is known has the same paths."""
    for one in known:
        if one.paths == paths:
            return one
    units = list(Unit.objects.filter(within(paths, "path")).order_by().values_list("pk", flat=True)[: WIDE + 1]) if paths else []
    return Breadth(paths, units if len(units) <= WIDE else None)


def units_named(paths: Iterable[str], *, alone: Iterable[str] = ()) -> list[int] | None:
    """The numbers of the units in these subtrees, and of those that stand at the paths `alone`; None when they are too many to be named."""
    meant = within(paths, "path") | Q(path__in=alone)
    found = list(Unit.objects.order_by().filter(meant).values_list("pk", flat=True)[: NAMED + 1])
    return found if len(found) <= NAMED else None


def by_unit_below(counter: Counter, paths: Iterable[str], day, **only) -> list[tuple[Unit, Row]]:
    """What is kept of each unit right below these tops with all that is below it, and of a top's own people; in 机构序列."""
    found = {row["path"]: row for row in read_under(counter, paths, day, below=1, **only)}
    return [(unit, found[unit.path]) for unit in Unit.objects.filter(path__in=found).order_by("path")]


class Descent:
    """Where one looks in a scope. Of a narrow one every unit is a line; of a wide one a line is a unit right below the top with all that is
    below it, and one gets down from line to line until what is left is narrow.

    `asked`: number of the unit to look at; `alone`: without what is below it. One outside the scope asks for nothing. Subclasses tell the
    lines, `units`: dicts with `pk`, `label` and their counts.
    """

    units: list[dict]

    def __init__(self, paths: list[str], *, asked: int | None = None, alone: bool = False):
        self.scope = breadth_of(paths)
        self.unit = Unit.objects.filter(within(paths, "path"), pk=asked).select_related("parent").first() if asked else None
        self.is_alone = alone and self.unit is not None

    @cached_property
    def here(self) -> Breadth:
        """What the lines are about: the whole scope, of a wide one the unit looked at."""
        if self.unit is None or not self.scope.is_wide:
            return self.scope
        return Breadth([self.unit.path], [self.unit.pk]) if self.is_alone else breadth_of([self.unit.path])

    @property
    def is_wide(self) -> bool:
        return self.here.is_wide

    @property
    def up(self) -> Unit | None:
        """The unit above the one looked at, where it lies in the scope too."""
        above = self.unit.parent if self.unit and self.scope.is_wide else None
        return above if above and above.path.startswith(tuple(self.scope.paths)) else None

    def narrow(self, rows, path: str, unit: str):
        """Rows of the scope as far as one looks; `path` and `unit` lead from a row to its unit's path and number."""
        if self.here is self.scope:
            return rows
        return rows.filter(within(self.here.paths, path)) if self.is_wide else rows.filter(**{f"{unit}__in": self.here.units})

    @cached_property
    def chosen(self) -> dict | None:
        """The line of a narrow scope whose rows are listed; None: those of all."""
        return next((line for line in self.units if self.unit and line["pk"] == self.unit.pk), None) if not self.scope.is_wide else None

    def listed(self, rows, number: int, unit: str):
        """Rows to list one by one, so many of them; None when that is too many."""
        if self.is_wide and number > LISTED:
            return None
        return rows.filter(**{unit: self.chosen["pk"]}) if self.chosen else rows

    def lines(self, counter: Counter, day, **only) -> list[tuple[dict, Row]]:
        """Of a wide scope: each line with its counts. A line's `is_alone` tells the top's own people."""
        tops = set(self.here.paths)
        below = by_unit_below(counter, self.here.paths, day, **only)
        return [({"pk": unit.pk, "label": str(unit), "is_alone": unit.path in tops}, row) for unit, row in below]
