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


def _ask(counter: Counter, scope: Scope, *, below: int = 0, by: str = "") -> Ask:
    """`below`: by the units so many levels below. Sessions are the campaign's, whoever asks."""
    under = scope.campaign.unit.path if counter is sessions else scope.path
    return Ask(counter, under, len(under) // STEP + below, by, {"campaign": scope.campaign.pk} if counter.keys else {})


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


def read_board(scope: Scope, as_of: dt.date) -> Board:
    """In one statement."""
    by_unit = (reports, problems)  # told by unit too: the whole is their sum
    asks = {label: _ask(what.counter, scope, below=int(what.counter in by_unit)) for what in SUMS.values() if (label := what.counter.model._meta.label)}
    asks |= {"aspects": _ask(aspects, scope, by="aspect_label"), "registered": _ask(registered, scope, by="week"), "closed": _ask(closed, scope, by="week")}
    found = read(asks, as_of)
    totals = {label: sums(rows, asks[label].counter.names) for label, rows in found.items()}
    return Board(
        {key: what.of(totals[what.counter.model._meta.label]) for key, what in SUMS.items()},
        found[problems.model._meta.label], found[reports.model._meta.label], found["aspects"], _by_week(found["registered"]), _by_week(found["closed"]),
    )


def kept_weeks(scope: Scope, as_of: dt.date) -> tuple[dict[dt.date, int], dict[dt.date, int]]:
    """立项 and 销号 by week, Monday → how many, in one statement."""
    found = read({"registered": _ask(registered, scope, by="week"), "closed": _ask(closed, scope, by="week")}, as_of)
    return _by_week(found["registered"]), _by_week(found["closed"])


def _by_week(rows: list[Row]) -> dict[dt.date, int]:
    return {dt.date.fromisoformat(row["key"]): row["number"] for row in rows}
