"""The chain grows with each commit, by what really happened and in that order; what can't be sealed doesn't happen."""

import datetime as dt
import hmac
import threading
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, connections, transaction

from accounts.models import User
from audit.chain import SealingFailed, seal
from audit.log import record
from audit.models import Event, Head
from audit.triggers import remove
from audit.verify import verify
from tests.audit.conftest import note, sql
from tests.cast import NOW, account

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="tools/test.sh runs it on PostgreSQL")


def chain() -> list[tuple[int, str]]:
    return list(Event.objects.order_by("seq").values_list("seq", "action"))


def test_every_commit_seals_what_it_recorded():
    note("tests.first")
    with transaction.atomic():
        record("tests.second", by=None, at=NOW)
        with transaction.atomic():
            record("tests.third", by=None, at=NOW)
        assert set(Event.objects.values_list("seq", flat=True)) == {1, None}
    note("tests.fourth")
    assert chain() == [(1, "tests.first"), (2, "tests.second"), (3, "tests.third"), (4, "tests.fourth")]
    assert list(Head.objects.values_list("seq", "mac")) == [(4, Event.objects.get(seq=4).mac)]
    assert (str(verify()), connection.unsealed) == ("日志完好：4 条首尾相接，与 0 个库外锚点相符。", set())


def test_what_is_rolled_back_has_no_number():
    with transaction.atomic():
        record("tests.first", by=None, at=NOW)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            record("tests.undone", by=None, at=NOW)
            1 / 0  # noqa: B018
        record("tests.second", by=None, at=NOW)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record("tests.undone", by=None, at=NOW)
        1 / 0  # noqa: B018
    assert connection.unsealed == set()
    with transaction.atomic():
        record("tests.undone", by=None, at=NOW)
        transaction.set_rollback(True)
    note("tests.third")
    assert chain() == [(1, "tests.first"), (2, "tests.second"), (3, "tests.third")] and verify().is_intact


def test_more_events_than_one_statement_takes():
    with transaction.atomic():
        for _n in range(2050):
            record("tests.deed", by=None, at=NOW)
    assert list(Event.objects.order_by("pk").values_list("seq", flat=True)) == list(range(1, 2051))
    assert verify().is_intact


def test_a_deed_without_an_event_leaves_the_chain_alone():
    note()
    account("office", "沈若川")
    with transaction.atomic():
        account("other", "别人")
    assert list(Head.objects.values_list("seq", flat=True)) == [1]


@pytest.mark.parametrize("error", [ValueError("not a database's"), SealingFailed("no"), OperationalError("database is locked")])
def test_what_cant_be_sealed_doesnt_happen(monkeypatch, error):
    def broken(connection):
        raise error

    told = []
    with monkeypatch.context() as patch:
        patch.setattr("audit.backends.sealing.seal", broken)
        with pytest.raises(type(error)), transaction.atomic():
            account("ghost", "没有")
            record("accounts.open_account", by=None, at=NOW)
            transaction.on_commit(lambda: told.append("done"))
    assert (User.objects.count(), Event.objects.count(), told, connection.unsealed) == (0, 0, [], set())
    assert (connection.in_atomic_block, connection.get_autocommit()) == (False, True)
    note("tests.next")
    assert chain() == [(1, "tests.next")]


def test_a_log_that_lost_its_end_takes_no_more():
    note()
    remove(connection)
    sql("DELETE FROM audit_head")
    with pytest.raises(SealingFailed), transaction.atomic():
        account("ghost", "没有")
        record("accounts.open_account", by=None, at=NOW)
    assert (User.objects.count(), Event.objects.count(), str(verify())) == (0, 1, "日志末端的记录与最后一条（第 1 条）不符，末端被改动。")


def test_an_engine_that_doesnt_seal_does_no_deeds(monkeypatch):
    plain_engine = SimpleNamespace(get_connection=lambda: SimpleNamespace(in_atomic_block=True))
    monkeypatch.setattr("audit.log.transaction", plain_engine)
    with pytest.raises(AttributeError, match="unsealed"), transaction.atomic():
        record("tests.deed", by=None, at=NOW)
    assert not Event.objects.exists()


@pytest.mark.parametrize(("suite", "number", "digest"), [("gm", 1, "sm3"), ("intl", 2, "sha256")])
def test_the_code_is_made_of_everything_and_stays_as_it_is(settings, suite, number, digest):
    """Written out once more by hand: a change of a format would make every old log look tampered with."""
    settings.CRYPTO_SUITE, settings.AUDIT_KEY = suite, "a key of the tests"
    event = note("tests.deed", 数=[1, None], b="销号")
    text = (
        f'["event",{number},"{digest}",1,"",{event.pk},"2026-09-18 02:40:00",null,"\\u7cfb\\u7edf","tests.deed","","","",'
        '{"b":"\\u9500\\u53f7","\\u6570":[1,null]},"","done"]'
    )
    assert Event.objects.get().mac == hmac.new(b"a key of the tests", text.encode(), digest).hexdigest()


def test_the_digest_may_change_in_between(settings):
    for suite in ("gm", "intl", "intl", "gm"):
        settings.CRYPTO_SUITE = suite
        note(suite=suite)
    assert verify().is_intact


def test_another_key_reads_no_code(settings):
    note()
    settings.AUDIT_KEY = "another"
    assert verify().fault.kind == "content"


def test_moments_are_kept_to_the_microsecond():
    for micro in (0, 1, 500000, 999999):
        with transaction.atomic():
            record("tests.deed", by=None, at=NOW + dt.timedelta(microseconds=micro))
    assert verify().is_intact


def test_seal_seals_once():
    event = note()
    with transaction.atomic():
        assert seal(connection, [event.pk]) == 0
    assert list(Head.objects.values_list("seq", flat=True)) == [1]


def in_threads(*works) -> list:
    """Run each on a connection of its own; what went wrong comes back."""
    errors = []

    def run(work):
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


@on_postgresql
def test_eight_writers_make_one_chain_without_a_gap():
    def deeds():
        for number in range(50):
            with transaction.atomic():
                record("tests.deed", by=None, at=NOW, number=number)
                if number % 10 == 0:
                    record("tests.second", by=None, at=NOW)

    assert in_threads(*[deeds] * 8) == []
    assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 441))
    assert verify().is_intact


@on_postgresql
def test_a_deferred_foreign_key_makes_no_deadlock():
    """One deed refers to a row that the other holds: checked in COMMIT, they would wait for each other across the chain's end."""
    from accounts.models import SpentToken

    man, has_row, is_waiting = account("office", "沈若川"), threading.Event(), threading.Event()

    def holds_the_row():
        with transaction.atomic():
            User.objects.select_for_update().get(pk=man.pk)
            has_row.set()
            is_waiting.wait(10)
            threading.Event().wait(0.3)  # the other is in its commit by now
            record("tests.holder", by=None, at=NOW)

    def refers_to_it():
        import uuid

        has_row.wait(10)
        with transaction.atomic():
            SpentToken.objects.create(token=uuid.uuid4(), user_id=man.pk, spent_at=NOW)
            record("tests.referrer", by=None, at=NOW)
            is_waiting.set()

    assert in_threads(holds_the_row, refers_to_it) == []
    assert chain() == [(1, "tests.holder"), (2, "tests.referrer")]
