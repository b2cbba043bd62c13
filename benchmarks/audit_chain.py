"""What the chain costs: a recorded deed with and without sealing, and how fast a long log is verified and archived.

usage: python benchmarks/audit_chain.py [DEEDS] [EVENTS]     1,000 deeds, 50,000 events; DATABASE_URL for PostgreSQL.
A deed is one row and one event in a transaction of its own; five rounds of each kind take turns and the medians are shown.
"""

import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
FOLDER = tempfile.TemporaryDirectory()
os.environ["DATA_DIR"] = FOLDER.name

import django  # noqa: E402  (the folder must be known first)

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from audit.actions import archive_log  # noqa: E402
from audit.anchors import write_anchor  # noqa: E402
from audit.chain import seal  # noqa: E402
from audit.log import record  # noqa: E402
from audit.models import Event  # noqa: E402
from audit.segments import path_of  # noqa: E402
from audit.verify import verify  # noqa: E402

ROUNDS = 5


def deeds(count: int, *, is_sealed: bool) -> float:
    """Milliseconds for one deed."""
    start = time.perf_counter()
    for number in range(count):
        with transaction.atomic():
            User.objects.filter(pk=1).update(name=f"某{number}")
            record("tests.deed", by=None, at=timezone.now(), number=number)
            if not is_sealed:
                pks.extend(connection.unsealed)
                connection.unsealed.clear()
    return (time.perf_counter() - start) / count * 1000


def lengthen(events: int) -> None:
    for _n in range(0, events, 1000):
        with transaction.atomic():
            made = Event.objects.bulk_create([
                Event(at=timezone.now(), actor_id=1, actor_label="沈若川", action="ledger.close_problem", subject_type="ledger.problem", subject_id="12", subject_label="会议记录不全",
                      detail={"before": "verified", "after": "closed"}, address="10.1.2.3")
                for _m in range(1000)
            ])  # fmt: skip
            connection.unsealed |= {event.pk for event in made}


pks: list[int] = []


def archive() -> str:
    """All lines into a file, as if they were old, and the walk through it."""
    settings.AUDIT_KEEP_MONTHS, now = 0, timezone.now()
    write_anchor(now=now)
    start = time.perf_counter()
    segment = archive_log(before=timezone.localdate(now) + dt.timedelta(days=1), by=None, at=now + dt.timedelta(days=2))
    took, start = time.perf_counter() - start, time.perf_counter()
    verdict = verify(with_archive=True)
    read, size = time.perf_counter() - start, path_of(segment).stat().st_size / 2**20
    return f"archived {segment.count:,} events in {took:.2f} s ({size:.1f} MB), verified them in the file in {read:.2f} s; {verdict}"


def main(count: int = 1000, events: int = 50_000) -> None:
    if connection.vendor == "sqlite":  # a real file, for a commit in memory costs nothing
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(Path(FOLDER.name) / "test.sqlite3")
    config = setup_databases(verbosity=0, interactive=False)
    try:
        User.objects.create(username="office", name="沈若川", opened_at=timezone.now())
        deeds(50, is_sealed=True)
        times = {True: [], False: []}
        for _n in range(ROUNDS):
            for kind, found in times.items():
                found.append(deeds(count // ROUNDS, is_sealed=kind))
        with transaction.atomic():
            seal(connection, pks)
        lengthen(events)
        start, begun = time.perf_counter(), time.process_time()
        verdict = verify()
        took, busy = time.perf_counter() - start, time.process_time() - begun
        told = archive()
    finally:
        teardown_databases(config, verbosity=0)
    sealed, unsealed = (statistics.median(times[kind]) for kind in (True, False))
    print(f"{connection.vendor}, {settings.CRYPTO_SUITE}: a deed {unsealed:.2f} ms without sealing, {sealed:.2f} ms with: {sealed - unsealed:+.2f} ms")
    print(f"verified {verdict.count:,} events in {took:.2f} s: {verdict.count / took:,.0f} a second ({verdict.count / busy:,.0f} for each second of processor time); {verdict}")
    print(told)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
