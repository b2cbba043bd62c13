"""What a set-up wrote, written again as rows: doing the deeds of the cast anew for each test took longer than the tests."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps
from django.db import connection


@dataclass(frozen=True)
class Noted:
    """What came of a set-up: the statements that put its rows back, and pickled what it returned and left to its transaction's end.

    `counts`: how many rows each table held before.
    """

    counts: tuple[int, ...]
    inserts: list[tuple[str, list]]
    rest: bytes


class Replay:
    """Calling it does what `make` does: adds rows, touches no file, and returns objects no other test has met.

    After `note()` a database that holds as many rows as it did then is given the rows; any other, and a test that really
    commits, the deeds.
    """

    def __init__(self, make: Callable[[], object]):
        self.make = make
        self.noted: Noted | None = None

    def __call__(self):
        if self.noted is None or not connection.in_atomic_block or counted() != self.noted.counts:
            return self.make()
        with connection.cursor() as cursor:
            for statement, values in self.noted.inserts:
                cursor.execute(statement, values)
        made, unsealed, finishing = pickle.loads(self.noted.rest)
        connection.unsealed |= unsealed
        for deed, touched in finishing.items():
            connection.finishing.setdefault(deed, set()).update(touched)
        return made

    def note(self) -> None:
        """Do the deeds in a transaction that its caller rolls back. AssertionError when they did more than add rows."""
        counts, before = counted(), {table: set(rows_of(table)[1]) for table in tables()}
        made, inserts = self.make(), []
        for table in tables():
            columns, rows = rows_of(table)
            added = [row for row in rows if row not in before[table]]
            assert len(rows) - len(added) == len(before[table]), f"{table} had rows that were changed"
            if added:
                row = f"({', '.join(['%s'] * len(columns))})"
                inserts.append((f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * len(added))}", [value for row in added for value in row]))
        self.noted = Noted(counts, inserts, pickle.dumps((made, connection.unsealed, connection.finishing)))


def tables() -> list[str]:
    return [connection.ops.quote_name(model._meta.db_table) for model in apps.get_models(include_auto_created=True)]


def counted() -> tuple[int, ...]:
    """How many rows each table holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT COUNT(*) FROM {table})" for table in tables()))
        return cursor.fetchone()


def rows_of(table: str) -> tuple[list[str], list[tuple]]:
    """The names of its columns, and its rows as the database's driver tells them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return [connection.ops.quote_name(column[0]) for column in cursor.description], cursor.fetchall()
