"""Signing in and out, one's own password, one's inbox, and what every page passes through."""

import re
import uuid

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone

from accounts.actions import send_notice, set_password
from accounts.middleware import POLICY
from accounts.models import SpentToken, User
from audit.models import Event
from organizations.models import Unit
from tests.cast import NOW, account

SIGN_IN, PASSWORD, NEW = "/accounts/sign-in/", "Qing-he-4026-wen", "Chang-le-4027-an"


@pytest.fixture
def man(db) -> User:
    user = account("0107", "单立人")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client, username="0107", password=PASSWORD, **more):
    return client.post(SIGN_IN, {"username": username, "password": password} | more)


def words(response) -> str:
    return " ".join(response.content.decode().split())


# --- sign-in ---


def test_sign_in_goes_home_and_is_recorded(client, man):
    response = sign_in(client)
    assert (response.status_code, response["Location"], client.session[SESSION_KEY]) == (302, "/", str(man.pk))
    assert Event.objects.get().action == "accounts.sign_in"
    assert client.get(SIGN_IN)["Location"] == "/"


def test_every_refusal_says_the_same(client, man):
    account("off", "停用的人")
    off = User.objects.get(username="off")
    off.set_password(PASSWORD)
    off.is_active = False
    off.save()
    pages = [sign_in(client, "nobody"), sign_in(client, password="wrong-wrong-wrong"), sign_in(client, "off")]
    told = {re.search(r'<div class="error-summary"[^>]*>(.*?)</div>', words(p))[1] for p in pages}
    assert told == {"用户名或密码不正确，请重新输入。"}
    assert [e.detail["username"] for e in Event.objects.filter(action="accounts.sign_in_refused").order_by("pk")] == ["nobody", "0107", "off"]
    assert 'value="off"' in words(pages[2]) and PASSWORD not in words(pages[2])


@pytest.mark.parametrize(("target", "goes"), [
    ("/accounts/inbox/", "/accounts/inbox/"), ("https://evil.example/", "/"), ("//evil.example/x", "/"), ("javascript:alert(1)", "/"), ("", "/"),
])  # fmt: skip
def test_next_leads_only_to_this_site(client, man, target, goes):
    assert sign_in(client, next=target)["Location"] == goes


def test_a_page_without_sign_in_leads_there_and_back(client, man):
    response = client.get("/accounts/inbox/?a=1")
    assert response["Location"] == SIGN_IN + "?next=/accounts/inbox/%3Fa%3D1"
    assert 'name="next" value="/accounts/inbox/?a=1"' in words(client.get(response["Location"]))


def test_sign_in_changes_the_session_and_needs_the_csrf_token(man):
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict).status_code == 403
    client = Client()
    before = client.session
    before["x"] = 1
    before.save()
    sign_in(client)
    assert client.session.session_key != before.session_key


def test_sign_out(client, man):
    sign_in(client)
    assert client.get("/accounts/sign-out/").status_code == 405
    assert client.post("/accounts/sign-out/")["Location"] == SIGN_IN
    assert SESSION_KEY not in client.session
    assert Event.objects.first().action == "accounts.sign_out"
    assert client.post("/accounts/sign-out/")["Location"] == SIGN_IN  # the session had run out


# --- one's own password ---


def change(client, old=PASSWORD, new=NEW, **more):
    return client.post("/accounts/password/", {"old_password": old, "new_password1": new, "new_password2": new} | more)


def test_a_first_password_is_changed_before_anything_else(client, man):
    set_password(man, password=PASSWORD, by=account("keeper", "管知远"), at=timezone.now())
    sign_in(client)
    for page in ("/", "/accounts/inbox/"):
        assert client.get(page)["Location"] == "/accounts/password/"
    assert "请先设置只有自己知道的密码" in words(client.get("/accounts/password/"))
    assert change(client)["Location"] == "/"
    assert client.get("/accounts/inbox/").status_code == 200


def test_one_with_a_first_password_may_sign_out(client, man):
    set_password(man, password=PASSWORD, by=account("keeper", "管知远"), at=timezone.now())
    sign_in(client)
    assert client.post("/accounts/sign-out/")["Location"] == SIGN_IN


def test_password_change_keeps_this_session_and_ends_the_others(client, man):
    other = Client()
    sign_in(client)
    sign_in(other)
    change(client)
    assert client.get("/accounts/inbox/").status_code == 200
    assert SIGN_IN in other.get("/accounts/inbox/")["Location"]
    man.refresh_from_db()
    assert (man.check_password(NEW), man.must_change_password) == (True, False)


@pytest.mark.parametrize(("data", "told"), [
    ({"old": "wrong"}, "旧密码不正确"), ({"new": "1234"}, "密码只包含数字"), ({"new": "qwertyuiop"}, "太常见"), ({"new": "12345678901234"}, "密码只包含数字"), ({"new_password2": "else"}, "不一致"),
])  # fmt: skip
def test_password_change_refuses_with_a_reason(client, man, data, told):
    sign_in(client)
    assert told in words(change(client, **data))
    man.refresh_from_db()
    assert man.check_password(PASSWORD)


# --- inbox ---


def test_inbox_shows_ones_own_and_marks_them_read(client, man):
    send_notice([man], text="自查报告被退回，请补正", url="/selfcheck/", at=NOW)
    send_notice([account("other", "别人")], text="给别人的", at=NOW)
    sign_in(client)
    page = words(client.get("/accounts/inbox/"))
    assert "1 条消息未读" in page and '<a href="/selfcheck/">自查报告被退回，请补正</a>' in page and "给别人的" not in page
    assert man.notices.unread().count() == 1
    assert client.get("/accounts/inbox/read/").status_code == 405
    client.post("/accounts/inbox/read/")
    assert "没有未读消息" in words(client.get("/accounts/inbox/"))


def test_an_empty_inbox_says_so(client, man):
    sign_in(client)
    assert "还没有消息" in words(client.get("/accounts/inbox/"))


def test_inbox_holds_its_query_count(client, man, django_assert_max_num_queries):
    sign_in(client)
    send_notice([man], text="一", at=NOW)
    with django_assert_max_num_queries(15) as few:
        client.get("/accounts/inbox/")
    for _i in range(30):
        send_notice([man], text="多", at=NOW)
    with django_assert_max_num_queries(15) as many:
        client.get("/accounts/inbox/")
    assert len(many) == len(few)


# --- what every page passes ---


@pytest.mark.parametrize(("path", "status"), [(SIGN_IN, 200), ("/accounts/inbox/", 302), ("/no/such/page/", 404), ("/organizations/cadres/999/", 404), ("/organizations/units/", 403), ("/accounts/sign-out/", 405)])
def test_headers_are_on_every_answer(client, cast, path, status):
    if status in (403, 404):
        client.force_login(cast.cadre)
    response = client.get(path)
    assert response.status_code == status
    assert (response["Content-Security-Policy"], response["Cache-Control"].split(",")[0], response["X-Frame-Options"], response["X-Content-Type-Options"]) == (POLICY, response["Cache-Control"].split(",")[0], "DENY", "nosniff")
    assert "no-store" in response["Cache-Control"] and response["Referrer-Policy"] == "same-origin"


def test_headers_are_on_a_refused_csrf_and_on_an_error(man, monkeypatch):
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    assert sign_in(strict)["Content-Security-Policy"] == POLICY
    monkeypatch.setattr("accounts.views.SignInForm", None)
    broken = strict.get(SIGN_IN)
    assert (broken.status_code, broken["Content-Security-Policy"], "系统出错" in words(broken)) == (500, POLICY, True)


def test_pages_hold_no_inline_script_or_style(client, man):
    sign_in(client)
    for path in (SIGN_IN, "/accounts/inbox/", "/accounts/password/"):
        page = client.get(path).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://", page)


# --- one form, one deed ---


def unit(cast, **data) -> dict:
    return {"parent": cast.organ.pk, "code": "J02", "name": "松陵街道纪工委", "kind": "street"} | data


def test_the_same_token_twice_is_one_row_and_one_address(cast, signed_in):
    client, token = signed_in(cast.office), str(uuid.uuid4())
    first = client.post("/organizations/units/new/", unit(cast, once=token))
    again = client.post("/organizations/units/new/", unit(cast, once=token), follow=True)
    assert Unit.objects.filter(code="J02").count() == 1
    assert again.redirect_chain == [(first["Location"], 302)]
    assert "刚才已经提交成功，没有重复办理。" in words(again)
    assert (SpentToken.objects.get().user, str(SpentToken.objects.get())) == (cast.office, token)


def test_a_form_that_comes_back_gives_its_token_back(cast, signed_in):
    client, token = signed_in(cast.office), str(uuid.uuid4())
    assert client.post("/organizations/units/new/", unit(cast, code="J01", once=token)).status_code == 200
    assert not SpentToken.objects.exists()
    assert client.post("/organizations/units/new/", unit(cast, once=token)).status_code == 302


def test_a_refused_deed_spends_no_token(cast, signed_in):
    client, token = signed_in(cast.cadre), str(uuid.uuid4())
    assert client.post("/organizations/units/new/", unit(cast, once=token)).status_code == 403
    assert not SpentToken.objects.exists()


def test_a_deed_that_breaks_leaves_nothing_behind(cast, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(cast.office)
    monkeypatch.setattr("organizations.views.units.redirect", lambda *a: 1 / 0)
    assert client.post("/organizations/units/new/", unit(cast, once=str(uuid.uuid4()))).status_code == 500
    assert not SpentToken.objects.exists() and not Unit.objects.filter(code="J02").exists()


def test_forms_without_a_token_or_with_nonsense_still_work(cast, signed_in):
    client = signed_in(cast.office)
    assert client.post("/organizations/units/new/", unit(cast, once="nonsense")).status_code == 302
    assert client.post("/organizations/units/new/", unit(cast, code="J03")).status_code == 302


def test_a_token_lost_in_a_race_is_sent_to_the_winner(cast, signed_in, monkeypatch):
    client, token = signed_in(cast.office), uuid.uuid4()
    SpentToken.objects.create(token=token, user=cast.office, spent_at=NOW, location="/organizations/units/7/")
    real, calls = SpentToken.objects.filter, []

    def late(*args, **kwargs):
        calls.append(kwargs)
        return real(pk=uuid.uuid4()) if len(calls) == 1 else real(*args, **kwargs)

    monkeypatch.setattr(SpentToken.objects, "filter", late)
    assert client.post("/organizations/units/new/", unit(cast, once=str(token)))["Location"] == "/organizations/units/7/"
    assert not Unit.objects.filter(code="J02").exists()
