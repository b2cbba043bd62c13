"""Deeds on accounts, exit by exit."""

import pytest
from django.core.exceptions import ValidationError

from accounts.actions import open_account, read_notices, send_notice, set_password, switch_account
from accounts.models import User
from accounts.passwords import LengthValidator
from audit.models import Event
from tests.cast import NOW, account

GOOD = "Qing-he-4026-wen"


@pytest.fixture
def keeper(db) -> User:
    return account("keeper", "管知远")


def test_open_account_must_change_its_first_password(keeper):
    user = open_account(username="0107", name="单立人", password=GOOD, by=keeper, at=NOW)
    assert (user.check_password(GOOD), user.must_change_password, user.is_active, user.opened_at) == (True, True, True, NOW)
    assert Event.objects.get().detail == {"username": "0107"}


def test_open_account_without_a_password_cant_sign_in(keeper):
    assert not open_account(username="0107", name="单立人", password=None, by=keeper, at=NOW).has_usable_password()


def test_open_account_with_a_taken_name_is_refused(keeper):
    with pytest.raises(ValidationError) as refusal:
        open_account(username="keeper", name="别人", password=GOOD, by=keeper, at=NOW)
    assert refusal.value.message_dict == {"username": ["用户名“keeper”已被使用，请换一个。"]}


@pytest.mark.parametrize("weak", ["short-1", "1234567890123", "shanliren0107", "Xiao-lu-he8", "qing-he-wen-an"])
def test_open_account_with_a_weak_password_is_refused(keeper, weak):
    with pytest.raises(ValidationError):
        open_account(username="shanliren0107", name="单立人", password=weak, by=keeper, at=NOW)
    assert User.objects.count() == 1


def test_set_password_by_oneself_is_final_by_another_is_not(keeper):
    user = open_account(username="0107", name="单立人", password=GOOD, by=keeper, at=NOW)
    set_password(user, password="another-" + GOOD, by=user, at=NOW)
    assert (user.check_password("another-" + GOOD), user.must_change_password) == (True, False)
    set_password(user, password=GOOD, by=keeper, at=NOW)
    assert user.must_change_password
    with pytest.raises(ValidationError):
        set_password(user, password="123", by=user, at=NOW)
    assert [e.actor_label for e in Event.objects.filter(action="accounts.set_password").order_by("pk")] == ["单立人", "管知远"]


def test_switch_account_off_and_on_but_never_ones_own(keeper):
    user = account("0107", "单立人")
    switch_account(user, active=False, by=keeper, at=NOW)
    assert not User.objects.get(pk=user.pk).is_active
    switch_account(user, active=True, by=keeper, at=NOW)
    assert User.objects.get(pk=user.pk).is_active
    with pytest.raises(ValidationError, match="不能停用自己的账号"):
        switch_account(keeper, active=False, by=keeper, at=NOW)


def test_notices_are_sent_and_read_by_each_alone(keeper):
    other = account("0107", "单立人")
    assert send_notice([keeper, other], text="长" * 400, url="/x/", at=NOW) == 2
    assert (len(keeper.notices.get().text), str(other.notices.get())[:1]) == (300, "长")
    assert read_notices(keeper, at=NOW) == 1
    assert read_notices(keeper, at=NOW) == 0
    assert (keeper.notices.get().read_at, other.notices.unread().count()) == (NOW, 1)


def test_accounts_hold_no_django_permissions(keeper):
    assert (keeper.has_perm("accounts.add_user"), str(keeper)) == (False, "管知远")


def test_a_short_password_is_told_in_chinese():
    with pytest.raises(ValidationError) as refusal:
        LengthValidator(10).validate("123")
    assert (refusal.value.messages, LengthValidator(10).get_help_text()) == (["密码太短，至少要 10 位。"], "10 至 128 位，可以粘贴")
