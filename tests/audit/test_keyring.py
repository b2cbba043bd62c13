"""The log's keys: a new one seals from the rotation on, the old ones go on verifying, and one that is lost is told."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit import keyring
from audit.actions import archive_log, rotate_key
from audit.anchors import by_number, write_anchor
from audit.chain import FORMATS, columns, mac_of, portable
from audit.checks import check_keys
from audit.models import Event
from audit.triggers import install, remove
from audit.verify import verify
from tests.audit.conftest import note, sql
from tests.audit.tamper import cut_tail
from tests.audit.test_archive import BEFORE, OLD, note_at
from tests.cast import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.KEYS_DIR, settings.AUDIT_KEY = tmp_path / "keys", "the first key"
    return settings.KEYS_DIR


def restart() -> None:
    """As a new process: what was seen and read before is forgotten."""
    keyring._seen.clear()
    keyring._content.cache_clear()


def rotated() -> int:
    return rotate_key(by=None, at=NOW)


def code_under(seq: int, key: str) -> str:
    """What a line's code would be under a key."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns(connection)} FROM audit_event e WHERE e.seq = %s", [seq])
        values = portable(cursor.fetchone(), is_text_kept=connection.vendor == "sqlite")
    previous = Event.objects.get(seq=seq - 1).mac if seq > 1 else ""
    return mac_of(values, seq, previous, FORMATS["gm"], key)


def test_new_lines_are_sealed_by_the_new_key_and_old_ones_read_by_theirs(folder):
    note()
    write_anchor(now=NOW)
    assert rotated() == 2
    note()
    second = (folder / "audit-2").read_text()
    assert (oct((folder / "audit-2").stat().st_mode)[-3:], len(second) >= 48, [p.name for p in folder.glob("audit-[0-9]*")]) == ("400", True, ["audit-2"])
    codes = list(Event.objects.order_by("seq").values_list("mac", flat=True))
    assert codes == [code_under(1, "the first key"), code_under(2, second), code_under(3, second)]
    deed = Event.objects.get(seq=2)
    assert (deed.action, deed.detail) == ("audit.rotate_key", {"key": 2, "fingerprints": {"1": keyring.fingerprint("the first key"), "2": keyring.fingerprint(second)}})
    assert second not in str(deed.detail) and "the first key" not in str(deed.detail)
    assert (str(verify()), sorted(by_number())) == ("日志完好：3 条首尾相接，与 2 个库外锚点相符。", [1, 2])


def test_rotation_again_and_again_and_another_digest(settings):
    for number in range(2, 5):
        note()
        settings.CRYPTO_SUITE = "intl" if number % 2 else "gm"
        assert rotated() == number
        restart()
    note()
    assert (keyring.newest(), verify().is_intact, verify().count) == (4, True, 7)


def test_a_running_process_takes_the_new_key_at_its_next_commit():
    note()
    assert keyring.newest() == 1
    keyring.make(2)  # as another process does
    note()
    assert Event.objects.get(seq=2).mac == code_under(2, keyring.at_hand()[2])


def test_a_rotation_that_broke_off_is_finished_with_the_same_key():
    note()
    keyring.make(2)
    assert str(verify()) == "已有新的日志密钥 audit-2，日志末端却仍由旧密钥封存。刚更换密钥的，请运行 manage.py audit rotate-key 办完；否则末端是用旧密钥伪造的。"
    assert (rotated(), verify().is_intact, rotated()) == (2, True, 3)


# --- lost and wrong keys ---


def test_a_missing_old_key_is_told(settings):
    note()
    rotated()
    settings.AUDIT_KEY = ""  # as the settings read it when the first file is gone and a second one there
    assert str(verify()) == "找不到日志密钥文件 audit，由它封存的日志无法核验。请从密钥保管人处取回该文件，放入密钥文件夹后再核验。"
    with pytest.raises(CommandError, match="找不到日志密钥文件 audit，"):
        call_command("audit", "rotate-key")


def test_a_missing_key_in_the_middle_is_told(folder):
    note()
    rotated()
    note()
    rotated()
    (folder / "audit-2").unlink()
    assert str(verify()).startswith("找不到日志密钥文件 audit-2，")


def test_a_missing_newest_key_is_told(folder):
    note()
    rotated()
    (folder / "audit-2").unlink()
    restart()
    assert str(verify()).startswith("找不到日志密钥文件 audit-2，")


@pytest.mark.parametrize("number", [1, 2])
def test_a_wrong_key_is_told(folder, settings, number):
    note()
    rotated()
    note()
    if number == 1:
        settings.AUDIT_KEY = "another"
    else:
        (folder / "audit-2").chmod(0o600)
        (folder / "audit-2").write_text("another")
    restart()
    name = keyring.file_name(number)
    assert str(verify()) == f"日志密钥文件 {name} 不是原来的密钥，由它封存的日志无法核验。请从密钥保管人处取回原来的文件后再核验。"


def test_with_the_right_keys_a_changed_line_is_still_the_line():
    note()
    rotated()
    remove(connection)
    sql("UPDATE audit_event SET actor_label = '别人' WHERE seq = 1")
    install(connection)
    assert verify().fault.kind == "content"


# --- a key that leaked ---


def forge(seq: int, key: str) -> None:
    """Write a line anew with a key, and the end to fit."""
    remove(connection)
    sql("UPDATE audit_event SET actor_label = '别人' WHERE seq = %s", seq)
    sql("UPDATE audit_event SET mac = %s WHERE seq = %s", code_under(seq, key), seq)
    sql("UPDATE audit_head SET (seq, mac) = (SELECT seq, mac FROM audit_event WHERE seq = %s)", seq)
    install(connection)


def test_an_old_key_seals_nothing_after_the_rotation(anchors):
    note()
    rotated()
    note()
    forge(3, "the first key")
    assert (verify().fault.kind, verify().fault.seq) == ("content", 3)


def test_a_tail_cut_before_the_rotation_and_forged_with_the_old_key_is_found(anchors):
    note()
    note()
    rotated()
    note()
    anchors.unlink()  # even where no anchor would tell
    remove(connection)
    cut_tail(2)
    forge(2, "the first key")
    assert verify().fault.kind == "key_unused"


# --- beside archives ---


def test_archives_of_older_keys_stay_readable_and_a_wrong_key_is_told(folder, settings):
    for number in range(3):
        note_at(OLD, number)
    write_anchor(now=OLD)
    rotated()
    segment = archive_log(before=BEFORE, by=None, at=NOW)
    assert segment.last_seq == 3  # the rotation itself is of today
    assert rotated() == 3
    restart()
    assert str(verify(with_archive=True)).endswith("另有 3 条已归档。归档文件 1 个，逐条核对相符。")
    (folder / "audit-2").rename(folder / "hidden")
    assert str(verify(with_archive=True)).startswith("找不到日志密钥文件 audit-2，")
    (folder / "hidden").rename(folder / "audit-2")
    settings.AUDIT_KEY = "another"
    assert str(verify(with_archive=True)) == "日志密钥文件 audit 不是原来的密钥，由它封存的日志无法核验。请从密钥保管人处取回原来的文件后再核验。"


def test_a_rotation_that_was_archived_still_counts():
    """A row sealed by the key tells that it was in use."""
    note_at(OLD, 1)
    rotate_key(by=None, at=OLD)
    note()
    archive_log(before=BEFORE, by=None, at=NOW)
    assert not Event.objects.filter(action="audit.rotate_key").exists()
    assert (rotated(), verify(with_archive=True).is_intact) == (3, True)


def test_the_command_rotates_and_says_where(folder, capsys):
    note()
    call_command("audit", "rotate-key")
    assert capsys.readouterr().out == f"已更换日志密钥，新密钥在 {folder / 'audit-2'}。旧的密钥文件仍要保留，核验以前的日志要用。新文件请另存一份。\n"


def test_a_key_that_cant_be_written_is_told_and_none_is_in_use(settings, tmp_path):
    note()
    (tmp_path / "file").write_text("in the way")
    settings.KEYS_DIR = tmp_path / "file" / "keys"
    with pytest.raises(CommandError, match=r"密钥文件写不进.*密钥没有更换"):
        call_command("audit", "rotate-key")
    assert (verify().is_intact, Event.objects.count()) == (True, 1)


def test_the_check_at_start_tells_a_lost_key(folder, settings):
    note()
    rotated()
    assert check_keys(databases=["default"]) == []
    settings.AUDIT_KEY = ""
    assert [(m.id, m.is_serious(), m.msg[:16]) for m in check_keys(databases=["default"])] == [("audit.W001", False, "找不到日志密钥文件 audit，")]
    (folder / "audit-2").unlink()
    assert [(m.id, m.is_serious(), m.msg[:18]) for m in check_keys(databases=["default"])] == [("audit.E002", True, "找不到日志密钥文件 audit-2，")]
