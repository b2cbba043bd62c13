"""How wide a scope is: of few units each is read by its number, of many one reads what is below the top, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass

from .kept import Counter, Row, read_under
from .models import Unit, within

WIDE = 80  # units: as many lines as one reads through


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


def by_unit_below(counter: Counter, paths: Iterable[str], day, **only) -> list[tuple[Unit, Row]]:
    """What is kept of each unit right below these tops with all that is below it, and of a top's own people; in 机构序列."""
    found = {row["path"]: row for row in read_under(counter, paths, day, below=1, **only)}
    return [(unit, found[unit.path]) for unit in Unit.objects.filter(path__in=found).order_by("path")]
