"""Redis, a database and Celery workers of one's own, to be killed, stopped and started again."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from tests.server import TEMPLATE

ROOT = Path(__file__).parents[2]
SETUP = "import json, sys; import django; django.setup(); import tests.jobs.worker_app\n"
QUEUE = SETUP + """
from django.db import transaction
from django.utils import timezone
from accounts.models import User
from jobs.actions import queue_job
now = timezone.now()
user, _new = User.objects.get_or_create(username="office", defaults={"name": "沈若川", "opened_at": now})
with transaction.atomic():
    made = [str(queue_job(kind, label=f"试验 {args['n']}", args=args, by=user, at=timezone.now()).pk) for kind, args in json.loads(sys.argv[1])]
print(json.dumps(made))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(truth: Callable[[], object], seconds: float = 60, every: float = 0.2):
    """What `truth` returns, once it is true; AssertionError when it isn't in time."""
    end = time.monotonic() + seconds
    while not (found := truth()):
        assert time.monotonic() < end, f"not true within {seconds} s"
        time.sleep(every)
    return found


class Works:
    """Its processes are groups of their own, so that a worker can be killed with its children."""

    def __init__(self, folder: Path, database_url: str = "", **env: str):
        self.folder, self.port, self.database_url = folder, free_port(), database_url
        self.redis: subprocess.Popen | None = None
        self.running: list[subprocess.Popen] = []
        self.env = os.environ | {
            "DATA_DIR": str(folder), "REDIS_URL": f"redis://127.0.0.1:{self.port}/0", "DJANGO_SETTINGS_MODULE": "rectification.settings", "PYTHONPATH": os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)]), "DEBUG": "1",
            "JOB_LEASE_SECONDS": "2", "WORKS_SWEEP": "1", "LC_ALL": "C.UTF-8", **env,
        }  # fmt: skip
        self.env.pop("DATABASE_URL", None)
        if database_url:
            self.env["DATABASE_URL"] = database_url

    # --- Redis ---

    def start_redis(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--dir", str(self.folder)]
        self.redis = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: not socket.socket().connect_ex(("127.0.0.1", self.port)), 10, 0.05)

    def stop_redis(self) -> None:
        self.redis.kill()
        self.redis.wait()

    def flush_redis(self) -> None:
        subprocess.run(["redis-cli", "-p", str(self.port), "FLUSHALL"], check=True, capture_output=True)

    # --- processes ---

    def python(self, code: str, *args: str):
        """What the script prints last, as JSON."""
        done = subprocess.run([sys.executable, "-c", code, *args], env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def migrate(self) -> None:
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=self.env, cwd=ROOT, check=True, capture_output=True, timeout=300)

    def queue(self, *jobs: tuple[str, dict]) -> list[str]:
        """Queue (kind, args) in one deed; their numbers."""
        return self.python(QUEUE, json.dumps(jobs))

    def _start(self, name: str, *command: str) -> subprocess.Popen:
        with (self.folder / f"{name}.txt").open("a") as words:
            process = subprocess.Popen([sys.executable, "-m", "celery", "-A", "tests.jobs.worker_app", *command], env=self.env, cwd=ROOT, stdout=words, stderr=subprocess.STDOUT, start_new_session=True)
        self.running.append(process)
        return process

    def worker(self, queues: str, children: int = 1) -> subprocess.Popen:
        options = ["-Q", queues, "-c", str(children), "-n", f"{queues.replace(',', '-')}-{len(self.running)}@works", "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "warning"]
        return self._start("workers", "worker", *options)

    def beat(self) -> subprocess.Popen:
        return self._start("beat", "beat", "-s", str(self.folder / "beat-schedule"), "--pidfile=", "-l", "warning")

    @staticmethod
    def kill(process: subprocess.Popen) -> None:
        """With all its children, and without a word."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                self.kill(process)
        if self.redis:
            self.stop_redis()

    # --- what became of it ---

    def rows(self, sql: str) -> list[tuple]:
        """Asked of the database itself, whatever state the program is in."""
        if self.database_url:
            with psycopg.connect(self.database_url, connect_timeout=5) as connection:
                return connection.execute(sql).fetchall()
        with closing(sqlite3.connect(self.folder / "rectification.sqlite3", timeout=20)) as connection:
            return connection.execute(sql).fetchall()

    def states(self) -> dict[str, int]:
        return dict(self.rows("SELECT status, count(*) FROM jobs_job GROUP BY status"))

    def effects(self) -> list[int]:
        """The numbers n of the effects, sorted; one that is there twice was done twice."""
        return sorted((detail if isinstance(detail, dict) else json.loads(detail))["n"] for (detail,) in self.rows("SELECT detail FROM audit_event WHERE action = 'tests.effect'"))

    def are_over(self, jobs: int) -> bool:
        states = self.states()
        return sum(states.get(name, 0) for name in ("done", "failed", "cancelled")) == jobs


@contextmanager
def own_database(server_url: str):
    """A database on a PostgreSQL server, dropped afterwards: a copy of its template if it has one, else empty. Without a server SQLite, which needs none."""
    if not server_url:
        yield ""
        return
    name = f"works_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {TEMPLATE and f'TEMPLATE {TEMPLATE}'}")
    try:
        yield f"{server_url.rsplit('/', 1)[0]}/{name}"
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
