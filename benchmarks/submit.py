"""What handing in a self-check costs through its page, beside a bare INSERT of the same rows and a COMMIT on the same database.

usage: python benchmarks/submit.py [--cadres 1000] [--runs 40]     SQLite, or an empty PostgreSQL database in DATABASE_URL.
Each time another cadre hands in: six answers, two of them 是 with three texts each, which are sealed. Then every row that this wrote or
changed, in any table, is inserted once more as it stands into a table of the same columns without index, constraint or trigger.
"""

import argparse
import uuid
from collections.abc import Iterator

from stage import DATABASE, Client, client_of, set_up, simulate  # isort: skip

from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone
from results import Row, Sample, Table, publish, side_by_side

from selfcheck.models import SelfCheck

ITEM = {
    "manifestation": "三次以电话代替上门走访群众，见面少，情况不实。" * 4, "cause": "图省事，没有把群众放在心上。" * 4,
    "measure": "每月上门走访不少于四户，当月登记，月底由科长抽查。" * 4, "track": "immediate",
}  # fmt: skip


def hands_in(report: SelfCheck, client: Client) -> None:
    """One report from nothing to submitted, by the form."""
    sent = {"version": report.version, "once": uuid.uuid4(), "pledge": "on", "do": "submit", "statement": ""}
    for n, question in enumerate(report.checklist.questions.order_by("aspect__order", "order")):
        sent |= {f"q{question.pk}": "yes" if n < 2 else "no", f"q{question.pk}-items": "1"}
        sent |= {f"q{question.pk}-1-{key}": text for key, text in ITEM.items()} if n < 2 else {}
    answer = client.post(f"/selfcheck/{report.pk}/edit/", sent)
    if answer.status_code != 302 or "?check" in answer["Location"]:
        raise SystemExit(f"not handed in: {answer.status_code} {answer.get('Location', '')}")


def waiting() -> Iterator[tuple[SelfCheck, Client]]:
    """Reports nobody has begun, their notice read, each with its author signed in."""
    rows = SelfCheck.objects.filter(status=SelfCheck.Status.PENDING)
    rows.update(noticed_at=timezone.now())
    for report in rows.select_related("cadre__user", "checklist").order_by("pk"):
        yield report, client_of(report.cadre.user)


def contents() -> dict[str, set[tuple]]:
    """Every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT * FROM {table}")
            found[model._meta.db_table] = {tuple(map(plain, row)) for row in cursor.fetchall()}
    return found


def plain(value):
    """As it can be told from another and inserted again."""
    return bytes(value) if isinstance(value, memoryview) else value if value is None or isinstance(value, (int, float, str, bytes)) else str(value)


def twins(rows: dict[str, set[tuple]]) -> dict[str, list[tuple]]:
    """INSERT statements into tables of the same columns, made here, with the rows for each."""
    found = {}
    with connection.cursor() as cursor:
        for table, written in rows.items():
            if written:
                cursor.execute(f"CREATE TABLE floor_{table} AS SELECT * FROM {connection.ops.quote_name(table)} WHERE 1 = 0")
                found[f"INSERT INTO floor_{table} VALUES ({', '.join(['%s'] * len(next(iter(written))))})"] = list(written)
    return found


def insert(statements: dict[str, list[tuple]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, rows in statements.items():
            cursor.executemany(statement, rows)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--cadres", type=int, default=1000)
    asked.add_argument("--runs", type=int, default=40)
    options = asked.parse_args()
    set_up()
    simulate(options.cadres)
    queue = waiting()
    hands_in(*next(queue))  # what is written once only is written now
    ready = next(queue)
    before = contents()
    hands_in(*ready)
    written = {table: rows - before[table] for table, rows in contents().items()}
    statements, ready = twins(written), [next(queue) for _n in range(options.runs + 2)]
    times: dict[str, Sample] = side_by_side({"page": lambda: hands_in(*ready.pop()), "floor": lambda: insert(statements)}, options.runs, warm_up=2)
    told = ", ".join(f"{table} {len(rows)}" for table, rows in sorted(written.items()) if rows)
    words = (
        f"A round of {options.cadres:,} cadres; each time another one hands in, six answers, two with three texts, sealed, through middleware, form, action, log and kept counts. "
        f"Floor: the {sum(map(len, written.values()))} rows this wrote or changed ({told}) inserted as they stand into tables without index, constraint or trigger, and a COMMIT. They take turns."
    )
    publish(Table(f"Handing in a self-check, {DATABASE}", words, [Row("submit through the page", times["page"], "bare INSERT + COMMIT", times["floor"])]))


if __name__ == "__main__":
    main()
