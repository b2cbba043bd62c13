"""The migrated SQLite database that every run begins with: made once for a state of the program, kept in pytest's cache, then copied.

On PostgreSQL there is a template where tests/server.py runs the tests.
"""

import fcntl
import hashlib
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection


def state_of_program() -> str:
    """Changes with every line of the program, for migrations use more of it than their own files, and with its packages."""
    digest = hashlib.sha256(f"{sys.version} {sqlite3.sqlite_version}".encode())
    rooms = {path.parent for path in settings.BASE_DIR.glob("*/__init__.py")} - {settings.BASE_DIR / "tests"}
    for path in sorted([settings.BASE_DIR / "requirements.txt", *(path for room in rooms for path in room.rglob("*.py"))]):
        digest.update(f"{path.relative_to(settings.BASE_DIR)} ".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


class MigratedFile:
    """`lend()`, have the tests' database made, `keep()`: between the two, other processes wait for what is kept."""

    def __init__(self, folder: Path):
        self.folder, self.path = folder, folder / f"{state_of_program()}.sqlite3"

    def lend(self) -> None:
        """Have `migrate` find the tests' database in memory as it was kept, where it was."""
        self.lock = (self.folder / "lock").open("a")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.memory = sqlite3.connect(settings.DATABASES["default"]["TEST"]["NAME"], uri=True)  # it lasts as long as somebody has it open
        if self.path.exists():
            with closing(sqlite3.connect(self.path)) as file:
                file.backup(self.memory)

    def keep(self) -> None:
        """Keep what was migrated, and nothing older."""
        self.memory.close()
        if not self.path.exists():
            half = self.path.with_suffix(".half")
            with closing(sqlite3.connect(half)) as file:
                connection.connection.backup(file)
            for older in self.folder.glob("*.sqlite3"):
                older.unlink()
            half.rename(self.path)
        self.lock.close()

    def copy_to(self, data_dir: Path) -> None:
        """A program with its data in this folder needn't migrate, if somebody has here."""
        if self.path.exists():
            data_dir.mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(self.path, data_dir / "rectification.sqlite3")
