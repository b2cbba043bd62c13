"""Triggers that let a published checklist stand: its own row, its aspects and its questions are not written again, whoever asks.

What was answered can't be deleted either: the answers' foreign key holds it. A line nobody answered that is taken away shows in the
digest. A migration that alters one of these tables on SQLite makes it anew: it must call remove() first and install() at its end.
"""

from audit.triggerset import TriggerSet, switched_on

REFUSAL = "a published checklist does not change"
VERSION = "selfcheck_checklistversion"
LINES = ("selfcheck_aspect", "selfcheck_question")


def _published(row: str) -> str:
    return f"EXISTS (SELECT 1 FROM {VERSION} v WHERE v.id = {row}.version_id AND v.published_at IS NOT NULL)"


def _sqlite(table: str, event: str, refused_when: str) -> tuple[str, str]:
    name = f"{table}_{event.lower()}"
    return name, f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {refused_when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"


SQLITE = dict([
    _sqlite(VERSION, "UPDATE", "OLD.published_at IS NOT NULL"),
    *(_sqlite(table, "UPDATE", f"{_published('OLD')} OR {_published('NEW')}") for table in LINES),
    *(_sqlite(table, "INSERT", _published("NEW")) for table in LINES),
])  # fmt: skip

BODY = f"""
BEGIN
  IF TG_TABLE_NAME = '{VERSION}' THEN
    IF OLD.published_at IS NULL THEN RETURN NEW; END IF;
  ELSIF TG_OP = 'INSERT' THEN
    IF NOT {_published("NEW")} THEN RETURN NEW; END IF;
  ELSIF NOT ({_published("OLD")} OR {_published("NEW")}) THEN RETURN NEW;
  END IF;
  RAISE EXCEPTION '{REFUSAL}';
END """
FUNCTION = "selfcheck_refuse"
POSTGRESQL = dict([
    switched_on(VERSION, "change", "UPDATE", "ROW", FUNCTION), *(switched_on(table, "change", "UPDATE OR INSERT", "ROW", FUNCTION) for table in LINES),
])  # fmt: skip
TRIGGERS = TriggerSet((VERSION, *LINES), FUNCTION, BODY, SQLITE, POSTGRESQL)
missing, install, remove = TRIGGERS.missing, TRIGGERS.install, TRIGGERS.remove
