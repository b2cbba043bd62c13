"""Lookups of our own."""

from collections.abc import Iterable
from functools import cached_property

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import Lookup


class Keys:
    """Keys by the hundred for `among`, asked for in several statements: nothing walks through them anew, and what PostgreSQL is sent is written once."""

    def __init__(self, keys: Iterable[int]):
        self.all = tuple(keys)

    @cached_property
    def array(self) -> str:
        return "{" + ",".join(map(str, self.all)) + "}"


@models.ForeignKey.register_lookup
class Among(Lookup):
    """`in`, for keys by the hundred: PostgreSQL is given them as one value instead of a thousand, which took longer to write and to read than to look up."""

    lookup_name = "among"

    def get_prep_lookup(self) -> Keys:
        return self.rhs if isinstance(self.rhs, Keys) else Keys(self.rhs)

    def as_sql(self, compiler, connection) -> tuple[str, list]:
        sql, params = self.process_lhs(compiler, connection)
        if not self.rhs.all:
            raise EmptyResultSet
        return f"{sql} IN ({', '.join(['%s'] * len(self.rhs.all))})", [*params, *self.rhs.all]

    def as_postgresql(self, compiler, connection) -> tuple[str, list]:
        sql, params = self.process_lhs(compiler, connection)
        if not self.rhs.all:
            raise EmptyResultSet
        return f"{sql} = ANY(%s::bigint[])", [*params, self.rhs.array]
