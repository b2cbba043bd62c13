"""Anchors: what the chain's end was at some moment, kept in a file outside the database.

Whoever rewrites the database, even with the log's key, must also rewrite this file; that is why it is best kept where the
application's own account may only add (docs/decisions/0007). A line: format, number, code, count, UTC time, code of the line.
"""

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from .chain import FORMATS, Format, format_in_use, mac
from .keyring import at_hand


@dataclass(frozen=True)
class Anchor:
    """A line of the file; `is_sound` when its own code is right."""

    line: int
    seq: int
    mac: str
    at: str
    is_sound: bool


def _path() -> Path:
    return Path(settings.AUDIT_ANCHORS)


def _text(form: Format, seq: int, code: str, count: int, at: str, key: str = "") -> str:
    return f"{form.number} {seq} {code} {count} {at} {mac('anchor', (seq, code, count, at), form, key)}\n"


def _read_line(number: int, line: str, keys: list[str]) -> Anchor:
    """A line that isn't one of ours is an anchor that isn't sound."""
    form_number, seq, code, count, at, _own = (line.split(" ") + [""] * 6)[:6]
    form = next((f for f in FORMATS.values() if str(f.number) == form_number), None)
    if form is None or not seq.isdecimal() or not count.isdecimal() or not any(_text(form, int(seq), code, int(count), at, key) == line + "\n" for key in keys):
        return Anchor(number, 0, "", "", is_sound=False)
    return Anchor(number, int(seq), code, at, is_sound=True)


def read_anchors() -> Iterator[Anchor]:
    """Every line, in the file's order; nothing when there is no file yet."""
    if not _path().exists():
        return
    keys = list(at_hand().values())[::-1]
    with _path().open(encoding="ascii", errors="replace", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            yield _read_line(number, line.rstrip("\n"), keys)


def by_number(anchors: Iterable[Anchor] | None = None) -> dict[int, list[Anchor]]:
    """The sound ones by the line they are of; those of the file unless given."""
    found: dict[int, list[Anchor]] = {}
    for anchor in read_anchors() if anchors is None else anchors:
        if anchor.is_sound:
            found.setdefault(anchor.seq, []).append(anchor)
    return found


def head() -> tuple[int, str, int]:
    """The chain's end as it is committed, and how many events are sealed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, mac, (SELECT COUNT(*) FROM audit_event WHERE seq IS NOT NULL) FROM audit_head WHERE id = 1")
        return cursor.fetchone() or (0, "", 0)


def write_anchor(*, now: dt.datetime) -> bool:
    """Add the chain's end to the file if it has moved since the last line; returns whether it had. OSError if it can't be written.

    Not inside a transaction: what it may still take back would be a wrong anchor.
    """
    seq, code, count = head()
    last = max(read_anchors(), key=lambda anchor: anchor.line, default=None)
    if seq == 0 or (last and (last.seq, last.mac) == (seq, code)):
        return False
    _path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = _text(format_in_use(), seq, code, count, f"{now.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}")
    target = os.open(_path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(target, line.encode())
        os.fsync(target)
    finally:
        os.close(target)
    return True
