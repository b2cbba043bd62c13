"""`briefing` on the command line: files whole or not at all, and what goes wrong is said."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from rectification.serve import AWAY
from reports.actions import compose_briefing
from tests.cast import NOW, TODAY


@pytest.fixture
def draft(cast):
    return compose_briefing(cast.campaign, kind="progress", title="进展情况汇报", as_of=TODAY, body="共有{{cadres_total}}人。", by=cast.office, at=NOW)


def briefing(*args, **options) -> str:
    out = StringIO()
    call_command("briefing", *args, stdout=out, **options)
    return out.getvalue()


def test_list(draft):
    assert briefing(list=True) == f"{draft.pk}\t起草中\t截至 2026-09-18\t进展情况汇报（云澜区干部队伍教育整顿）\n"


def test_list_of_none(db):
    assert briefing(list=True) == "还没有汇报。\n"


@pytest.mark.parametrize(("fmt", "start"), [("pdf", b"%PDF-"), ("docx", b"PK"), ("html", b"<!doctype html>")])
@pytest.mark.parametrize("which", ["latest", "pk"])
def test_writes_a_file(draft, tmp_path, fmt, start, which):
    target = tmp_path / f"汇报.{fmt}"
    said = briefing("latest" if which == "latest" else str(draft.pk), format=fmt, output=str(target))
    assert target.read_bytes().startswith(start)
    assert "进展情况汇报" in said
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("which", ["999", "最近", "-1", "latest"])
def test_unknown_briefing(db, tmp_path, which):
    with pytest.raises(CommandError, match="没有编号为"):
        briefing(which, output=str(tmp_path / "x.pdf"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", ["没有的文件夹/x.pdf", ".", "/proc/x.pdf"])
def test_unwritable_output(draft, output, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match="不能写到"):
        briefing("latest", output=output)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_when_the_new_one_cannot_be_made(draft, tmp_path):
    target = tmp_path / "x.pdf"
    target.write_text("old")
    draft.versions.update(body="{{gone}}")
    with pytest.raises(CommandError, match="gone"):
        briefing("latest", output=str(target))
    assert target.read_text() == "old"


def test_without_a_number_or_a_file(db):
    with pytest.raises(CommandError, match="--output"):
        briefing("latest")


def run(*args: str, **env: str) -> subprocess.CompletedProcess:
    """A command as typed in a shell."""
    import os

    clean = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PYTEST_CURRENT_TEST")}
    return subprocess.run([sys.executable, *args], cwd=settings.BASE_DIR, env=clean | env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(("url", "words", "served"), [
    ("mysql://somewhere/db", "DATABASE_URL", 1),
    ("nonsense", "DATABASE_URL", 1),
    ("postgres://nobody:x@127.0.0.1:1/x", "数据库", AWAY),  # may come: whoever keeps the server up tries again
])
def test_a_wrong_database_url_is_told_and_exits_not_zero(tmp_path, url, words, served):
    for command, code in ((["manage.py", "briefing", "--list"], 1), (["-m", "rectification.serve"], served)):
        done = run(*command, DATABASE_URL=url, DATA_DIR=str(tmp_path), PORT="18953")
        assert done.returncode == code
        assert words in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("key", ["", "short", "django-insecure-" + "x" * 60])
def test_a_weak_key_is_refused_with_debug_off(tmp_path, key):
    done = run("manage.py", "check", SECRET_KEY=key, DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "SECRET_KEY" in done.stderr


def test_a_generated_key_is_kept_and_private(tmp_path):
    assert run("manage.py", "check", DATA_DIR=str(tmp_path)).returncode == 0
    kept = tmp_path / "secret_key"
    first = kept.read_text()
    run("manage.py", "check", DATA_DIR=str(tmp_path))
    assert (kept.read_text(), oct(kept.stat().st_mode)[-3:], len(first) >= 48) == (first, "400", True)


def test_a_port_in_use_is_told(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("-m", "rectification.serve", PORT=str(taken.getsockname()[1]), DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "换一个端口" in done.stderr
    assert not (Path(tmp_path) / "rectification.sqlite3").exists()


def test_sqlite_is_wal_full_immediate():
    options = settings.SQLITE["OPTIONS"] if hasattr(settings, "SQLITE") else settings.DATABASES["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]
