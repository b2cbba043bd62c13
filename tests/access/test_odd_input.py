"""What nobody types by hand: every page answers it, none breaks."""

import uuid

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from campaigns.current import KEY
from reports.actions import compose_briefing, document_of
from reports.files import render
from tests.access.test_access import TABLE, WHO
from tests.access.world import addresses
from tests.cast import enter

KEYS = [
    "action", "as_of", "aspect", "category", "check", "kind", "level", "more", "new", "next", "old", "open", "own", "page", "parent", "problem", "q",
    "report", "result", "role", "row", "show", "since", "source", "staff_no", "standing", "state", "status", "track", "unit", "until", "view", "who", "work_group",
]  # fmt: skip
MARKUP = "<q1 '\">"
HUGE = "9" * 25
REAL_VERSION = {"yes", MARKUP, "9999-12-31", "0001-01-01"}  # sent with these, so that the nonsense gets past the version
ODD = ["", "²", HUGE, "9" * 5000, "-1", "1e9", "\x00", "\ud7ff\uffff", "9999-12-31", "0001-01-01", "2026-02-30", MARKUP, "%", "../../etc", "٣"]


def by(values: list[str], *others: str) -> list:
    """Every value for the office, who has most pages; the worst three for the others."""
    pairs = [("office", value) for value in values] + [(who, value) for who in others for value in (HUGE, "\x00", MARKUP)]
    return [pytest.param(who, value, id=f"{who}-{value[:12]!a}-{len(value)}") for who, value in pairs]


@pytest.fixture(scope="module")
def play(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        cast = enter()
        where = addresses(cast)
        connection.finish()  # as the deeds' commits would
        yield cast, where
        transaction.set_rollback(True)


def calm(cast, who: str) -> Client:
    """A client that is given the 500 page instead of the exception."""
    client = Client(raise_request_exception=False)
    client.force_login(getattr(cast, who))
    return client


@pytest.mark.parametrize(("who", "value"), by(ODD, "clues", "administrator"))
def test_odd_addresses(play, db, who, value):
    cast, where = play
    client, column = calm(cast, who), WHO.index(who)
    asked = {name: client.get(where[name].partition("?")[0], dict.fromkeys(KEYS, value)) for name, row in TABLE.items() if row[column] in "+>"}
    assert {name: answer.status_code for name, answer in asked.items() if answer.status_code not in (200, 302, 400, 403, 404)} == {}
    assert [name for name, answer in asked.items() if b"<q1" in b"".join(answer)] == []


@pytest.mark.parametrize(("who", "value"), by(["²", HUGE, "9" * 5000, "-1", "\x00", "9999-12-31", "0001-01-01", MARKUP, "yes"], "director", "clues", "supervisor", "administrator"))
def test_odd_forms(play, db, who, value):
    """Every field of every form the person gets, and the names that views read by themselves, filled with the same nonsense."""
    cast, where = play
    client, column = calm(cast, who), WHO.index(who)
    broken = {}
    for name, row in TABLE.items():
        if row[column] in "+P" and name != "accounts:sign_out":
            page = client.get(where[name]) if row[column] == "+" else None
            form = (page.context or {}).get("form") if page is not None else None
            sent = dict.fromkeys([*(form.fields if form is not None else ()), "unit", "do", "active", "sheet", "query", "read", "version"], value)
            if value in REAL_VERSION and hasattr(form, "conflict"):
                sent["version"] = form["version"].value()
            answer = client.post(where[name], sent)
            if answer.status_code not in (200, 204, 302, 400, 403, 404, 405, 409) or b"<q1" in answer.content:
                broken[name] = answer.status_code
    assert broken == {}


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5000, "0"])
def test_odd_numbers_in_the_path(play, db, number):
    """A row's number that no database holds is a page that isn't there."""
    cast, where = play
    client = calm(cast, "office")
    answers = {}
    for name, address in where.items():
        parts = address.partition("?")[0].split("/")
        odd = "/".join(number if part.isdecimal() else part for part in parts)
        if odd != "/".join(parts):
            answers[name] = client.get(odd).status_code
    assert len(answers) > 50
    assert {name: status for name, status in answers.items() if status not in (403, 404, 405)} == {}


def test_what_a_briefing_holds_is_text(play, db):
    """On its page, in its comparison and in the HTML file."""
    cast, _where = play
    facts = dict.fromkeys(["title", "organ", "audience", "signer", "number", "copies_to"], MARKUP) | {"dated_on": timezone.localdate()}
    briefing = compose_briefing(cast.campaign, kind="progress", as_of=timezone.localdate(), body=f"# {MARKUP}\n## {MARKUP}。\n{MARKUP}", by=cast.office, at=timezone.now(), **facts)
    client = calm(cast, "office")
    pages = [client.get(f"/reports/briefings/{briefing.pk}/{tail}").content.decode() for tail in ("", "compare/?old=1&new=1", "edit/")]
    pages.append(render(document_of(briefing), "html").decode())
    assert [("<q1" in page, "&lt;q1" in page) for page in pages] == [(False, True)] * 4


def test_an_odd_campaign_in_the_session_is_no_campaign(play, db):
    cast, _where = play
    client = calm(cast, "office")
    session = client.session
    session[KEY] = 10**30
    session.save()
    assert client.get("/campaigns/").status_code == 200


@pytest.mark.parametrize("username", ["\x00", "9" * 5000, "<script>", "何" * 200])
def test_a_refused_sign_in_is_on_record_whatever_was_typed(db, username):
    client = Client(raise_request_exception=False)
    assert client.post("/accounts/sign-in/", {"username": username, "password": "x"}).status_code == 200
    assert Event.objects.get(action="accounts.sign_in_refused").actor_id is None


def test_no_token_takes_a_refused_sign_in_off_the_record(db, client):
    """The one-time token rolls a refused form back, but not what the sign-in page noted."""
    client.post("/accounts/sign-in/", {"username": "office", "password": "x", "once": str(uuid.uuid4())})
    assert Event.objects.filter(action="accounts.sign_in_refused").count() == 1


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:evil.example", "\thttps://evil.example", ""])
def test_sign_in_leads_nowhere_else(play, db, client, target):
    cast, _where = play
    user = User.objects.get(pk=cast.office.pk)
    user.set_password("yun-lan-2026-x")
    user.save()
    answer = client.post("/accounts/sign-in/", {"username": "office", "password": "yun-lan-2026-x", "next": target})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_typed_year_is_a_year_somebody_means(play, db):
    cast, _where = play
    client = calm(cast, "office")
    answer = client.post("/campaigns/phases/new/", {"label": "学习教育", "kind": "learning", "starts_on": "9999-12-31"})
    assert (answer.status_code, "年份 9999 不对，请核对。" in answer.content.decode()) == (200, True)
    assert timezone.localdate().year in range(1900, 2200)
