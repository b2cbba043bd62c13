"""A hundred thousand rows at once: looked up by one parameter, written by one statement. The ORM takes one of each per row or per thousand."""

import json
from collections.abc import Iterable, Sequence

from django.db import connection, models


@models.CharField.register_lookup
class OneOf(models.Lookup):
    """`staff_no__one_of={…}`: as `__in`, but however many there are, they are one parameter of one statement.

    Best a set: of a list Django looks at every item first, for one that is an expression.
    """

    lookup_name = "one_of"
    prepare_rhs = False

    def as_postgresql(self, compiler, connection) -> tuple[str, list]:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*params, list(self.rhs)]

    def as_sqlite(self, compiler, connection) -> tuple[str, list]:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} IN (SELECT value FROM json_each(%s))", [*params, json.dumps(list(self.rhs))]


def fresh_keys(model: type[models.Model], count: int) -> Sequence[int]:
    """So many primary keys that no other row is given, for rows to be added in this transaction."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT nextval((SELECT pg_get_serial_sequence(%s, %s)::regclass)) FROM generate_series(1, %s)", [table, model._meta.pk.column, count])
            return [key for (key,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])  # whoever writes to SQLite is alone
        (last,) = cursor.fetchone() or (0,)
        return range(last + 1, last + 1 + count)


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Add rows of values of the named fields, in a transaction: by COPY on PostgreSQL, by one prepared statement on SQLite.

    No default and no `pre_save` fills what isn't named; a column that may not be empty is refused by the database.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(model._meta.get_field(name).column) for name in names)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:  # refusals as Django's, like the rest
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(names))})", rows)
