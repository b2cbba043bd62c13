"""What we hand out for installing: safe as it is, or refused."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SAMPLE = DEPLOY / "rectification.env.sample"
SERVICES = sorted(DEPLOY.glob("systemd/*.service"))


def sample() -> dict[str, str]:
    return dict(line.split("=", 1) for line in SAMPLE.read_text().splitlines() if "=" in line and not line.startswith("#"))


@pytest.mark.parametrize("filled", [[], ["SECRET_KEY"], ["SECRET_KEY", "DATABASE_URL"]])
def test_the_sample_is_refused_until_every_secret_is_filled_in(tmp_path, filled):
    env = sample() | {"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path / "data"), "KEYS_DIR": str(tmp_path / "keys"), "PORT": "18698"}
    env |= {name: env[name].replace("CHANGE-ME", "0123456789abcdef0123456789abcdef") for name in filled}
    done = subprocess.run([sys.executable, "-m", "rectification.serve"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    name = ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"][len(filled)]
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith(f"{name} 里还是样例的 CHANGE-ME，请换成自己的口令或密钥。")


def test_the_sample_names_settings_that_exist():
    known = (ROOT / "rectification" / "settings.py").read_text() + (ROOT / "rectification" / "serve.py").read_text()
    names = set(re.findall(r"^#?([A-Z_]+)=", SAMPLE.read_text(), re.M))
    assert len(names) > 12 and [name for name in names if f'"{name}"' not in known] == []


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_every_unit_is_locked_in(unit):
    lines = set(unit.read_text().splitlines())
    asked = {"User=rectification", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes", "UMask=0077", "RestrictNamespaces=yes", "SystemCallFilter=@system-service", "StateDirectoryMode=0700"}
    assert asked - lines == set()


def test_there_is_a_unit_for_everything_that_runs():
    names = {path.name for path in DEPLOY.glob("systemd/*")}
    assert names == {f"rectification-{n}" for n in ("web.service", "worker@.service", "beat.service", "backup.service", "backup.timer")}
    backup = (DEPLOY / "systemd" / "rectification-backup.service").read_text()
    assert backup.index("manage.py backup") < backup.index("--verify"), "a backup nobody has tried is none"


def test_the_front_server_passes_one_address_and_keeps_machines_pages_in():
    text = (DEPLOY / "nginx.conf").read_text()
    assert "X-Forwarded-For $remote_addr;" in text and "proxy_add_x_forwarded_for" not in text
    assert re.search(r"ssl_protocols TLSv1\.2 TLSv1\.3;", text) and "server_tokens off" in text and "client_max_body_size 60m" in text
    assert all(re.search(rf"location = /{name} {{ return 404; }}", text) for name in ("metrics", "healthz", "readyz"))
    assert "$request_uri'" not in text.split("log_format")[1].split(";")[0] and "$args" not in text


def test_the_compose_file_holds_no_secret_and_locks_every_service_of_ours_in():
    told = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    text = (DEPLOY / "compose.yaml").read_text()
    assert re.findall(r"(?:PASSWORD|SECRET_KEY): (?!\"?\$\{)", text) == []
    ours = {name: service for name, service in told["services"].items() if service["image"] == "rectification:latest"}
    assert set(ours) == {"web", "quick", "documents", "imports", "beat"}
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in ours.values())


def test_static_files_are_for_the_front_server_to_read_whatever_the_unit_s_umask(tmp_path):
    env = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path / "data"), "STATIC_ROOT": str(tmp_path / "static")}
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT, env=env, umask=0o077, check=True, timeout=200)
    paths = [path for path in (tmp_path / "static").rglob("*") if path.suffix not in (".gz", ".br")]  # those are read by the platform itself
    assert {(path.is_dir(), path.stat().st_mode & 0o777) for path in paths} == {(True, 0o755), (False, 0o644)}
