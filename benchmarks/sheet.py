"""What 整改台账 as Excel costs beside openpyxl writing the same cells: seconds, and the most memory at once.

usage: python benchmarks/sheet.py [--rows 100000] [--runs 1]     SQLite in a temporary folder.
Each is a process of its own. Ours is measured twice: the job, which asks the database, works the cells out and writes them with widths, frozen
head and styles; and its writer alone, which like openpyxl, the usual way to write a sheet, gets the finished cells from a file line by line.
openpyxl writes them plain. Memory is what a process
owns (RssAnon), looked at every 20 ms; each has Django loaded, as a job has.
"""

import argparse
import json
import multiprocessing
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import ledger_scale as ground
from django.core.management import call_command
from django.db import connection
from openpyxl import Workbook
from python_calamine import load_workbook
from results import Row, Sample, Table, publish

from files.workbook import stream_workbook
from ledger.sheets import ProblemResource, export_problems

FOLDER = Path(tempfile.mkdtemp(prefix="rectification-bench-"))
SHEET, CELLS = FOLDER / "ours.xlsx", FOLDER / "cells.jsonl"


def memory() -> float:
    """MB this process owns now."""
    return int(re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def watched(work: Callable[[], object], pipe) -> None:
    """Do it, and send the seconds and the megabytes it took at the most."""
    most, done = [memory()], threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], memory())

    threading.Thread(target=look, daemon=True).start()
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    done.set()
    pipe.send((seconds, most[0]))


def in_a_process(work: Callable[[], object]) -> tuple[float, float]:
    connection.close()
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=watched, args=(work, there))
    child.start()
    there.close()
    try:
        found = here.recv()
    except EOFError:
        sys.exit("a sheet was not written")
    child.join()
    return found


def export(args: dict) -> None:
    with SHEET.open("wb") as target:
        shutil.copyfileobj(export_problems(args, lambda percent, message="": None).content, target)


def keep_cells() -> None:
    """What our sheet holds, a line of JSON for each row."""
    with CELLS.open("w") as target:
        for row in load_workbook(SHEET).get_sheet_by_index(0).iter_rows():
            target.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def cells() -> Iterator[list]:
    with CELLS.open() as source:
        yield from map(json.loads, source)


def write() -> None:
    rows = cells()
    stream_workbook(FOLDER / "again.xlsx", next(rows), rows, title="整改台账", widths=ProblemResource.widths)


def openpyxl(is_streamed: bool) -> None:
    book = Workbook(write_only=is_streamed)
    sheet = book.create_sheet() if is_streamed else book.active
    for row in cells():
        sheet.append(row)
    book.save(FOLDER / "theirs.xlsx")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--runs", type=int, default=1)
    options = asked.parse_args()
    call_command("migrate", verbosity=0)
    scene = ground.enter_stage()
    ground.fill(scene, 2, options.rows)
    args = {"user": scene["by"], "campaign": scene["campaign"], "sheet": "ledger", "query": ""}
    works = {"the job": lambda: export(args), "the writer alone": write, "openpyxl, write_only": lambda: openpyxl(True), "openpyxl": lambda: openpyxl(False)}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _n in range(options.runs):
        for name, work in works.items():
            found[name].append(in_a_process(work))
            if not CELLS.exists():
                in_a_process(keep_cells)
    rows = []
    for n, unit in enumerate(("s", "MB")):
        told = {name: Sample.of(run[n] for run in runs) for name, runs in found.items()}
        rows += [Row(ours, told[ours], rival, told[rival], unit) for ours in ("the job", "the writer alone") for rival in ("openpyxl, write_only", "openpyxl")]
    words = (
        f"{options.rows:,} problems, {len(next(cells()))} columns, a file of {SHEET.stat().st_size / 2**20:.1f} MB. The job asks the database (SQLite), works out the cells and writes them styled; its writer alone and the rival get the finished cells, "
        "and the rival writes them plain. A process each, one after the other; memory is the most it owned at once, of which Django and its applications are most."
    )
    publish(Table("The ledger as Excel", words, rows))
    shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main()
