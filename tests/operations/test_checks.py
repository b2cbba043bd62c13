"""Start-up checks, each by breaking what it checks."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core import checks
from django.db import connection, connections
from django.db.utils import load_backend

from operations.checks import check_database, check_surroundings, folders, postgresql, services, sqlite
from operations.distrust import can_distrust_schema
from tests.operations.clusters import redis_server

ROOT = Path(__file__).parents[2]


@contextmanager
def another(**changes):
    """A connection of its own with other settings, beside the tests' own."""
    described = {**connections.databases["default"], **changes}
    made = load_backend(described["ENGINE"]).DatabaseWrapper(described, "default")
    try:
        yield made
    finally:
        made.close()


def sqlite_file(path: Path, *, init: str | None = None, mode: str = "IMMEDIATE"):
    options = {"transaction_mode": mode, "timeout": 20, "init_command": init or "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;"}
    return another(ENGINE="audit.backends.sqlite3", NAME=str(path / "x.sqlite3"), OPTIONS=options)


def complaints(found) -> dict[str, str]:
    return dict(found)


def test_the_settings_own_connection_has_every_pragma(tmp_path):
    """The real settings in a process of their own, by the command an operator types."""
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"DATA_DIR": str(tmp_path), "FONTS_DIR": str(ROOT)}
    code = "import django; django.setup(); from django.db import connection; from operations.checks import sqlite; print(list(sqlite.complaints(connection)), connection.cursor().execute('PRAGMA foreign_keys').fetchone())"
    done = subprocess.run([sys.executable, "-c", code], env=env | {"DJANGO_SETTINGS_MODULE": "rectification.settings"}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[] (1,)"


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        ("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON", "journal_mode"),
        ("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON", "synchronous"),
        ("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF", "secure_delete"),
        ("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=OFF", "foreign_keys"),
    ],
)
def test_a_pragma_that_is_off_is_named(tmp_path, db, broken, name):
    with sqlite_file(tmp_path, init=broken) as made:
        made.ensure_connection()
        if name == "foreign_keys":  # Django turns it on after the settings' own words
            made.cursor().execute("PRAGMA foreign_keys=OFF")
        found = [text for _id, text in sqlite.complaints(made) if "trusted_schema" not in text]
    assert len(found) == 1
    assert f"SQLite 的 {name} 是" in found[0] and "init_command" in found[0]


def test_a_trusted_schema_is_named_where_it_can_be_distrusted(tmp_path, db, monkeypatch):
    with sqlite_file(tmp_path, init="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA trusted_schema=ON") as made:
        monkeypatch.setattr(sqlite, "can_distrust_schema", lambda: True)
        assert "trusted_schema 是 1，应为 OFF" in complaints(sqlite.complaints(made))["E003"]
        monkeypatch.setattr(sqlite, "can_distrust_schema", lambda: False)
        assert list(sqlite.complaints(made)) == []
    assert can_distrust_schema() is (sqlite3.sqlite_version_info >= (3, 41))


def test_a_deferred_transaction_mode_is_named(tmp_path, db):
    with sqlite_file(tmp_path, mode="DEFERRED") as made:
        assert list(complaints(sqlite.complaints(made))) == ["E004"]


def test_a_network_file_system_is_named(tmp_path, db, monkeypatch):
    mounts = tmp_path / "mountinfo"
    lines = ["22 1 8:1 / / rw - ext4 /dev/sda1 rw", f"30 22 0:40 / {str(tmp_path).replace(' ', chr(92) + '040')} rw shared:1 - nfs4 server:/x rw"]
    mounts.write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(sqlite, "MOUNTS", mounts)
    with sqlite_file(tmp_path) as made:
        assert "网络文件系统（nfs4）" in complaints(sqlite.complaints(made))["E002"]
    assert sqlite.far_kind(Path("/elsewhere/x.sqlite3")) is None
    mounts.write_text("\n".join([*lines, f"31 30 8:2 / {tmp_path} rw - ext4 /dev/sdb rw"]))  # a disk mounted over it
    assert sqlite.far_kind(tmp_path / "x.sqlite3") is None
    monkeypatch.setattr(sqlite, "MOUNTS", tmp_path / "none")
    assert sqlite.far_kind(tmp_path / "x.sqlite3") is None


def test_an_old_sqlite_is_named(tmp_path, db, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with sqlite_file(tmp_path) as made:
        assert "E001" in complaints(sqlite.complaints(made))


@pytest.fixture
def own_folders(tmp_path, settings, monkeypatch):
    settings.DATA_DIR, settings.KEYS_DIR, settings.FONTS_DIR = (tmp_path / n for n in ("data", "keys", "fonts"))
    monkeypatch.delenv("FONTS_DIR", raising=False)
    for folder in (settings.DATA_DIR, settings.KEYS_DIR):
        folder.mkdir(mode=0o700)
    settings.FONTS_DIR.mkdir()
    for name in ("fonts.conf", "GWFangSong.otf"):
        (settings.FONTS_DIR / name).touch()
    assert list(folders.complaints()) == []
    return settings


def test_folders_open_to_others_are_named_and_closed(own_folders):
    own_folders.DATA_DIR.chmod(0o755)
    own_folders.KEYS_DIR.chmod(0o701)
    assert [name for name, _text in folders.complaints()] == ["E023", "E023"]
    assert folders.close_to_others() == [own_folders.DATA_DIR, own_folders.KEYS_DIR]
    assert list(folders.complaints()) == []
    assert stat.S_IMODE(own_folders.DATA_DIR.stat().st_mode) == 0o750
    assert folders.close_to_others() == []


def test_a_missing_folder_and_one_that_cannot_be_written_are_named(own_folders, monkeypatch):
    own_folders.KEYS_DIR.rmdir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    found = complaints(folders.complaints())
    assert list(found) == ["E022", "E021"] and f"chown 账号 {own_folders.DATA_DIR}" in found["E022"]


def test_missing_fonts_are_named(own_folders):
    (own_folders.FONTS_DIR / "GWFangSong.otf").unlink()
    assert list(complaints(folders.complaints())) == ["E024"]


def test_a_redis_that_does_not_answer_is_named(settings, db):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "没有应答（ConnectionError）" in complaints(services.complaints(connection))["E031"]


@pytest.mark.services
def test_a_redis_that_throws_away_is_named(tmp_path):
    with redis_server(tmp_path, "--maxmemory-policy", "allkeys-lru") as url:
        assert "allkeys-lru" in complaints(services.redis_complaints(url))["E032"]
    with redis_server(tmp_path, "--maxmemory-policy", "noeviction", "--rename-command", "CONFIG", "") as url:  # as hosted ones do
        assert list(services.redis_complaints(url)) == []


def test_a_clock_that_goes_wrong_is_named(db, monkeypatch):
    assert abs(services.clock_skew(connection)) < services.SKEW
    monkeypatch.setattr(services, "clock_skew", lambda connection: -7.4)
    assert "相差 7 秒" in complaints(services.complaints(connection))["E033"]


@pytest.mark.services
def test_a_clock_that_goes_wrong_is_measured(db, monkeypatch):
    import time

    real = time.time
    monkeypatch.setattr(services.time, "time", lambda: real() + 60)
    assert -61 < services.clock_skew(connection) < -59


def test_the_checks_are_django_s_own(db, own_folders):
    """`check --database default` asks the database's; `check --deploy --database default` the surroundings' too."""
    registered = checks.registry.registry
    assert check_database in registered.get_checks() and check_surroundings in registered.get_checks(include_deployment_checks=True)
    assert check_surroundings not in registered.get_checks()
    own_folders.KEYS_DIR.chmod(0o755)
    assert [m.id for m in check_surroundings(databases=["default"])] == ["operations.E023"]
    assert check_surroundings(databases=None) == [] == check_database(databases=None)
    assert check_database(databases=["default"]) == []


def serve(tmp_path, **env) -> subprocess.CompletedProcess:
    """The server with nothing of ours around it, until it ends by itself."""
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")} | {"DATA_DIR": str(tmp_path / "data"), "PORT": "18699"} | env
    return subprocess.run([sys.executable, "-m", "rectification.serve"], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_server_refuses_with_a_sentence(tmp_path):
    done = serve(tmp_path, FONTS_DIR=str(tmp_path), REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "没有启动："
    assert [line.rpartition("（")[2] for line in done.stderr.splitlines()[1:]] == ["operations.E024）", "operations.E031）"]


@pytest.mark.parametrize(
    ("away", "told"),
    [({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}, "数据库连接不上，没有启动。"), ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "operations.E031）")],
    ids=["database", "redis"],
)
def test_a_service_that_is_only_away_is_no_reason_to_stay_down(tmp_path, away, told):
    """systemd starts again what ends with any status but 1 (deploy/systemd/rectification-web.service)."""
    done = serve(tmp_path, **away)
    assert done.returncode == 75 and told in done.stderr
    unit = (ROOT / "deploy" / "systemd" / "rectification-web.service").read_text()
    assert "Restart=on-failure" in unit and "RestartPreventExitStatus=1\n" in unit


@pytest.mark.services
def test_postgresql_that_may_lose_a_commit_is_named(db):
    with another(OPTIONS={"options": "-c synchronous_commit=off"}) as made:
        assert "synchronous_commit 是 off" in complaints(postgresql.complaints(made))["E012"]


@pytest.mark.services
def test_a_wrong_time_zone_on_the_connection_is_named(db):
    with another() as made:
        made.cursor().execute("SET timezone TO 'Asia/Tokyo'")
        assert "Asia/Tokyo" in complaints(postgresql.complaints(made))["E014"]


@pytest.mark.services
def test_an_old_postgresql_is_named(db, monkeypatch):
    monkeypatch.setattr(postgresql, "OLDEST", 990000)
    assert "需要 99 或更新" in complaints(postgresql.complaints(connection))["E011"]


@pytest.mark.services
def test_a_careless_cluster_is_named(db, careless):
    """A server of our own that neither flushes nor writes full pages, with a database of another encoding."""
    with another(HOST=careless.host, PORT=careless.port, USER="postgres", PASSWORD="", NAME="latin") as made:
        found = list(postgresql.complaints(made))
    assert [name for name, _text in found] == ["E012", "E012", "E013"]
    assert "fsync 是 off" in found[0][1] and "full_page_writes 是 off" in found[1][1] and "编码是 SQL_ASCII" in found[2][1]


@pytest.mark.services
def test_only_a_request_s_connection_gives_up(db):
    from operations.here import request_id

    def limits(made):
        with made.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            return cursor.fetchone()

    with another() as made:
        assert limits(made) == ("0", "0")
    token = request_id.set("x")
    try:
        with another(OPTIONS={"options": "-c synchronous_commit=on"}) as made:
            assert limits(made) == ("3s", "15s")
    finally:
        request_id.reset(token)
