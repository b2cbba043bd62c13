"""Walk the whole chain, over what was archived, and name the first thing that is wrong."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from .anchors import Anchor, by_number, read_anchors
from .chain import columns, portable
from .faults import Fault, moment
from .keyring import at_hand, file_name
from .models import Segment
from .segments import check_file, check_row, previous_of, wrong_key
from .triggers import missing
from .walk import Anchors, Line, Walk

BATCH = 2000
START = -(2**63)


@dataclass(frozen=True)
class Verdict:
    """What the walk saw: how many events, the chain's end, how many anchors, the first fault; how many events and, if asked, files are archived."""

    count: int
    seq: int
    mac: str
    anchors: int
    fault: Fault | None = None
    archived: int = 0
    files: int | None = None

    @property
    def is_intact(self) -> bool:
        return self.fault is None

    def __str__(self) -> str:
        if self.fault:
            return str(self.fault)
        told = _("日志完好：%(count)s 条首尾相接，与 %(anchors)s 个库外锚点相符。") % {"count": f"{self.count:,}", "anchors": f"{self.anchors:,}"}
        told += _("另有 %(n)s 条已归档。") % {"n": f"{self.archived:,}"} if self.archived else ""
        return told + (_("归档文件 %(n)s 个，逐条核对相符。") % {"n": self.files} if self.files else "")


@dataclass
class Snapshot:
    """The table's own account of itself, told in one statement so that it holds while others write."""

    top: int  # the highest number
    count: int
    unsealed: int | None  # the first event without a number
    head: tuple[int, str] | None


def _snapshot(cursor) -> Snapshot:
    cursor.execute(
        "SELECT (SELECT MAX(seq) FROM audit_event), (SELECT COUNT(*) FROM audit_event WHERE seq IS NOT NULL),"
        " (SELECT MIN(id) FROM audit_event WHERE seq IS NULL), (SELECT seq FROM audit_head WHERE id = 1), (SELECT mac FROM audit_head WHERE id = 1)"
    )
    top, count, unsealed, head_seq, head_mac = cursor.fetchone()
    return Snapshot(top or 0, count, unsealed, None if head_seq is None else (head_seq, head_mac))


@contextmanager
def _any_text():
    """SQLite hands out text that is no text any more as something no code was made of, instead of stopping the walk."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    before, connection.connection.text_factory = connection.connection.text_factory, partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        connection.connection.text_factory = before


def _line(row: Sequence) -> Line:
    seq, code, *event = row
    try:
        return Line(seq, code, event[0], portable(event, is_text_kept=connection.vendor == "sqlite"))
    except (TypeError, ValueError, AttributeError, RecursionError):
        return Line(seq, code, event[0], None)


def lines(top: int, *, after: int = START) -> Iterator[Line]:
    """The table in the chain's order behind a number and up to another, in batches that each end at once: writers never wait."""
    last = after, 2**63 - 1
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                f"SELECT e.seq, e.mac, {columns(connection)} FROM audit_event e WHERE (e.seq, e.id) > (%s, %s) AND e.seq <= %s ORDER BY e.seq, e.id LIMIT %s",
                [*last, top, BATCH],
            )
            batch = cursor.fetchall()
            yield from map(_line, batch)
            if len(batch) < BATCH:
                return
            last = batch[-1][0], batch[-1][2]


def _end_fault(walk: Walk, seen: Snapshot, start: int) -> Fault | None:
    """What is wrong behind the last row."""
    if seen.head and seen.head[0] > walk.seq:
        return Fault("missing", seq=walk.seq + 1)
    beyond = min((a for seq, found in walk.anchors.items() if seq > walk.seq for a in found), key=lambda a: a.seq, default=None)
    if beyond:
        return Fault("cut", seq=beyond.seq, at=moment(beyond.at))
    if (seen.head or (0, "")) != (walk.seq, walk.mac) or seen.count != walk.seq - start:
        return Fault("head", seq=walk.seq)
    return Fault("unsealed", pk=seen.unsealed) if seen.unsealed is not None else None


def _around_fault(noted: list[Anchor]) -> Fault | None:
    """What is wrong beside a chain that is whole."""
    bad = next((a for a in noted if not a.is_sound), None)
    if bad:
        return Fault("anchor", line=bad.line)
    gone = missing(connection)
    return Fault("triggers", names="、".join(gone)) if gone else None


def lost_key(keys: dict[int, str]) -> Fault | None:
    """Whether a key that was in use is missing or another: then what it sealed reads as if changed. By the lines that tell of rotations."""
    gaps = {str(number): "" for number in range(1, max(keys, default=1)) if number not in keys}
    return next(filter(None, (wrong_key(noted, keys) for noted in [gaps, *rotations()])), None)


def rotations() -> list[object]:
    """The fingerprints each rotation has noted, by key, oldest rotation first; None for a line nobody can read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CAST(detail AS text) FROM audit_event WHERE action = 'audit.rotate_key' ORDER BY id")
        return [_noted(text) for (text,) in cursor.fetchall()]


def _noted(text: str) -> object:
    try:
        return json.loads(text)["fingerprints"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _unused_key(walk: Walk) -> Fault | None:
    """After a rotation the end is sealed by the new key; else somebody has cut it and gone on with the old one."""
    newest = max(walk.keys, default=1)
    return Fault("key_unused", file=file_name(newest)) if walk.key < newest else None


def _segments() -> list[Segment] | None:
    """Oldest first; None when what stands there can't even be read."""
    try:
        return list(Segment.objects.order_by("first_seq"))
    except (TypeError, ValueError, AttributeError, OverflowError, DatabaseError):
        return None


def _archive_fault(segments: list[Segment] | None, anchors: Anchors, keys: dict[int, str], *, with_files: bool) -> Fault | None:
    """What is wrong with what was archived: its rows, and its files if they are asked for."""
    if segments is None:
        return Fault("segment", seq=1)
    pairs = list(zip([None, *segments], segments, strict=False))
    here = (check_row(segment, before, anchors, keys) for before, segment in pairs)
    files = (check_file(segment, before, anchors, keys) for before, segment in pairs if with_files)
    return next(filter(None, chain(here, files)), None)


def _verify(progress: Callable[[int, int], None], segments: list[Segment] | None, *, with_files: bool, until: int | None) -> Verdict:
    noted, keys = [anchor for anchor in read_anchors() if until is None or anchor.seq <= until], at_hand()  # before the snapshot: an anchor is never ahead of what was committed when it was read
    anchors = by_number(noted)
    with _any_text():
        with connection.cursor() as cursor:
            seen = _snapshot(cursor)
        fault = _archive_fault(segments, anchors, keys, with_files=with_files)
        start, code = previous_of(segments[-1] if segments else None)
        walk, rest = Walk(anchors, keys, seq=start, mac=code), lines(seen.top)
        while fault is None and (batch := list(islice(rest, BATCH))):
            fault = next(filter(None, map(walk.step, batch)), None)
            progress(walk.seq - start, seen.count)
        fault = fault or _end_fault(walk, seen, start)
        if fault and fault.kind in ("content", "segment"):
            fault = lost_key(keys) or fault
    fault = fault or (_unused_key(walk) if seen.count else None) or _around_fault(noted)
    return Verdict(seen.count, walk.seq, walk.mac, len(noted), fault, archived=start, files=len(segments or ()) if with_files else None)


def verify(progress: Callable[[int, int], None] = lambda done, total: None, *, with_archive: bool = False, until: int | None = None) -> Verdict:
    """Check every event, what stands for archived ones, the chain's end, anchors, keys and triggers; `with_archive` the archives' lines too.

    Of a log as it was at a backup only the anchors up to its end tell anything: `until`.
    `progress(done, total)` is called now and then. When lines are archived meanwhile the walk begins anew.
    """
    while True:
        segments = _segments()
        verdict = _verify(progress, segments, with_files=with_archive, until=until)
        if verdict.is_intact or segments == _segments():
            return verdict
