"""What the settings refuse and make, each asked in a process of its own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


def asked(folder, words: str, **env: str) -> subprocess.CompletedProcess:
    """What a line of Python says with a folder's settings."""
    clean = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "AUDIT_KEY", "PYTEST_CURRENT_TEST")}
    told = clean | {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "rectification.settings"} | env
    code = f"from django.conf import settings; print({words})"
    return subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=told, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(("months", "code", "said"), [("5", 1, "太短：网络安全法要求日志留存不少于六个月"), ("6", 0, ""), ("", 0, "")])
def test_the_log_is_kept_for_six_months_at_least(tmp_path, months, code, said):
    done = asked(tmp_path, "settings.AUDIT_KEEP_MONTHS", **({"AUDIT_KEEP_MONTHS": months} if months else {}))
    assert (done.returncode, done.stdout.strip()) == (code, "" if code else months or "36")
    assert said in done.stderr


def test_a_first_key_that_was_lost_is_not_made_anew(tmp_path):
    first = asked(tmp_path, "settings.AUDIT_KEY").stdout.strip()
    assert first == (tmp_path / "keys" / "audit").read_text() != ""
    (tmp_path / "keys" / "audit-2").write_text("second")
    assert asked(tmp_path, "settings.AUDIT_KEY").stdout.strip() == first
    (tmp_path / "keys" / "audit").unlink()
    assert asked(tmp_path, "repr(settings.AUDIT_KEY)").stdout.strip() == "''"
    assert not (tmp_path / "keys" / "audit").exists()
