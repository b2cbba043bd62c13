"""The database itself refuses to change the log, whoever asks."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from audit.checks import check_triggers
from audit.models import Event, Head, Segment
from audit.triggers import WANTED, install, missing, remove
from tests.audit.conftest import note, sql

pytestmark = pytest.mark.django_db(transaction=True)
SEGMENT = (
    "INSERT INTO audit_segment (since, until, archived_at, archived_by, file_name, file_digest, first_seq, last_seq, mac, code)"
    " SELECT at, at, at, 'x', 'x', 'x',"
)
EVERYWHERE = [
    "DELETE FROM audit_event",
    "DELETE FROM audit_event WHERE seq = 1",
    "UPDATE audit_event SET action = 'x'",
    "UPDATE audit_event SET mac = 'x' WHERE seq = 1",
    "UPDATE audit_event SET seq = NULL, mac = '' WHERE seq = 2",
    "UPDATE audit_event SET seq = 9 WHERE seq = 2",
    "DELETE FROM audit_head",
    "UPDATE audit_head SET seq = 1",
    "UPDATE audit_head SET mac = 'x'",
    f"{SEGMENT} 2, 2, mac, 'x' FROM audit_event WHERE seq = 2",  # a line is left out
    f"{SEGMENT} 1, 3, mac, 'x' FROM audit_event WHERE seq = 2",  # ends where no line is
    f"{SEGMENT} 1, 2, mac, 'x' FROM audit_event WHERE seq = 1",  # ends with another line's code
    f"{SEGMENT} 1, 2, mac, '' FROM audit_event WHERE seq = 2",
]
SQLITE = [
    "REPLACE INTO audit_event SELECT * FROM audit_event WHERE seq = 1",
    "UPDATE OR REPLACE audit_event SET id = 2 WHERE seq = 1",
    "REPLACE INTO audit_head (id, seq, mac) VALUES (1, 9, '')",
]
POSTGRESQL = [
    "TRUNCATE audit_event",
    "TRUNCATE audit_head",
    "SET session_replication_role = replica; DELETE FROM audit_event",
    "INSERT INTO audit_event SELECT * FROM audit_event WHERE seq = 1 ON CONFLICT (id) DO UPDATE SET action = 'x'",
]


def dump() -> tuple[list, list, list]:
    return list(Event.objects.order_by("pk").values()), list(Head.objects.values()), list(Segment.objects.values())


@pytest.mark.parametrize("statement", [*EVERYWHERE, *SQLITE, *POSTGRESQL])
def test_the_database_refuses(statement):
    if statement in (POSTGRESQL if connection.vendor == "sqlite" else SQLITE):
        pytest.skip("the other database's way")
    note("tests.first")
    note("tests.second")
    before = dump()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(statement)
    assert dump() == before


ARCHIVED = [
    "DELETE FROM audit_event WHERE seq = 2",  # one line beyond
    "DELETE FROM audit_event",
    "DELETE FROM audit_segment",
    "UPDATE audit_segment SET last_seq = 2",
    "UPDATE audit_segment SET file_digest = 'x'",
    f"{SEGMENT} 1, 1, mac, 'x' FROM audit_event WHERE seq = 1",
    f"{SEGMENT} 1, 2, mac, 'x' FROM audit_event WHERE seq = 2",
    f"{SEGMENT} 3, 3, mac, 'x' FROM audit_event WHERE seq = 3",
]
SQLITE_ARCHIVED = [
    "REPLACE INTO audit_segment SELECT * FROM audit_segment",
    f"{SEGMENT} 2, 2, mac, 'x' FROM audit_event WHERE seq = 2".replace("(since", "(id, since").replace("SELECT", "SELECT (SELECT id FROM audit_segment),").replace("INSERT", "REPLACE"),
]
POSTGRESQL_ARCHIVED = [
    "TRUNCATE audit_segment",
    "SET session_replication_role = replica; DELETE FROM audit_segment",
    "INSERT INTO audit_segment SELECT * FROM audit_segment ON CONFLICT (id) DO UPDATE SET last_seq = 3",
]


@pytest.mark.parametrize("statement", [*ARCHIVED, *SQLITE_ARCHIVED, *POSTGRESQL_ARCHIVED])
def test_behind_an_archive_only_its_own_lines_may_go(statement):
    if statement in (POSTGRESQL_ARCHIVED if connection.vendor == "sqlite" else SQLITE_ARCHIVED):
        pytest.skip("the other database's way")
    for name in ("first", "second", "third"):
        note(f"tests.{name}")
    with transaction.atomic():
        sql(f"{SEGMENT} 1, 1, mac, 'x' FROM audit_event WHERE seq = 1")
    before = dump()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(statement)
    assert dump() == before
    sql("DELETE FROM audit_event WHERE seq = 1")
    assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == [2, 3]


def test_an_event_that_waits_can_be_sealed_and_nothing_else():
    with transaction.atomic():
        event = Event.objects.create(at="2026-09-18T02:40:00Z", actor_label="系统", action="tests.deed")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            sql("UPDATE audit_event SET seq = 1, mac = 'x', action = 'y' WHERE id = %s", event.pk)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            sql("UPDATE audit_event SET action = 'y' WHERE id = %s", event.pk)
        sql("UPDATE audit_event SET seq = 1, mac = 'x' WHERE id = %s", event.pk)
        transaction.set_rollback(True)


def test_a_missing_trigger_is_told():
    assert (missing(connection), run_checks(databases=["default"])) == ([], [])
    name = next(iter(WANTED[connection.vendor]))
    sql(f"DROP TRIGGER {name}" + (" ON audit_event" if connection.vendor == "postgresql" else ""))
    assert missing(connection) == [name]
    assert [(m.id, m.msg) for m in check_triggers(databases=["default"])] == [("audit.E001", f"日志的防改措施缺失或被改动：{name}。请执行 manage.py audit protect，并查明原因。")]
    install(connection)
    assert missing(connection) == []


def test_a_trigger_that_does_nothing_is_told():
    if connection.vendor == "sqlite":
        sql("DROP TRIGGER audit_event_delete")
        sql("CREATE TRIGGER audit_event_delete BEFORE DELETE ON audit_event WHEN 0 BEGIN SELECT 1; END")
        assert missing(connection) == ["audit_event_delete"]
    else:
        sql("ALTER TABLE audit_event DISABLE TRIGGER audit_event_change")
        assert missing(connection) == ["audit_event_change"]
        sql("CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$")
        assert missing(connection) == list(WANTED["postgresql"])
    install(connection)


def test_protect_puts_them_back_and_is_on_record(capsys):
    remove(connection)
    call_command("audit", "protect")
    assert (capsys.readouterr().out, missing(connection)) == ("防改措施已恢复。\n", [])
    assert list(Event.objects.values_list("seq", "action", "actor_label")) == [(1, "audit.protect_log", "系统")]


def test_migrating_back_and_forth_seals_what_was_there():
    """As in an office that had a log before it had a chain."""
    note("tests.first")
    note("tests.second")
    try:
        call_command("migrate", "audit", "0001", verbosity=0)
    finally:
        call_command("migrate", "audit", verbosity=0)
    assert list(Event.objects.order_by("pk").values_list("seq", "action")) == [(1, "tests.first"), (2, "tests.second")]
    assert (missing(connection), Head.objects.get().seq) == ([], 2)
