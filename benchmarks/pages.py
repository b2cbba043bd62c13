"""What every page of the demo costs: queries, server time, bytes sent.

usage: python benchmarks/pages.py [--write]     Run by hand on a quiet machine; --write renews benchmarks/pages.md.
Each address is asked for through the whole stack of middleware, in the process; the median of seven after two to warm up.
The floor is the same stack around a view that answers one word, so that a figure can be read as a ratio on any machine.
"""

import datetime as dt
import gzip
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
FOLDER = tempfile.TemporaryDirectory()
os.environ["DATA_DIR"] = FOLDER.name
for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(name, None)

import django  # noqa: E402  (the folder must be known first)

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import path as at  # noqa: E402
from screenshots import PEOPLE  # noqa: E402
from walk import view_of, walk  # noqa: E402

from accounts.models import User  # noqa: E402
from rectification import urls  # noqa: E402

WARM_UP, RUNS = 2, 7
LIMITS = {"queries": 14, "ms": 60, "bytes": 30_000}


class Reader:
    """A signed-in client as the walk wants it."""

    def __init__(self, username: str):
        self.client = Client()
        self.client.force_login(User.objects.get(username=username))

    def get(self, path: str, **_options):
        answer = self.client.get(path.removeprefix("http://site"))
        answer.status, answer.text = answer.status_code, lambda: answer.content.decode()
        answer.headers = {name.lower(): value for name, value in answer.headers.items()}
        return answer


def cost(client: Client, path: str) -> tuple[int, float, int]:
    """Queries, median milliseconds, compressed bytes of one address."""
    times = []
    for _run in range(WARM_UP + RUNS):
        start = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - start) * 1000)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries), statistics.median(times[WARM_UP:]), len(gzip.compress(answer.content))


def measure() -> tuple[float, dict[str, tuple]]:
    """The floor in milliseconds, and the dearest address of each view over all people."""
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    call_command("demo", verbosity=0)
    settings.ALLOWED_HOSTS = ["testserver"]
    urls.urlpatterns.insert(0, at("floor/", lambda request: HttpResponse("一")))
    worst: dict[str, tuple] = {}
    floor = 0.0
    for username in PEOPLE:
        reader = Reader(username)
        floor = floor or cost(reader.client, "/floor/")[1]
        for path in walk(reader, "http://site", with_queries=3).to_open:
            found = (*cost(reader.client, path), username, path)
            if view_of(path) not in worst or found[1] > worst[view_of(path)][1]:
                worst[view_of(path)] = found
    return floor, worst


def report(floor: float, worst: dict[str, tuple]) -> str:
    lines = [
        "# What every page of the demo costs", "",
        f"Measured {dt.date.today():%Y-%m-%d} with `python benchmarks/pages.py --write` on {os.cpu_count()} cores, Python {platform.python_version()}, SQLite.",
        f"Floor (the same middleware around a view that answers one word): {floor:.1f} ms. Each view's dearest address over all people, dearest first.",
        f"Limits: {LIMITS['queries']} queries, {LIMITS['ms']} ms, {LIMITS['bytes']:,} bytes compressed.", "",
        "| view | ms | × floor | queries | bytes | as | address |", "|---|--:|--:|--:|--:|---|---|",
    ]
    for view, (queries, ms, size, username, path) in sorted(worst.items(), key=lambda row: -row[1][1]):
        lines.append(f"| {view} | {ms:.1f} | {ms / floor:.1f} | {queries} | {size:,} | {username} | `{path}` |")
    over = [view for view, row in worst.items() if row[0] > LIMITS["queries"] or row[1] > LIMITS["ms"] or row[2] > LIMITS["bytes"]]
    return "\n".join([*lines, "", f"Over a limit: {', '.join(over) or 'none'}."]) + "\n"


if __name__ == "__main__":
    text = report(*measure())
    print(text)
    if "--write" in sys.argv:
        (ROOT / "benchmarks" / "pages.md").write_text(text)
    FOLDER.cleanup()
