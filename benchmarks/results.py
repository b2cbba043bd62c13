"""What a benchmark tells: figures of ours, each beside its floor or rival measured in the same run, printed and written as Markdown.

A part (a script here that measures one thing) makes tables and gives each to `publish`, which prints it; where RESULTS names a file, `run.py` asked for
it and finds it there too. A ratio is of medians. Times are of the clock.
"""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """So many measurements of one thing."""

    median: float
    p95: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Sample":
        found = sorted(values)
        return cls(statistics.median(found), found[max(0, -(-len(found) * 19 // 20) - 1)], len(found))


@dataclass(frozen=True)
class Row:
    """One thing of ours beside its floor (what it costs at the least) or its rival (what others do), both in `unit`."""

    what: str
    ours: Sample
    beside: str
    theirs: Sample
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        return self.ours.median / self.theirs.median


@dataclass
class Table:
    """Rows measured in one run. `words` say what the floor or rival is and how it was measured; what could not be measured is
    in `left_out` with the reason."""

    title: str
    words: str
    rows: list[Row] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def markdown(self) -> str:
        lines = [f"## {self.title}", ""]
        if self.words:
            lines += [" ".join([self.words, self.noise()]).strip(), ""]
        if self.rows:
            lines += ["| what | ours: median | p95 | beside | its median | p95 | ratio | unit | n |", "|---|--:|--:|---|--:|--:|--:|---|--:|"]
            lines += [
                f"| {row.what} | {figure(row.ours.median)} | {figure(row.ours.p95)} | {row.beside} | {figure(row.theirs.median)} | {figure(row.theirs.p95)} | {row.ratio:.2f} | {row.unit} | {count(row)} |"
                for row in self.rows
            ]
            lines.append("")
        lines += [f"Left out: {name}, because {reason}.\n" for name, reason in self.left_out.items()]
        return "\n".join(lines)

    def noise(self) -> str:
        """How far the floors and rivals went from themselves: what a ratio can be trusted to."""
        spread = [row.theirs.p95 / row.theirs.median for row in self.rows if row.theirs.n > 1]
        return f"Noise: the 95th percentile of what ours stands beside is up to {max(spread):.2f} × its median." if spread else ""


def figure(value: float) -> str:
    """Three digits that say something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def count(row: Row) -> str:
    return str(row.ours.n) if row.ours.n == row.theirs.n else f"{row.ours.n}, {row.theirs.n}"


def side_by_side(works: dict[str, Callable[[], object]], runs: int, *, warm_up: int = 1, afterwards: Callable[[], object] = lambda: None) -> dict[str, Sample]:
    """Each work's time in milliseconds. They take turns, so that a machine that is busy for a while is busy for all. `afterwards` is done after each, untimed."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for n in range(warm_up + runs):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            if n >= warm_up:
                times[name].append((time.perf_counter() - began) * 1000)
            afterwards()
    return {name: Sample.of(found) for name, found in times.items()}


def publish(table: Table) -> None:
    print(table.markdown(), flush=True)
    if "RESULTS" in os.environ:
        with Path(os.environ["RESULTS"]).open("a") as file:
            file.write(json.dumps(asdict(table), ensure_ascii=False) + "\n")


def published(path: Path) -> list[Table]:
    """What was published into a file."""
    return [_table(json.loads(line)) for line in path.read_text().splitlines()]


def _table(data: dict) -> Table:
    rows = [Row(**row | {"ours": Sample(**row["ours"]), "theirs": Sample(**row["theirs"])}) for row in data["rows"]]
    return Table(**data | {"rows": rows})
