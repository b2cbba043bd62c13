"""Backup → wipe → restore, with a writer going on; and everything that has to be refused."""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from keys.streams import SealedWriter
from operations import restore
from operations.actions import discard_old, newest_archive, verify_backup
from operations.backup import Manifest, unpack
from operations.copies import told_by_sqlite
from operations.restore import Target, prove
from tests.operations.clusters import cluster

ROOT = Path(__file__).parents[2]

# Writes a file's bytes, its row and a line of the log until it is told to stop; prints what is acknowledged.
WRITER = """
import sys, threading
import django
django.setup()
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from audit.log import record
from files.actions import store_file
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
n = int(sys.argv[1])
while not stop.is_set():
    with transaction.atomic():
        stored = store_file(SimpleUploadedFile(f"{n}.txt", f"第{n}份".encode()), by=None, at=timezone.now(), kind=lambda file, name: "text/plain")
        record("tests.store_file", by=None, at=timezone.now(), subject=stored)
    n += 1
    print(n, flush=True)
"""


class Office:
    """A platform in folders of its own, used through its commands as an operator would."""

    def __init__(self, folder: Path, url: str | None = None):
        self.folder, self.url, self.data_dir = folder, url, folder / "data"
        self.env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "FONTS_DIR")}
        self.env |= {"DATA_DIR": str(self.data_dir), "KEYS_DIR": str(folder / "keys"), "DJANGO_SETTINGS_MODULE": "rectification.settings"} | ({"DATABASE_URL": url} if url else {})

    def manage(self, *args: str, ok: bool = True) -> str:
        done = subprocess.run([sys.executable, "manage.py", *args], env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout if ok else done.stderr

    @contextmanager
    def writer(self, start: int):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(start)], env=self.env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        yield process
        out, _err = process.communicate("\n", timeout=300)
        assert process.returncode == 0
        process.written = int(out.split()[-1])

    def told(self) -> dict:
        """Rows and digest of every table, asked by a process of its own."""
        code = "import django, json; django.setup(); from pathlib import Path; from operations.copies import *; from django.db import connection as c; print(json.dumps((told_by_sqlite(Path(c.settings_dict['NAME'])) if c.vendor == 'sqlite' else told_by_postgresql(c.settings_dict)).tables))"
        done = subprocess.run([sys.executable, "-c", code], env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
        return json.loads(done.stdout)

    def evidence(self) -> dict[str, bytes]:
        files = self.folder / "data" / "files"
        return {str(path.relative_to(files)): path.read_bytes() for path in files.rglob("*") if path.is_file()}


def living(tables: dict) -> dict:
    """All but the log, which tells of backups and restorations themselves."""
    return {name: told for name, told in tables.items() if not name.startswith(("audit_", "sqlite_sequence"))}


def backup_wipe_restore(office: Office, wipe) -> None:
    office.manage("migrate", "-v0")
    with office.writer(0) as process:
        for n in range(3):
            office.manage("backup", str(office.folder / f"{n}.backup"))
            time.sleep(0.2)
    sizes = []
    for n in range(3):
        with_load = office.folder / f"{n}.backup"
        said = office.manage("restore", str(with_load), "--verify")
        assert said.startswith("核验通过")
        sizes.append(int(said.split("文件 ")[1].split(" 个")[0].replace(",", "")))
    assert 0 < sizes[0] < sizes[1] < sizes[2] <= process.written, "the writer went on meanwhile"
    office.manage("backup", str(office.folder / "last.backup"))
    before, evidence = office.told(), office.evidence()
    wipe()
    assert "已恢复" in office.manage("restore", str(office.folder / "last.backup"))
    after = office.told()
    assert living(after) == living(before) and living(before)["files_storedfile"][0] == process.written
    assert after["audit_event"][0] == before["audit_event"][0], "the line of the backup went, that of the restoration came"
    assert office.evidence() == evidence and len(evidence) == process.written
    assert "日志完好" in office.manage("audit", "verify")


def wiping(office: Office):
    def wipe():
        shutil.rmtree(office.folder / "data")

    return wipe


def test_on_sqlite_nothing_is_lost_by_backup_wipe_and_restore(tmp_path, migrated_file):
    office = Office(tmp_path)
    migrated_file.copy_to(office.data_dir)
    backup_wipe_restore(office, wiping(office))


@pytest.fixture(scope="module")
def server():
    with cluster() as made:
        yield made


@pytest.mark.services
def test_on_postgresql_nothing_is_lost_by_backup_wipe_and_restore(tmp_path, server):
    server.sql("CREATE DATABASE office")
    office = Office(tmp_path, server.url[:-8] + "office")

    def wipe():
        server.sql("DROP DATABASE office")
        wiping(office)()

    backup_wipe_restore(office, wipe)
    with office.writer(10_000) as process:
        assert "还在使用" in office.manage("restore", str(tmp_path / "last.backup"), "--overwrite", ok=False)
    told = office.told()
    assert told["files_storedfile"][0] == process.written - 10_000 + len([*office.evidence()]) - (process.written - 10_000), "refused, and nothing changed"
    assert "目标不是空的（office）" in office.manage("restore", str(tmp_path / "last.backup"), ok=False)
    assert "已恢复" in office.manage("restore", str(tmp_path / "last.backup"), "--overwrite")
    assert office.told()["files_storedfile"][0] < told["files_storedfile"][0]
    server.sql("SELECT 1 / (count(*) = 1)::int FROM pg_database WHERE datname LIKE 'office_2%'")  # what was there stands aside
    server.sql("SELECT 1 / (count(*) = 0)::int FROM pg_database WHERE datname LIKE '%_restore_%'")  # and no scratch database is left
    assert "已恢复" in office.manage("restore", str(tmp_path / "last.backup"), "--into", server.url[:-8] + "elsewhere", "--into", str(tmp_path / "elsewhere"))


# --- what is refused ---


@pytest.fixture(scope="module")
def made(tmp_path_factory, migrated_file):
    """A platform with a handful of rows and files, and a backup of it."""
    office = Office(tmp_path_factory.mktemp("office"))
    migrated_file.copy_to(office.data_dir)
    office.manage("migrate", "-v0")
    with office.writer(0):
        time.sleep(0.3)
    said = office.manage("backup", str(office.folder / "good.backup"))
    assert f"刚刚生成了备份密钥 {office.folder / 'keys' / 'backup'}" in said
    assert f"备份里没有密钥。请把 {office.folder / 'keys'} 的全部文件" in said
    return office


@pytest.fixture
def here(made, settings, tmp_path):
    """This process with that platform's keys, and an empty place of its own."""
    settings.KEYS_DIR = made.folder / "keys"
    settings.AUDIT_KEY = (settings.KEYS_DIR / "audit").read_text()
    settings.AUDIT_ANCHORS = tmp_path / "anchors.txt"
    settings.DATA_DIR = tmp_path
    return made


def refusal(archive: Path, home: Path) -> str:
    with pytest.raises(ValidationError) as caught:
        prove(archive, home=home)
    assert [p for p in home.iterdir() if p.name.startswith(".")] == [], "no scratch is left"
    return "".join(caught.value.messages)


def repacked(office, folder: Path, change, name="bad.backup") -> Path:
    """An archive by somebody who has the key: taken apart, changed by `change(folder, manifest)`, sealed again."""
    inside = folder / "inside"
    manifest = unpack(office.folder / "good.backup", inside)
    change(inside, manifest)
    (inside / "manifest.json").write_bytes(manifest.to_bytes())
    with (folder / name).open("wb") as out, SealedWriter(out, (office.folder / "keys" / "backup").read_bytes(), suite="gm") as sealed:  # noqa: SIM117
        with gzip.GzipFile(fileobj=sealed, mode="wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
            for path in sorted(inside.rglob("*")):
                if path.is_file():
                    tar.add(path, str(path.relative_to(inside)))
    shutil.rmtree(inside)
    return folder / name


def test_the_archive_holds_no_key_and_nothing_readable(made, tmp_path, here):
    data = (made.folder / "good.backup").read_bytes()
    keys = [path.read_bytes() for path in (made.folder / "keys").iterdir()]
    manifest = unpack(made.folder / "good.backup", tmp_path / "inside")
    unpacked = b"".join(path.read_bytes() for path in (tmp_path / "inside").rglob("*") if path.is_file())
    assert len(keys) >= 2 and manifest.files
    assert [key for key in keys if key in data or key in unpacked] == []
    assert b"sqlite" not in data.lower() and (made.folder / "good.backup").stat().st_mode & 0o777 == 0o600


def test_a_good_one_is_proved(here, db, tmp_path):
    proof = prove(here.folder / "good.backup", home=tmp_path)
    assert proof.notes == [] and proof.manifest.head[0] == len(proof.manifest.files)


def test_a_changed_byte_a_cut_end_another_key_and_another_file_are_refused(here, db, tmp_path, settings):
    data = (here.folder / "good.backup").read_bytes()
    bad = tmp_path / "bad.backup"
    for changed in (data[:-1], data[: len(data) // 2], data[:200] + bytes([data[200] ^ 1]) + data[201:], data + b"x", b"", b"PK\x03\x04" + data):
        bad.write_bytes(changed)
        assert refusal(bad, tmp_path) == "备份文件被改动、不完整，或不是本平台的备份。请换一份备份。"
    settings.KEYS_DIR = tmp_path / "keys"
    assert refusal(here.folder / "good.backup", tmp_path).startswith("找不到备份密钥文件")
    settings.KEYS_DIR.mkdir()
    (settings.KEYS_DIR / "backup").write_bytes(b"y" * 32)
    assert "不是制作这份备份时的那一个" in refusal(here.folder / "good.backup", tmp_path)


def test_whoever_has_the_key_is_found_out_by_the_contents(here, db, tmp_path):
    import sqlite3

    def sql(statement):
        def change(folder, manifest):
            opened = sqlite3.connect(folder / "database")
            opened.executescript(statement)
            opened.close()
            data = (folder / "database").read_bytes()
            import hashlib

            manifest.database = [len(data), hashlib.sha256(data).hexdigest()]

        return change

    def retold(statement):
        """The manifest's digests made to fit as well: then only the log tells."""

        def change(folder, manifest):
            sql(statement)(folder, manifest)
            copy = told_by_sqlite(folder / "database")
            manifest.tables, manifest.head = copy.tables, copy.head

        return change

    def file(folder, manifest):
        next(path for path in (folder / "files").rglob("*") if path.is_file()).write_bytes(b"another")

    def swapped(folder, manifest):
        (folder / manifest.files[0][0]).unlink()
        manifest.files.pop(0)

    def newer(folder, manifest):
        manifest.migrations.append(["ledger", "9999_from_the_future"])

    def escaping(folder, manifest):
        manifest.files.append(["../escaped", 0, ""])

    gone = "DROP TRIGGER audit_event_update; UPDATE audit_event SET action = 'x' WHERE seq = 2"
    assert refusal(repacked(here, tmp_path, sql("UPDATE files_storedfile SET name = 'x' WHERE id = 1")), tmp_path).startswith("恢复出来的数据与备份时不一致（files_storedfile）")
    assert refusal(repacked(here, tmp_path, retold(gone)), tmp_path).startswith("备份里的审计日志没有通过核验")
    assert refusal(repacked(here, tmp_path, file), tmp_path) == refusal(repacked(here, tmp_path, escaping), tmp_path) == "备份里的文件与清单不符。请换一份备份。"
    assert "与数据库的登记不符" in refusal(repacked(here, tmp_path, swapped), tmp_path)
    assert "请先升级程序" in refusal(repacked(here, tmp_path, newer), tmp_path)
    assert not (tmp_path.parent / "escaped").exists()


def test_a_member_that_leads_out_is_refused(here, db, tmp_path):
    with (tmp_path / "bad.backup").open("wb") as out, SealedWriter(out, (here.folder / "keys" / "backup").read_bytes(), suite="gm") as sealed:  # noqa: SIM117
        with gzip.GzipFile(fileobj=sealed, mode="wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
            member = tarfile.TarInfo("../../escaped")
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
    assert "../../escaped" in refusal(tmp_path / "bad.backup", tmp_path)
    assert not (tmp_path.parent / "escaped").exists()


def test_an_older_schema_is_told_and_later_anchors_are(here, db, tmp_path, settings):
    from audit.anchors import write_anchor

    shutil.copy(here.folder / "good.backup", tmp_path / "good.backup")
    known = restore.MigrationLoader

    class More:
        def __init__(self, *args, **kwargs):
            self.disk_migrations = {**known(*args, **kwargs).disk_migrations, ("ledger", "9999_next"): None}

    restore.MigrationLoader = More
    try:
        assert prove(tmp_path / "good.backup", home=tmp_path).notes == ["备份来自较早的版本：恢复后请执行 migrate，再执行 audit verify 核验日志。"]
    finally:
        restore.MigrationLoader = known
    copy = Target.of(None, here.folder / "data")
    with restore.standing_in(copy.database):
        write_anchor(now=datetime(2026, 11, 26, tzinfo=UTC))  # of a log that has one line more, the backup's own
    notes = prove(tmp_path / "good.backup", home=tmp_path).notes
    assert len(notes) == 1 and notes[0].startswith("锚点文件里有 1 个锚点晚于这份备份")


def test_nothing_is_put_in_an_occupied_place(here, db, tmp_path):
    target = Target.of(None, tmp_path / "there")
    now = timezone.now()
    restore.put_in_place(here.folder / "good.backup", target, may_overwrite=False, at=now)
    first = told_by_sqlite(Path(target.database["NAME"]))
    with pytest.raises(ValidationError, match="目标不是空的"):
        restore.put_in_place(here.folder / "good.backup", target, may_overwrite=False, at=now)
    import sqlite3

    user = sqlite3.connect(target.database["NAME"])
    user.execute("PRAGMA journal_mode=WAL")
    user.execute("SELECT count(*) FROM audit_event").fetchone()
    with pytest.raises(ValidationError, match="还在使用"):
        restore.put_in_place(here.folder / "good.backup", target, may_overwrite=True, at=now)
    user.close()
    bad = tmp_path / "bad.backup"
    bad.write_bytes((here.folder / "good.backup").read_bytes()[:-3])
    with pytest.raises(ValidationError, match="不完整"):
        restore.put_in_place(bad, target, may_overwrite=True, at=now)
    assert told_by_sqlite(Path(target.database["NAME"])) == first and not list(target.home.glob("before-restore-*"))
    restore.put_in_place(here.folder / "good.backup", target, may_overwrite=True, at=now)
    (aside,) = target.home.glob("before-restore-*")
    assert told_by_sqlite(aside / "rectification.sqlite3") == first == told_by_sqlite(Path(target.database["NAME"]))
    assert sorted(p.name for p in aside.iterdir()) == ["files", "rectification.sqlite3"]


def test_the_administrator_is_told_of_a_backup_that_fails(here, cast, tmp_path):
    bad = tmp_path / "bad.backup"
    bad.write_bytes(b"nothing")
    with pytest.raises(ValidationError):
        verify_backup(bad, by=None, at=timezone.now())
    event = Event.objects.filter(action="operations.verify_backup").get()
    assert (event.result, event.detail["file"]) == ("refused", "bad.backup")
    assert cast.administrator.notices.get().text.startswith("备份 bad.backup 没有通过恢复核验：备份文件被改动")


def test_missing_and_damaged_evidence_is_told_and_the_backup_still_made(made, tmp_path):
    office = Office(tmp_path)
    shutil.copytree(made.folder / "data", tmp_path / "data")
    shutil.copytree(made.folder / "keys", tmp_path / "keys")
    first, second = sorted(path for path in (tmp_path / "data" / "files").rglob("*") if path.is_file())[:2]
    first.unlink()
    second.chmod(0o600)
    second.write_bytes(b"rotten")
    assert "缺少 1 个文件，1 个与登记不符" in office.manage("backup", str(tmp_path), "--keep", "2", ok=False)
    assert "备份时磁盘上就缺少 1 个文件" in office.manage("restore", str(tmp_path), "--verify")


def test_only_the_newest_are_kept(tmp_path):
    names = [f"rectification-2026112{n}-020000.backup" for n in range(5)]
    for name in [*names, "other.backup"]:
        (tmp_path / name).touch()
    assert newest_archive(tmp_path).name == names[-1]
    assert [p.name for p in discard_old(tmp_path, keep=2)] == names[2::-1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.backup", *names[3:]]
    with pytest.raises(ValidationError, match="没有备份文件"):
        newest_archive(tmp_path / "none")


def test_a_manifest_of_a_later_format_is_refused():
    data = json.dumps({"format": 99}).encode()
    with pytest.raises(ValidationError, match="更新的版本"):
        Manifest.of(data)
