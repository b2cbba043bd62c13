"""What a page pays for reading from a standby that is never behind: ``python benchmarks/replica.py [SECONDS]``.

Makes a PostgreSQL server and a streaming standby of it in a temporary folder, lets one writer commit all the time, and times one small
read three ways. Needs the server's programs (/usr/lib/postgresql); as root they run under the account `postgres`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
WRITER = """
import sys, time, django
django.setup()
from accounts.models import SpentToken
from django.utils import timezone
import uuid
n = 0
while True:
    SpentToken.objects.create(token=uuid.uuid4(), spent_at=timezone.now())
    n += 1
    if n == 1: print("writing", flush=True)
"""


def measure(seconds: float) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.http import HttpResponse
    from django.test import RequestFactory

    from files.models import StoredFile
    from operations.middleware import ReplicaMiddleware

    call_command("migrate", verbosity=0)
    request = RequestFactory().get("/")
    went = []

    def read(request):
        found = StoredFile.objects.filter(sha256="0" * 64)
        list(found)
        went.append(found.db)
        return HttpResponse()

    page = ReplicaMiddleware(read)
    for title, ask, is_writing in (("primary, quiet", read, False), ("standby, quiet", page, False), ("primary, one writer", read, True), ("standby, one writer", page, True)):
        writer = subprocess.Popen([sys.executable, "-c", WRITER], cwd=ROOT, stdout=subprocess.PIPE, text=True) if is_writing else None
        if writer:
            writer.stdout.readline()
        for _ in range(20):
            ask(request)
        went.clear()
        times, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            start = time.perf_counter()
            ask(request)
            times.append((time.perf_counter() - start) * 1000)
        if writer:
            writer.kill()
            writer.wait()
        share = 100 * went.count("replica") / len(went)
        print(f"| {title} | {statistics.median(times):.2f} | {statistics.quantiles(times, n=20)[-1]:.2f} | {share:.1f} % | {len(times):,} |", flush=True)


def main() -> None:
    from tests.operations.clusters import cluster, standby_of

    seconds = sys.argv[1] if len(sys.argv) > 1 else "10"
    with cluster() as primary, standby_of(primary) as second, tempfile.TemporaryDirectory() as folder:
        primary.sql("CREATE DATABASE bench")
        urls = {"DATABASE_URL": primary.url[:-8] + "bench", "REPLICA_URL": second.url[:-8] + "bench"}
        print("| read | median ms | p95 ms | from the standby | reads |\n|---|---|---|---|---|", flush=True)
        env = {k: v for k, v in os.environ.items() if k != "REDIS_URL"} | urls | {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "rectification.settings", "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, __file__, "--measure", seconds], env=env, cwd=ROOT, check=True)


if __name__ == "__main__":
    measure(float(sys.argv[2])) if sys.argv[1:2] == ["--measure"] else main()
