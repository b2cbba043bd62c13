"""Kills, flushes, stops and restarts everything under a queue of jobs, and counts what was done: `python benchmarks/chaos_jobs.py [jobs] [kills] [sqlite|postgresql]`.

A Redis, a database and workers of its own. Each job's effect is one line in the log, written in the transaction of the job's end;
a job done twice has two. Every second a random worker is killed: a child at work, or the whole worker with its children. Once
Redis is flushed, once it is away for ten seconds, and once PostgreSQL is restarted in its middle. Jobs are asked for in portions until
so many workers were killed, so that there is always work to interrupt. Ends with status 1 when a job was lost or done twice.
"""

import collections
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.jobs.works import Works, free_port, until

PORTION = 40
QUEUES = ("quick", "documents", "imports")


class Cluster:
    """A PostgreSQL server of its own, which may be restarted without asking anybody."""

    def __init__(self):
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="chaos-pg-")), free_port()
        self.bin = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.as_postgres:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8")
        self._run("pg_ctl", "start", "-w", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-o", f"-p {self.port} -h 127.0.0.1 -k {self.folder}")
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def _run(self, *command: str) -> None:
        subprocess.run([*self.as_postgres, str(self.bin / command[0]), *command[1:]], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def restart(self) -> None:
        """As after a power failure: nothing is finished first."""
        self._run("pg_ctl", "restart", "-w", "-m", "immediate", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log")

    def close(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", f"{self.folder}/data")
        shutil.rmtree(self.folder)


class Workers:
    """Two workers of two children for all queues, each replaced when it is killed."""

    def __init__(self, works: Works):
        self.works, self.killed = works, collections.Counter()
        self.alive = [self._new() for _n in range(2)]

    def _new(self) -> subprocess.Popen:
        return self.works.worker(",".join(QUEUES), 2)

    def kill_one(self) -> None:
        """Three times of four a child, which is at work more often than not; else the whole worker. One that is only starting is left alone."""
        n = random.randrange(len(self.alive))
        if self.alive[n].poll() is not None:  # it gave up by itself, as one whose child is killed before it is up does
            self.alive[n] = self._new()
            return
        children = subprocess.run(["pgrep", "-P", str(self.alive[n].pid)], capture_output=True, text=True, check=False).stdout.split()
        if not children:
            return
        if random.random() < 0.75:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
                os.kill(int(random.choice(children)), signal.SIGKILL)
                self.killed["child"] += 1
            return
        self.works.kill(self.alive[n])
        self.alive[n] = self._new()
        self.killed["worker"] += 1


def portion(first: int, count: int) -> list[tuple[str, dict]]:
    return [(f"tests.{QUEUES[n % 3]}", {"n": n, "seconds": random.uniform(0.2, 3), "steps": random.choice((1, 10))}) for n in range(first, first + count)]


def left(works: Works) -> int:
    """How many jobs are not over; a database that is away is asked again."""
    states = dict.fromkeys(("queued", "running"), 0) | works.states()
    return states["queued"] + states["running"]


def torment(works: Works, workers: Workers, cluster: Cluster | None, jobs: int, kills: int) -> int:
    """Returns how many jobs were asked for in the end."""
    accidents = {kills // 4: ("redis flushed", works.flush_redis), kills // 2: ("redis away for 10 s", lambda: away(works))}
    if cluster:
        accidents[3 * kills // 4] = ("PostgreSQL restarted", cluster.restart)
    asked = 0
    while sum(workers.killed.values()) < kills or asked < jobs:
        if left(works) < PORTION // 2:
            works.queue(*portion(asked, PORTION))
            asked += PORTION
        workers.kill_one()
        done = sum(workers.killed.values())
        if done in accidents:
            words, happen = accidents.pop(done)
            happen()
            print(f"  after {done} kills: {words}", flush=True)
        time.sleep(1)
    return asked


def away(works: Works) -> None:
    works.stop_redis()
    time.sleep(10)
    works.start_redis()


def main(jobs: int, kills: int, database: str) -> int:
    random.seed(1)
    cluster, folder, begun = Cluster() if database == "postgresql" else None, Path(tempfile.mkdtemp(prefix="chaos-")), time.monotonic()
    works = Works(folder, cluster.url if cluster else "")
    try:
        works.start_redis()
        works.migrate()
        works.beat()
        workers = Workers(works)
        asked = torment(works, workers, cluster, jobs, kills)
        until(lambda: works.are_over(asked), 600, 1)
        counted, states = collections.Counter(works.effects()), works.states()
        broken = works.rows("SELECT count(*), max(runs), sum(runs - 1) FROM jobs_job WHERE runs > 1")[0]
    finally:
        works.close()
        if cluster:
            cluster.close()
        shutil.rmtree(folder)
    once, twice, lost = sum(n == 1 for n in counted.values()), sum(n > 1 for n in counted.values()), asked - len(counted)
    print(f"{database}: {asked} jobs, {workers.killed.total()} kills ({workers.killed['child']} children at work or idle, {workers.killed['worker']} whole workers), {time.monotonic() - begun:.0f} s")
    print(f"  done once {once}, done twice {twice}, lost {lost}; attempts broken off {broken[2] or 0}, of {broken[0]} jobs, one begun at most {broken[1] or 1} times; states {states}", flush=True)
    return int(bool(twice or lost or states != {"done": asked}))


if __name__ == "__main__":
    count, kill_count = (int(text) for text in (sys.argv[1:3] + ["100", "100"][len(sys.argv[1:3]) :]))
    sys.exit(max(main(count, kill_count, one) for one in (sys.argv[3:] or ["sqlite", "postgresql"])))
