"""Who has received a slip and signed for it, unit by unit, as one visitor sees it: counted of a narrow scope, read from the kept counts of a wide one."""

import datetime as dt
from functools import cached_property

from django.db.models import QuerySet

from organizations.breadth import Descent, breadth_of
from organizations.kept import read_under, sums
from organizations.models import scope_paths
from organizations.roles import Permission

from .counts import slips
from .models import Campaign, Slip, SlipDelivery

NUMBERS = ("sent", "signed", "waiting")


class Receivers(Descent):
    """Of one slip, as far as the visitor follows it."""

    def __init__(self, slip: Slip, user, today: dt.date, *, asked: int | None = None, alone: bool = False):
        super().__init__(scope_paths(user, Permission.SEE_PROGRESS, slip.campaign_id), asked=asked, alone=alone)
        self.slip, self.user, self.today = slip, user, today

    @cached_property
    def rows(self) -> QuerySet[SlipDelivery]:
        return self.narrow(SlipDelivery.objects.visible_to(self.user).filter(slip=self.slip), "cadre__unit__path", "cadre__unit")

    @cached_property
    def units(self) -> list[dict]:
        """The lines in 机构序列, each with how many received the slip, signed for it, and haven't."""
        if self.is_wide:
            found = [line | {"sent": row["sent"], "signed": row["signed"]} for line, row in self.lines(slips, self.today, campaign=self.slip.campaign_id, slip=self.slip.pk)]
        else:
            found = [row | {"pk": row["cadre__unit_id"], "label": row["cadre__unit__short_name"] or row["cadre__unit__name"]} for row in self.rows.by_unit()]
        return [line | {"waiting": line["sent"] - line["signed"]} for line in found]

    @cached_property
    def total(self) -> dict[str, int]:
        return {name: sum(line[name] for line in self.units) for name in NUMBERS}

    @property
    def shown(self) -> dict[str, int]:
        """The numbers of those whose people are listed."""
        return self.chosen or self.total

    def number(self, view: str) -> int:
        """How many of them are in a view; any other word than its own means all."""
        return self.shown[view if view in NUMBERS else "sent"]

    def people(self, view: str) -> QuerySet[SlipDelivery] | None:
        """Those in a view by name; None when there are too many to list."""
        rows = self.listed(self.rows, self.number(view), "cadre__unit")
        return None if rows is None else rows.standing(view).select_related("cadre__unit").order_by("cadre__unit__path", "cadre__name_pinyin", "pk")


def signed_by_slip(user, campaign: Campaign, listed: list[Slip], today: dt.date) -> dict[int, dict[str, int]]:
    """Number of the slip → how many received it and signed for it, among those the visitor follows and themself."""
    scope = breadth_of(scope_paths(user, Permission.SEE_PROGRESS, campaign.pk))
    if not scope.is_wide:
        return {row["slip"]: row for row in SlipDelivery.objects.visible_to(user).filter(slip__in=[slip.pk for slip in listed]).by_slip()}
    rows = read_under(slips, scope.paths, today, by="slip", campaign=campaign.pk)
    return {slip.pk: sums((row for row in rows if row["key"] == str(slip.pk)), slips.names) for slip in listed}
