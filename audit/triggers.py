"""Triggers that let the log only grow, whoever asks: rows come in, are sealed once, and stay until a segment stands in their place.

A segment follows the one before, ends at a line that is there, and stays itself; only lines it stands in for may go.
SQLite's REPLACE removes rows without telling delete triggers, so there a new row may not take an old one's place either.
A migration that alters `audit_event` on SQLite makes the table anew and must call install() at its end.
"""

from .chain import FIELDS
from .triggerset import TriggerSet, switched_on

TABLES = ("audit_event", "audit_head", "audit_segment")
REFUSAL = "audit events are append-only"
SAME = " AND ".join(f"NEW.{name} {{same}} OLD.{name}" for name in FIELDS)
ARCHIVED = "COALESCE((SELECT MAX(last_seq) FROM audit_segment), 0)"
GOING = f"OLD.seq IS NOT NULL AND OLD.seq <= {ARCHIVED}"  # lines that stand in an archive
STANDING_IN = (
    f"NEW.first_seq = {ARCHIVED} + 1 AND NEW.last_seq >= NEW.first_seq AND NEW.code <> ''"
    " AND EXISTS (SELECT 1 FROM audit_event WHERE seq = NEW.last_seq AND mac = NEW.mac)"
)
SEALING = "OLD.seq IS NULL AND NEW.seq IS NOT NULL AND NEW.mac <> '' AND " + SAME


def _sqlite(name: str, table: str, event: str, refused_when: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {refused_when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"


SQLITE = {
    "audit_event_delete": _sqlite("audit_event_delete", "audit_event", "DELETE", f"NOT ({GOING})"),
    "audit_event_update": _sqlite(
        "audit_event_update", "audit_event", "UPDATE",
        f"NOT ({SEALING.format(same='IS')}) OR EXISTS (SELECT 1 FROM audit_event WHERE seq = NEW.seq)",
    ),
    "audit_event_insert": _sqlite("audit_event_insert", "audit_event", "INSERT", "EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id OR seq = NEW.seq)"),
    "audit_head_delete": _sqlite("audit_head_delete", "audit_head", "DELETE", "1"),
    "audit_head_update": _sqlite("audit_head_update", "audit_head", "UPDATE", "NOT (NEW.id = OLD.id AND NEW.seq > OLD.seq)"),
    "audit_head_insert": _sqlite("audit_head_insert", "audit_head", "INSERT", "EXISTS (SELECT 1 FROM audit_head)"),
    "audit_segment_delete": _sqlite("audit_segment_delete", "audit_segment", "DELETE", "1"),
    "audit_segment_update": _sqlite("audit_segment_update", "audit_segment", "UPDATE", "1"),
    "audit_segment_insert": _sqlite(
        "audit_segment_insert", "audit_segment", "INSERT",
        f"NOT ({STANDING_IN}) OR EXISTS (SELECT 1 FROM audit_segment WHERE id = NEW.id OR first_seq = NEW.first_seq OR last_seq = NEW.last_seq)",
    ),
}  # fmt: skip

BODY = f"""
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_event' THEN
    IF {SEALING.format(same="IS NOT DISTINCT FROM")} THEN RETURN NEW; END IF;
  ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_head' THEN
    IF NEW.id = OLD.id AND NEW.seq > OLD.seq THEN RETURN NEW; END IF;
  ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_event' THEN
    IF {GOING} THEN RETURN OLD; END IF;
  ELSIF TG_OP = 'INSERT' AND TG_TABLE_NAME = 'audit_segment' THEN
    IF {STANDING_IN} THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION '{REFUSAL}';
END """
FUNCTION = "audit_refuse"
POSTGRESQL = dict([
    *(switched_on(table, guards, events, each, FUNCTION) for table in TABLES for guards, events, each in (("change", "UPDATE OR DELETE", "ROW"), ("truncate", "TRUNCATE", "STATEMENT"))),
    switched_on("audit_segment", "insert", "INSERT", "ROW", FUNCTION),
])  # fmt: skip
TRIGGERS = TriggerSet(TABLES, FUNCTION, BODY, SQLITE, POSTGRESQL)
WANTED = TRIGGERS.wanted
missing, install, remove = TRIGGERS.missing, TRIGGERS.install, TRIGGERS.remove
