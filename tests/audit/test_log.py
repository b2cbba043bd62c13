"""The log: inside the deed's transaction, once written never touched."""

import pytest
from django.db import transaction

from accounts.models import User
from audit.log import record
from audit.models import Event
from tests.cast import NOW, account


@pytest.fixture
def event(db) -> Event:
    man = account("office", "沈若川")
    return record("accounts.open_account", by=man, at=NOW, subject=man, username="office")


def test_record_writes_plain_labels(event):
    assert (event.actor_label, event.action, event.subject_type, event.subject_label, event.detail) == ("沈若川", "accounts.open_account", "accounts.user", "沈若川", {"username": "office"})
    assert str(event) == "2026-09-18 10:40 沈若川 accounts.open_account 沈若川"
    assert event.subject_id == str(event.actor_id) == str(User.objects.get().pk)


def test_record_by_the_system_about_nothing(db):
    event = record("accounts.sign_in_refused", by=None, at=NOW, username="x")
    assert (event.actor_id, event.actor_label, event.subject_type, event.subject_id) == (None, "系统", "", "")


@pytest.mark.django_db(transaction=True)
def test_record_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="inside the deed's transaction"):
        record("accounts.sign_in", by=None, at=NOW)
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_fails_leaves_no_event():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record("accounts.sign_in", by=None, at=NOW)
        1 / 0  # noqa: B018
    assert not Event.objects.exists()


def test_a_deed_fails_when_its_event_cant_be_written(db):
    with pytest.raises(TypeError), transaction.atomic():
        account("ghost", "没有")
        record("accounts.open_account", by=None, at=NOW, bad=object())
    assert not User.objects.filter(username="ghost").exists()


@pytest.mark.parametrize("touch", [
    lambda e: Event.objects.update(action="x"),
    lambda e: Event.objects.all().delete(),
    lambda e: Event.objects.filter(pk=e.pk).bulk_update([e], ["action"]),
    lambda e: e.save(),
    lambda e: e.delete(),
])  # fmt: skip
def test_events_are_append_only(event, touch):
    event.action = "x"
    with pytest.raises(TypeError, match="append-only"), transaction.atomic():
        touch(event)
    assert Event.objects.get().action == "accounts.open_account"


def test_about_is_the_history_of_one_row(event):
    other = account("other", "别人")
    record("accounts.sign_in", by=other, at=NOW, subject=other)
    man = User.objects.get(username="office")
    record("accounts.sign_in", by=man, at=NOW, subject=man)
    assert [e.action for e in Event.objects.all().about(man)] == ["accounts.open_account", "accounts.sign_in"]


def test_a_label_too_long_is_cut(db):
    man = account("long", "长" * 40)
    man.name = "长" * 300
    assert record("accounts.sign_in", by=None, at=NOW, subject=man).subject_label == "长" * 200


def test_events_outlive_what_they_tell_of(event):
    User.objects.all().delete()
    assert Event.objects.get().actor_label == "沈若川"
