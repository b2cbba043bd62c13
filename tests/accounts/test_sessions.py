"""How long a session lasts, what ends it, and the list of one's own sign-ins."""

import datetime as dt
import re

import pytest
from django.conf import settings as given
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client
from django.utils import timezone

from accounts import actions, sessions
from accounts.agents import agent_words
from accounts.models import SignIn, User
from audit.models import Event

from .desk import CHROME, NEW, PASSWORD, man_with_password, sign_in, words

INBOX, SECURITY, ALIVE = "/accounts/inbox/", "/accounts/security/", "/accounts/alive/"


def is_in(client: Client) -> bool:
    return client.get(INBOX).status_code == 200


# --- its time ---


def test_half_an_hour_without_a_deed_ends_it(client, man, later):
    sign_in(client)
    later(minutes=29, seconds=50)
    assert is_in(client)
    later(minutes=29 + 29)
    assert is_in(client)  # each page counts anew
    later(minutes=29 + 29 + 31)
    answer = client.get(INBOX + "?a=1")
    assert answer["Location"] == "/accounts/sign-in/?next=/accounts/inbox/%3Fa%3D1"
    assert "登录已超时，请重新登录。" in words(client.get(answer["Location"]))
    row = man.sign_ins.get()
    assert (row.ended_by, row.ended_at) == ("超时", row.ended_at) and row.ended_at is not None
    assert not Session.objects.filter(session_key=row.session_key).exists()


def test_eight_hours_end_it_however_busy_one_is(client, man, later):
    sign_in(client)
    for minutes in range(20, 480, 20):
        later(minutes=minutes)
        assert is_in(client)
    later(hours=8)
    assert not is_in(client)


def test_a_database_that_fails_while_the_session_is_written_is_no_bad_request(client, man, later, monkeypatch):
    sign_in(client)
    later(minutes=5)  # the page notes that the session is in use

    def fail(session, *args, **kwargs):
        raise OperationalError("the connection is lost")

    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(Session, "save", fail)
        assert client.get(INBOX).status_code == 500
    assert is_in(client)


def test_a_session_ended_while_its_page_was_made_is_told_so(client, man, later, monkeypatch):
    sign_in(client)
    later(minutes=5)
    touch = sessions.touch

    def end_meanwhile(request, at):
        touch(request, at)
        Session.objects.all().delete()

    monkeypatch.setattr(sessions, "touch", end_meanwhile)
    assert client.get(INBOX).status_code == 400


def test_the_times_are_settings(client, man, later, settings):
    assert (dt.timedelta(minutes=30), dt.timedelta(hours=8), 8 * 3600) == (given.SESSION_IDLE, given.SESSION_LONGEST, given.SESSION_COOKIE_AGE)
    settings.SESSION_IDLE = dt.timedelta(minutes=5)
    sign_in(client)
    later(minutes=6)
    assert not is_in(client)


def test_last_seen_is_written_once_a_minute_at_most(client, man, later):
    sign_in(client)
    first = man.sign_ins.get().last_seen_at
    later(seconds=59)
    client.get(INBOX)
    assert man.sign_ins.get().last_seen_at == first
    now = later(seconds=61)
    client.get(INBOX)
    assert (man.sign_ins.get().last_seen_at - now).total_seconds() < 1


def test_what_a_page_fetches_by_itself_keeps_no_session_open(client, man, later):
    sign_in(client)
    later(minutes=20)
    client.get(INBOX, headers={"HX-Request": "true"})
    later(minutes=31)
    assert not is_in(client)


def test_typing_keeps_it_open(client, man, later):
    sign_in(client)
    for minutes in (20, 40, 60):
        later(minutes=minutes)
        assert client.post(ALIVE).status_code == 204
    later(minutes=80)
    assert is_in(client)
    assert client.get(ALIVE).status_code == 405
    assert Client().post(ALIVE)["Location"].startswith("/accounts/sign-in/")


# --- what ends it ---


def test_signing_out_ends_it_on_the_server(client, man):
    sign_in(client)
    cookie = client.cookies["sessionid"].value
    client.post("/accounts/sign-out/")
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert not is_in(thief)
    row = man.sign_ins.get()
    assert (row.ended_by, Session.objects.filter(session_key=cookie).count()) == ("单立人", 0)


def test_signing_out_clears_the_browser_over_https_only(client, man):
    sign_in(client)
    assert "Clear-Site-Data" not in client.post("/accounts/sign-out/")
    sign_in(client)
    assert client.post("/accounts/sign-out/", secure=True)["Clear-Site-Data"] == '"cache", "storage"'


def test_a_session_given_before_sign_in_is_not_used_after_it(man):
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    sign_in(client)
    assert client.cookies["sessionid"].value != "a" * 32


def test_switching_an_account_off_ends_its_sign_ins_for_good(client, man):
    sign_in(client)
    keeper = man_with_password("keeper", "管知远")
    actions.switch_account(man, active=False, by=keeper, at=timezone.now())
    assert not is_in(client)
    assert man.sign_ins.get().ended_by == "管知远"
    actions.switch_account(man, active=True, by=keeper, at=timezone.now())
    assert not is_in(client)


def test_a_new_password_ends_the_others_and_keeps_this_one(client, man):
    other = Client()
    sign_in(client)
    sign_in(other)
    client.post("/accounts/password/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert (is_in(client), is_in(other)) == (True, False)
    assert sorted(man.sign_ins.values_list("ended_by", flat=True)) == ["", "单立人"]
    assert man.sign_ins.get(ended_at=None).session_key == client.session.session_key


def test_several_desks_are_allowed_unless_the_office_says_one(client, man, settings):
    other = Client()
    sign_in(client)
    sign_in(other)
    assert is_in(client)
    settings.ONE_SESSION = True
    third = Client()
    sign_in(third)
    assert (is_in(client), is_in(other), is_in(third)) == (False, False, True)


# --- the list ---


def test_security_lists_ones_own_sign_ins_and_marks_this_one(man, later):
    here, other = Client(REMOTE_ADDR="10.1.1.1", HTTP_USER_AGENT=CHROME), Client(REMOTE_ADDR="10.1.1.2", HTTP_USER_AGENT="curl/8")
    sign_in(other)
    sign_in(here)
    stranger = Client()
    man_with_password("0108", "何其芳")
    sign_in(stranger, "0108")
    page = words(here.get(SECURITY))
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr><td.*?</tr>", page)]
    assert [row[:2] + row[-1:] for row in rows] == [["谷歌内核浏览器，视窗", "10", "本次登录"], ["其他程序", "10.1.1.2", "退出"]]
    later(minutes=40)
    assert SignIn.objects.in_force(timezone.now()).count() == 0


def test_one_can_be_ended_and_all_others_at_once(man):
    here, desks = Client(), [Client() for _i in range(3)]
    for client in (*desks, here):
        sign_in(client)
    first = man.sign_ins.get(session_key=desks[0].session.session_key)
    assert here.post(f"/accounts/security/sign-ins/{first.pk}/end/")["Location"] == SECURITY
    assert [is_in(c) for c in (here, *desks)] == [True, False, True, True]
    assert "已退出 2 处登录" in words(here.post("/accounts/security/sign-ins/end/", follow=True))
    assert [is_in(c) for c in (here, *desks)] == [True, False, False, False]
    assert [e.detail for e in Event.objects.filter(action="accounts.end_sign_ins").order_by("pk")] == [{"count": 1}, {"count": 2}]


def test_anothers_sign_in_is_not_there(client, man):
    other = Client()
    man_with_password("0108", "何其芳")
    sign_in(other, "0108")
    sign_in(client)
    row = SignIn.objects.get(user__username="0108")
    assert client.post(f"/accounts/security/sign-ins/{row.pk}/end/").status_code == 404
    assert is_in(other)


def test_security_tells_the_passwords_age(client, man, later):
    sign_in(client)
    page = words(client.get(SECURITY))
    assert "<dd>今天</dd>" in page and "90 天，到期登录时须换新的" in page
    later(days=12)
    client = Client()
    sign_in(client)
    assert "，已用 12 天" in words(client.get(SECURITY))


def test_security_holds_its_query_count(client, man, django_assert_max_num_queries):
    sign_in(client)
    with django_assert_max_num_queries(14) as few:
        client.get(SECURITY)
    for _i in range(30):
        sign_in(Client())
    with django_assert_max_num_queries(14) as many:
        client.get(SECURITY)
    assert len(many) == len(few)


def test_sign_ins_of_half_a_year_ago_are_forgotten(client, man, later):
    sign_in(client)
    User.objects.update(password_set_at=None)
    later(days=179)
    sign_in(Client())
    assert man.sign_ins.count() == 2
    later(days=181)
    sign_in(Client())
    assert man.sign_ins.count() == 2


def test_an_end_has_its_person(man):
    now = timezone.now()
    for wrong in ({"ended_at": now}, {"ended_by": "谁"}):
        with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
            SignIn.objects.create(user=man, session_key="x", at=now, last_seen_at=now, **wrong)
    assert str(SignIn(user=man, at=now)) == f"单立人 {now:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(("agent", "told"), [
    (CHROME, "谷歌内核浏览器，视窗 10 或以上"), (CHROME + " Edg/118", "微软浏览器，视窗 10 或以上"), ("Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", "火狐浏览器，国产或其他系统"),
    ("Mozilla/5.0 (Windows NT 6.1) Chrome/86 Safari/537 QIHU 360SE", "360 浏览器，视窗 7"), ("", "其他程序"), ("x" * 100000, "其他程序"),
])  # fmt: skip
def test_a_browser_is_told_in_plain_words(agent, told):
    assert agent_words(agent) == told


def test_a_session_signed_in_by_force_has_no_marks_and_no_row(signed_in, man, later):
    client = signed_in(man)
    later(hours=7)
    assert is_in(client) and SESSION_KEY in client.session and not SignIn.objects.exists()
