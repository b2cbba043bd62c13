"""What somebody might send to get more than is theirs: hidden fields, wider roles, others' accounts, guessed passwords."""

import re

import pytest
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from demo.actions import password_for
from ledger.models import Problem
from organizations.actions import grant_role
from organizations.models import Cadre, RoleGrant
from organizations.passwords import plain
from reports.models import Briefing
from selfcheck.actions import take_notice
from selfcheck.models import SelfCheck
from tests.access.test_access import client_of
from tests.access.world import addresses
from tests.cast import account, enter


@pytest.fixture(scope="module")
def play(django_db_setup, django_db_blocker):
    """(cast, addresses); `keeper` keeps the accounts of unit A alone, `guard` grants the roles there."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = enter()
        where = addresses(cast)
        cast.keeper = account("keeper", "管一室")
        grant_role(cast.keeper, role="system_administrator", unit=cast.unit_a, by=None, at=timezone.now())
        cast.guard = account("guard", "安一室")
        grant_role(cast.guard, role="security_administrator", unit=cast.unit_a, by=None, at=timezone.now())
        yield cast, where
        transaction.set_rollback(True)


# --- fields that no form has ------------------------------------------------------------------------------------------


def test_a_report_of_progress_moves_nothing_else(play, db):
    cast, where = play
    problem = Problem.objects.get(pk=where["ledger:progress_new"].split("/")[3])
    sent = {"text": "有进展", "made_on": timezone.localdate(), "version": problem.version, "status": "closed", "outcome": "done", "verifier": cast.cadre.pk, "entered_by": cast.office.pk, "problem": 1}
    assert client_of(cast, "cadre").post(where["ledger:progress_new"], sent).status_code == 302
    after = Problem.objects.get(pk=problem.pk)
    assert (after.status, after.outcome, after.verifier, after.progress.last().entered_by) == ("open", "", cast.reviewer, cast.cadre)


def test_a_self_check_is_not_accepted_by_its_author(play, db):
    cast, _where = play
    report = SelfCheck.objects.get(cadre__user=cast.colleague)
    take_notice(report, by=cast.colleague, at=timezone.now())
    sent = {"do": "save", "version": report.version, "status": "accepted", "reviewer": cast.colleague.pk, "accepted_by": cast.reviewer.pk, "cadre": cast.person(cast.cadre).pk, "due_on": "2099-01-01"}
    assert client_of(cast, "colleague").post(f"/selfcheck/{report.pk}/edit/", sent).status_code == 302
    after = SelfCheck.objects.get(pk=report.pk)
    assert (after.status, after.reviewer, after.accepted_by, after.cadre, after.due_on) == ("draft", cast.reviewer, None, report.cadre, report.due_on)


def test_a_cadre_form_opens_no_account_and_moves_no_number(play, db):
    cast, where = play
    sent = {"version": cast.person(cast.cadre).version, "name": "林知夏", "unit": cast.unit_a.pk, "on_duty": "on", "user": cast.director.pk, "staff_no": "director", "is_demo": "on"}
    assert client_of(cast, "office").post(where["organizations:cadre_change"], sent).status_code == 302
    after = cast.person(cast.cadre)
    assert (after.staff_no, after.user, after.is_demo) == ("cadre", cast.cadre, False)


def test_a_briefing_is_not_issued_by_saving_it(play, db):
    cast, where = play
    briefing = Briefing.objects.get(pk=where["reports:briefing_edit"].split("/")[3])
    sent = {"title": "汇报", "as_of": timezone.localdate(), "organ": "工委", "body": "文", "version": briefing.version, "status": "issued", "issued_by": cast.director.pk, "campaign": 999}
    assert client_of(cast, "office").post(where["reports:briefing_edit"], sent).status_code == 302
    after = Briefing.objects.get(pk=briefing.pk)
    assert (after.status, after.issued_by, after.campaign) == ("draft", None, cast.campaign)


def test_a_roster_row_is_not_somebody_elses_account(play, db):
    """A grant form grants to the account in the address, whatever else is sent."""
    cast, where = play
    sent = {"role": "reviewer", "unit": cast.unit_a.pk, "user": cast.administrator.pk, "granted_by": "系统", "pk": cast.administrator.pk}
    assert client_of(cast, "security").post(where["organizations:grant_new"], sent).status_code == 302
    assert RoleGrant.objects.get(role="reviewer", unit=cast.unit_a).user == cast.cadre
    assert RoleGrant.objects.filter(user=cast.administrator).count() == 1


# --- administrators ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "whom", "expected"), [
    ("administrator", "outsider", 404), ("administrator", "director", 200), ("administrator", "supervisor", 200),
    ("administrator", "security", 403), ("administrator", "auditor", 403),
    ("keeper", "cadre", 200), ("keeper", "liaison", 200), ("keeper", "stranger", 404), ("keeper", "administrator", 404), ("keeper", "office", 404),
])  # fmt: skip
def test_whose_password_an_administrator_resets(play, db, who, whom, expected):
    cast, _where = play
    user = getattr(cast, whom)
    client = client_of(cast, who)
    assert client.get(f"/organizations/accounts/{user.pk}/reset/").status_code == expected
    client.post(f"/organizations/accounts/{user.pk}/reset/")
    assert (User.objects.get(pk=user.pk).password != user.password) == (expected == 200)


@pytest.mark.parametrize("deed", ["reset/", "switch/", "grants/new/"])
def test_a_wider_role_puts_an_account_out_of_a_lower_administrators_hands(play, db, deed):
    """The liaison of unit A with a role over the whole organ would otherwise lend it to whoever resets the password."""
    cast, _where = play
    grant_role(cast.liaison, role="office", unit=cast.organ, by=None, at=timezone.now())
    before = User.objects.get(pk=cast.liaison.pk).password
    who = "guard" if deed.startswith("grants") else "keeper"
    answer = client_of(cast, who).post(f"/organizations/accounts/{cast.liaison.pk}/{deed}", {"role": "office", "unit": cast.unit_a.pk, "active": "no"})
    after = User.objects.get(pk=cast.liaison.pk)
    assert (answer.status_code, after.password, after.is_active, RoleGrant.objects.filter(user=after).count()) == (403, before, True, 2)


@pytest.mark.parametrize("unit", ["organ", "bureau", "unit_b", "elsewhere"])
def test_a_lower_administrator_grants_nothing_above(play, db, unit):
    cast, _where = play
    answer = client_of(cast, "guard").post(f"/organizations/accounts/{cast.cadre.pk}/grants/new/", {"role": "office", "unit": getattr(cast, unit).pk})
    assert (answer.status_code, RoleGrant.objects.filter(user=cast.cadre).exists()) == (200, False)
    client_of(cast, "keeper").post("/organizations/accounts/new/", {"username": "puppet", "name": "傀儡", "role": "office", "unit": getattr(cast, unit).pk})
    assert not RoleGrant.objects.filter(user__username="puppet").exists()


def test_nobody_grants_to_themselves(play, db):
    cast, _where = play
    client_of(cast, "security").post(f"/organizations/accounts/{cast.security.pk}/grants/new/", {"role": "office", "unit": cast.organ.pk})
    assert list(RoleGrant.objects.filter(user=cast.security).values_list("role", flat=True)) == ["security_administrator"]


def test_an_administrator_moves_nobody_into_their_scope_to_take_them_over(play, db):
    """Whoever isn't in the scope of the roster can't be moved into it."""
    cast, _where = play
    stranger = cast.person(cast.stranger)
    answer = client_of(cast, "keeper").post(f"/organizations/cadres/{stranger.pk}/change/", {"name": "梁静姝", "unit": cast.unit_a.pk})
    assert (answer.status_code, Cadre.objects.get(pk=stranger.pk).unit) == (404, cast.unit_b)


# --- passwords --------------------------------------------------------------------------------------------------------


def test_a_demo_password_is_known_with_the_installations_key_only(settings):
    here = password_for("YL002")
    settings.SECRET_KEY = "another installation's key, long enough for anything"
    there = password_for("YL002")
    assert here != there and password_for("YL003") != there
    several = {password_for(f"YL{n:03}") for n in range(200)}
    assert len(several) == 200
    assert not [password for password in several if re.search(r"\d{4}|[a-z]{4}", plain(password))]  # no year, no unit: by chance one was refused


def test_an_account_without_a_password_is_not_opened_by_any(db, client):
    user = account("nobody", "无")
    for password in ("", "!", user.password, "None"):
        assert "_auth_user_id" not in client.session
        client.post("/accounts/sign-in/", {"username": "nobody", "password": password})
    assert not check_password("", user.password)


@pytest.mark.parametrize("address", ["/", "/ledger/problems/", "/accounts/inbox/", "/organizations/units/"])
def test_a_first_password_is_changed_before_anything_is_seen(play, db, address):
    cast, _where = play
    User.objects.filter(pk=cast.office.pk).update(must_change_password=True)
    answer = client_of(cast, "office").get(address)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/")


def test_a_switched_off_account_is_out_at_once(play, db):
    cast, _where = play
    client = client_of(cast, "office")
    assert client.get("/ledger/problems/").status_code == 200
    User.objects.filter(pk=cast.office.pk).update(is_active=False)
    assert client.get("/ledger/problems/")["Location"].startswith("/accounts/sign-in/")
