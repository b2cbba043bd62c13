"""Many short lists, one statement."""

from collections.abc import Mapping

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet, Value, Window
from django.db.models.functions import JSONArray, RowNumber


def read_all(asked: Mapping[str, tuple[QuerySet, tuple[str, ...]]]) -> dict[str, list[Model]]:
    """The rows of each query, in its order, with its primary key and the columns named (concrete fields and annotations).

    Times are not read: dates, numbers, texts and truth values only. A field not named is fetched when it is touched.
    """
    found: dict[str, list[Model]] = {name: [] for name in asked}
    parts = [_part(name, rows, fields) for name, (rows, fields) in asked.items()]
    lines = parts[0].union(*parts[1:], all=True).order_by("line_no") if parts else []
    for name, _place, cells in lines:
        rows, fields = asked[name]
        found[name].append(_row(rows.model, dict(zip(("pk", *fields), cells, strict=True))))
    return found


def _part(name: str, rows: QuerySet, fields: tuple[str, ...]) -> QuerySet:
    """One list as lines of (name, place, cells), so that lists of different tables fit under each other."""
    place = Window(RowNumber(), order_by=[*(rows.query.order_by or rows.model._meta.ordering), "pk"])
    return rows.order_by().annotate(line_of=Value(name), line_no=place, line_cells=JSONArray("pk", *fields)).values_list("line_of", "line_no", "line_cells")


def _row(model: type[Model], cells: dict) -> Model:
    """An instance as if read from its table; what is no column of it becomes a plain attribute."""
    meta = model._meta
    columns = {field.attname: field for field in meta.concrete_fields}
    kept = {meta.pk.attname: cells.pop("pk")} | {name: columns[name].to_python(value) for name, value in cells.items() if name in columns}
    kept = {name: kept[name] for name in columns if name in kept}  # from_db reads them in the model's order
    row = model.from_db(DEFAULT_DB_ALIAS, kept.keys(), kept.values())
    for name in cells.keys() - kept.keys():
        setattr(row, name, cells[name])
    return row
