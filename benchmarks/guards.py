"""Take one guard out of the code, again and again, and see whether the tests notice.

usage: python benchmarks/guards.py [HOW_MANY [SEED [FROM]]]        (by hand; about half a minute for each that is caught; FROM the how-manieth of them, to go on)

A guard is a line that keeps somebody from something: @requires on a view, visible_to at a fetch, an `if` that raises PermissionDenied,
a refusal in a deed about roles, self-checks or the ledger. Each is left out as the tests load the code (unguarded.py), in a copy of the project, where the tests of access and those of
its own room run until the first failure, at last those of other people's things. Prints each removal and what caught it, and how many were caught. Before any is taken out
the tests of access must pass: where they fail anyway nothing is shown.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["organizations", "campaigns", "ledger", "learning", "selfcheck", "supervision", "reports", "jobs", "accounts"]
SEEN_WITH_CAMPAIGN = {"ChecklistVersion", "Document", "EducationActivity", "KnowledgeTest", "Meeting", "StudyMaterial", "StudySession"}  # managers of InVisibleCampaign
FIRST = "tests/access/test_access.py"  # which most need, and which is over soon
LIKELY = re.compile("view|action|unsealing|handover|limits|administr|moving")
LAST = "tests/access/test_relations.py"  # things of other units and people, which takes minutes
TESTS = ["tests/access/test_scope.py", "tests/access/test_selfcheck_bodies.py", "tests/access/test_takeover.py", "tests/access/test_posts.py", "tests/access/test_powers.py"]


@dataclass(frozen=True)
class Guard:
    """A line to take out, and what takes its place."""

    path: str
    line: int
    before: str
    after: str

    @property
    def room(self) -> str:
        return self.path.split("/")[0]


def said_twice(model: str, line: str) -> bool:
    """Whether a fetch is of the visitor's own campaign, and the rows are seen by whoever sees the campaign: then either half guards, and no test can tell."""
    return model in SEEN_WITH_CAMPAIGN and ".filter(campaign=campaign)" in line


def guards_in(path: Path) -> list[Guard]:
    lines, found = path.read_text().split("\n"), []
    for n, line in enumerate(lines):
        following = lines[n + 1].strip() if n + 1 < len(lines) else ""
        after = None
        if re.match(r"@requires\(", line):
            after = "@requires(*P)"  # any permission will do; the view keeps its shape
        elif "views" in path.parts and (called := re.search(r"(\w+)\.objects\.visible_to\([\w.]+\)", line)) and not said_twice(called[1], line):
            after = line.replace(called[0], f"{called[1]}.objects.all()")
        elif re.match(r"\s+if .*:$", line) and following == "raise PermissionDenied":
            after = re.sub(r"if .*:$", "if False:", line)
        elif re.match(r"\s+_?(refuse|_refuse)_\w+\(", line) and "def " not in line:
            after = re.sub(r"\S.*", "pass", line)
        elif re.search(r"return self\.filter\(.*reach\(user", line):
            after = re.sub(r"self\.filter\(.*\)$", "self.all()", line)
        if after is not None and after != line:
            found.append(Guard(str(path.relative_to(ROOT)), n, line, after))
    return found


def every_guard() -> list[Guard]:
    files = [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py")) if "migrations" not in p.parts]
    return [guard for path in files for guard in guards_in(path)]


def failed_test(copy: Path, room: str = "", **env: str) -> str:
    """The first test that fails there: of access, then of the room, those first that are likely to tell; "" when all pass. A run that is no test's failure ends the whole."""
    own = sorted(str(p.relative_to(copy)) for p in (copy / "tests" / room).glob("test_*.py")) if room else []
    likely = [p for p in own if LIKELY.search(p)]
    run = subprocess.run([str(ROOT / ".venv/bin/python"), "-m", "pytest", *(["-p", "unguarded"] if env else []), "-x", "-q", "--no-header", FIRST, *likely, *TESTS, *(p for p in own if p not in likely), *([LAST] if room else [])], cwd=copy, capture_output=True, text=True, env=os.environ | env)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.M)
    if run.returncode and not failed:
        sys.exit(f"no test ran: exit code {run.returncode}\n{run.stdout}{run.stderr}")
    return failed[1] if failed else ""


def caught_by(copy: Path, guard: Guard) -> str:
    """The first test that fails without the guard; "" when all pass."""
    return failed_test(copy, guard.room, UNGUARDED=f"{guard.path}\t{guard.line}\t{guard.after}", PYTHONPATH=str(copy / "benchmarks"))


def main(how_many: int, seed: int, begin: int) -> None:
    found = every_guard()
    chosen = random.Random(seed).sample(found, min(how_many, len(found)))[begin - 1 :]
    print(f"{len(found)} guards, {len(chosen)} taken out one by one, seed {seed}")
    caught = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".pytest_cache", "screenshots"))
        if failed := failed_test(copy):
            sys.exit(f"fails with every guard in place: {failed}")
        for guard in chosen:
            by = caught_by(copy, guard)
            caught += bool(by)
            print(f"{'caught' if by else 'MISSED'}  {guard.path}:{guard.line + 1}  {guard.before.strip()[:90]}  {by}", flush=True)
    print(f"caught {caught} of {len(chosen)}")
    sys.exit(caught < len(chosen) - 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30, int(sys.argv[2]) if len(sys.argv) > 2 else 1, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
