"""What the leader's page shows, read once: key figures, units in 机构序列, aspects, the weeks' trend."""

import datetime as dt
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import CharField, Count, F, Value
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from organizations.models import STEP, Unit

from .charts import Point
from .figures import Scope, figure
from .reading import read_all

NO_ASPECT = Value("", CharField())
# What is told of each unit: the figure, where its rows' unit stands, and their aspect.
TOLD = {
    "submitted": ("selfcheck_submitted", "cadre__unit__path", NO_ASPECT),
    "due": ("selfcheck_due", "cadre__unit__path", NO_ASPECT),
    "closed": ("problems_closed", "responsible_unit__path", F("aspect_label")),
    "problems": ("problems", "responsible_unit__path", F("aspect_label")),
    "overdue": ("problems_overdue", "responsible_unit__path", F("aspect_label")),
}


class Tally(NamedTuple):
    """How many rows of a figure (its name in TOLD) one unit has in one aspect."""

    name: str
    path: str
    aspect: str
    count: int


@dataclass
class UnitRow:
    """One unit with everything below it (or only itself, for the top row)."""

    unit: Unit
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TOLD, 0))


def tallies(scope: Scope, as_of: dt.date) -> list[Tally]:
    """The figures of TOLD by unit and aspect, counted in one statement."""
    parts = [
        figure(key).rows(scope, as_of).order_by()
        .values(tally_path=F(path), tally_aspect=aspect).annotate(tally_count=Count("pk"), tally_name=Value(name))
        .values_list("tally_name", "tally_path", "tally_aspect", "tally_count")
        for name, (key, path, aspect) in TOLD.items()
    ]
    return [Tally(*line) for line in parts[0].union(*parts[1:], all=True)]


def breakdown(scope: Scope, as_of: dt.date) -> tuple[list[UnitRow], list[tuple[str, int, int]]]:
    """By unit and by aspect, in two statements."""
    top, counted = scope.unit or scope.campaign.unit, tallies(scope, as_of)
    lists = read_all({
        "units": (Unit.objects.filter(parent=top), ("path", "name", "short_name")),
        "aspects": (figure("aspects").rows(scope, as_of), ("label",)),
    })
    return unit_rows(top, lists["units"], counted), aspect_rows([aspect.label for aspect in lists["aspects"]], counted)


def unit_rows(top: Unit, children: list[Unit], counted: list[Tally]) -> list[UnitRow]:
    """The unit itself if it has rows of its own, then its children; in 机构序列, never by rate.

    Rows below a child are folded into it by path.
    """
    rows = {unit.path: UnitRow(unit) for unit in children}
    own = UnitRow(top)
    for tally in counted:
        rows.get(tally.path[: len(top.path) + STEP], own).counts[tally.name] += tally.count
    return ([own] if any(own.counts.values()) else []) + list(rows.values())


def aspect_rows(listed: list[str], counted: list[Tally]) -> list[tuple[str, int, int]]:
    """(aspect, closed, 应整改): those of the checklist in its order, then others; problems of no aspect among these."""
    sums: Counter[tuple[str, str]] = Counter()
    for tally in counted:
        sums[tally.name, tally.aspect] += tally.count
    others = {aspect for name, aspect in sums if name == "problems"} - set(listed)
    return [(aspect, sums["closed", aspect], sums["problems", aspect]) for aspect in [*listed, *sorted(others)]]


def weekly_trend(scope: Scope, as_of: dt.date, weeks: int = 10) -> list[Point]:
    """Cumulative 应整改 and 已销号 at each week's end up to the as-of day; empty when there are no problems."""
    moments = figure("problems").rows(scope, as_of).order_by().values_list("registered_at", "closed_at")
    found = sorted(timezone.localdate(at) for at, _closed in moments if at)
    closed = sorted(timezone.localdate(at) for _found, at in moments if at)
    if not found:
        return []
    start = max(found[0], as_of - dt.timedelta(weeks=weeks))
    days = [as_of - dt.timedelta(weeks=n) for n in range((as_of - start).days // 7 + 1, -1, -1)]
    return [Point(day, bisect_right(found, day), bisect_right(closed, day)) for day in days]


def tracks_text(values: dict[str, int]) -> str:
    counts = {track: values[f"problems_{track}"] for track in ("immediate", "dated", "long_term")}
    return format_html(_('立行立改 {immediate}，限期 {dated}，<span class="nowrap">长期 {long_term}</span>'), **counts)
