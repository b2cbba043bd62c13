"""A form that arrives after the session has ended loses nothing."""

import html
import re
import time

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import kept
from accounts.actions import set_password, unlock_account
from accounts.models import User
from organizations.models import Unit

from .desk import PASSWORD, code_now, enrolled, sign_in, words

NEW_UNIT = "/organizations/units/new/"
TEXT = "第一行“引号”<b>&\n第二行，很长的一段说明"


@pytest.fixture
def office(cast) -> User:
    for user in (cast.office, cast.cadre):
        user.set_password(PASSWORD)
        user.save()
    return cast.office


def unit(cast, **more) -> dict:
    return {"parent": cast.organ.pk, "code": "J02", "name": "松陵街道纪工委", "kind": "street", "short_name": TEXT[:30]} | more


def inputs(answer, skip=("csrfmiddlewaretoken",)) -> dict[str, list[str]]:
    """The hidden fields of a page's form."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.content.decode()):
        if name not in skip:
            found.setdefault(html.unescape(name), []).append(html.unescape(value))
    return found


def form_on(client: Client, path: str) -> dict[str, str]:
    """The one-time token and the owner's mark of a form, as the page gives them."""
    found = inputs(client.get(path))
    return {"once": found["once"][0], "whose": found["whose"][0]}


def resume(client: Client, answer, username: str = "office", **more):
    return client.post("/accounts/sign-in/", {"username": username, "password": PASSWORD, "kept": inputs(answer)["kept"][0], "next": ""} | more)


# --- the whole way ---


def test_a_late_form_comes_back_and_is_sent_again_once(cast, office, later):
    client = Client(enforce_csrf_checks=True)
    token = words(client.get("/accounts/sign-in/"))
    sign = {"username": "office", "password": PASSWORD, "csrfmiddlewaretoken": csrf(token)}
    client.post("/accounts/sign-in/", sign)
    page = client.get(NEW_UNIT)
    sent = unit(cast, **form_on(client, NEW_UNIT), csrfmiddlewaretoken=csrf(words(page)))
    later(minutes=31)
    late = client.post(NEW_UNIT, sent)
    assert (late.status_code, "登录已超时" in words(late), "都还在这一页上" in words(late)) == (401, True, True)
    assert not Unit.objects.filter(code="J02").exists()
    back = client.post("/accounts/sign-in/", {"username": "office", "password": PASSWORD, "kept": inputs(late)["kept"][0], "csrfmiddlewaretoken": csrf(words(late))})
    assert (back.status_code, f'action="{NEW_UNIT}"' in words(back), "继续提交" in words(back)) == (200, True, True)
    assert inputs(back) == {name: [str(value)] for name, value in sent.items() if name not in ("csrfmiddlewaretoken", "whose")}
    again = {name: values[0] for name, values in inputs(back, skip=()).items()}
    first, second = client.post(NEW_UNIT, again), client.post(NEW_UNIT, again)
    assert (first.status_code, second["Location"]) == (302, first["Location"])
    assert Unit.objects.get(code="J02").short_name == TEXT[:30].strip()


def csrf(page: str) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]


def test_the_session_is_gone_altogether_and_the_form_still_says_whose_it_is(cast, office):
    client = Client()
    sign_in(client, "office")
    marks = form_on(client, NEW_UNIT)
    client.cookies.clear()
    late = client.post(NEW_UNIT, unit(cast, **marks))
    assert late.status_code == 401
    assert inputs(resume(client, late))["code"] == ["J02"]


@pytest.mark.parametrize("whose", ["", "nonsense", "1:nonsense", "9" * 6000 + ":x"])
def test_a_form_of_nobody_known_is_not_kept(cast, office, whose):
    answer = Client().post(NEW_UNIT, unit(cast, whose=whose))
    assert answer["Location"] == "/accounts/sign-in/?next=/"


def test_nothing_filled_in_is_nothing_to_keep(cast, office):
    client = Client()
    sign_in(client, "office")
    marks = form_on(client, NEW_UNIT)
    assert Client().post("/accounts/inbox/read/", marks)["Location"] == "/accounts/sign-in/?next=/"


def test_a_wrong_password_meanwhile_loses_nothing(cast, office):
    late = _late(cast)
    client = Client()
    refused = resume(client, late, password="wrong")
    assert (refused.status_code, "用户名或密码不正确" in words(refused)) == (200, True)
    assert inputs(refused)["kept"] == inputs(late)["kept"]
    assert inputs(resume(client, refused))["code"] == ["J02"]


def _late(cast, **more):
    client = Client()
    sign_in(client, "office")
    marks = form_on(client, NEW_UNIT)
    return Client().post(NEW_UNIT, unit(cast, **marks, **more))


def test_another_person_gets_nothing_of_it(cast, office):
    client = Client()
    answer = resume(client, _late(cast), "cadre", follow=True)
    assert answer["Location"] == "/"
    page = words(client.get("/"))
    assert "用另一个账号填写的，没有保留" in page and "松陵" not in page


def test_who_has_signed_in_elsewhere_meanwhile_goes_straight_on(cast, office):
    client = Client()
    sign_in(client, "office")
    assert inputs(resume(client, _late(cast)))["code"] == ["J02"]


def test_the_second_step_lies_between_and_loses_nothing(cast, office):
    late = _late(cast)
    enrolled(office)
    client = Client()
    step = resume(client, late)
    assert (step.status_code, "第二步验证" in words(step)) == (200, True)
    kept_field = inputs(step)["kept"][0]
    wrong = client.post("/accounts/second-step/", {"code": "wrong", "kept": kept_field})
    assert inputs(wrong)["kept"] == [kept_field]
    unlock_account(office, by=office, at=timezone.now())
    back = client.post("/accounts/second-step/", {"code": code_now(office), "kept": kept_field})
    assert inputs(back)["code"] == ["J02"]


def test_second_step_and_a_due_password_lose_nothing_either(cast, office):
    late = _late(cast)
    enrolled(office)
    set_password(office, password=PASSWORD, by=cast.administrator, at=timezone.now())
    client = Client()
    back = client.post("/accounts/second-step/", {"code": code_now(office), "kept": inputs(resume(client, late))["kept"][0]})
    assert inputs(back)["code"] == ["J02"]
    assert '<a href="/accounts/password/" target="_blank" rel="noopener">' in words(back)


def test_a_password_due_meanwhile_is_said_on_the_page(cast, office):
    late = _late(cast)
    set_password(office, password=PASSWORD, by=cast.administrator, at=timezone.now())
    page = resume(Client(), late)
    assert inputs(page)["code"] == ["J02"]
    assert '<a href="/accounts/password/" target="_blank" rel="noopener">' in words(page)


# --- its limits ---


def test_files_are_named_and_asked_for_again(cast, office, later):
    client = Client()
    sign_in(client, "office")
    sent = {"kind": "notice", "title": "关于开展教育整顿的通知", "upload": SimpleUploadedFile("通知.pdf", b"%PDF-1.7")}
    later(minutes=31)
    late = client.post("/campaigns/documents/new/", sent)
    assert late.status_code == 401 and "请重新选择：通知.pdf" in words(late)
    assert "请重新选择：通知.pdf" in words(resume(client, late))


def test_too_much_is_not_kept_and_says_so(cast, office, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 100)
    late = _late(cast, note="字" * 500)
    assert (late.status_code, "kept" in inputs(late)) == (401, False)
    assert "内容太多，这一页放不下" in words(late)


@pytest.mark.parametrize("token", ["nonsense", "", signing.dumps({"user": 1}, salt="another")], ids=["no token", "empty", "of another salt"])
def test_what_we_have_not_signed_is_nothing(office, token):
    assert kept.read(token) is None
    assert sign_in(Client(), "office", kept=token)["Location"] == "/"


def test_a_week_is_the_longest(cast, office, monkeypatch):
    token = inputs(_late(cast))["kept"][0]
    real = time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: real + kept.MAX_AGE + 60)
    assert kept.read(token) is None


def test_texts_can_be_read_and_copied(cast, office):
    page = words(resume(Client(), _late(cast, note=TEXT)))
    assert "您填写的文字" in page and "第一行“引号”&lt;b&gt;&amp;" in page


def test_nothing_of_it_stays_on_the_server(cast, office):
    resume(Client(), _late(cast, note="只有这里才有的一句话"))
    assert "只有这里才有的一句话" not in str([list(m.objects.values_list()) for m in apps.get_models()])
    assert "只有这里才有的一句话" not in str([s.get_decoded() for s in Session.objects.all()])


def test_a_get_is_led_there_and_back(cast, office, later):
    client = Client()
    sign_in(client, "office")
    later(minutes=31)
    assert client.get(NEW_UNIT)["Location"] == f"/accounts/sign-in/?next={NEW_UNIT}"


# --- two windows: signing in again in one makes the token of the other an old one ---


def two_windows(cast) -> tuple[Client, dict]:
    """A client that signed in again after it had opened a form; and what the form holds."""
    client = Client(enforce_csrf_checks=True)
    _sign_in(client)
    page = client.get(NEW_UNIT)
    sent = unit(cast, **form_on(client, NEW_UNIT), csrfmiddlewaretoken=csrf(words(page)))
    client.post("/accounts/sign-out/", {"csrfmiddlewaretoken": csrf(words(page))})
    _sign_in(client)
    return client, sent


def _sign_in(client: Client) -> None:
    token = csrf(words(client.get("/accounts/sign-in/")))
    assert client.post("/accounts/sign-in/", {"username": "office", "password": PASSWORD, "csrfmiddlewaretoken": token}).status_code == 302


def test_a_form_from_before_another_sign_in_is_kept_too(cast, office):
    client, sent = two_windows(cast)
    refused = client.post(NEW_UNIT, sent)
    assert (refused.status_code, inputs(refused)["code"], Unit.objects.filter(code="J02").exists()) == (403, ["J02"], False)
    again = {name: values[0] for name, values in inputs(refused, skip=()).items()}
    assert client.post(NEW_UNIT, again).status_code == 302
    assert Unit.objects.filter(code="J02").exists()


@pytest.mark.parametrize("mark", [None, "of another", "1:nonsense"])
def test_without_the_owners_own_mark_it_is_refused_outright(cast, office, mark):
    client, sent = two_windows(cast)
    sent.pop("whose")
    if mark:
        sent["whose"] = kept.whose_mark(cast.cadre.pk) if mark == "of another" else mark
    refused = client.post(NEW_UNIT, sent)
    assert (refused.status_code, "J02" in words(refused), "没有提交成功" in words(refused)) == (403, False, True)


def test_a_visitor_with_an_old_token_is_asked_to_sign_in_and_loses_nothing(cast, office):
    late = _late(cast)
    client = Client(enforce_csrf_checks=True)
    refused = client.post("/accounts/sign-in/", {"username": "office", "password": PASSWORD, "kept": inputs(late)["kept"][0]})
    assert (refused.status_code, inputs(refused)["kept"]) == (403, inputs(late)["kept"])
    marked = client.post(NEW_UNIT, unit(cast, whose=kept.whose_mark(office.pk)))
    assert (marked.status_code, "kept" in inputs(marked)) == (403, True)
