"""Today's figures from the counts the rooms keep; for units below the four upper levels each room counts its rows (organizations/kept.py).

The registry in figures.py stays the definition: a test and the nightly check hold the two equal.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from campaigns.counts import deliveries
from learning.counts import attendance, sessions
from ledger.counts import COUNTED, aspects, closed, problems, registered
from organizations.counts import heads
from organizations.kept import COUNTERS, Ask, Counter, Row, is_built, read, sums
from organizations.models import STEP
from selfcheck.counts import reports
from supervision.counts import records

from .figures import Scope


@dataclass(frozen=True)
class Sum:
    """A figure as columns of a counter, some taken away."""

    counter: Counter
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()

    def of(self, row: Mapping[str, int]) -> int:
        return sum(row[name] for name in self.plus) - sum(row[name] for name in self.minus)


SUMS: dict[str, Sum] = {
    **{f"cadres_{name}": Sum(heads, (name,)) for name in ("total", "organ", "street")},
    "slip_deliveries": Sum(deliveries, ("deliveries",)),
    "slip_signed": Sum(deliveries, ("signed",)),
    "slip_receivers": Sum(deliveries, ("receivers",)),
    "sessions": Sum(sessions, ("held",)),
    **{f"attendance_{name}": Sum(attendance, (name,)) for name in ("expected", "present", "made_up", "missing")},
    **{f"selfcheck_{name}": Sum(reports, (name,)) for name in ("due", "submitted", "accepted", "returned", "overdue")},
    "selfcheck_missing": Sum(reports, ("due",), ("submitted",)),
    "problems_reported": Sum(problems, ("reported",)),
    "problems": Sum(problems, COUNTED),
    "problems_at_work": Sum(problems, COUNTED, ("closed",)),
    "problems_waiting": Sum(problems, ("submitted",)),
    **{f"problems_{name}": Sum(problems, (name,)) for name in ("closed", "overdue", "immediate", "dated", "long_term")},
    "supervision_work": Sum(records, ("work",)),
    "supervision_thought": Sum(records, ("thought",)),
    "talks": Sum(records, ("talks",)),
    "talk_people": Sum(records, ("talk_people",)),
}


def is_kept(scope: Scope, as_of: dt.date) -> bool:
    """Whether today's counts answer. Of another day rows are counted, by their history."""
    return as_of == timezone.localdate() and all(is_built(model) for model in COUNTERS)


def _ask(counter: Counter, scope: Scope, *, below: int = 0, by: str = "", **only) -> Ask:
    """`below`: by the units so many levels below. Sessions are the campaign's, whoever asks."""
    under = scope.campaign.unit.path if counter is sessions else scope.path
    return Ask(counter, under, len(under) // STEP + below, by, {"campaign": scope.campaign.pk, **only} if counter.keys else {})


def _week_asks(scope: Scope, first: dt.date) -> dict[str, Ask]:
    """What happened in each week from that of `first`; of a year a nation has a hundred thousand such numbers."""
    return {"registered": _ask(registered, scope, by="week", week__gte=first), "closed": _ask(closed, scope, by="week", week__gte=first)}


def kept_figures(keys: Iterable[str], scope: Scope, as_of: dt.date) -> dict[str, int]:
    """Those of the figures that are kept, in one statement."""
    asked = {key: SUMS[key] for key in keys if key in SUMS}
    used = {what.counter.model._meta.label: what.counter for what in asked.values()}
    found = read({label: _ask(counter, scope) for label, counter in used.items()}, as_of)
    totals = {label: sums(rows, used[label].names) for label, rows in found.items()}
    return {key: what.of(totals[what.counter.model._meta.label]) for key, what in asked.items()}


@dataclass(frozen=True)
class Board:
    """What the leader's page reads of kept counts: figures of the whole, rows by unit, by aspect and by week."""

    figures: dict[str, int]
    problems: list[Row]
    reports: list[Row]
    aspects: list[Row]
    registered: dict[dt.date, int]  # Monday → how many
    closed: dict[dt.date, int]


def read_board(scope: Scope, as_of: dt.date, first: dt.date) -> Board:
    """In one statement. `first`: the Monday of the first week that is told by itself."""
    by_unit = (reports, problems)  # told by unit too: the whole is their sum
    asks = {label: _ask(what.counter, scope, below=int(what.counter in by_unit)) for what in SUMS.values() if (label := what.counter.model._meta.label)}
    asks |= {"aspects": _ask(aspects, scope, by="aspect_label")} | _week_asks(scope, first)
    found = read(asks, as_of)
    totals = {label: sums(rows, asks[label].counter.names) for label, rows in found.items()}
    return Board(
        {key: what.of(totals[what.counter.model._meta.label]) for key, what in SUMS.items()},
        found[problems.model._meta.label], found[reports.model._meta.label], found["aspects"], *_by_week(found, totals[problems.model._meta.label], first),
    )


def kept_weeks(scope: Scope, as_of: dt.date, first: dt.date) -> tuple[dict[dt.date, int], dict[dt.date, int]]:
    """立项 and 销号 by week, Monday → how many, in one statement; those before the `first` together, under the week before it."""
    found = read({"problems": _ask(problems, scope)} | _week_asks(scope, first), as_of)
    return _by_week(found, sums(found["problems"], problems.names), first)


def _by_week(found: dict[str, list[Row]], states: dict[str, int], first: dt.date) -> tuple[dict[dt.date, int], dict[dt.date, int]]:
    """Those of the weeks, and what is left of the whole: each problem of 应整改 was registered once, and is closed or not."""
    wholes = {"registered": sum(states[state] for state in COUNTED), "closed": states["closed"]}
    told = {kind: {dt.date.fromisoformat(row["key"]): row["number"] for row in found[kind]} for kind in wholes}
    before = {kind: {first - dt.timedelta(weeks=1): earlier} if (earlier := whole - sum(told[kind].values())) else {} for kind, whole in wholes.items()}
    return before["registered"] | told["registered"], before["closed"] | told["closed"]
