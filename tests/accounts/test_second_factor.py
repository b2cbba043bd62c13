"""The second factor: taken into use, asked at sign-in, lost, turned off, and who must have it."""

import re

import pytest
from django.conf import settings as given
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import actions, second_factor
from accounts.models import Authenticator, RecoveryCode, User
from audit.models import Event
from organizations.access import must_use_second_factor

from .desk import KEY, NEW, PASSWORD, code_now, enrolled, forget_codes_used, man_with_password, refusal, sign_in, words

STEP, ENROL, SECURITY, CODES, OFF = "/accounts/second-step/", "/accounts/security/enrol/", "/accounts/security/", "/accounts/security/recovery-codes/", "/accounts/security/turn-off/"


def deeds() -> list[str]:
    return [action.removeprefix("accounts.") for action in Event.objects.order_by("pk").values_list("action", flat=True)]


def shown_codes(answer) -> list[str]:
    return re.findall(r"<li><code>([^<]+)</code></li>", words(answer))


def draft_of(answer) -> dict:
    """The signed key on the page, and the code its authenticator shows now."""
    draft = re.search(r'name="draft" value="([^"]+)"', words(answer))[1]
    user = answer.context["user"]
    device = TOTPDevice(user=user, key=second_factor.key_of(draft, user))
    return {"draft": draft, "code": f"{TOTP(device.bin_key).token():06}"}


# --- taking it into use ---


def test_enrol_shows_picture_and_key_confirms_and_shows_ten_codes_once(client, man):
    sign_in(client)
    page = client.get(ENROL)
    assert '<svg' in words(page) and re.search(r"<code>([A-Z2-7]{4} ){7}[A-Z2-7]{4}</code>", words(page))
    assert not Authenticator.objects.exists()  # a GET writes nothing
    key = client.session.session_key
    done = client.post(ENROL, draft_of(page))
    codes = shown_codes(done)
    assert (done.status_code, len(codes), len(set(codes)), RecoveryCode.objects.count()) == (200, 10, 10, 10)
    assert not any(code.replace("-", "") in str(list(RecoveryCode.objects.values_list())) for code in codes)
    assert client.session.session_key != key
    assert client.get(ENROL)["Location"] == SECURITY
    assert shown_codes(client.get(CODES)) == []
    assert client.get("/accounts/inbox/").status_code == 200  # this session has just shown both factors
    assert deeds() == ["sign_in", "enrol_second_factor"]


def test_enrol_asks_again_for_a_wrong_code_with_the_same_key(client, man):
    sign_in(client)
    sent = draft_of(client.get(ENROL))
    answer = client.post(ENROL, sent | {"code": "000000" if sent["code"] != "000000" else "111111"})
    assert "验证码不对" in refusal(answer)
    assert draft_of(answer)["draft"] == sent["draft"]
    man.refresh_from_db()
    assert (man.second_factor_at, Authenticator.objects.count(), RecoveryCode.objects.count()) == (None, 0, 0)
    assert "请填写" in refusal(client.post(ENROL, {"draft": sent["draft"]}))


@pytest.mark.parametrize("draft", ["", "nonsense", "of another"])
def test_a_key_that_is_not_from_this_page_is_not_taken(client, man, draft):
    other = second_factor.new_draft(man_with_password("other", "别人"))
    sign_in(client)
    assert client.post(ENROL, {"draft": other if draft == "of another" else draft, "code": "123456"})["Location"] == ENROL
    assert not Authenticator.objects.exists()


def test_twice_is_refused(man):
    enrolled(man)
    with pytest.raises(ValidationError, match="第二因素已经启用"):
        actions.enrol_second_factor(man, key=KEY, code="1", at=timezone.now())


# --- the second step ---


@pytest.fixture
def codes(man) -> list[str]:
    return enrolled(man)


def test_the_password_alone_opens_nothing(client, man, codes):
    sign_in(client)
    for path in ("/", "/accounts/inbox/", SECURITY, ENROL, CODES, "/accounts/confirm/", "/accounts/password/"):
        assert client.get(path)["Location"].startswith(STEP)
    assert client.post("/accounts/tour/end/")["Location"] == STEP
    assert client.post("/accounts/sign-out/")["Location"] == "/accounts/sign-in/"


def test_the_code_opens_under_a_new_session_and_leads_where_one_wanted(client, man, codes):
    sign_in(client)
    before = client.session.session_key
    assert client.get("/accounts/inbox/?a=1")["Location"] == STEP + "?next=%2Faccounts%2Finbox%2F%3Fa%3D1"
    page = words(client.get(STEP + "?next=%2Faccounts%2Finbox%2F%3Fa%3D1"))
    assert 'name="next" value="/accounts/inbox/?a=1"' in page
    answer = client.post(STEP, {"code": f" {code_now(man)[:3]} {code_now(man)[3:]}", "next": "/accounts/inbox/?a=1"})
    assert answer["Location"] == "/accounts/inbox/?a=1"
    assert client.session.session_key not in (before, None) and client.session.session_key == man.sign_ins.get().session_key
    assert client.get("/accounts/inbox/").status_code == 200
    assert client.get(STEP)["Location"] == "/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example"])
def test_the_second_step_leads_only_to_this_site(client, man, codes, target):
    sign_in(client)
    assert client.post(STEP, {"code": code_now(man), "next": target})["Location"] == "/"


def test_a_code_counts_once(client, man, codes):
    sign_in(client)
    code = code_now(man)
    assert client.post(STEP, {"code": code}).status_code == 302
    second = Client()
    sign_in(second)
    assert "验证码不对" in refusal(second.post(STEP, {"code": code}))


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_before_and_after_is_taken_and_no_more(man, codes, steps, taken):
    assert bool(actions.pass_second_step(man, code=code_now(man, steps), at=timezone.now())) is taken


def test_wrong_codes_are_recorded_and_slow_the_next_one_down(client, man, codes, later):
    sign_in(client)
    once = {"once": "00000000-0000-4000-8000-000000000001"}  # the one-time token of a form must not take the count back
    assert "验证码不对" in refusal(client.post(STEP, {"code": "12345x"} | once))
    assert Authenticator.objects.get().throttling_failure_count == 1
    assert "秒后用新的再试" in refusal(client.post(STEP, {"code": code_now(man)}))  # the right one too has to wait
    assert deeds()[-2:] == ["second_step_refused", "second_step_refused"]
    later(seconds=5)
    assert client.post(STEP, {"code": code_now(man)}).status_code == 302


def test_guessing_codes_doubles_the_wait(man, codes, later):
    for n in range(10):
        later(hours=n)
        assert actions.pass_second_step(man, code="wrong", at=timezone.now()) == ""
    assert second_factor.seconds_to_wait(man, timezone.now()) in (511, 512)


def test_a_recovery_code_counts_once_and_says_how_many_are_left(client, man, codes):
    sign_in(client)
    answer = client.post(STEP, {"code": codes[0].upper()}, follow=True)
    assert "还剩 9 个" in words(answer)
    second = Client()
    sign_in(second)
    assert "验证码不对" in refusal(second.post(STEP, {"code": codes[0]}))
    forget_codes_used(man)
    assert second.post(STEP, {"code": codes[1].replace("-", " ")}).status_code == 302


def test_a_recovery_code_of_another_is_none(man, codes):
    other = man_with_password("other", "别人")
    enrolled(other)
    assert actions.pass_second_step(other, code=codes[0], at=timezone.now()) == ""


def test_other_sessions_are_asked_for_the_code_once_it_is_enrolled(client, man):
    other = Client()
    sign_in(other)
    assert other.get("/accounts/inbox/").status_code == 200
    enrolled(man)
    assert other.get("/accounts/inbox/")["Location"].startswith(STEP)


# --- recovery codes anew, turning off ---


@pytest.fixture
def inside(client, man, codes) -> Client:
    sign_in(client)
    client.post(STEP, {"code": code_now(man)})
    forget_codes_used(man)
    return client


def test_recovery_codes_anew_make_the_old_ones_void(inside, man, codes):
    assert "原来的 10 个立即失效" in words(inside.get(CODES))
    new = shown_codes(inside.post(CODES))
    assert (len(new), set(new) & set(codes), RecoveryCode.objects.count()) == (10, set(), 10)
    assert actions.pass_second_step(man, code=codes[0], at=timezone.now()) == ""
    assert deeds().count("renew_recovery_codes") == 1


def test_turning_off_needs_both_factors(inside, man):
    assert "密码不正确" in refusal(inside.post(OFF, {"password": "wrong", "code": code_now(man)}))
    assert "验证码不对" in refusal(inside.post(OFF, {"password": PASSWORD, "code": "wrong"}))
    forget_codes_used(man)
    assert inside.post(OFF, {"password": PASSWORD, "code": code_now(man)})["Location"] == SECURITY
    man.refresh_from_db()
    assert (man.second_factor_at, Authenticator.objects.count(), RecoveryCode.objects.count()) == (None, 0, 0)
    assert "没有启用" in words(inside.get(SECURITY))
    assert inside.get(OFF)["Location"] == inside.get(CODES)["Location"] == SECURITY


def test_who_must_have_it_cannot_turn_it_off(inside, man, settings):
    settings.SECOND_FACTOR = "all"
    assert inside.get(OFF)["Location"] == SECURITY
    page = words(inside.get(SECURITY))
    assert "您的角色必须使用" in page and "停用第二因素" not in page
    with pytest.raises(ValidationError, match="不能停用"):
        actions.drop_second_factor(man, by=man, at=timezone.now())


def test_codes_without_an_authenticator_are_refused(man):
    with pytest.raises(ValidationError, match="还没有启用"):
        actions.renew_recovery_codes(man, at=timezone.now())
    assert actions.pass_second_step(man, code="123456", at=timezone.now()) == ""


# --- who must ---


def test_who_must_by_role(cast, settings):
    settings.SECOND_FACTOR = "roles"
    people = ["director", "office", "reviewer", "supervisor", "clues", "chief", "liaison", "cadre", "administrator"]
    assert [name for name in people if second_factor.must_use(User.objects.get(username=name))] == ["reviewer", "administrator"]
    assert must_use_second_factor(cast.reviewer) and not must_use_second_factor(cast.cadre)
    settings.SECOND_FACTOR = "all"
    assert all(second_factor.must_use(User.objects.get(username=name)) for name in people)
    settings.SECOND_FACTOR = "off"
    assert not any(second_factor.must_use(User.objects.get(username=name)) for name in people)
    assert given.SECOND_FACTOR_RULE == "organizations.access.must_use_second_factor"


def test_demo_accounts_may_go_without_and_are_offered_it(cast, signed_in, settings):
    settings.SECOND_FACTOR = "all"
    User.objects.filter(pk=cast.reviewer.pk).update(is_demo=True)
    client = signed_in(User.objects.get(pk=cast.reviewer.pk))
    assert client.get("/accounts/inbox/").status_code == 200
    assert "启用第二因素" in words(client.get(SECURITY))


def test_who_must_and_has_none_is_led_to_it_and_nothing_else(cast, settings):
    settings.SECOND_FACTOR, settings.REAUTH_MINUTES = "roles", 15
    cast.reviewer.set_password(PASSWORD)
    cast.reviewer.save()
    client = Client()
    sign_in(client, "reviewer")
    for path in ("/", "/selfcheck/reviews/", SECURITY, "/accounts/preferences/", CODES):
        assert client.get(path)["Location"] == ENROL
    page = client.get(ENROL)
    assert "办完这一步才能办别的事" in words(page)
    assert len(shown_codes(client.post(ENROL, draft_of(page)))) == 10
    assert client.get("/accounts/inbox/").status_code == 200


ELSEWHERE = ["/", "/accounts/inbox/", SECURITY, CODES, OFF, "/accounts/confirm/", "/accounts/preferences/", "/organizations/accounts/"]
PASSWORDS = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}


@pytest.mark.parametrize("why", ["reset", "due"])
def test_the_code_comes_before_a_due_password_and_nothing_else_opens_in_between(cast, settings, later, why):
    settings.SECOND_FACTOR = "roles"
    man = cast.administrator
    enrolled(man)
    actions.set_password(man, password=PASSWORD, by=cast.office if why == "reset" else man, at=timezone.now())
    later(days=100 if why == "due" else 0)
    client = Client()
    sign_in(client, man.username)
    for path in [*ELSEWHERE, ENROL, "/accounts/password/"]:
        assert client.get(path)["Location"].startswith(STEP)
    assert client.post("/accounts/password/", PASSWORDS)["Location"] == STEP
    assert User.objects.get(pk=man.pk).check_password(PASSWORD)
    assert client.post(STEP, {"code": code_now(man)}).status_code == 302
    for path in [*ELSEWHERE, ENROL]:
        assert client.get(path)["Location"] == "/accounts/password/"
    assert client.post("/accounts/tour/end/")["Location"] == "/accounts/password/"
    assert client.post("/accounts/password/", PASSWORDS)["Location"] == "/"
    assert client.get("/").status_code == 200  # the second step still counts under the new session key
    assert User.objects.get(pk=man.pk).check_password(NEW)


def test_a_due_password_comes_before_a_second_factor_still_to_be_taken_into_use(cast, settings):
    settings.SECOND_FACTOR, settings.REAUTH_MINUTES = "roles", 15
    man = cast.administrator
    actions.set_password(man, password=PASSWORD, by=cast.office, at=timezone.now())
    client = Client()
    sign_in(client, man.username)
    for path in [*ELSEWHERE, ENROL]:
        assert client.get(path)["Location"] == "/accounts/password/"
    assert client.get(STEP)["Location"] == "/accounts/password/"
    client.post("/accounts/password/", PASSWORDS)
    for path in [*ELSEWHERE[:1], "/accounts/inbox/", "/accounts/password/"]:
        assert client.get(path)["Location"] == ENROL
    assert len(shown_codes(client.post(ENROL, draft_of(client.get(ENROL))))) == 10
    assert client.get("/").status_code == 200


# --- a lost phone ---


def test_the_administrator_takes_it_off_and_the_sign_ins_end(cast, signed_in):
    cast.cadre.set_password(PASSWORD)
    cast.cadre.save()
    enrolled(cast.cadre)
    other = Client()
    sign_in(other, "cadre")
    page = f"/organizations/accounts/{cast.cadre.pk}/"
    admin = signed_in(cast.administrator)
    assert "解除第二因素" in words(admin.get(page))
    assert admin.get(f"{page}second-factor/drop/").status_code == 405
    assert "已解除 林知夏 的第二因素" in words(admin.post(f"{page}second-factor/drop/", follow=True))
    assert "/accounts/sign-in/" in other.get("/")["Location"]
    assert "解除第二因素" not in words(admin.get(page))
    assert "没有启用第二因素" in words(admin.post(f"{page}second-factor/drop/", follow=True))
    event = Event.objects.get(action="accounts.drop_second_factor")
    assert (event.actor_label, event.subject_label) == ("管知远", "林知夏")


def test_the_command_takes_it_off(man, codes, capsys):
    call_command("second_factor", reset="0107")
    assert "已解除 单立人 的第二因素" in capsys.readouterr().out
    assert Event.objects.get(action="accounts.drop_second_factor").actor_label == "系统"
    with pytest.raises(CommandError, match="没有启用第二因素"):
        call_command("second_factor", reset="0107")
    with pytest.raises(CommandError, match="没有用户名“nobody”"):
        call_command("second_factor", reset="nobody")


def test_unlocking_forgets_wrong_codes_too(man, codes):
    actions.pass_second_step(man, code="wrong", at=timezone.now())
    actions.unlock_account(man, by=man, at=timezone.now())
    assert second_factor.seconds_to_wait(man, timezone.now()) == 0
