"""What the leader's page shows, read once: key figures, units in 机构序列, aspects, the weeks' trend."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from django.db.models import CharField, Count, F, Value
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from organizations.models import STEP, Unit

from .charts import Point
from .figures import REGISTRY, Scope, figure
from .kept import SUMS, Board, is_kept, kept_weeks, read_board
from .reading import read_all
from .values import values

WEEKS = 10  # of the trend, one by one
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


@dataclass(frozen=True)
class Dashboard:
    """All figures by key, the units' rows, (aspect, closed, 应整改) and the weeks' trend."""

    figures: dict
    units: list[UnitRow]
    aspects: list[tuple[str, int, int]]
    points: list[Point]


def dashboard_of(scope: Scope, as_of: dt.date) -> Dashboard:
    """Read from what is kept where it answers, else counted from the rows."""
    if is_kept(scope, as_of):
        board = read_board(scope, as_of, first_week(as_of))
        units, aspects = breakdown(scope, as_of, _of_units(board), _of_aspects(board))
        return Dashboard(values(REGISTRY, scope, as_of, board.figures), units, aspects, points(board.registered, board.closed, as_of))
    counted = tallies(scope, as_of)
    units, aspects = breakdown(scope, as_of, counted, counted)
    return Dashboard(values(REGISTRY, scope, as_of), units, aspects, weekly_trend(scope, as_of))


def tallies(scope: Scope, as_of: dt.date) -> list[Tally]:
    """The figures of TOLD by unit and aspect, counted in one statement."""
    parts = [
        figure(key).rows(scope, as_of).order_by()
        .values(tally_path=F(path), tally_aspect=aspect).annotate(tally_count=Count("pk"), tally_name=Value(name))
        .values_list("tally_name", "tally_path", "tally_aspect", "tally_count")
        for name, (key, path, aspect) in TOLD.items()
    ]
    return [Tally(*line) for line in parts[0].union(*parts[1:], all=True)]


def _of_units(board: Board) -> list[Tally]:
    """The same by unit, of what is kept."""
    rows = {**dict.fromkeys(("submitted", "due"), board.reports), **dict.fromkeys(("closed", "problems", "overdue"), board.problems)}
    return [Tally(name, row["path"], "", SUMS[TOLD[name][0]].of(row)) for name in TOLD for row in rows[name]]


def _of_aspects(board: Board) -> list[Tally]:
    return [Tally(name, row["path"], row["key"], row[column]) for name, column in (("problems", "counted"), ("closed", "closed")) for row in board.aspects]


def breakdown(scope: Scope, as_of: dt.date, by_unit: list[Tally], by_aspect: list[Tally]) -> tuple[list[UnitRow], list[tuple[str, int, int]]]:
    """By unit and by aspect."""
    top = scope.unit or scope.campaign.unit
    lists = read_all({
        "units": (Unit.objects.filter(parent=top), ("path", "name", "short_name")),
        "aspects": (figure("aspects").rows(scope, as_of), ("label",)),
    })
    return unit_rows(top, lists["units"], by_unit), aspect_rows([aspect.label for aspect in lists["aspects"]], by_aspect)


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


def weekly_trend(scope: Scope, as_of: dt.date, weeks: int = WEEKS) -> list[Point]:
    """Cumulative 应整改 and 已销号 at each week's end and on the as-of day; empty when there are no problems."""
    if is_kept(scope, as_of):
        return points(*kept_weeks(scope, as_of, first_week(as_of, weeks)), as_of, weeks)
    moments = list(figure("problems").rows(scope, as_of).order_by().values_list("registered_at", "closed_at"))
    return points(_by_week(at for at, _closed in moments if at), _by_week(at for _found, at in moments if at), as_of, weeks)


def _by_week(moments: Iterable[dt.datetime]) -> Counter[dt.date]:
    """Monday → how many, each in the week it fell in here."""
    return Counter(monday(timezone.localdate(at)) for at in moments)


def monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def first_week(as_of: dt.date, weeks: int = WEEKS) -> dt.date:
    """The Monday of the first week that a trend of so many tells by itself."""
    return monday(as_of) - dt.timedelta(weeks=weeks)


def points(found: Mapping[dt.date, int], closed: Mapping[dt.date, int], as_of: dt.date, weeks: int = WEEKS) -> list[Point]:
    """Of numbers by week (its Monday → how many): what they come to on each Sunday and on the as-of day, from the Sunday before the first."""
    if not found:
        return []
    first = min(found)
    sundays = (monday(as_of) - dt.timedelta(days=1, weeks=n) for n in range(weeks + 1))
    days = [as_of, *takewhile(lambda sunday: sunday >= first - dt.timedelta(days=1), sundays)]
    return [Point(day, *(sum(n for week, n in numbers.items() if week <= day) for numbers in (found, closed))) for day in reversed(days)]


def tracks_text(values: dict[str, int]) -> str:
    counts = {track: values[f"problems_{track}"] for track in ("immediate", "dated", "long_term")}
    return format_html(_('立行立改 {immediate}，限期 {dated}，<span class="nowrap">长期 {long_term}</span>'), **counts)
