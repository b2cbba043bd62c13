"""How many of many random changes to the log does verification find?

usage: python benchmarks/audit_tamper.py [CHANGES] [SEED]     2,000 changes to a log of 40 events; DATABASE_URL for PostgreSQL.
Each change (a random column of a random row, a character or a bit) is made with the triggers out of the way, in a test database
of its own, and taken back. Then the same for a tail cut off with the end rewritten, and for a chain made anew with the key.
"""

import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
FOLDER = tempfile.TemporaryDirectory()
os.environ["DATA_DIR"] = FOLDER.name

import django  # noqa: E402  (the folder must be known first)

django.setup()

from django.db import DatabaseError, connection, transaction  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402
from django.utils import timezone  # noqa: E402

from audit.anchors import write_anchor  # noqa: E402
from audit.log import record  # noqa: E402
from audit.models import Event  # noqa: E402
from audit.triggers import install, remove  # noqa: E402
from audit.verify import verify  # noqa: E402
from tests.audit.tamper import COLUMNS, change, cut_tail, forge_chain  # noqa: E402

EVENTS = 40


def attempt(deed) -> str | None:
    """What verification says of the deed, which is taken back; None where nothing could be done."""
    with transaction.atomic():
        remove(connection)
        try:
            with transaction.atomic():
                is_made = deed()
        except DatabaseError:
            is_made = False
        if is_made is not False:
            install(connection)
            fault = verify().fault
        kind = None if is_made is False else fault.kind if fault else "not found"
        transaction.set_rollback(True)
    return kind


def random_changes(wanted: int, chance: random.Random) -> Counter:
    seen = Counter()
    while sum(seen.values()) < wanted:
        pk, column = chance.randint(1, EVENTS), chance.choice(COLUMNS)
        kind = attempt(lambda pk=pk, column=column: change(pk, column, chance))
        if kind:
            seen[kind] += 1
    return seen


def main(changes: int = 2000, seed: int = 1) -> None:
    config = setup_databases(verbosity=0, interactive=False)
    try:
        for number in range(EVENTS):
            with transaction.atomic():
                record("tests.deed", by=None, at=timezone.now(), number=number, words="销号", ok=True)
        assert list(Event.objects.order_by("pk").values_list("pk", "seq")) == [(n, n) for n in range(1, EVENTS + 1)]
        seen, before = random_changes(changes, random.Random(seed)), verify().is_intact
        cuts = Counter(attempt(lambda keep=keep: cut_tail(keep)) for keep in range(1, EVENTS))
        forged = attempt(forge_chain)
        write_anchor(now=timezone.now())
        anchored = Counter(attempt(lambda keep=keep: cut_tail(keep)) for keep in range(1, EVENTS)), attempt(forge_chain)
    finally:
        teardown_databases(config, verbosity=0)
    found = sum(seen.values()) - seen["not found"]
    print(f"{connection.vendor}: {found:,} of {sum(seen.values()):,} random changes found ({dict(seen)}); untouched log whole: {before}")
    print(f"tail cut, end rewritten, {EVENTS - 1} places: without anchor {dict(cuts)}, with anchor {dict(anchored[0])}")
    print(f"chain made anew with the key: without anchor {forged}, with anchor {anchored[1]}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
