"""Write requirements.txt and requirements-dev.txt: exact versions, hashes, and why each direct package is there.

Needs uv (`pip install uv`); installing needs plain pip only. Run through `make lock`.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIRECT = re.compile(r"^([A-Za-z0-9._-]+)(\[[a-z,]+\])?\s*~=\S+\s+#\s*(.+)$")


def reasons(source: Path) -> dict[str, str]:
    """The name and reason of each direct package in a .in file."""
    found = (DIRECT.match(line) for line in source.read_text().splitlines())
    return {m[1].lower(): m[3] for m in found if m}


def lock(source: Path, target: Path, why: dict[str, str]) -> None:
    out = subprocess.run(
        ["uv", "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate", "--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28", str(source)],
        check=True, capture_output=True, text=True, cwd=ROOT,
    ).stdout
    lines = [f"# Made by `make lock` from {source.name}; edit that file, not this one."]
    for line in out.splitlines():
        name = re.match(r"^([A-Za-z0-9._-]+)(\[[a-z,]+\])?==", line)
        if name and name[1].lower() in why:
            lines.append(f"# {why[name[1].lower()]}")
        lines.append(line)
    target.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    run, dev = ROOT / "requirements.in", ROOT / "requirements-dev.in"
    lock(run, ROOT / "requirements.txt", reasons(run))
    lock(dev, ROOT / "requirements-dev.txt", reasons(run) | reasons(dev))
    sys.stdout.write("requirements.txt and requirements-dev.txt written\n")
