"""Verification: every change is found, and the first one is named."""

import random

import pytest
from django.db import DatabaseError, connection, transaction

from audit.anchors import write_anchor
from audit.chain import FIELDS, seal
from audit.models import Event
from audit.triggers import install, remove
from audit.verify import Fault, verify
from tests.audit.conftest import note, sql
from tests.audit.tamper import COLUMNS, change, cut_tail, forge_chain
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def pk_of(seq: int) -> int:
    """Without the rest of the row, which may be past reading."""
    return Event.objects.values_list("pk", flat=True).get(seq=seq)


@pytest.fixture
def log(unguarded):
    """Eight sealed events and every right to change them."""


def test_an_empty_log_is_whole():
    assert (str(verify()), verify().count) == ("日志完好：0 条首尾相接，与 0 个库外锚点相符。", 0)


def test_a_changed_content_is_named(log):
    sql("UPDATE audit_event SET actor_label = '别人' WHERE seq = 5")
    assert str(verify()) == f"第 5 条（编号 {pk_of(5)}）与封存时不同：内容被改动，或前面的日志被换过。"
    sql("UPDATE audit_event SET detail = '{}' WHERE seq = 3")
    assert (verify().fault, verify().seq) == (Fault("content", seq=3, pk=pk_of(3)), 2)


@pytest.mark.parametrize("at", ["20206-09-18 02:40:00+00", "infinity", "2026-09-18 02:40:00+00 BC", "2026-09-18 02:40:00.000001+00"])
def test_a_time_beyond_python_is_named(log, at):
    sql("UPDATE audit_event SET at = %s WHERE seq = 5", at)
    assert verify().fault == Fault("content", seq=5, pk=pk_of(5))


def test_a_missing_event_is_named(log):
    sql("DELETE FROM audit_event WHERE seq IN (4, 5)")
    assert str(verify()) == "第 4 条不见了，日志在这里缺了一段。"


def test_the_first_event_missing(log):
    sql("DELETE FROM audit_event WHERE seq = 1")
    assert verify().fault == Fault("missing", seq=1)


def test_a_cut_tail_is_missing(log):
    sql("DELETE FROM audit_event WHERE seq >= 7")
    assert verify().fault == Fault("missing", seq=7)


def test_two_events_exchanged(log):
    third, fourth = pk_of(3), pk_of(4)
    sql("UPDATE audit_event SET seq = -1 WHERE id = %s", third)
    sql("UPDATE audit_event SET seq = 3 WHERE id = %s", fourth)
    sql("UPDATE audit_event SET seq = 4 WHERE id = %s", third)
    assert verify().fault == Fault("content", seq=3, pk=fourth)


def test_a_number_out_of_order_is_named(log):
    fourth = pk_of(4)
    sql("UPDATE audit_event SET seq = 0 WHERE seq = 4")
    assert str(verify()) == f"第 0 条（编号 {fourth}）的序号不对：序号重复，或顺序被改动。"


def test_an_event_put_in_from_outside_is_named(log):
    event = Event.objects.create(at=NOW, actor_label="别人", action="tests.forged")
    assert str(verify()) == f"编号 {event.pk} 的日志没有封存，不是由本系统写入的。"
    sql("UPDATE audit_event SET seq = 9, mac = %s WHERE id = %s", "0" * 64, event.pk)
    assert verify().fault == Fault("content", seq=9, pk=event.pk)


def test_a_changed_end_is_named(log):
    sql("UPDATE audit_head SET mac = 'x'")
    assert str(verify()) == "日志末端的记录与最后一条（第 8 条）不符，末端被改动。"
    sql("UPDATE audit_head SET seq = 7")
    assert verify().fault == Fault("head", seq=8)
    sql("UPDATE audit_head SET seq = 11")
    assert verify().fault == Fault("missing", seq=9)


def test_missing_triggers_are_named(log):
    assert (verify().is_intact, verify().count, verify().fault.kind) == (False, 8, "triggers")
    assert "manage.py audit protect" in str(verify())
    install(connection)
    assert verify().is_intact


def test_a_cut_tail_with_its_end_rewritten_is_found_by_the_anchor(log):
    write_anchor(now=NOW)
    cut_tail(5)
    install(connection)
    assert str(verify()) == "库外锚点（2026-09-18 10:40）记有第 8 条，库里已经没有：日志末尾被删减。"


def test_a_cut_tail_is_not_found_without_an_anchor(log):
    """The reason for anchors: the limit of what a chain alone can say."""
    cut_tail(5)
    install(connection)
    assert verify().is_intact


def test_a_chain_rewritten_with_the_key_is_found_by_the_anchor(log):
    write_anchor(now=NOW)
    forge_chain()
    install(connection)
    assert str(verify()) == f"第 8 条（编号 {pk_of(8)}）与库外锚点（2026-09-18 10:40）不符：日志被整体重写过。"


def test_a_chain_rewritten_with_the_key_is_whole_without_an_anchor(log):
    forge_chain()
    install(connection)
    assert verify().is_intact


@pytest.mark.parametrize("seed", range(8))
def test_random_changes_are_found(log, seed):
    """A small helping of benchmarks/audit_tamper.py."""
    chance, found, made = random.Random(seed), 0, 0
    for _n in range(25):
        with transaction.atomic():
            try:
                with transaction.atomic():
                    pk, column = pk_of(chance.randint(1, 8)), chance.choice(COLUMNS)
                    is_made = change(pk, column, chance)
            except DatabaseError:
                is_made = False
            made += is_made
            found += is_made and verify().fault.kind != "triggers"
            transaction.set_rollback(True)
    assert made > 5 and found == made


def test_every_column_is_in_the_chain():
    assert {*FIELDS, "seq", "mac"} == {f.column for f in Event._meta.fields} == set(COLUMNS)


def test_the_walk_is_told_how_far_it_is(monkeypatch, log):
    install(connection)
    monkeypatch.setattr("audit.verify.BATCH", 3)
    told = []
    assert verify(lambda done, total: told.append((done, total))).is_intact
    assert told == [(3, 8), (6, 8), (8, 8)]


def test_equal_numbers_on_both_sides_of_a_batch(monkeypatch, log):
    """The unique index may be gone too."""
    monkeypatch.setattr("audit.verify.BATCH", 4)
    name = next(n for n, c in _constraints().items() if c["unique"] and c["columns"] == ["seq"])
    if connection.vendor == "sqlite":
        pytest.skip("there the index is part of the table")
    sql(f'ALTER TABLE audit_event DROP CONSTRAINT "{name}"')
    fifth = pk_of(5)
    sql("UPDATE audit_event SET seq = 4 WHERE seq = 5")
    assert verify().fault == Fault("order", seq=4, pk=fifth)


def _constraints() -> dict:
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, "audit_event")


def test_writing_goes_on_after_a_fault(log):
    sql("UPDATE audit_event SET actor_label = '别人' WHERE seq = 5")
    install(connection)
    note()
    seal(connection)
    assert (Event.objects.latest("seq").seq, verify().fault.seq) == (9, 5)
    remove(connection)
