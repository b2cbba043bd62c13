"""What grows with the data, and what doesn't: dashboard, lists, a submit and the export with so much data and a hundred times as much.

usage: python benchmarks/growth.py [--cadres 1000] [--times 100] [--runs 10] [--databases URL URL]     Without: two SQLite files.
Each database, empty to begin with, has a process that does what it is told; the two take turns within the run. The factor is of medians.
"""

import argparse
import os
import subprocess
import sys
import time
from contextlib import ExitStack

from results import Row, Sample, Table, publish

PAGES = {"desk": "/", "dashboard": "/reports/", "整改台账": "/ledger/problems/", "干部花名册": "/organizations/cadres/", "集中学习": "/learning/", "one figure": "/reports/figures/problems_overdue/"}
ONCE = ("export",)  # grows with the rows by its nature: measured once


def answer(cadres: int) -> None:
    """The process of one database: says how much it holds, then does each thing named on stdin and says how many milliseconds that took."""
    import stage
    from submit import hands_in, waiting

    stage.set_up()
    stage.simulate(cadres)
    from campaigns.models import Campaign
    from ledger.models import Problem
    from ledger.sheets import export_problems

    office, queue = stage.office(), waiting()
    args = {"user": int(office.session["_auth_user_id"]), "campaign": Campaign.objects.get().pk, "sheet": "ledger", "query": ""}
    print(f"{Problem.objects.count()} {stage.DATABASE}", flush=True)
    for line in sys.stdin:
        what = line.strip()
        ready = next(queue) if what == "submit" else ()
        began = time.perf_counter()
        if what in PAGES:
            stage.fetched(office, PAGES[what])
        elif what == "submit":
            hands_in(*ready)
        else:
            export_problems(args, lambda percent, message="": None)
        print((time.perf_counter() - began) * 1000, flush=True)


class Ground:
    """One database with its process."""

    def __init__(self, cadres: int, database: str, stack: ExitStack):
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | ({"DATABASE_URL": database} if database else {})
        command = [sys.executable, __file__, "--answer", "--cadres", str(cadres)]
        self.process = stack.enter_context(subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))

    def told(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            sys.exit("a database could not be asked")
        return line.strip()

    def time(self, what: str) -> float:
        print(what, file=self.process.stdin, flush=True)
        return float(self.told())


def compared(what: str, small: Ground, large: Ground, runs: int, times: int) -> Row:
    found = [(small.time(what), large.time(what)) for _n in range(1 + runs)][1:] if what not in ONCE else [(small.time(what), large.time(what))]
    before, after = map(Sample.of, zip(*found, strict=True))
    return Row(f"{what}, {times} ×", after, "1 ×", before)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--cadres", type=int, default=1000)
    asked.add_argument("--times", type=int, default=100)
    asked.add_argument("--runs", type=int, default=10)
    asked.add_argument("--databases", nargs=2, default=("", ""))
    asked.add_argument("--answer", action="store_true", help="be the process of one database")
    options = asked.parse_args()
    if options.answer:
        return answer(options.cadres)
    with ExitStack() as stack:
        grounds = [Ground(options.cadres * times, database, stack) for times, database in zip((1, options.times), options.databases, strict=True)]
        (few, database), (many, _database) = (ground.told().split(maxsplit=1) for ground in grounds)
        rows = [compared(what, *grounds, options.runs, options.times) for what in (*PAGES, "submit", *ONCE)]
    words = (
        f"Simulated nations of {options.cadres:,} and {options.cadres * options.times:,} cadres ({int(few):,} and {int(many):,} problems), asked in turns as the nation's office, whose scope is everything; the ratio is the factor of growth. "
        "The export writes every problem, so it grows as they do."
    )
    publish(Table(f"Growth, {database}", words, rows))


if __name__ == "__main__":
    main()
