"""Rows that nearly every page asks for, by a statement that Django writes once.

Writing the SQL of a short query takes Django several times as long as the database takes to answer it (docs/decisions/0017).
"""

import copy
import datetime as dt
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router
from django.db.models.sql.compiler import SQLCompiler

KEPT = 2000  # texts of one statement, those used last
LARGEST = models.BigIntegerField.MAX_BIGINT
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:")
Value = int | str | dt.date
STAND_INS = {int: lambda n: -2_147_000_000 - n, str: lambda n: f"\ue000{n}", dt.date: lambda n: dt.date(1, 1, 2 + n)}  # values no row has


@dataclass(frozen=True)
class Written:
    """What wrote the SQL and has it (`compiler.written`), what makes rows of the answer, the parameters and where which of the values belongs."""

    compiler: SQLCompiler
    rows: Callable[["Filled"], Iterable]
    params: tuple
    places: tuple[tuple[int, int], ...]

    def filled(self, values: tuple, alias: str) -> list:
        """The rows, as the queryset would fetch them."""
        params = list(self.params)
        for place, n in self.places:
            params[place] = adapted(values[n], alias)
        compiler = copy.copy(self.compiler)
        compiler.connection = connections[alias]  # each thread has its own
        compiler.as_sql = lambda *_args, **_options: (compiler.written, tuple(params))
        return list(self.rows(Filled(compiler, alias)))


class Filled:
    """What Django makes rows from: a queryset, and its query, whose SQL is at hand."""

    _known_related_objects: Mapping = MappingProxyType({})

    def __init__(self, compiler: SQLCompiler, alias: str):
        self.compiler, self.db = compiler, alias

    @property
    def query(self) -> "Filled":
        return self

    def get_compiler(self, using: str) -> SQLCompiler:
        return self.compiler


def is_moment(param: object) -> bool:
    """Whether a parameter is a time of a day, as PostgreSQL or SQLite is given it."""
    return isinstance(param, dt.datetime) or (isinstance(param, str) and MOMENT.match(param) is not None)


def adapted(value: Value, alias: str):
    """A value as the database is given it."""
    return connections[alias].ops.adapt_datefield_value(value) if isinstance(value, dt.date) else value


def at_hand(row: models.Model, name: str, rows: list[models.Model]) -> None:
    """Rows that point to this one, as prefetch_related leaves them."""
    related = getattr(row, name)
    for one in rows:
        setattr(one, related.field.name, row)
    found = related.all()
    found._result_cache, found._prefetch_done = rows, True
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = found


class Statement:
    """Called like the function it is made from, which gives a queryset; gives its rows.

    Positional arguments (int, str or date) are values: stand-ins for them are looked for in the SQL once, and replaced by the
    values each time. Whatever else decides the rows is a keyword, hashable; each combination has a text of its own. Nothing else may: no row looked
    up, no clock. A moment in the SQL is refused, a day must be a value or a keyword.
    """

    def __init__(self, model: type[models.Model] | None, rows: Callable[..., models.QuerySet], *, kept: int = KEPT):
        self.model, self.rows = model, rows
        self._written = lru_cache(kept)(self._write)
        self._compilers: dict[tuple[str, str], SQLCompiler] = {}  # by database and SQL: most shapes differ in their parameters only, and a compiler is large

    def __call__(self, *values: Value, **shape: Hashable) -> list:
        return self.of(self.model, *values, **shape)

    def of(self, model: type[models.Model], *values: Value, **shape: Hashable) -> list:
        """The same where the model is only known with the shape: it tells which database is asked."""
        if any(isinstance(value, int) and abs(value) > LARGEST for value in values):
            return []  # no row has such a key, and no database reads it
        alias = router.db_for_read(model)
        written = self._written(alias, tuple(map(type, values)), **shape)
        return written.filled(values, alias) if written else []

    def _write(self, alias: str, kinds: tuple[type, ...], **shape: Hashable) -> Written | None:
        """None: the query contradicts itself, nothing can match. ValueError: a value is lost on the way into the SQL, or a moment is in it that would stay."""
        stand_ins = [STAND_INS[kind](n) for n, kind in enumerate(kinds)]
        queryset = self.rows(*stand_ins, **shape).using(alias)
        compiler = queryset.query.get_compiler(alias)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return None
        if any(map(is_moment, params)):
            raise ValueError(f"this statement would be kept with the moment it was written: {sql}")
        wanted = [adapted(value, alias) for value in stand_ins]
        places = tuple((place, wanted.index(param)) for place, param in enumerate(params) if param in wanted)
        if {n for _place, n in places} != set(range(len(wanted))):
            raise ValueError(f"not every value of this statement is a parameter of its SQL: {sql}")
        compiler.written = sql
        return Written(self._compilers.setdefault((alias, sql), compiler), queryset._iterable_class, tuple(params), places)
