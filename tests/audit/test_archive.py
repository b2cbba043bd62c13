"""Archiving: lines go into a sealed file and out of the table, and verification walks on over them, or says what is wrong."""

import datetime as dt
import json
import random

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.actions import archive_log, verify_log
from audit.anchors import by_number, write_anchor
from audit.archiving import keep_from, lines_of
from audit.chain import FORMATS, mac
from audit.log import record
from audit.models import Event, Segment
from audit.segments import code_of, path_of
from audit.triggers import install, remove
from audit.verify import verify
from tests.audit.conftest import note, sql
from tests.cast import NOW, account

pytestmark = pytest.mark.django_db(transaction=True)
OLD = dt.datetime(2022, 3, 1, 10, tzinfo=dt.UTC)
BEFORE = dt.date(2023, 1, 1)


def note_at(at: dt.datetime, number: int) -> None:
    with transaction.atomic():
        record("tests.old", by=None, at=at, number=number, words="销号", nested={"b": [1.5, None, True], "a": "\u2028x"})


@pytest.fixture
def log() -> None:
    """Six lines of 2022 in two months, anchored after the third and the fifth, then four of today, and an anchor."""
    for number in range(1, 7):
        note_at(OLD + dt.timedelta(days=10 * number), number)
        if number in (3, 5):
            write_anchor(now=OLD + dt.timedelta(days=10 * number))
    for _n in range(4):
        note()
    write_anchor(now=NOW)


def archived(before: dt.date = BEFORE) -> Segment:
    return archive_log(before=before, by=None, at=NOW)


def numbers() -> list[int]:
    return list(Event.objects.order_by("seq").values_list("seq", flat=True))


def test_old_lines_go_into_a_file_up_to_the_last_anchor_and_the_walk_goes_on(log, archive):
    codes = dict(Event.objects.values_list("seq", "mac"))
    segment = archived()
    segment.refresh_from_db()
    assert (segment.first_seq, segment.last_seq, segment.mac, segment.archived_by) == (1, 5, codes[5], "系统")
    assert (segment.since, segment.until, str(segment)) == (OLD + dt.timedelta(days=10), OLD + dt.timedelta(days=50), "第 1 至 5 条")
    assert numbers() == [6, 7, 8, 9, 10, 11]
    assert str(verify()) == "日志完好：6 条首尾相接，与 4 个库外锚点相符。另有 5 条已归档。"
    assert str(verify(with_archive=True)) == "日志完好：6 条首尾相接，与 4 个库外锚点相符。另有 5 条已归档。归档文件 1 个，逐条核对相符。"
    deed = Event.objects.get(action="audit.archive_log")
    assert (deed.seq, deed.subject_label, deed.detail) == (11, "第 1 至 5 条", {"lines": 5, "file": segment.file_name, "digest": segment.file_digest})
    assert max(by_number()) == 11  # and the new end is anchored at once
    assert (path_of(segment).parent, oct(path_of(segment).stat().st_mode)[-3:], [p.name for p in archive.iterdir()]) == (archive, "400", [segment.file_name])


def test_the_file_holds_the_lines_and_says_what_it_holds(log):
    before = list(Event.objects.filter(seq__lte=5).order_by("seq"))
    segment = archived()
    *lines, manifest = [json.loads(line) for line in path_of(segment).read_text(encoding="ascii").splitlines()]
    assert [(line[0], line[1], line[2], line[4:7], line[10]) for line in lines] == [(e.seq, e.mac, e.pk, [None, "系统", "tests.old"], e.detail) for e in before]
    told = {name: manifest[name] for name in ("first", "last", "previous", "mac", "at", "format")}
    assert told == {"first": 1, "last": 5, "previous": "", "mac": before[-1].mac, "at": NOW.astimezone(dt.UTC).isoformat(), "format": 1}
    assert manifest["code"] == mac("archive", [manifest[name] for name in ("first", "last", "previous", "mac", "digest", "keys", "at")], FORMATS["gm"])


def test_one_archive_follows_another(log, settings):
    settings.CRYPTO_SUITE = "gm"
    archived(dt.date(2022, 4, 10))
    settings.CRYPTO_SUITE = "intl"
    second = archived()
    assert [(s.first_seq, s.last_seq) for s in Segment.objects.order_by("pk")] == [(1, 3), (4, 5)]
    assert second.file_digest.startswith("sha256:")
    assert str(verify(with_archive=True)).endswith("另有 5 条已归档。归档文件 2 个，逐条核对相符。")
    note()
    assert verify().is_intact


# --- what is refused ---


def refused(before: dt.date = BEFORE) -> str:
    left, files = numbers(), Segment.objects.count()
    with pytest.raises(ValidationError) as refusal:
        archived(before)
    assert (numbers(), Segment.objects.count()) == (left, files)
    return "".join(refusal.value.messages)


def test_young_lines_stay(log, settings):
    assert refused(dt.date(2023, 9, 19)) == "日志须在库中保留 36 个月，最多归档到 2023-09-18 以前，请换一个更早的日期。"
    settings.AUDIT_KEEP_MONTHS = 6
    assert keep_from(dt.date(2026, 8, 31)) == dt.date(2026, 2, 28)
    assert keep_from(dt.date(2026, 6, 30)) == dt.date(2025, 12, 30)
    assert archived(dt.date(2026, 3, 18)).last_seq == 5


def test_nothing_old_enough_and_nothing_anchored(log):
    assert refused(dt.date(2022, 3, 1)) == "没有早于 2022-03-01 的日志可以归档。"
    assert refused(dt.date(2022, 3, 25)) == "早于 2022-03-25 的日志里没有一条记在库外锚点文件中，不能归档。请换一个较晚的日期。"
    archived()
    assert "没有一条记在库外锚点文件中" in refused()  # the sixth line is old, but no anchor stands behind it


def test_without_any_anchor_nothing_goes(log, anchors):
    anchors.unlink()
    assert "没有一条记在库外锚点文件中" in refused()


def test_an_older_line_behind_a_younger_one_stays(log):
    """Lines are numbered as they are committed; the first that is too young ends the segment."""
    note_at(OLD, 99)
    write_anchor(now=NOW)
    assert (archived().last_seq, numbers()) == (5, [6, 7, 8, 9, 10, 11, 12])


def test_a_log_that_is_not_whole_is_not_archived(log):
    remove(connection)
    sql("UPDATE audit_event SET actor_label = '别人' WHERE seq = 9")
    install(connection)
    assert refused().startswith("日志没有通过核验，不能归档。第 9 条（编号")


def test_what_reads_back_otherwise_is_refused(log, monkeypatch):
    monkeypatch.setattr("audit.actions.lines_of", lambda segment: (line._replace(values=(*line.values[:3], "别人", *line.values[4:])) for line in lines_of(segment)))
    assert refused().startswith("归档文件写后复核不符，日志没有改动。归档文件 audit-1-5-")


def test_a_deed_that_fails_at_the_end_leaves_everything(log, monkeypatch):
    left = numbers()
    with monkeypatch.context() as patch:
        patch.setattr("audit.actions.record", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            archived()
    assert (numbers(), Segment.objects.count(), verify().is_intact) == (left, 0, True)
    assert archive_log(before=BEFORE, by=None, at=NOW + dt.timedelta(seconds=1)).last_seq == 5


# --- tampering ---


@pytest.fixture
def segment(log) -> Segment:
    return archived()


def rewrite(segment: Segment, edit) -> None:
    path = path_of(segment)
    path.chmod(0o600)
    path.write_bytes(edit(path.read_bytes()))


def test_a_missing_file_is_named_only_when_files_are_asked_for(segment):
    path_of(segment).unlink()
    assert verify().is_intact
    assert str(verify(with_archive=True)) == f"找不到归档文件 {segment.file_name}（自第 1 条起）。请从保管处取回，放进归档文件夹后再核验。"


@pytest.mark.parametrize(("edit", "said"), [
    (lambda raw: raw.replace(b'"number":3', b'"number":4'), "：第 3 条（编号 {pk3}）与封存时不同"),
    (lambda raw: b"".join(raw.splitlines(keepends=True)[1:]), "：第 1 条不见了"),
    (lambda raw: b"".join(raw.splitlines(keepends=True)[:3] + raw.splitlines(keepends=True)[4:]), "：第 4 条不见了"),
    (lambda raw: b"".join(raw.splitlines(keepends=True)[:4] + raw.splitlines(keepends=True)[5:]), " 末尾的清单与归档时不同"),
    (lambda raw: b"".join(raw.splitlines(keepends=True)[:5]), " 末尾的清单与归档时不同"),
    (lambda raw: raw + raw.splitlines(keepends=True)[0], " 第 7 行读不出来"),
    (lambda raw: raw.replace(b'"first":1', b'"first":2'), " 末尾的清单与归档时不同"),
    (lambda raw: raw.replace(b'{"at":', b'{ "at":'), " 末尾的清单与归档时不同"),
    (lambda raw: b"\xff\xfe" + raw, " 第 1 行读不出来"),
    (lambda raw: raw.replace(b"[2,", b'["2",'), "：第 2 条（编号 {pk2}）的序号不对"),
    (lambda raw: b"", " 末尾的清单与归档时不同"),
], ids=["changed", "first gone", "one gone", "last gone", "no manifest", "one more", "manifest", "space", "no text", "type", "empty"])  # fmt: skip
def test_a_changed_file_is_found_and_its_first_bad_line_named(segment, edit, said):
    pks = {f"pk{line[0]}": line[2] for line in map(json.loads, path_of(segment).read_text().splitlines()[:-1])}
    rewrite(segment, edit)
    answer = str(verify(with_archive=True))
    assert verify().is_intact
    assert answer.startswith(f"归档文件 {segment.file_name}{said.format(**pks)}")


@pytest.mark.parametrize("part", range(4))
def test_every_changed_byte_of_a_file_is_found(segment, part):
    whole, chance = path_of(segment).read_bytes(), random.Random(part)
    missed = []
    for at in range(part, len(whole), 4):
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(8)
        rewrite(segment, lambda _raw, changed=changed: bytes(changed))
        if verify(with_archive=True).is_intact:
            missed.append(at)
    assert missed == []


ROW = ["first_seq = 2", "last_seq = 4", "mac = 'x'", "since = '2021-01-01 00:00:00+00'", "until = '2021-01-01 00:00:00+00'", "file_name = 'x'", "file_digest = 'sm3:x'", "archived_by = '别人'", "archived_at = '2021-01-01 00:00:00+00'", "code = 'x'"]


@pytest.mark.parametrize("change", ROW)
def test_a_changed_row_is_named(segment, change):
    remove(connection)
    sql(f"UPDATE audit_segment SET {change}")
    install(connection)
    first = 2 if "first_seq" in change else 1
    assert str(verify()) == f"自第 {first} 条起的归档记录与归档时不同：被改动，或不是由本系统写入的。"


def test_a_time_that_is_none_is_told_too(segment):
    remove(connection)
    sql("UPDATE audit_segment SET since = %s", "garbage" if connection.vendor == "sqlite" else "infinity")
    install(connection)
    assert verify().fault.kind == "segment"


def test_a_row_taken_away_leaves_a_gap(segment):
    remove(connection)
    sql("DELETE FROM audit_segment")
    install(connection)
    assert str(verify()) == "第 1 条不见了，日志在这里缺了一段。"


def test_lines_taken_away_under_a_forged_row_are_found(log):
    """Who has the database but not the key."""
    sql("INSERT INTO audit_segment (since, until, archived_at, archived_by, file_name, file_digest, first_seq, last_seq, mac, code) SELECT at, at, at, '系统', 'x', 'x', 1, 8, mac, 'forged' FROM audit_event WHERE seq = 8")
    sql("DELETE FROM audit_event WHERE seq <= 8")
    assert verify().fault.kind == "segment"


def test_a_row_forged_with_the_key_that_ends_otherwise_than_anchored_is_found(log):
    remove(connection)
    row = Segment(first_seq=1, last_seq=5, since=OLD, until=OLD, mac="0" * 64, file_name="x", file_digest="sm3:x", archived_at=NOW, archived_by="系统")
    row.code = code_of(row, FORMATS["gm"])
    row.save()
    sql("DELETE FROM audit_event WHERE seq <= 5")
    install(connection)
    assert str(verify()) == "到第 5 条为止的归档记录与库外锚点（2022-04-20 18:00）不符：日志被整体重写过。"


def test_a_line_put_back_or_taken_out_is_named(segment):
    with pytest.raises(DatabaseError, match="append-only"):
        sql("DELETE FROM audit_event WHERE seq = 6")
    remove(connection)
    sql("DELETE FROM audit_event WHERE seq = 6")
    assert verify().fault.seq == 6
    sql("UPDATE audit_event SET seq = 3 WHERE seq = 7")
    install(connection)
    assert verify().fault.kind == "order"


def test_lines_archived_while_one_verifies_are_no_fault(log, monkeypatch):
    done = []

    def archive_once(walked: int, total: int) -> None:
        if not done:
            done.append(True)
            archived()

    monkeypatch.setattr("audit.verify.BATCH", 2)
    verdict = verify(archive_once)
    assert (verdict.is_intact, verdict.archived, verdict.count) == (True, 5, 6)


# --- on the console ---


def test_the_command_archives_and_verifies(log, archive, capsys):
    call_command("audit", "archive", "--before", "2023-01-01")
    segment = Segment.objects.get()
    assert capsys.readouterr().out == f"第 1 至 5 条共 5 条已归档，写在 {archive / segment.file_name}。请把该文件另存一份到库外，至少保存到规定的年限。\n"
    call_command("audit", "verify", "--with-archive")
    assert "另有 5 条已归档。归档文件 1 个，逐条核对相符。" in capsys.readouterr().out
    assert "归档文件 1 个" in Event.objects.filter(action="audit.verify_log").latest("seq").detail["said"]
    rewrite(segment, lambda raw: raw.replace(b"tests.old", b"tests.new"))
    with pytest.raises(SystemExit):
        call_command("audit", "verify", "--with-archive", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["archived"], told["fault"]["kind"], told["fault"]["seq"], told["fault"]["file"]) == (5, "content", 1, segment.file_name)


def test_the_command_says_why_not(log, settings, tmp_path):
    with pytest.raises(CommandError, match="日志须在库中保留 36 个月"):
        call_command("audit", "archive", "--before", f"{timezone.localdate():%Y-%m-%d}")
    (tmp_path / "file").write_text("in the way")
    settings.AUDIT_ARCHIVE = tmp_path / "file" / "archive"
    with pytest.raises(CommandError, match=r"归档文件写不进.*日志没有改动"):
        call_command("audit", "archive", "--before", "2023-01-01")
    assert not Segment.objects.exists()


def test_who_archived_is_in_the_row(log):
    segment = archive_log(before=BEFORE, by=account("admin", "管知远"), at=NOW)
    assert segment.archived_by == "管知远"
    assert verify_log(by=None, at=NOW, with_archive=True).is_intact
