"""Lookups of our own."""

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import Lookup


@models.ForeignKey.register_lookup
class Among(Lookup):
    """`in`, for keys by the hundred: PostgreSQL is given them as one value instead of a thousand, which took longer to write and to read than to look up."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[int]:
        return list(self.rhs)

    def as_sql(self, compiler, connection) -> tuple[str, list]:
        sql, params = self.process_lhs(compiler, connection)
        if not self.rhs:
            raise EmptyResultSet
        return f"{sql} IN ({', '.join(['%s'] * len(self.rhs))})", [*params, *self.rhs]

    def as_postgresql(self, compiler, connection) -> tuple[str, list]:
        sql, params = self.process_lhs(compiler, connection)
        if not self.rhs:
            raise EmptyResultSet
        return f"{sql} = ANY(%s::bigint[])", [*params, self.rhs]
