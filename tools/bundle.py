"""One archive that installs without a network: ``python tools/bundle.py DEST``. `make bundle` runs it.

In it: the project as committed, every package of requirements.txt as a wheel for this Python, the document fonts, the collected
static files, install.sh, and SHA256SUMS of it all. Debian's own libraries are not in it; install.sh names the missing ones.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.M)


class BundleError(Exception):
    """The archive could not be made; the message says why."""


def normal(name: str) -> str:
    """A package's name as wheels and indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(requirements: str) -> set[tuple[str, str]]:
    """Name and version of every package in a lock file."""
    return {(normal(name), version) for name, version in PINNED.findall(requirements)}


def without_wheel(requirements: str, files: list[str]) -> list[str]:
    """The pinned packages that none of the files is a wheel of."""
    there = {(normal(parts[0]), parts[1]) for parts in (name.split("-") for name in files if name.endswith(".whl"))}
    return sorted(f"{name}=={version}" for name, version in pinned(requirements) - there)


def run(*command, **options) -> None:
    try:
        subprocess.run([str(part) for part in command], check=True, cwd=ROOT, **options)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BundleError(f"{command[0]} failed: {error}. 没有做成安装包，请看上面的原因。") from error


def fill(folder: Path) -> None:
    run("git", "archive", "--format=tar", f"--output={folder / 'project.tar'}", "HEAD")
    (folder / "project").mkdir()
    run("tar", "-xf", folder / "project.tar", "-C", folder / "project")
    (folder / "project.tar").unlink()
    requirements = folder / "project" / "requirements.txt"
    run(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:", "-r", requirements, "-d", folder / "wheels")
    missing = without_wheel(requirements.read_text(), [path.name for path in (folder / "wheels").iterdir()])
    if missing:
        raise BundleError(f"no wheel of {', '.join(missing)}. 缺少软件包：{'、'.join(missing)}。")
    fonts = Path(os.environ.get("FONTS_DIR") or ROOT / "var" / "fonts")
    shutil.copytree(fonts, folder / "fonts", ignore=shutil.ignore_patterns(".cache", "office", "stamp", "fonts.conf", ".uuid"))
    with tempfile.TemporaryDirectory() as data:
        env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "REPLICA_URL")} | {"DATA_DIR": data, "STATIC_ROOT": str(folder / "collected")}
        run(sys.executable, folder / "project" / "manage.py", "collectstatic", "--noinput", "--verbosity", "0", env=env)
    shutil.copy(ROOT / "tools" / "install.sh", folder / "install.sh")
    (folder / "install.sh").chmod(0o755)


def sums(folder: Path) -> str:
    """As sha256sum writes and checks them."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.relative_to(folder)}\n" for path in paths)


def make(dest: Path) -> Path:
    """The archive, whole or not at all."""
    dest.mkdir(parents=True, exist_ok=True)
    name = f"rectification-{subprocess.run(['git', 'describe', '--always', '--dirty'], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()}-py{sys.version_info[0]}{sys.version_info[1]}-{os.uname().machine}"
    with tempfile.TemporaryDirectory(dir=dest, prefix=".bundle-") as temporary:
        folder = Path(temporary, name)
        folder.mkdir()
        fill(folder)
        (folder / "SHA256SUMS").write_text(sums(folder))
        part = Path(temporary, "part")
        with tarfile.open(part, "w:gz", compresslevel=1) as tar:
            tar.add(folder, name, filter=owned_by_root)
        return part.rename(dest / f"{name}.tar.gz")


def owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make an archive that installs without a network.")
    parser.add_argument("dest", type=Path, metavar="DEST")
    try:
        made = make(parser.parse_args().dest.resolve())
    except BundleError as error:
        sys.exit(str(error))
    print(f"{made}  {made.stat().st_size / 1e6:.0f} MB")
