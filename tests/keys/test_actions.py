"""Keys of persons: made once, rotated, destroyed; the master keys lie in files."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from audit.models import Event
from keys import ring
from keys.actions import destroy_key, key_for, rotate_keys
from keys.models import DataKey
from keys.suites import Unreadable
from tests.cast import NOW


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.KEYS_DIR = tmp_path / "keys"
    return settings.KEYS_DIR


def test_a_key_is_made_once_and_its_file_is_readable_by_its_owner_only(db, folder):
    first, again = key_for("cadre:A1", at=NOW), key_for("cadre:A1", at=NOW)
    assert first == again
    assert [(p.name, oct(p.stat().st_mode)[-3:]) for p in folder.iterdir()] == [("kek-1", "400")]


def test_two_holders_have_two_keys(db):
    one, two = key_for("cadre:A1", at=NOW), key_for("cadre:A2", at=NOW)
    assert one.secret != two.secret
    with pytest.raises(Unreadable):
        two.unseal(one.seal("话", bound_to="here"), bound_to="here")


def test_a_key_put_in_another_holders_row_opens_nothing(db):
    one, two = key_for("cadre:A1", at=NOW), key_for("cadre:A2", at=NOW)
    DataKey.objects.filter(pk=two.pk).update(wrapped=one.wrapped)
    two.refresh_from_db()
    with pytest.raises(Unreadable):
        two.secret  # noqa: B018


def test_rotation_keeps_every_text_readable_and_needs_the_old_file_no_more(db, folder):
    sealed = {holder: key_for(holder, at=NOW).seal(holder, bound_to="here") for holder in ("cadre:A1", "cadre:A2", "cadre:A3")}
    destroy_key("cadre:A3", reason="期满", by=None, at=NOW)
    assert rotate_keys(by=None, at=NOW) == 2
    (folder / "kek-1").unlink()
    assert ring.numbers() == [2]
    assert {holder: DataKey.objects.get(holder=holder).unseal(sealed[holder], bound_to="here") for holder in ("cadre:A1", "cadre:A2")} == {"cadre:A1": "cadre:A1", "cadre:A2": "cadre:A2"}
    assert Event.objects.filter(action="keys.rotate_keys").values_list("detail", flat=True)[0] == {"kek": 2, "keys": 2}


def test_a_rotation_that_broke_off_goes_on_with_the_same_new_key(db, folder):
    for n in range(3):
        key_for(f"cadre:A{n}", at=NOW)
    ring.make(2)
    first = DataKey.objects.get(holder="cadre:A0")
    DataKey.objects.filter(pk=first.pk).update(wrapped=ring.wrap(first.secret, number=2, holder=first.holder), kek=2)
    assert rotate_keys(by=None, at=NOW) == 2
    assert (ring.numbers(), set(DataKey.objects.values_list("kek", flat=True))) == ([1, 2], {2})


def test_a_destroyed_key_opens_nothing_even_with_every_file(db):
    token = key_for("cadre:A1", at=NOW).seal("话", bound_to="here")
    gone = destroy_key("cadre:A1", reason="期满清除", by=None, at=NOW)
    with pytest.raises(Unreadable, match="已经销毁"):
        gone.unseal(token, bound_to="here")
    with pytest.raises(ValidationError, match="已经销毁"):
        destroy_key("cadre:A1", reason="再来", by=None, at=NOW)
    assert Event.objects.get(action="keys.destroy_key").detail == {"reason": "期满清除"}


@pytest.mark.parametrize(("holder", "reason"), [("cadre:A9", "期满"), ("cadre:A1", " ")])
def test_no_such_key_or_no_reason_destroys_nothing(db, holder, reason):
    key_for("cadre:A1", at=NOW)
    with pytest.raises(ValidationError):
        destroy_key(holder, reason=reason, by=None, at=NOW)
    assert DataKey.objects.get().destroyed_at is None


def test_lost_files_are_told_and_no_new_key_is_made_in_their_place(db, folder):
    key = key_for("cadre:A1", at=NOW)
    (folder / "kek-1").unlink()
    with pytest.raises(ring.KeyLost, match="找不到主密钥文件 kek-1"):
        key.secret  # noqa: B018
    with pytest.raises(ring.KeyLost, match="没有主密钥文件"):
        key_for("cadre:A2", at=NOW)
    assert ring.numbers() == []


def test_the_command_tells_rotates_and_erases(db, capsys):
    key_for("cadre:A1", at=NOW)
    call_command("keys", "rotate")
    call_command("keys", "status")
    call_command("keys", "erase", "cadre:A1", "--reason", "期满", "--yes")
    said = capsys.readouterr().out
    assert "重新保护数据密钥 1 个" in said and "由 kek-2 保护的数据密钥 1 个" in said and "已销毁 cadre:A1 的密钥" in said
    with pytest.raises(CommandError, match="没有“cadre:A9”的密钥"):
        call_command("keys", "erase", "cadre:A9", "--reason", "期满", "--yes")


def test_what_was_made_from_the_texts_goes_with_the_key(db, monkeypatch):
    gone = []
    monkeypatch.setattr("keys.actions.FOLLOWERS", [lambda key: gone.append((key.holder, key.wrapped))])
    key_for("cadre:A1", at=NOW)
    destroy_key("cadre:A1", reason="期满", by=None, at=NOW)
    assert gone == [("cadre:A1", "")]
