"""Who has handed in, unit by unit, as one visitor sees it.

Of a narrow scope each unit is a line and everybody is listed. Of a wide one a line is a unit right below the top with all that is below it, read
from the kept counts, and one gets down from line to line until the scope is narrow.
"""

import datetime as dt
from functools import cached_property

from django.db.models import QuerySet

from campaigns.models import Campaign
from organizations.breadth import Breadth, breadth_of, by_unit_below
from organizations.kept import read_under, sums
from organizations.models import Unit, scope_paths, within
from organizations.roles import Permission

from .counts import piles_of, reports
from .models import Round, SelfCheck, piles

LISTED = 1000  # reports of a wide scope that are listed by name all the same
UNIT = {"path": "cadre__unit__path", "pk": "cadre__unit", "name": "cadre__unit__name", "short_name": "cadre__unit__short_name"}


class Coverage:
    """Of a round; `asked`: number of the unit to look at, `alone`: without what is below it (of a wide scope). One outside the scope asks for nothing."""

    def __init__(self, opened: Round, user, today: dt.date, *, asked: int | None = None, alone: bool = False):
        self.opened, self.user, self.today = opened, user, today
        self.scope = breadth_of(scope_paths(user, Permission.SEE_PROGRESS, opened.campaign_id))
        self.unit = Unit.objects.filter(within(self.scope.paths, "path"), pk=asked).select_related("parent").first() if asked else None
        self.is_alone = alone and self.unit is not None

    @property
    def is_wide(self) -> bool:
        """Whether lines are units with all that is below them."""
        return self.here.is_wide

    @cached_property
    def here(self) -> Breadth:
        """What the lines are about: the whole scope, of a wide one the unit looked at."""
        if self.unit is None or not self.scope.is_wide:
            return self.scope
        return Breadth([self.unit.path], [self.unit.pk]) if self.is_alone else breadth_of([self.unit.path])

    @property
    def up(self) -> Unit | None:
        """The unit above the one looked at, where it is the visitor's too."""
        above = self.unit.parent if self.unit and self.scope.is_wide else None
        return above if above and above.path.startswith(tuple(self.scope.paths)) else None

    @cached_property
    def rows(self) -> QuerySet[SelfCheck]:
        """The reports the lines are about."""
        rows = SelfCheck.objects.progress_visible_to(self.user).filter(round=self.opened)
        if self.here is self.scope:
            return rows
        return rows.filter(within(self.here.paths, "cadre__unit__path")) if self.here.is_wide else rows.filter(cadre__unit__in=self.here.units)

    @cached_property
    def lines(self) -> list[dict]:
        """Units in 机构序列: `pk`, `label`, how many lie in each pile, and whether only its own people are meant (of a wide scope)."""
        if not self.is_wide:
            return [line | {"pk": line[UNIT["pk"]], "label": line[UNIT["short_name"]] or line[UNIT["name"]]} for line in self.rows.tally(self.today, *UNIT.values())]
        tops = set(self.here.paths)
        below = by_unit_below(reports, self.here.paths, self.today, campaign=self.opened.campaign_id, round=self.opened.pk)
        return [piles_of(row) | {"pk": unit.pk, "label": str(unit), "is_alone": unit.path in tops} for unit, row in below]

    @cached_property
    def chosen(self) -> dict | None:
        """The line of a narrow scope whose people are listed; None: those of all."""
        return next((line for line in self.lines if self.unit and line["pk"] == self.unit.pk), None) if not self.scope.is_wide else None

    @cached_property
    def total(self) -> dict[str, int]:
        """How many lie in each pile; nothing where no report is."""
        return self.chosen or {pile: sum(line[pile] for line in self.lines) for pile in ("all", *piles(self.today)) if self.lines}

    def count(self, pile: str) -> int:
        return self.total.get(pile or "all", self.total.get("all", 0))

    def people(self, pile: str) -> QuerySet[SelfCheck] | None:
        """The reports of a pile by name; None when there are too many to list."""
        if self.is_wide and self.count(pile) > LISTED:
            return None
        rows = self.rows.filter(cadre__unit=self.chosen["pk"]) if self.chosen else self.rows
        return rows.in_pile(pile, self.today).select_related("cadre__unit", "cadre__user", "reviewer")

    @cached_property
    def missing(self) -> list[SelfCheck]:
        """Whose report is missing, of a narrow scope."""
        return [] if self.is_wide else list(self.rows.missing().select_related("cadre__unit"))


def coverage_of_rounds(user, campaign: Campaign, today: dt.date) -> dict[int, dict[str, int]]:
    """By round: how many reports lie in each pile, over what the visitor follows; a round without any is left out."""
    scope = breadth_of(scope_paths(user, Permission.SEE_PROGRESS, campaign.pk))
    if not scope.is_wide:
        return {row["round"]: row for row in SelfCheck.objects.progress_visible_to(user).filter(round__campaign=campaign).tally(today, "round")}
    rows = read_under(reports, scope.paths, today, by="round", campaign=campaign.pk)
    rounds = {row["key"] for row in rows}
    return {int(key): piles_of(sums((row for row in rows if row["key"] == key), reports.names)) for key in rounds}
