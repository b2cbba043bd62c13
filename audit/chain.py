"""The chain: every event's code is made with the log's key from the whole event, its number and the code before it.

Whoever changes an event, takes one away or moves one breaks the chain from there on, and without the key nobody mends it.
An event is sealed when its transaction commits (audit/backends), so that events are numbered in the order in which they
became true, and the one row all writers wait for is held only during the commit itself.

Plain SQL, for this runs inside every commit, and before the models are there while a migration runs.
"""

import hmac
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db import DatabaseError

from .keyring import newest_key

FIELDS = ("id", "at", "actor_id", "actor_label", "action", "subject_type", "subject_id", "subject_label", "detail", "address", "result")
AT, DETAIL = FIELDS.index("at"), FIELDS.index("detail")
BATCH = 1000
Values = tuple  # an event's FIELDS as portable() leaves them


class SealingFailed(DatabaseError):
    """The events of this transaction can't be sealed, so it must not commit."""


@dataclass(frozen=True)
class Format:
    """What a code is made of, and with which digest. A format once used is never changed: old events are read by it."""

    number: int
    digest: str


FORMATS = {"gm": Format(1, "sm3"), "intl": Format(2, "sha256")}
encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode  # ASCII, so any text at all has bytes


def format_in_use() -> Format:
    return FORMATS[settings.CRYPTO_SUITE]


@cache
def _keyed(key: str, digest: str) -> hmac.HMAC:
    """Begun with the key once, and copied for each code: half the time of a walk would go into beginning."""
    return hmac.new(key.encode(), digestmod=digest)


def mac(kind: str, values: Sequence, form: Format, key: str = "") -> str:
    """The code of an array of plain values, by the newest key unless told another; `kind` keeps events and anchors apart."""
    code = _keyed(key or newest_key(), form.digest).copy()
    code.update(encode([kind, form.number, form.digest, *values]).encode())
    return code.hexdigest()


def mac_of(values: Values, seq: int, previous: str, form: Format, key: str = "") -> str:
    return mac("event", (seq, previous, *values), form, key)


def _time_text(text: str) -> str:
    """UTC as SQLite keeps it, where the stored text itself counts, so that no byte of it can be changed unseen."""
    return text.removesuffix(" AD").removesuffix(".000000") if text.endswith(" AD") else text


def portable(row: Sequence, *, is_text_kept: bool) -> Values:
    """A row as both databases would tell it. Raises ValueError for a detail that was not written by us.

    `is_text_kept`: the database keeps the detail's text as it was sent (SQLite), so it must read as we write it.
    """
    detail = json.loads(row[DETAIL])
    if is_text_kept and json.dumps(detail) != row[DETAIL]:
        raise ValueError("the detail's text was not written by us")
    values = list(row)
    values[AT], values[DETAIL] = _time_text(row[AT]), detail
    return tuple(values)


# Times as text: somebody may have put one there that Python has no time for.
TIMES = {"sqlite": "CAST(e.at AS text)", "postgresql": "to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US AD')"}


def columns(connection) -> str:
    """FIELDS as they are stored."""
    return ", ".join(TIMES[connection.vendor] if name == "at" else f"e.{name}" for name in FIELDS)


def marks(count: int) -> str:
    return ", ".join(["%s"] * count)


def seal(connection, pks: Collection[int] | None = None) -> int:
    """Number and seal the events among `pks` that are there and not sealed yet; returns how many.

    Without `pks` those the connection has recorded in this transaction. Belongs right before the commit: the chain's end
    stays locked until then.
    """
    waiting = sorted(connection.unsealed if pks is None else pks)
    return sum(_seal_batch(connection, waiting[start : start + BATCH]) for start in range(0, len(waiting), BATCH))


def _seal_batch(connection, pks: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        rows = _locked(cursor, connection, pks) or (_begin(cursor, connection, pks) and _locked(cursor, connection, pks))
        if not rows:
            return 0
        seals = list(_seals(rows, is_text_kept=connection.vendor == "sqlite"))
        WRITERS[connection.vendor](cursor, seals)
    return len(seals)


def _locked(cursor, connection, pks: Sequence[int]) -> list[tuple]:
    """The chain's end, locked, beside each event that waits: one question for both."""
    lock = " FOR UPDATE OF h" if connection.features.has_select_for_update else ""
    cursor.execute(
        f"SELECT h.seq, h.mac, {columns(connection)} FROM audit_head h, audit_event e"
        f" WHERE h.id = 1 AND e.seq IS NULL AND e.id IN ({marks(len(pks))}) ORDER BY e.id{lock}",
        pks,
    )
    return cursor.fetchall()


def _begin(cursor, connection, pks: Sequence[int]) -> bool:
    """Begin the chain where there is none yet; a chain that lost its end is not begun again. Whether events wait at all.

    Of two who begin at once the second waits in the insert and finds the first one's chain.
    """
    cursor.execute(f"SELECT COUNT(*) FROM audit_event WHERE seq IS NULL AND id IN ({marks(len(pks))})", pks)
    if not cursor.fetchone()[0]:
        return False
    cursor.execute("INSERT INTO audit_head (id, seq, mac) SELECT 1, 0, '' WHERE NOT EXISTS (SELECT 1 FROM audit_head) ON CONFLICT DO NOTHING")
    if cursor.rowcount:
        cursor.execute("SELECT COUNT(*) FROM (SELECT 1 FROM audit_event WHERE seq IS NOT NULL LIMIT 1) AS sealed")
        if cursor.fetchone()[0]:
            raise SealingFailed("the audit log has lost its end")
    return True


def _seals(rows: Iterable[Sequence], *, is_text_kept: bool) -> Iterator[tuple[int, str, int]]:
    """(number, code, row) of each event, in turn. The key is asked for now: the end is locked, so no other seals by an older one later."""
    form, key, seq, previous = format_in_use(), newest_key(), None, None
    for head_seq, head_mac, *row in rows:
        seq, previous = (head_seq, head_mac) if seq is None else (seq, previous)
        seq += 1
        previous = mac_of(portable(row, is_text_kept=is_text_kept), seq, previous, form, key)
        yield seq, previous, row[0]


def _write_singly(cursor, seals: list[tuple[int, str, int]]) -> None:
    cursor.executemany("UPDATE audit_event SET seq = %s, mac = %s WHERE id = %s", seals)
    cursor.execute("UPDATE audit_head SET seq = %s, mac = %s WHERE id = 1", seals[-1][:2])


def _write_together(cursor, seals: list[tuple[int, str, int]]) -> None:
    """Head and events in one go: the way to the server is what costs."""
    flat = [*seals[-1][:2], *(value for one in seals for value in one)]
    cursor.execute(
        "WITH head AS (UPDATE audit_head SET seq = %s, mac = %s WHERE id = 1)"
        " UPDATE audit_event AS e SET seq = s.seq, mac = s.mac"
        f" FROM (VALUES {', '.join(['(%s::bigint, %s, %s::bigint)'] * len(seals))}) AS s (seq, mac, id) WHERE e.id = s.id",
        flat,
    )


WRITERS: dict[str, Callable] = {"sqlite": _write_singly, "postgresql": _write_together}
