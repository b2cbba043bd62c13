"""The file a job made: written aside, on the disk for good, and only then under its name."""

import hashlib
import os
import uuid
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from audit.disk import settle

PIECE = 1 << 20  # bytes read at a time
PARTIAL = ".part"


def write_result(name: str, content: bytes | BinaryIO) -> str:
    """Put `content` under OUTPUT_DIR/name, whole or not at all, even if the power fails; returns its SHA-256. Closes an open file."""
    folder = Path(settings.OUTPUT_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    partial, digest = folder / f"{name}.{uuid.uuid4().hex}{PARTIAL}", hashlib.sha256()
    source = BytesIO(content) if isinstance(content, bytes) else content
    try:
        with closing(source), open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:  # noqa: PTH123  made for its owner's eyes only from the first byte
            while piece := source.read(PIECE):
                digest.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        partial.rename(folder / name)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    settle(folder)
    return digest.hexdigest()


def drop_result(name: str) -> None:
    """A file that came to nothing."""
    (Path(settings.OUTPUT_DIR) / name).unlink(missing_ok=True)


def result_hash(handle: BinaryIO) -> str:
    """SHA-256 of an open file, which is then at its beginning again."""
    digest = hashlib.file_digest(handle, "sha256").hexdigest()
    handle.seek(0)
    return digest


def strays(known: set[str], older_than: float) -> list[Path]:
    """Files of OUTPUT_DIR that no job names, last changed before this time (seconds since 1970): their runner died."""
    folder = Path(settings.OUTPUT_DIR)
    found = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    return [path for path in found if path.name not in known and path.stat().st_mtime < older_than]
