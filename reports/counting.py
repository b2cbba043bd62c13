"""Many counts, one statement."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


@dataclass(frozen=True)
class Counting:
    """A statement that counts, written out: it may be asked again and again."""

    sql: str
    params: tuple
    asked: tuple[str, ...]  # what its columns count
    impossible: tuple[str, ...] = ()  # whose queries contradict themselves: nothing can match

    def ask(self) -> dict[str, int]:
        found = ()
        if self.asked:
            with connection.cursor() as cursor:
                cursor.execute(self.sql, self.params)
                found = cursor.fetchone()
        return dict(zip(self.asked, found, strict=True)) | dict.fromkeys(self.impossible, 0)


def counting(rows: Mapping[str, QuerySet], *, most: int | None = None) -> Counting:
    """The statement that counts what each query finds. `most`: none is counted further than one beyond it."""
    selected, params, asked, impossible = [], [], [], []
    for key, found in rows.items():
        try:
            found = found.order_by().values("pk")
            sql, values = (found if most is None else found[: most + 1]).query.sql_with_params()
        except EmptyResultSet:
            impossible.append(key)
            continue
        asked.append(key)
        selected.append(f"(SELECT COUNT(*) FROM ({sql}) counted)")
        params.extend(values)
    return Counting(f"SELECT {', '.join(selected)}", tuple(params), tuple(asked), tuple(impossible))


def count_all(rows: Mapping[str, QuerySet], *, most: int | None = None) -> dict[str, int]:
    """How many rows each query finds, as `.count()` would tell one by one, asked of the database at once."""
    return counting(rows, most=most).ask()
