"""Runs the benchmarks and writes what they tell, with the machine and the day, into docs/benchmarks.md: `make bench`.

usage: python benchmarks/run.py [--only pdf,sheet] [--cadres 10000] [--rows 100000] [--times 100] [--runs 30] [--postgresql URL] [--nation URL]
Each part is a script of its own and measures ours and its floor or rival in one run, so that a ratio holds on any machine. Databases are made
and thrown away on the server of --postgresql; --nation names a database that `manage.py simulate` filled, which is only read. What cannot be
measured here is told with the reason. With --only nothing is written but to the screen. Ends with status 1 when a part failed.
"""

import argparse
import datetime as dt
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path

import psycopg
from databases import fresh, is_there
from results import Table, published

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "docs" / "benchmarks.md"
PACKAGES = ("Django", "weasyprint", "xlsxwriter", "openpyxl", "django-import-export", "typst")
PROGRAMS = {"Chromium": ("chromium", "--version"), "LibreOffice": ("soffice", "--version")}
BUSY = 0.5  # load for each core before the first part from which on the machine counts as shared


def machine(server: str) -> list[str]:
    """What the figures were measured on, a line for each."""
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    versions = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}", *map(package, PACKAGES)]
    versions += [program(name, *command) for name, command in PROGRAMS.items()]
    if server:
        with psycopg.connect(server) as connection:
            versions.append(f"PostgreSQL {connection.execute('SHOW server_version').fetchone()[0].split()[0]}")
    return [f"{os.cpu_count()} cores, {model[1] if model else platform.machine()}, {memory:.0f} GB of memory, {platform.system()} {platform.release()}", ", ".join(filter(None, versions))]


def package(name: str) -> str:
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return ""


def program(name: str, *command: str) -> str:
    if not shutil.which(command[0]):
        return ""
    found = re.search(r"\d+(\.\d+)+", subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)
    return f"{name} {found[0]}" if found else name


class Run:
    """One run of the parts asked for."""

    def __init__(self, options: argparse.Namespace, stack: ExitStack):
        self.options, self.stack = options, stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rectification-bench-")))
        self.server = options.postgresql if is_there(options.postgresql) else ""
        self.tables: list[Table] = []
        self.failed: list[str] = []
        self.grounds: dict[str, tuple[Path, str]] = {}

    def part(self, script: str, title: str, *arguments: str, on: str = "", **env: str) -> None:
        """Run one script; `on` names the database it measures."""
        print(f"--- {title} {on}", flush=True)
        results, began = self.folder / f"results-{len(self.tables)}-{script}", time.monotonic()
        results.touch()
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "DJANGO_ALLOW_ASYNC_UNSAFE")}
        done = subprocess.run([sys.executable, str(HERE / script), *arguments], env=kept | {"RESULTS": str(results)} | env, cwd=HERE.parent)
        found = published(results)
        if done.returncode or not found:
            self.failed.append(title)
            found.append(Table(f"{title} {on}".strip(), "", left_out={title: f"{script} ended with status {done.returncode}"}))
        self.tables += found
        print(f"--- {time.monotonic() - began:.0f} s\n", flush=True)

    def on_each(self, script: str, title: str, *arguments: str, databases: int = 1) -> None:
        """On SQLite and on PostgreSQL, the tables made once for all parts."""
        folder, _template = self.ground("")
        self.part(script, title, *arguments, on="on SQLite", GROUND=str(folder))
        if not self.server:
            self.leave_out(f"{title} on PostgreSQL", f"no PostgreSQL answers at {self.options.postgresql.rpartition('@')[2]}")
            return
        folder, template = self.ground(self.server)
        with ExitStack() as stack:
            urls = [stack.enter_context(fresh(self.server, template)) for _n in range(databases)]
            more, env = (["--databases", *urls], {}) if databases > 1 else ([], {"DATABASE_URL": urls[0]})
            self.part(script, title, *arguments, *more, on="on PostgreSQL", GROUND=str(folder), **env)

    def ground(self, server: str) -> tuple[Path, str]:
        """A folder and, on PostgreSQL, a database with all tables and no rows, to be copied."""
        if server not in self.grounds:
            folder = self.folder / ("postgresql" if server else "sqlite")
            url = self.stack.enter_context(fresh(server)) if server else ""
            env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | ({"DATABASE_URL": url} if url else {})
            subprocess.run([sys.executable, str(HERE / "stage.py"), str(folder)], env=env, cwd=HERE.parent, check=True)
            self.grounds[server] = folder, url.rpartition("/")[2]
        return self.grounds[server]

    def leave_out(self, title: str, reason: str) -> None:
        self.tables.append(Table(title, "", left_out={title: reason}))
        print(self.tables[-1].markdown())

    # the parts

    def lists(self) -> None:
        self.on_each("lists.py", "List pages", "--cadres", str(self.options.cadres), "--runs", str(self.options.runs))

    def submit(self) -> None:
        self.on_each("submit.py", "Handing in a self-check", "--runs", str(self.options.runs))

    def roster(self) -> None:
        size = ("--rows", str(self.options.rows), "--rival", "1000", "--runs", "3")
        self.part("roster.py", "A large roster", *size, on="on SQLite")
        if self.server:
            with fresh(self.server) as url:
                self.part("roster.py", "A large roster", *size, on="on PostgreSQL", DATABASE_URL=url)
        else:
            self.leave_out("A large roster on PostgreSQL", "no PostgreSQL answers")

    def sheet(self) -> None:
        self.part("sheet.py", "The ledger as Excel", "--rows", str(self.options.rows))

    def pdf(self) -> None:
        self.part("report_pdf.py", "A briefing as PDF", "--runs", str(max(2, self.options.runs // 6)), GROUND=str(self.ground("")[0]))

    def growth(self) -> None:
        sizes = ("--cadres", "1000", "--times", str(self.options.times), "--runs", str(max(3, self.options.runs // 3)))
        self.on_each("growth.py", "Growth", *sizes, databases=2)

    def nation(self) -> None:
        if self.options.nation:
            self.part("nation.py", "A nation", "--runs", str(self.options.runs), DATABASE_URL=self.options.nation)
        else:
            self.leave_out("A nation", "no database was named (--nation postgres://…, filled by `manage.py simulate`)")


PARTS = ("lists", "submit", "roster", "sheet", "pdf", "growth", "nation")


def document(run: Run, words: list[str]) -> str:
    head = [
        "# Benchmarks", "",
        "Written by `make bench`; not to be edited. Each figure of ours stands beside its floor (what the thing costs at the least) or a rival (what is used otherwise), measured in the same run by turns: "
        "read the ratio, of medians, which holds on another machine; below 1 ours is the faster or smaller one. Times are of the clock. What else was measured, and found, is in [assurance.md](assurance.md).", "",
        *(f"- {line}" for line in words), "",
    ]  # fmt: skip
    return "\n".join(head) + "\n" + "\n".join(table.markdown() for table in run.tables)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--only", default=",".join(PARTS), help="of " + ",".join(PARTS))
    asked.add_argument("--cadres", type=int, default=10_000, help="in the lists")
    asked.add_argument("--rows", type=int, default=100_000, help="in the roster and the Excel sheet")
    asked.add_argument("--times", type=int, default=100, help="so many times the data for growth")
    asked.add_argument("--runs", type=int, default=30, help="of each page; others are derived from it")
    asked.add_argument("--postgresql", default=os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres"))
    asked.add_argument("--nation", default="")
    options = asked.parse_args()
    chosen = options.only.split(",")
    if unknown := set(chosen) - set(PARTS):
        asked.error(f"no such part: {', '.join(sorted(unknown))}")
    load, began = os.getloadavg()[0], time.monotonic()
    with ExitStack() as stack:
        run = Run(options, stack)
        for name in chosen:
            getattr(run, name)()
        shared = "shared machine: other work ran on it, so times are upper bounds and ratios are noisy" if load > BUSY * os.cpu_count() else "quiet machine"
        command = " ".join(["python benchmarks/run.py", *(re.sub(r"//.*@", "//…@", word) for word in sys.argv[1:])])
        words = [f"{dt.date.today():%Y-%m-%d}, {shared} (load {load:.1f} before the first part); `{command}`, {(time.monotonic() - began) / 60:.0f} minutes", *machine(run.server)]
    text = document(run, words)
    if chosen == list(PARTS):
        TARGET.write_text(text)
        print(f"{TARGET.relative_to(HERE.parent)} was written.")
    else:
        print(text)
    if run.failed:
        sys.exit(f"failed: {', '.join(run.failed)}")


if __name__ == "__main__":
    main()
