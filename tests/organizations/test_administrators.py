"""三员分立: the three administrators exclude each other, by the action, at use, and by the database."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from organizations.access import Access
from organizations.actions import grant_role, revoke_role
from organizations.models import RoleGrant
from organizations.roles import ADMINISTRATORS, ROLE_PERMISSIONS, Permission, Role
from tests.cast import NOW, account

P = Permission


def test_no_permission_is_held_by_two_of_them_but_seeing_the_units():
    sets = [ROLE_PERMISSIONS[role] for role in ADMINISTRATORS]
    shared = {p for n, one in enumerate(sets) for other in sets[n + 1 :] for p in one & other}
    assert shared == {P.SEE_ORGANIZATIONS}
    assert sets == [{P.SEE_ORGANIZATIONS, P.IMPORT_ROSTER, P.MANAGE_ACCOUNTS}, {P.SEE_ORGANIZATIONS, P.GRANT_ROLES}, {P.SEE_AUDIT}]


def test_accounts_roles_and_log_are_theirs_alone():
    for permission, role in [(P.MANAGE_ACCOUNTS, ADMINISTRATORS[0]), (P.GRANT_ROLES, ADMINISTRATORS[1]), (P.SEE_AUDIT, ADMINISTRATORS[2])]:
        assert [r for r in Role if permission in ROLE_PERMISSIONS[r]] == [role]


@pytest.mark.parametrize("second", [*ADMINISTRATORS, Role.LEADER])
def test_an_administrator_gets_no_second_role(cast, second):
    with pytest.raises(ValidationError, match="三员分立"):
        grant_role(cast.security, role=second, unit=cast.unit_a, by=None, at=NOW)
    assert RoleGrant.objects.filter(user=cast.security).count() == 1


@pytest.mark.parametrize("role", ADMINISTRATORS)
def test_who_runs_the_campaign_becomes_no_administrator(cast, role):
    with pytest.raises(ValidationError, match="三员分立"):
        grant_role(cast.office, role=role, unit=cast.organ, by=None, at=NOW)


def test_the_database_refuses_two_as_well(cast):
    row = RoleGrant(user=cast.security, role=Role.AUDIT_ADMINISTRATOR, unit=cast.unit_a, granted_at=NOW, granted_by="绕过")
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_lifted_one_person_holds_all_three_and_every_page_says_so(cast, settings, signed_in):
    settings.SEPARATE_ADMINISTRATORS = False
    lone = account("lone", "一肩挑")
    for role in ADMINISTRATORS:
        grant_role(lone, role=role, unit=cast.organ, by=None, at=NOW)
    client = signed_in(lone)
    for path in ("/", "/organizations/accounts/", "/audit/"):
        answer = client.get(path)
        assert (answer.status_code, "三员未分设" in answer.content.decode()) == (200, True)
    assert "三员未分设" not in signed_in(cast.office).get("/").content.decode()


def test_restored_the_separation_counts_for_roles_given_meanwhile(cast, settings, signed_in):
    settings.SEPARATE_ADMINISTRATORS = False
    lone = account("lone", "一肩挑")
    for role in ADMINISTRATORS:
        grant_role(lone, role=role, unit=cast.organ, by=None, at=NOW)
    settings.SEPARATE_ADMINISTRATORS = True
    assert Access.of(lone).grants == ()
    assert [signed_in(lone).get(path).status_code for path in ("/organizations/accounts/", "/audit/")] == [403, 403]
    for grant in RoleGrant.objects.filter(user=lone).exclude(role=Role.AUDIT_ADMINISTRATOR):
        revoke_role(grant, by=cast.security, at=NOW)
    assert signed_in(lone).get("/audit/").status_code == 200


@pytest.mark.parametrize(("who", "allowed"), [
    ("administrator", ["account_new", "account_reset"]), ("security", ["grant_new"]), ("auditor", []),
])  # fmt: skip
def test_each_does_their_own_duty_only(cast, signed_in, who, allowed):
    client = signed_in(getattr(cast, who))
    pages = {"account_new": "/organizations/accounts/new/", "account_reset": f"/organizations/accounts/{cast.cadre.pk}/reset/", "grant_new": f"/organizations/accounts/{cast.cadre.pk}/grants/new/"}
    assert [name for name, path in pages.items() if client.get(path).status_code == 200] == allowed
    refused = {name: client.post(path, {"role": "office", "unit": cast.organ.pk, "username": "x", "name": "y"}).status_code for name, path in pages.items() if name not in allowed}
    assert set(refused.values()) <= {403}
    assert (client.get("/audit/").status_code == 200) == (who == "auditor")


@pytest.mark.parametrize("whom", ["security", "auditor", "administrator"])
def test_the_password_of_an_administrator_is_not_reset_on_a_page(cast, signed_in, whom):
    user, before = getattr(cast, whom), getattr(cast, whom).password
    if whom == "administrator":
        other = account("second", "第二个")
        grant_role(other, role=Role.SYSTEM_ADMINISTRATOR, unit=cast.organ, by=None, at=NOW)
        client = signed_in(other)
    else:
        client = signed_in(cast.administrator)
    assert [client.post(f"/organizations/accounts/{user.pk}/{deed}/", {"active": "no"}).status_code for deed in ("reset", "switch")] == [403, 403]
    user.refresh_from_db()
    assert (user.password, user.is_active) == (before, True)


def test_who_opens_accounts_is_offered_no_role(cast, signed_in):
    page = signed_in(cast.administrator).get("/organizations/accounts/new/").content.decode()
    assert 'name="role"' not in page
    signed_in(cast.administrator).post("/organizations/accounts/new/", {"username": "guest", "name": "来客", "role": "leader", "unit": cast.organ.pk})
    assert not RoleGrant.objects.filter(user__username="guest").exists()
