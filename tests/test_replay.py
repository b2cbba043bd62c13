"""A cast put back as rows is the cast that entered by deeds, and one that was committed is gone afterwards."""

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

from accounts.models import User
from audit.triggers import missing
from tests import cast as play
from tests.replay import Replay, counted, rows_of, tables


def everything() -> dict[str, list]:
    return {table: sorted(map(repr, rows_of(table)[1])) for table in tables()}


def left_over() -> tuple:
    """What the transaction still has to do."""
    return set(connection.unsealed), {deed: set(touched) for deed, touched in connection.finishing.items()}


@pytest.fixture
def deeds_again(db):
    """(everything after the deeds, what they left over), and a replay of them in the database as it was before."""
    replay = Replay(play.by_deeds)
    with transaction.atomic():
        replay.note()
        told = everything(), left_over()
        transaction.set_rollback(True)
    connection._forget()
    return told, replay


def test_every_row_is_there_again_and_what_the_commit_has_to_do(deeds_again, monkeypatch):
    told, replay = deeds_again
    monkeypatch.setattr(replay, "make", None)
    cast = replay()
    assert (everything(), left_over()) == told
    assert sum(map(len, told[0].values())) > 80
    assert left_over()[0] and left_over()[1]
    assert (cast.person(cast.liaison).unit, cast.campaign.unit) == (cast.unit_a, cast.organ)


def test_nobody_meets_anothers_objects(deeds_again):
    _told, replay = deeds_again
    with transaction.atomic():
        first = replay()
        transaction.set_rollback(True)
    second = replay()
    assert first.office == second.office and first.office is not second.office


def test_in_a_database_with_other_rows_the_deeds_are_done(deeds_again):
    _told, replay = deeds_again
    somebody = User.objects.create(username="somebody", opened_at=play.NOW)
    cast = replay()
    assert User.objects.count() == 1 + 18 and somebody.pk not in {user.pk for user in vars(cast).values() if isinstance(user, User)}
    assert connection.unsealed and counted() != replay.noted.counts


@pytest.mark.django_db(transaction=True)
def test_who_really_commits_gets_deeds_that_are_sealed():
    play.enter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*), COUNT(seq) FROM audit_event")
        events, sealed = cursor.fetchone()
    assert events == sealed > 0


def test_a_set_up_that_changes_a_row_cannot_be_noted(db):
    somebody = User.objects.create(username="somebody", opened_at=play.NOW)
    with pytest.raises(AssertionError, match="accounts_user"):
        Replay(lambda: User.objects.filter(pk=somebody.pk).update(name="别名")).note()


@pytest.mark.django_db(transaction=True)
def test_what_was_committed_is_emptied_and_the_log_guarded_again():
    before = counted()
    play.enter()
    assert counted() != before
    TransactionTestCase()._fixture_teardown()
    assert counted() == before and missing(connection) == []
    held = {table.strip('"'): count for table, count in zip(tables(), before, strict=True) if count}
    assert set(held) == {"auth_permission", "django_content_type"}
