"""Who has handed in, unit by unit, as one visitor sees it: counted of a narrow scope, read from the kept counts of a wide one."""

import datetime as dt
from functools import cached_property

from django.db.models import QuerySet

from campaigns.models import Campaign
from organizations.breadth import Descent, breadth_of
from organizations.kept import read_under, sums
from organizations.models import scope_paths
from organizations.roles import Permission

from .counts import piles_of, reports
from .models import Round, SelfCheck, piles

UNIT = {"path": "cadre__unit__path", "pk": "cadre__unit", "name": "cadre__unit__name", "short_name": "cadre__unit__short_name"}


class Coverage(Descent):
    """Of one round, as far as the visitor follows it."""

    def __init__(self, opened: Round, user, today: dt.date, *, asked: int | None = None, alone: bool = False):
        super().__init__(scope_paths(user, Permission.SEE_PROGRESS, opened.campaign_id), asked=asked, alone=alone)
        self.opened, self.user, self.today = opened, user, today

    @cached_property
    def rows(self) -> QuerySet[SelfCheck]:
        """The reports the lines are about."""
        return self.narrow(SelfCheck.objects.progress_visible_to(self.user).filter(round=self.opened), "cadre__unit__path", "cadre__unit")

    @cached_property
    def units(self) -> list[dict]:
        """The lines in 机构序列, each with how many reports lie in each pile."""
        if not self.is_wide:
            return [line | {"pk": line[UNIT["pk"]], "label": line[UNIT["short_name"]] or line[UNIT["name"]]} for line in self.rows.tally(self.today, *UNIT.values())]
        return [line | piles_of(row) for line, row in self.lines(reports, self.today, campaign=self.opened.campaign_id, round=self.opened.pk)]

    @cached_property
    def total(self) -> dict[str, int]:
        """How many lie in each pile; nothing where no report is."""
        return self.chosen or {pile: sum(line[pile] for line in self.units) for pile in ("all", *piles(self.today)) if self.units}

    def count(self, pile: str) -> int:
        return self.total.get(pile or "all", self.total.get("all", 0))

    def people(self, pile: str) -> QuerySet[SelfCheck] | None:
        """The reports of a pile by name; None when there are too many to list."""
        rows = self.listed(self.rows, self.count(pile), "cadre__unit")
        return None if rows is None else rows.in_pile(pile, self.today).select_related("cadre__unit", "cadre__user", "reviewer")

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
