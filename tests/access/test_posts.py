"""What a POST does for whom: the addresses without a page of their own, and that nobody changes anything by any other way."""

import hashlib

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import resolve

from tests.access.test_access import TABLE, WHO, client_of
from tests.access.world import addresses
from tests.cast import enter

# What a POST without a body answers: + done or asked for more (200, 422, or 302 to where it is seen), x 403, - 404.
# The visitor is always sent to sign in, and leaving is open to them too.
POSTS = {
    "accounts:sign_out": "+++++++++++++++++++",
    "accounts:alive": "++++++++++++++++++>",
    "accounts:sign_in_end": "-------+---------->",
    "accounts:sign_ins_end": "++++++++++++++++++>",
    "accounts:tour_end": "++++++++++++++++++>",
    "accounts:tour_restart": "++++++++++++++++++>",
    "accounts:inbox_read": "++++++++++++++++++>",
    "jobs:job_cancel": "-------+---+------>",
    "jobs:job_retry": "-------+---+------>",
    "organizations:duty_withdraw": "x+xxxxxxxx-+xxxxxx>",
    "organizations:roster_confirm": "x+xxxxxxxx--xxxxxx>",
    "organizations:account_switch": "xxxxxxxxxxx+xxxxxx>",
    "organizations:account_unlock": "xxxxxxxxxxx+xxxxxx>",
    "organizations:account_factor_drop": "xxxxxxxxxxx+xxxxxx>",
    "campaigns:campaign_choose": "++++++++++-xxx++++>",
    "campaigns:member_remove": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:slip_acknowledge": "-------+---xxx---->",
    "ledger:milestone_tick": "x+xx--++---xxxx--x>",
    "ledger:problem_export": "++++xx+xx+-xxx+xx+>",
    "ledger:saved_view_drop": "-+--xx-xx--xxx-xx->",
    "selfcheck:round_urge": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:selfcheck_autosave": "-------+---xxx---->",
    "selfcheck:checklist_new": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:checklist_discard": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:round_freeze": "x+xxxxxxxx-xxxxxxx>",
    "reports:report_now": "++x+xxxxxx-xxx++++>",
    "reports:briefing_restore": "x+xxxxxxxx-xxx+x+x>",
    "reports:briefing_submit": "x+xxxxxxxx-xxx+x+x>",
    "reports:briefing_file": "++x+xxxxxx-xxx++++>",
    "reports:ledger_pdf": "++++xx+xx+-xxx+xx+>",
    "reports:audit_verify": "xxxxxxxxxxxxx+xxxx>",
    "reports:audit_export": "xxxxxxxxxxxxx+xxxx>",
}
SIGNS = {200: "+", 204: "+", 302: "+", 422: "+", 403: "x", 404: "-"}
SIGN_IN = "/accounts/sign-in/?next="


@pytest.fixture(scope="module")
def play(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        cast = enter()
        where = addresses(cast)
        connection.finish()  # as the deeds' commits would
        yield cast, where
        transaction.set_rollback(True)


def sign(answer) -> str:
    return ">" if answer.headers.get("Location", "").startswith(SIGN_IN) else SIGNS[answer.status_code]


def rows() -> dict[str, str]:
    """A digest of every table, each value of each row; sessions and the log, which notes who read, aside."""
    aside = {"audit.event", "sessions.session"}
    return {
        m._meta.label: hashlib.sha256(repr(list(m.objects.order_by("pk").values_list())).encode()).hexdigest()
        for m in apps.get_models(include_auto_created=True)
        if m._meta.label_lower not in aside
    }


def changed(before: dict[str, str]) -> set[str]:
    return {label for label, digest in rows().items() if digest != before[label]}


def test_every_address_without_a_page_is_in_the_table():
    assert set(POSTS) == {name for name, row in TABLE.items() if "P" in row}


@pytest.mark.parametrize("who", WHO)
def test_post(play, db, who):
    cast, where = play
    column = WHO.index(who)
    answers = {}
    for name in POSTS:
        with transaction.atomic():
            answers[name] = sign(client_of(cast, who).post(where[name]))
            transaction.set_rollback(True)
    assert answers == {name: row[column] for name, row in POSTS.items()}


@pytest.mark.parametrize("who", WHO)
def test_a_refused_post_changes_nothing(play, db, who):
    """403, 404, 405 or the way to sign in: not one value differs afterwards, with or without the one-time token."""
    cast, where = play
    client, column, before = client_of(cast, who), WHO.index(who), rows()
    refused = [n for n in TABLE if (POSTS.get(n) or TABLE[n])[column] in "x-"]
    if who == "visitor":
        refused = [n for n in TABLE if n not in ("accounts:sign_in", "accounts:sign_out")]
    for n, name in enumerate(refused):
        answer = client.post(where[name], {"once": f"00000000-0000-4000-8000-{n:012}"} if n % 2 else {})
        assert answer.status_code in (403, 404, 405) or sign(answer) == ">", name
    # a token is spent only by a deed; being sent to sign in is none
    assert changed(before) == set()


@pytest.mark.parametrize("who", WHO)
def test_a_get_changes_nothing(play, db, who):
    """Pages, exports and downloads leave a line in the log at most."""
    cast, where = play
    client, before = client_of(cast, who), rows()
    for address in where.values():
        client.get(address)
    assert changed(before) == set()


def test_every_post_needs_the_csrf_token(play, db):
    cast, where = play
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.office)
    assert {name: status for name, address in where.items() if (status := client.post(address).status_code) != 403} == {}
    assert [name for name, address in where.items() if getattr(resolve(address.partition("?")[0]).func, "csrf_exempt", False)] == []


def test_only_the_door_and_what_a_monitor_asks_are_public(play):
    _cast, where = play
    assert {name for name, address in where.items() if getattr(resolve(address.partition("?")[0]).func, "is_public", False)} == {"accounts:sign_in", "accounts:sign_out", "operations:health", "operations:readiness", "operations:metrics"}
