"""Where a deed came from, and who was turned away."""

import datetime as dt

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from audit.log import plain, record
from audit.models import Event
from audit.where import here
from tests.cast import NOW, account


def denials() -> list[tuple]:
    return [(e.actor_label, e.result, e.address, e.detail) for e in Event.objects.filter(action="access.denied").order_by("pk")]


def test_a_deed_knows_its_address(cast, signed_in):
    signed_in(cast.office).post("/accounts/sign-out/", REMOTE_ADDR="10.1.2.3")
    event = Event.objects.get(action="accounts.sign_out")
    assert (event.address, event.result, here.get()) == ("10.1.2.3", "done", "")


def test_a_deed_outside_a_request_has_none(db):
    assert record("tests.deed", by=None, at=NOW).address == ""


def test_a_front_server_is_believed_and_nobody_else(cast, signed_in, settings):
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    for nearest in ("10.0.0.1", "10.0.0.2"):
        signed_in(cast.office).post("/accounts/sign-out/", REMOTE_ADDR=nearest, HTTP_X_FORWARDED_FOR="1.2.3.4, 10.9.9.9")
    assert list(Event.objects.filter(action="accounts.sign_out").order_by("pk").values_list("address", flat=True)) == ["10.9.9.9", "10.0.0.2"]


def test_a_refused_sign_in_is_refused(db, client):
    client.post("/accounts/sign-in/", {"username": "x", "password": "x"}, REMOTE_ADDR="10.1.2.3")
    event = Event.objects.get()
    assert (event.action, event.result, event.address) == ("accounts.sign_in_refused", "refused", "10.1.2.3")


def test_a_missing_right_is_on_record(cast, signed_in):
    client = signed_in(cast.cadre)
    assert client.get("/audit/?who=secret", REMOTE_ADDR="10.1.2.3").status_code == 403
    assert denials() == [("林知夏", "denied", "10.1.2.3", {"view": "reports:audit_log", "method": "GET", "status": 403})]


def test_what_is_not_theirs_to_see_is_on_record(cast, signed_in):
    assert signed_in(cast.cadre).post("/organizations/units/999999/change/", {"name": "secret"}).status_code == 403
    assert signed_in(cast.office).get("/organizations/units/999999/").status_code == 404
    assert [detail for _who, _result, _where, detail in denials()] == [
        {"view": "organizations:unit_change", "method": "POST", "status": 403}, {"view": "organizations:unit_detail", "method": "GET", "status": 404},
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/nowhere/", "/audit/nowhere/", "/", "/help/"])
def test_no_denial(cast, signed_in, path):
    assert signed_in(cast.cadre).get(path).status_code in (200, 404)
    assert denials() == []


def test_a_visitor_is_no_person(cast, client):
    assert client.get("/audit/").status_code == 302
    assert denials() == []


def test_a_form_without_its_token_is_on_record(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.office)
    assert client.post("/accounts/sign-out/").status_code == 403
    assert [detail["view"] for *_rest, detail in denials()] == ["accounts:sign_out"]


def test_once_a_minute_for_each_page(cast, signed_in):
    client = signed_in(cast.cadre)
    for _n in range(5):
        client.get("/audit/")
    client.get("/organizations/accounts/")
    assert [detail["view"] for *_rest, detail in denials()] == ["reports:audit_log", "organizations:account_list"]
    signed_in(cast.colleague).get("/audit/")
    assert len(denials()) == 3


def test_again_after_a_minute(cast, signed_in, monkeypatch):
    client, now = signed_in(cast.cadre), timezone.now()
    client.get("/audit/")
    monkeypatch.setattr("audit.middleware.timezone.now", lambda: now + dt.timedelta(seconds=61))
    client.get("/audit/")
    assert len(denials()) == 2


def test_the_answer_goes_out_when_the_note_cant_be_made(cast, signed_in, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr("audit.middleware.record", broken)
    assert signed_in(cast.cadre).get("/audit/").status_code == 403
    assert "a denial (reports:audit_log, 403) is not on record" in [r.message for r in caplog.records]


@pytest.mark.parametrize(("typed", "kept"), [
    ("沈\r\n若川", "沈 若川"), ("a\x00b", "a b"), ("a\u202eb\u2066c", "a b c"), ("\ud800x", "x"), ("\ufeff甲\u2028乙\u200b", "甲 乙"), ("a\tb\x1b[31m", "a b [31m"), ("林 知夏", "林 知夏"),
])  # fmt: skip
def test_labels_are_one_line_that_reads_as_it_is(db, typed, kept):
    man = account("x", "某某")
    man.name = typed
    event = record("tests.deed", by=man, at=NOW, subject=man)
    assert (plain(typed), event.actor_label, event.subject_label) == (kept, kept, kept)
