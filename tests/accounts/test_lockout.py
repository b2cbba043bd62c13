"""Wrong passwords: the lock, whom it touches, who lifts it, and that guessing leads nowhere."""

import pytest
from axes.models import AccessAttempt
from django.conf import settings as given
from django.test import Client

from accounts.lockout import address, is_locked
from accounts.models import User
from audit.models import Event

from .desk import PASSWORD, man_with_password, refusal, sign_in, words

TOLD = "输错次数过多，已暂停登录。请等 15 分钟再试，或请系统管理员解除锁定。"


def desk(number: int) -> Client:
    return Client(REMOTE_ADDR=f"10.1.{number // 250}.{number % 250 + 1}")


def guess(client: Client, times: int, username: str = "0107") -> list[int]:
    return [sign_in(client, username, f"Guess-{n}-wrong").status_code for n in range(times)]


def events(action: str) -> list[dict]:
    return [e.detail for e in Event.objects.filter(action=f"accounts.{action}").order_by("pk")]


# --- the lock ---


@pytest.mark.parametrize("username", ["0107", "nobody"])
def test_five_wrong_passwords_lock_whether_the_account_exists_or_not(man, username):
    client = desk(1)
    assert guess(client, 4, username) == [200] * 4
    answer = sign_in(client, username, "Guess-5-wrong")
    assert (answer.status_code, refusal(answer)) == (429, TOLD)
    assert "<h1>教育整顿工作平台</h1>" in words(answer)
    right = sign_in(client, username)
    assert (right.status_code, refusal(right)) == (429, TOLD)


def test_a_lock_is_recorded_once_and_what_was_not_looked_at_not_at_all(man):
    guess(desk(1), 9)
    assert events("lock_account") == [{"username": "0107", "address": "10.1.0.2", "limits": ["username+ip_address"]}]
    assert len(events("sign_in_refused")) == 4  # the fifth is the lock
    assert Event.objects.get(action="accounts.lock_account").subject_label == "单立人"


def test_a_lock_ends_after_a_quarter_of_an_hour_and_is_not_drawn_out_by_trying(man, later):
    client = desk(1)
    guess(client, 5)
    later(minutes=14, seconds=50)
    assert sign_in(client).status_code == 429
    later(minutes=15, seconds=5)
    assert sign_in(client).status_code == 302


def test_another_desk_and_another_person_are_not_touched(man):
    man_with_password("0108", "何其芳")
    guess(desk(1), 6)
    assert sign_in(desk(2)).status_code == 302
    assert sign_in(desk(1), "0108").status_code == 302


def test_a_success_forgets_ones_own_failures_only(man):
    """Else whoever has an account could buy fresh guesses at the others' with it."""
    man_with_password("own", "自己")
    client = desk(1)
    guess(client, 4)
    guess(client, 4, "own")
    assert sign_in(client, "own").status_code == 302
    client.post("/accounts/sign-out/")
    assert guess(client, 1) == [429]
    assert guess(client, 4, "own") == [200] * 4


# --- the wider limits ---


def test_one_address_gets_fifty_guesses_over_all_names(man):
    client = desk(1)
    codes = [sign_in(client, f"name-{n}", "Guess-wrong-1").status_code for n in range(60)]
    assert (codes[:49], codes[49:]) == ([200] * 49, [429] * 11)
    assert sign_in(client).status_code == 429
    assert sign_in(desk(2)).status_code == 302
    assert [e["limits"] for e in events("lock_account")] == [["ip_address"]]


def test_one_account_gets_fifty_guesses_from_all_addresses(man):
    codes = [code for n in range(15) for code in guess(desk(n), 4)]
    assert (codes.count(200), codes.count(429)) == (49, 11)
    assert sign_in(desk(99)).status_code == 429
    assert [e["limits"] for e in events("lock_account")] == [["username"]]


def test_ten_colleagues_are_not_locked_out_from_one_desk(man):
    people = [man_with_password(f"c{n}", f"同事{n}") for n in range(20)]
    for person in people:
        guess(desk(1), 5, person.username)
    assert [sign_in(desk(50 + n), person.username).status_code for n, person in enumerate(people)] == [302] * 20


def test_many_guesses_give_nobody_in(man):
    """The short form of benchmarks/guesses.py."""
    names = ["0107", "0108", "nobody"]
    man_with_password("0108", "何其芳")
    answers = [sign_in(desk(n % 7), names[n % 3], f"Guess-{n}-Wrong").status_code for n in range(300)]
    checked = sum(AccessAttempt.objects.values_list("failures_since_start", flat=True))
    assert (set(answers), checked) == ({200, 429}, 7 * 3 * 5)
    assert not Event.objects.filter(action="accounts.sign_in").exists()


# --- what is kept, and from where it came ---


def test_nothing_of_what_was_sent_is_kept(man):
    client = desk(1)
    for _i in range(3):
        client.post("/accounts/sign-in/?secret=in-the-address", {"username": "0107", "password": "Guess-1-wrong", "kept": "words", "next": "/x/"})
    row = AccessAttempt.objects.get()
    assert (row.failures_since_start, set(row.get_data + row.post_data) <= {"\n", "-"}) == (3, True)


@pytest.mark.parametrize(("remote", "forwarded", "found"), [
    ("10.1.1.1", "", "10.1.1.1"), ("10.1.1.1", "9.9.9.9", "10.1.1.1"), ("10.0.0.1", "9.9.9.9, 10.7.7.7", "10.7.7.7"), ("10.0.0.1", "unknown", None), ("", "", None),
])  # fmt: skip
def test_the_address_is_the_visitors_and_cannot_be_invented(rf, settings, remote, forwarded, found):
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    assert address(rf.get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)) == found


# --- the administrator lifts it ---


def test_the_administrator_sees_the_lock_and_lifts_it(cast, signed_in):
    cast.cadre.set_password(PASSWORD)
    cast.cadre.save()
    guess(desk(1), 5, "cadre")
    page = f"/organizations/accounts/{cast.cadre.pk}/"
    admin = signed_in(cast.administrator)
    assert "登录已锁定" in words(admin.get(page)) and "解除锁定" in words(admin.get(page))
    assert admin.get(f"{page}unlock/").status_code == 405
    assert "已解除 林知夏 的登录锁定" in words(admin.post(f"{page}unlock/", follow=True))
    assert "登录已锁定" not in words(admin.get(page))
    assert sign_in(desk(1), "cadre").status_code == 302
    event = Event.objects.get(action="accounts.unlock_account")
    assert (event.actor_label, event.subject_label) == ("管知远", "林知夏")


def test_who_may_not_manage_accounts_lifts_nothing(cast, signed_in):
    guess(desk(1), 5, "cadre")
    assert signed_in(cast.office).post(f"/organizations/accounts/{cast.cadre.pk}/unlock/").status_code == 403
    assert is_locked(cast.cadre)


def test_an_account_is_locked_by_many_addresses_too(man):
    assert not is_locked(man)
    for n in range(13):
        guess(desk(n), 4)
    assert is_locked(User.objects.get(pk=man.pk))


def test_the_old_password_on_the_change_page_is_counted_too(man):
    client = desk(1)
    sign_in(client)
    sent = {"old_password": "Guess-1-wrong", "new_password1": "Chang-le-4027-an", "new_password2": "Chang-le-4027-an", "once": "00000000-0000-4000-8000-000000000001"}
    codes = [client.post("/accounts/password/", sent).status_code for _i in range(6)]
    assert codes == [200, 200, 200, 200, 429, 429]


def test_the_limits_are_settings():
    assert given.SIGN_IN_LIMITS == {("username", "ip_address"): 5, ("ip_address",): 50, ("username",): 50}
