"""Sensitive deeds ask for the password again."""

import pytest
from django.test import Client

from accounts.models import User
from audit.models import Event
from organizations.models import RoleGrant

from .desk import PASSWORD, refusal, sign_in, words
from .test_kept import inputs

CONFIRM = "/accounts/confirm/"


@pytest.fixture
def admin(cast, settings, later) -> Client:
    """An administrator who signed in twenty minutes ago."""
    settings.REAUTH_MINUTES = 15
    cast.administrator.set_password(PASSWORD)
    cast.administrator.save()
    client = Client()
    sign_in(client, "administrator")
    later(minutes=20)
    return client


def paths(cast) -> list[str]:
    base = f"/organizations/accounts/{cast.cadre.pk}/"
    return [base + "reset/", "/accounts/security/enrol/", "/accounts/security/recovery-codes/", "/accounts/security/turn-off/"]


def test_a_page_asks_and_leads_back(cast, admin):
    for path in paths(cast):
        answer = admin.get(path)
        assert answer["Location"] == f"{CONFIRM}?next={path.replace('/', '%2F')}"
    page = admin.get(answer["Location"])
    assert "再输一次密码" in words(page)
    answer = admin.post(CONFIRM, {"password": PASSWORD, "next": paths(cast)[0]})
    assert answer["Location"] == paths(cast)[0]
    assert admin.get(paths(cast)[0]).status_code == 200


def test_granting_a_role_asks_too(cast, settings, later):
    settings.REAUTH_MINUTES = 15
    cast.security.set_password(PASSWORD)
    cast.security.save()
    client, path = Client(), f"/organizations/accounts/{cast.cadre.pk}/grants/new/"
    sign_in(client, "security")
    assert client.get(path).status_code == 200
    later(minutes=20)
    assert client.get(path)["Location"] == f"{CONFIRM}?next={path.replace('/', '%2F')}"


def test_who_signed_in_just_now_is_not_asked(cast, settings, later):
    settings.REAUTH_MINUTES = 15
    cast.administrator.set_password(PASSWORD)
    cast.administrator.save()
    client = Client()
    sign_in(client, "administrator")
    later(minutes=14)
    assert client.get(paths(cast)[0]).status_code == 200


def test_a_deed_waits_for_the_password_and_is_sent_again_by_its_doer(cast, admin):
    path = f"/organizations/accounts/{cast.cadre.pk}/switch/"
    asked = admin.post(path, {"active": "no", "once": "00000000-0000-4000-8000-000000000001"})
    assert (asked.status_code, "再输一次密码" in words(asked), User.objects.get(pk=cast.cadre.pk).is_active) == (200, True, True)
    wrong = admin.post(CONFIRM, {"password": "wrong", "kept": inputs(asked)["kept"][0]})
    assert "密码不正确" in refusal(wrong)
    ready = admin.post(CONFIRM, {"password": PASSWORD, "kept": inputs(wrong)["kept"][0]})
    assert f'action="{path}"' in words(ready)
    admin.post(path, {name: values[0] for name, values in inputs(ready).items()})
    assert not User.objects.get(pk=cast.cadre.pk).is_active


def test_a_grant_waits_too(cast, admin):
    path = paths(cast)[0]
    admin.post(path, {"role": "leader", "unit": cast.organ.pk})
    assert not RoleGrant.objects.filter(user=cast.cadre).exists()


def test_who_may_not_is_refused_and_not_asked(cast, settings, signed_in):
    settings.REAUTH_MINUTES = 15
    client = signed_in(cast.office)
    assert client.get(paths(cast)[0]).status_code == 403
    assert client.get(f"/organizations/accounts/{cast.cadre.pk}/switch/").status_code == 403


def test_a_session_without_the_mark_is_asked(cast, settings, signed_in):
    settings.REAUTH_MINUTES = 15
    assert signed_in(cast.administrator).get(paths(cast)[0])["Location"].startswith(CONFIRM)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", ""])
def test_the_way_back_is_on_this_site(admin, target):
    assert admin.post(CONFIRM, {"password": PASSWORD, "next": target})["Location"] == "/"


def test_wrong_passwords_are_counted_and_recorded(cast, admin):
    codes = [admin.post(CONFIRM, {"password": f"Guess-{n}-wrong", "once": "00000000-0000-4000-8000-000000000001"}).status_code for n in range(6)]
    assert codes == [200, 200, 200, 200, 429, 429]
    refused = Event.objects.filter(action="accounts.sign_in_refused")
    assert ([e.actor_label for e in refused], refused.first().detail) == (["管知远"] * 4, {"username": "administrator"})
    assert "已暂停登录" in refusal(admin.post(CONFIRM, {"password": PASSWORD}))
