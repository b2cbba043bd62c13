"""Counts kept beside the rows they count, so that a nation's figures are read and not counted (docs/decisions/0016).

Rows are counted by block: a unit of the four upper levels alone, or one of the fourth level with everything below it. A county
and what is below it is small enough to count; everything above it is the sum of its blocks, by path.

A deed names the units it touched (`touch`), and their blocks are counted again from the rows themselves as the last thing in
its transaction, so a count can't drift away by pieces. The day passes without a deed: a count says until which day it is right.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zlib import crc32

from django.db import connection, models, transaction
from django.db.models import Min, Q, QuerySet, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Left
from django.utils import timezone

from .models import STEP, Cadre, KeptCheck, KeptCounts, Unit
from .statements import Statement

LEVELS = 4  # of the tree above which nothing is counted live
WIDTH = LEVELS * STEP
MANY = 100  # blocks; beyond so many all are counted at once

Place = tuple[str, bool]  # a path, and whether all below it is meant too
EVERYWHERE: Place = ("", True)
Row = dict[str, object]


def block_of(path: str) -> Place:
    """The block a unit lies in."""
    return path[:WIDTH], len(path) >= WIDTH


def bounds_of(place: Place) -> tuple[str, ...]:
    """Where a subtree's paths begin and where they have ended; of a unit alone its path."""
    path, with_below = place
    return (path, path + "~") if with_below else (path,)


def between(bounds: Sequence[str], field: str) -> Q:
    """Rows whose unit's path lies from the first bound on and before the second; at the only one."""
    return Q(**{f"{field}__gte": bounds[0], f"{field}__lt": bounds[1]}) if len(bounds) == 2 else Q(**{field: bounds[0]})


def at(places: Iterable[Place], field: str) -> Q:
    """Rows whose unit's path is at one of the places. No places match nothing."""
    condition = Q(pk__in=[])
    alone = []
    for path, with_below in places:
        if with_below:
            condition |= Q(**{f"{field}__gte": path, f"{field}__lt": path + "~"})
        else:
            alone.append(path)
    return condition | Q(**{f"{field}__in": alone}) if alone else condition


@dataclass(frozen=True)
class Counter:
    """What is counted of which rows.

    `rows(day)`: the rows, those that don't count yet or any more left out. `path`: from a row to its unit's path. `keys`: the kept
    model's columns that tell counts apart beside the unit, and what they are on a row. `counts(day)`: its number columns.
    `changes(day)`: the last day on which the counts stay what they are without a deed; None when they always do.
    """

    model: type[KeptCounts]
    path: str
    rows: Callable[[dt.date], QuerySet]
    counts: Callable[[dt.date], Mapping[str, models.Aggregate]]
    keys: Mapping[str, Combinable] = field(default_factory=dict)
    changes: Callable[[dt.date], Combinable | None] = lambda day: None

    @cached_property
    def names(self) -> list[str]:
        return list(self.counts(dt.date.min))

    @cached_property
    def columns(self) -> list[str]:
        """What is written."""
        return [*self.names, "right_until"]

    def counted(self, day: dt.date, *, places: Collection[Place] | None = None, width: int = WIDTH, **only) -> list[Row]:
        """Counted from the rows: dicts of `path` (cut at `width` characters), the keys, the counts and `right_until`.

        `only`: values of keys.
        """
        if places is None or len(places) > 1:
            found = self.lines(Q() if places is None else at(places, self.path), day, width, only)
        else:  # as a deed asks
            found = LINES.of(self.model, *bounds_of(*places), counter=self.model, day=day, width=width, only=tuple(only.items()))
        return [dict(zip(("path", *self.keys, *self.columns), line, strict=True)) for line in found]

    def lines(self, meant: Q, day: dt.date, width: int, only: Mapping[str, object]) -> QuerySet:
        """The same as lines: path, keys, counts, right until."""
        keys = {f"as_{name}": what for name, what in self.keys.items()}
        rows = self.rows(day).order_by().filter(meant).annotate(as_path=Left(self.path, width), **keys).filter(**{f"as_{name}": value for name, value in only.items()})
        counts = {f"as_{name}": number for name, number in self.counts(day).items()}
        last = self.changes(day) or Value(None, models.DateField())
        return rows.values("as_path", *keys).annotate(**counts, as_right_until=last).values_list("as_path", *keys, *counts, "as_right_until")

    def recount(self, places: set[Place], day: dt.date) -> int:
        """Count these places again and write what is different. Inside a transaction.

        Returns how many counts were not what they should have been on that day.
        """
        wanted = None if EVERYWHERE in places or len(places) > MANY else places
        self._lock(wanted)
        kept = self.model.objects.all()
        before = {self._key(row): row for row in (kept if wanted is None else kept.filter(at(wanted, "path")))}
        now = {(row["path"], *(row[name] for name in self.keys)): row for row in self.counted(day, places=wanted)}
        gone = [row for key, row in before.items() if key not in now]
        written = {key: row for key, row in now.items() if key not in before or any(getattr(before[key], name) != row[name] for name in self.columns)}
        self._write(written.values())
        self.model.objects.filter(pk__in=[row.pk for row in gone]).delete()
        outlived = [key for key in written if key in before and before[key].right_until and before[key].right_until < day]
        return len(written) + len(gone) - len(outlived)

    def _write(self, rows: Collection[Row]) -> None:
        new = [
            self.model(path=row["path"], **{self._column(name): row[name] for name in self.keys}, **{name: row[name] for name in self.columns})
            for row in rows
        ]
        self.model.objects.bulk_create(new, batch_size=500, update_conflicts=True, unique_fields=["path", *self.keys], update_fields=self.columns)

    def _column(self, name: str) -> str:
        return self.model._meta.get_field(name).attname

    def _key(self, row) -> tuple:
        return (row.path, *(getattr(row, self._column(name)) for name in self.keys))

    def _lock(self, places: set[Place] | None) -> None:
        """Two deeds in one block count it one after the other; else each would miss what the other has not committed.

        Held to the commit that follows at once. SQLite writes one transaction at a time anyway.
        """
        if connection.vendor != "postgresql":
            return
        room = crc32(self.model._meta.label.encode()) - 2**31
        with connection.cursor() as cursor:
            if places is None or any(below and len(path) < WIDTH for path, below in places):  # many blocks: no other deed meanwhile
                cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [room])
                return
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, 0)", [room])
            for number in sorted({crc32(block_of(path)[0].encode()) % 2**31 or 1 for path, _below in places}):
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [room, number])


COUNTERS: dict[type[KeptCounts], Counter] = {}


def _counted_lines(*bounds: str, counter: type[KeptCounts], day: dt.date, width: int, only: tuple) -> QuerySet:
    """`bounds`: where a subtree begins and where it has ended; one path is a unit alone."""
    found = COUNTERS[counter]
    return found.lines(between(bounds, found.path), day, width, dict(only))


LINES = Statement(None, _counted_lines, kept=300)


def keeps(counter: Counter) -> Counter:
    """A room above tells what it keeps counts of."""
    COUNTERS[counter.model] = counter
    return counter


def touch(*paths: str, of: Iterable[type[KeptCounts]] = (), below: bool = False) -> None:
    """The running deed changed rows of the units at these paths: their counts are made again as it commits.

    `of`: only these counts; all when none is named. `below`: all units below them too, as when a unit moved.
    """
    places = {block_of(path) for path in paths} | ({(path, True) for path in paths} if below else set())
    _note((model, place) for model in of or COUNTERS for place in places)


def touch_people(cadres: Iterable[Cadre], *, of: Iterable[type[KeptCounts]] = ()) -> None:
    """The running deed changed rows of these cadres."""
    units = {cadre.unit_id for cadre in cadres}
    paths = Unit.objects.order_by()
    touch(*(paths if len(units) > MANY * 10 else paths.filter(pk__in=units)).values_list("path", flat=True), of=of)


def _note(touched: Iterable[tuple[type[KeptCounts], Place]]) -> None:
    connection.finishing.setdefault(_recount_touched, set()).update(touched)


def _recount_touched(touched: set[tuple[type[KeptCounts], Place]]) -> None:
    day = timezone.localdate()  # a count is of the day on which it is made, whatever day a deed was entered for
    for model in sorted({model for model, _place in touched}, key=lambda model: model._meta.label):
        COUNTERS[model].recount({place for named, place in touched if named is model}, day)


# --- reading ---


@dataclass(frozen=True)
class Ask:
    """Which counts: of a unit with everything below it, by the units of a level and by one key.

    `level`: how many levels deep the answer's paths reach; what lies above has a shorter one. `only`: values of keys. `alone`: of the unit itself.
    """

    counter: Counter
    under: str
    level: int
    by: str = ""
    only: Mapping[str, object] = field(default_factory=dict)
    alone: bool = False

    @property
    def is_kept(self) -> bool:
        """Up to four levels counts are kept, of the fourth with what is below; below that rows are counted."""
        return self.level <= LEVELS - self.alone and len(self.under) <= WIDTH and is_built(self.counter.model)

    @property
    def place(self) -> Place:
        return self.under, not self.alone

    @property
    def bounds(self) -> tuple[str, ...]:
        return bounds_of(self.place)

    @property
    def kept(self) -> QuerySet:
        return self.counter.model.objects.filter(between(self.bounds, "path"), **self.only).order_by()

    def counted(self, day: dt.date, places: Collection[Place]) -> list[Row]:
        return self.counter.counted(day, places=places, width=self.level * STEP, **self.only)

    def live(self, day: dt.date) -> list[Row]:
        """Counted from the rows."""
        return self.added(self.counted(day, [self.place]))

    def mended(self, day: dt.date) -> list[Row]:
        """When the day has gone past some counts and nobody has made them again yet: those are counted now, the others read."""
        places = {block_of(path) for path in self.kept.filter(right_until__lt=day).values_list("path", flat=True)}
        if len(places) > MANY:
            return self.live(day)
        names = self.counter.names
        fresh = self.kept.exclude(at(places, "path")).values("path", *self.counter.keys, *names)
        return self.added([*({**row, "path": row["path"][: self.level * STEP]} for row in fresh), *self.counted(day, places)])

    def added(self, rows: Iterable[Row]) -> list[Row]:
        """One row for each path and key."""
        sums: dict[tuple, Row] = {}
        for row in rows:
            key = str(row[self.by]) if self.by else ""
            whole = sums.setdefault((row["path"], key), {"path": row["path"], "key": key, **dict.fromkeys(self.counter.names, 0)})
            for name in self.counter.names:
                whole[name] += row[name]
        return list(sums.values())


@dataclass(frozen=True)
class Part:
    """One ask's share of a statement that reads several kinds: which of the bounds are its own, and the ask without them.

    `level`: that of the units the numbers are told apart by; 0 when it is the asked unit's own, where nothing need be cut and grouped.
    """

    model: type[KeptCounts]
    begin: int
    end: int
    level: int
    by: str
    only: tuple[tuple[str, object], ...]

    def lines(self, n: int, bounds: Sequence[str], width: int) -> QuerySet:
        """Its number, path, key, right until, as many numbers as the widest has."""
        names = COUNTERS[self.model].names
        path = Left("path", self.level * STEP) if self.level else Value("", models.CharField())
        key = Cast(self.by, models.CharField()) if self.by else Value("", models.CharField())
        sums = [Sum(column) for column in names]
        sums += [Value(0, models.IntegerField())] * (width - len(sums))
        return (
            self.model.objects.filter(between(bounds, "path"), **dict(self.only)).order_by()
            .annotate(part_path=path, part_key=key).values("part_path", "part_key")
            .annotate(part_n=Value(n, models.IntegerField()), part_until=Min("right_until"), **{f"part_{n}": value for n, value in enumerate(sums)})
            .values_list("part_n", "part_path", "part_key", "part_until", *(f"part_{n}" for n in range(width)))
        )


def _kept_lines(*bounds: str, parts: tuple[Part, ...]) -> QuerySet:
    """Everything asked for. `bounds`: of one place after the other."""
    width = max(len(COUNTERS[part.model].names) for part in parts)
    lines = [part.lines(n, bounds[part.begin : part.end], width) for n, part in enumerate(parts)]
    return lines[0].union(*lines[1:], all=True)


KEPT_LINES = Statement(None, _kept_lines, kept=300)


def read(asks: Mapping[str, Ask], day: dt.date) -> dict[str, list[Row]]:
    """Several counts under their names: dicts of `path`, `key` and the numbers. One statement, unless a day has just begun.

    Asked inside a deed they already tell what the deed did.
    """
    connection.finish()
    found: dict[str, list[Row]] = {name: [] if ask.is_kept else ask.live(day) for name, ask in asks.items()}
    kept = {name: ask for name, ask in asks.items() if ask.is_kept}
    if not kept:
        return found
    stale, names = set(), list(kept)
    bounds, where = [], {}
    for place in dict.fromkeys(ask.bounds for ask in kept.values()):
        where[place] = len(bounds), len(bounds) + len(place)
        bounds += place
    parts = tuple(Part(ask.counter.model, *where[ask.bounds], ask.level if ask.level * STEP > len(ask.under) else 0, ask.by, tuple(ask.only.items())) for ask in kept.values())
    for n, path, key, until, *numbers in KEPT_LINES.of(parts[0].model, *bounds, parts=parts):
        name = names[n]
        if numbers[0] is None:  # the sum of no rows
            continue
        found[name].append({"path": path or kept[name].under, "key": key, **dict(zip(kept[name].counter.names, numbers, strict=False))})
        if until and until < day:
            stale.add(name)
    return found | {name: kept[name].mended(day) for name in stale}


def read_under(counter: Counter, paths: Iterable[str], day: dt.date, *, below: int = 0, by: str = "", **only) -> list[Row]:
    """One kind of counts of several subtrees, each by its top or by the units so many levels below it, and by one key; none is read twice."""
    asks = {path: Ask(counter, path, len(path) // STEP + below, by, only) for path in topmost(paths)}
    return [row for rows in read(asks, day).values() for row in rows]


def sums_at(asked: Mapping[str, tuple[Counter, Iterable[Place]]], day: dt.date, **only) -> dict[str, dict[str, int]]:
    """What several kinds come to at places that don't overlap, each its numbers by name; one statement."""
    asks = {name: [Ask(counter, path, len(path) // STEP, "", only, not with_below) for path, with_below in places] for name, (counter, places) in asked.items()}
    found = read({f"{name} {n}": ask for name, several in asks.items() for n, ask in enumerate(several)}, day)
    return {name: sums((row for n in range(len(asks[name])) for row in found[f"{name} {n}"]), counter.names) for name, (counter, _places) in asked.items()}


def topmost(paths: Iterable[str]) -> list[str]:
    """These subtrees, each once: none that lies in another."""
    found: list[str] = []
    for path in sorted(paths):
        if not found or not path.startswith(found[-1]):
            found.append(path)
    return found


def sums(rows: Iterable[Row], names: Iterable[str]) -> dict[str, int]:
    """The numbers of all rows together."""
    rows = list(rows)
    return {name: sum(row[name] for row in rows) for name in names}


# --- keeping watch ---

_built: set[str] = set()  # kinds known to be built: what once was stays so


def is_built(model: type[KeptCounts]) -> bool:
    """Whether this kind was ever counted through. Until then everything is counted from the rows."""
    if model._meta.label not in _built:
        _built.update(KeptCheck.objects.values_list("kind", flat=True))
    return model._meta.label in _built


@transaction.atomic
def build(*, at: dt.datetime, kinds: Iterable[type[KeptCounts]] = ()) -> dict[str, int]:
    """Count everything again and compare: what is different is written and remembered. kind → how many counts were wrong.

    The first time nothing was kept, and nothing is called wrong.
    """
    connection.finish()
    wrong = {}
    for model in sorted(kinds or COUNTERS, key=lambda model: model._meta.label):
        label = model._meta.label
        found = COUNTERS[model].recount({EVERYWHERE}, timezone.localdate(at))
        _check, is_first = KeptCheck.objects.get_or_create(kind=label, defaults={"built_at": at})
        wrong[label] = 0 if is_first else found
        KeptCheck.objects.filter(kind=label).update(checked_at=at, differences=wrong[label])
    return wrong
