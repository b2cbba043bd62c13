"""What somebody with the database in hand might do to the log, once the triggers are out of the way."""

import random

from django.db import connection

from audit.chain import FORMATS, columns, mac_of, portable

TEXTS = ["actor_label", "action", "subject_type", "subject_id", "subject_label", "address", "result", "mac"]
COLUMNS = ["id", "seq", "at", "actor_id", "detail", *TEXTS]


def _sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _value(pk: int, column: str):
    as_text = column in ("at", "detail")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {f'CAST({column} AS text)' if as_text else column} FROM audit_event WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def _edited(text: str, chance: random.Random) -> str:
    """One character more, less or other."""
    at, sign = chance.randrange(len(text) + 1), chance.choice("aZ0 9销号{\"'\\-:.")
    return chance.choice([text[:at] + sign + text[at:], text[:at] + text[at + 1 :], text[:at] + sign + text[at + 1 :]])


def _bit_flipped(text: str, chance: random.Random) -> bytes:
    """One bit of the stored bytes; what comes out may be no text any more."""
    raw = bytearray(text.encode())
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(raw)


def change(pk: int, column: str, chance: random.Random) -> bool:
    """Change one column of one row at random; False when the database wouldn't have it, or nothing came of it.

    A change of detail on PostgreSQL that means the same (spaces, order of keys) is none: what is kept there is the meaning.
    """
    before = _value(pk, column)
    if column in ("id", "seq", "actor_id"):
        new = chance.choice([(before or 0) ^ (1 << chance.randrange(40)), (before or 0) + chance.choice([-1, 1, 1000])])
        _sql(f"UPDATE audit_event SET {column} = %s WHERE id = %s", new, pk)
        return True
    if connection.vendor == "sqlite" and before and chance.random() < 0.5:
        _sql(f"UPDATE audit_event SET {column} = CAST(%s AS text) WHERE id = %s", _bit_flipped(before, chance), pk)
    else:
        kind = {"at": "timestamptz", "detail": "jsonb"}.get(column, "text") if connection.vendor == "postgresql" else "text"
        _sql(f"UPDATE audit_event SET {column} = CAST(%s AS {kind}) WHERE id = %s", _edited(before, chance), pk)
    return _raw(pk, column) != before


def _raw(pk: int, column: str):
    """What stands there now; None where it can't even be read."""
    try:
        return _value(pk, column)
    except Exception:
        return None


def cut_tail(keep: int) -> None:
    """Everything after an event goes, and the end is rewritten to fit: inside the database nothing is wrong."""
    _sql("DELETE FROM audit_event WHERE seq > %s", keep)
    _sql("UPDATE audit_head SET (seq, mac) = (SELECT seq, mac FROM audit_event WHERE seq = %s)", keep)


def forge_chain() -> None:
    """Somebody with the key changes an event and makes every code anew."""
    _sql("UPDATE audit_event SET actor_label = '别人' WHERE seq = 1")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT e.seq, {columns(connection)} FROM audit_event e ORDER BY e.seq")
        previous = ""
        for seq, *row in cursor.fetchall():
            previous = mac_of(portable(row, is_text_kept=connection.vendor == "sqlite"), seq, previous, FORMATS["gm"])
            _sql("UPDATE audit_event SET mac = %s WHERE seq = %s", previous, seq)
    _sql("UPDATE audit_head SET mac = %s", previous)
