"""Many counts, one statement."""

from collections.abc import Mapping

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def count_all(rows: Mapping[str, QuerySet], *, most: int | None = None) -> dict[str, int]:
    """How many rows each query finds, as `.count()` would tell one by one, asked of the database at once.

    `most`: none is counted further than one beyond it.
    """
    counts = dict.fromkeys(rows, 0)
    selected, params, asked = [], [], []
    for key, found in rows.items():
        try:
            found = found.order_by().values("pk")
            sql, values = (found if most is None else found[: most + 1]).query.sql_with_params()
        except EmptyResultSet:  # the query contradicts itself: nothing can match
            continue
        asked.append(key)
        selected.append(f"(SELECT COUNT(*) FROM ({sql}) counted)")
        params.extend(values)
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(selected)}", params)
            counts.update(zip(asked, cursor.fetchone(), strict=True))
    return counts
