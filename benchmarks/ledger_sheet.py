"""What writing 整改台账 takes: seconds and memory for 10,000 and 100,000 rows.

usage: python benchmarks/ledger_sheet.py [--rows 10000,100000]     Run by hand; SQLite in a temporary folder.
Each size is written in a process of its own. Memory is what the process owns (RssAnon), looked at after every batch; the database file
that SQLite maps into memory is the system's to take back, and not counted.
"""

import argparse
import multiprocessing
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import ledger_scale as stage
from django.core.management import call_command
from django.db import connection

from ledger.models import Problem
from ledger.sheets import export_problems


def memory() -> int:
    """MB this process owns now."""
    return int(re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024


def write(args: dict) -> None:
    """Make one sheet as the job does, and tell what it took."""
    held, began = [memory()], time.perf_counter()
    result = export_problems(args, lambda percent, message="": held.append(memory()))
    seconds = time.perf_counter() - began
    size = result.content.seek(0, 2) / 1048576
    print(f"{Problem.objects.count():,} rows: {seconds:.0f} s, {time.process_time():.0f} s of processor, {held[0]} MB before, {max(held)} MB at the most, file {size:.1f} MB", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", default="10000,100000")
    call_command("migrate", verbosity=0)
    scene, done = stage.enter_stage(), 1
    for rows in map(int, asked.parse_args().rows.split(",")):
        stage.fill(scene, done + 1, rows)
        done = rows
        connection.close()
        child = multiprocessing.get_context("fork").Process(target=write, args=({"user": scene["by"], "campaign": scene["campaign"], "sheet": "ledger", "query": ""},))
        child.start()
        child.join()


if __name__ == "__main__":
    main()
