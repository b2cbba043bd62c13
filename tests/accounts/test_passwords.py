"""What a password must be under each policy, how it is kept, and when it has to be changed."""

import base64
import hashlib

import pytest
from django.conf import settings as given
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import actions
from accounts.models import User
from accounts.passwords import kinds_of, random_password, rules
from organizations.passwords import years
from rectification.settings import PASSWORD_HASHERS, password_validators

from .desk import NEW, PASSWORD, man_with_password, refusal, sign_in, words

PAGE = "/accounts/password/"


@pytest.fixture(params=["dengbao", "asvs"])
def policy(request, settings) -> str:
    settings.AUTH_PASSWORD_VALIDATORS = password_validators(request.param)
    settings.PASSWORD_MAX_DAYS = 90 if request.param == "dengbao" else None
    return request.param


def faults(password: str, user: User | None = None) -> list[str]:
    try:
        validate_password(password, user)
    except ValidationError as refused:
        return refused.messages
    return []


# --- the rules ---


def test_the_default_policy_is_that_of_dengbao():
    assert ("dengbao", 90, password_validators("dengbao")) == (given.PASSWORD_POLICY, given.PASSWORD_MAX_DAYS, given.AUTH_PASSWORD_VALIDATORS)


def test_length_is_held_by_both(db, policy):
    assert faults("Aa3-" * 2 + "xyz") == ["密码太短，至少要 12 位。"]
    assert faults("Aa3-" * 2 + "xyz9") == faults("Aa3-" * 31 + "xyz9") == []
    assert faults("Aa3-" * 32 + "x") == ["密码太长，至多 128 位。"]


def test_only_dengbao_asks_for_three_kinds(db, policy):
    assert faults("long words of small letters") == (["密码太简单：大写字母、小写字母、数字、符号四类中至少要有 3 类。"] if policy == "dengbao" else [])
    assert faults("Long words of small letters") == []
    assert [kinds_of(text) for text in ("", "abc", "Abc", "Abc1", "Abc1 ", "语文")] == [0, 1, 2, 3, 4, 1]


def test_common_ones_and_digits_alone_are_refused(db, policy):
    for common in ("passwordpassword", "Password@1234", "P@ssw0rd-1234", "1234!@#$Qwerty", "Admin@12345678"):
        assert "这个密码太常见了。" in faults(common)
    assert "密码只包含数字。" in faults("730194628351")


def test_names_units_and_years_are_refused(cast, policy):
    user = User(username="sl-0107", name="单立人")
    assert faults("Shan-Li_Ren.9!", user) == faults("x.LIREN-shan.9", user) == ["密码里不能有本人姓名的拼音，请换掉。"]
    assert faults("Xk9-" + years()[1] + "-plum") == ["密码里不能有年份，请换掉。"]
    for word in ("YunLan", "jijian", "ylqjjjcgw", "Shi.Qiao"):  # 云澜区纪检监察工委, 石桥街道纪工委
        assert faults(f"Xk9-{word}-plum9") == ["密码里不能有单位名称的拼音或首字母，请换掉。"]
    assert faults("sl-0107.X", user) == ["密码跟 用户名 太相似了。", "密码太短，至少要 12 位。"]
    assert faults("Qu-xk9-plum-tree", user) == []  # a short syllable of a unit's name is nobody's secret


def test_the_change_page_says_the_policy_in_force(client, man, policy):
    sign_in(client)
    page = words(client.get(PAGE))
    told = ["12 至 128 位，可以粘贴", "大写字母、小写字母、数字、符号四类中至少有 3 类", "不能是常见密码，常见密码加数字、加符号、重复几遍也不行", "不能有本人姓名的拼音、单位名称的拼音或首字母，不能有年份", "不能只有数字，不能与用户名、姓名相近", "每 90 天更换一次"]
    expected = told if policy == "dengbao" else [told[0], *told[2:5]]
    assert rules() == expected
    assert [rule for rule in told if f"<li>{rule}</li>" in page] == expected
    assert "onpaste" not in page


@pytest.mark.parametrize("_try", range(10))
def test_random_passwords_obey_both_policies(cast, policy, _try):
    word = random_password(cast.cadre)
    assert (len(word), faults(word, cast.cadre)) == (15, [])


def test_a_random_password_the_policy_refuses_is_not_given(db, monkeypatch):
    offered = iter(["abc-def-ghj-kmn", "kq7-m2x-a3b-9cd"])
    monkeypatch.setattr("accounts.passwords.random_word", lambda: next(offered))
    assert random_password() == "kq7-m2x-a3b-9cd"


# --- how they are kept ---


@pytest.mark.parametrize(("first", "algorithm", "encoded"), [(0, "argon2", "argon2$argon2id$v=19$m=47104,t=1,p=1$"), (1, "pbkdf2_sm3", "pbkdf2_sm3$300000$")])
def test_either_hasher_can_be_first_and_all_are_read(settings, first, algorithm, encoded):
    own = PASSWORD_HASHERS[:2]
    settings.PASSWORD_HASHERS = [own[first], own[1 - first], *PASSWORD_HASHERS[2:]]
    kept = make_password(PASSWORD)
    assert (kept.startswith(encoded), identify_hasher(kept).algorithm) == (True, algorithm)
    for hasher in ("argon2", "pbkdf2_sm3", "scrypt", "pbkdf2_sha256"):
        assert (check_password(PASSWORD, make_password(PASSWORD, hasher=hasher)), check_password("no", make_password(PASSWORD, hasher=hasher))) == (True, False)


def test_sm3_is_sm3(settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    kept = make_password("abc", salt="salt", hasher="pbkdf2_sm3").split("$")
    assert kept[3] == base64.b64encode(hashlib.pbkdf2_hmac("sm3", b"abc", b"salt", 300_000)).decode()


def test_an_old_hash_is_made_anew_at_sign_in(client, man, settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    User.objects.update(password=make_password(PASSWORD, hasher="scrypt"))
    assert sign_in(client).status_code == 302
    man.refresh_from_db()
    assert identify_hasher(man.password).algorithm == "argon2"


# --- an initial password runs out ---


@pytest.fixture
def newcomer(man):
    actions.set_password(man, password=NEW, by=man_with_password("keeper", "管知远"), at=timezone.now())
    return man


def test_an_initial_password_opens_for_72_hours(client, newcomer, later):
    later(hours=71, minutes=59)
    assert sign_in(client, password=NEW).status_code == 302


def test_an_initial_password_that_ran_out_is_refused_like_any_other(client, newcomer, later):
    wrong = refusal(sign_in(client, password="wrong"))
    later(hours=72)
    answer = sign_in(client, password=NEW)
    assert (answer.status_code, refusal(answer)) == (200, wrong) == (200, "用户名或密码不正确，请重新输入。")


def test_the_administrator_sees_it_and_gives_a_new_one(cast, signed_in, later):
    actions.set_password(cast.cadre, password=NEW, by=cast.administrator, at=timezone.now())
    page = f"/organizations/accounts/{cast.cadre.pk}/"
    assert "待改初始密码" in words(signed_in(cast.administrator).get(page))
    later(hours=73)
    assert "初始密码已过期，请重新生成" in words(signed_in(cast.administrator).get(page))
    found = signed_in(cast.administrator).get("/organizations/accounts/?state=first")
    assert [u.username for u in found.context["page"]] == ["cadre"] and "初始密码已过期，请重新生成" in words(found)
    signed_in(cast.administrator).post(f"{page}reset/")
    assert "初始密码已过期" not in words(signed_in(cast.administrator).get(page))


# --- one's own is changed in time ---


def test_a_password_of_90_days_is_changed_first(client, man, later):
    later(days=89)
    sign_in(client)
    assert client.get("/accounts/inbox/").status_code == 200
    later(days=90)
    client = type(client)()
    sign_in(client)
    assert client.get("/accounts/inbox/")["Location"] == PAGE
    assert "密码用满了规定的时间" in words(client.get(PAGE))
    answer = client.post(PAGE, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert answer["Location"] == "/"
    assert client.get("/accounts/inbox/").status_code == 200


def test_asvs_and_the_demo_know_no_rotation(client, man, later, settings):
    now = later(days=4000)
    assert man.password_due(now)
    man.is_demo = True
    assert not man.password_due(now)
    man.is_demo, settings.PASSWORD_MAX_DAYS = False, None
    assert not man.password_due(now)


def test_the_new_one_differs_from_the_old(client, man):
    sign_in(client)
    answer = client.post(PAGE, {"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD})
    assert "新密码不能与旧密码相同" in refusal(answer)
