"""Pages for machines."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from django.db import connection

from operations import readiness
from operations.readiness import Part, look
from tests.operations.clusters import free_port

ROOT = Path(__file__).parents[2]


def test_alive_without_a_database(client):
    """No `db` fixture: a query would be refused."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert client.post("/healthz").status_code == 405


@pytest.fixture
def parts(monkeypatch):
    def those(**asked):
        monkeypatch.setattr(readiness, "PARTS", {name: Part(name, ask, is_needed=name in ("database", "disk")) for name, ask in asked.items()})

    return those


def test_ready_degraded_and_not_ready(client, parts, settings):
    settings.REDIS_URL = "redis://x"
    fine = lambda: "ok"  # noqa: E731
    parts(database=fine, disk=fine, jobs=fine, redis=fine)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "parts": {"database": "ok", "disk": "ok", "jobs": "ok", "redis": "ok"}})
    parts(database=fine, disk=fine, jobs=lambda: "late", redis=lambda: 1 / 0)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "degraded", "parts": {"database": "ok", "disk": "ok", "jobs": "late", "redis": "failed"}})
    parts(database=lambda: "migrations missing", disk=fine)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    settings.REDIS_URL = ""
    parts(redis=fine, disk=lambda: "disk full")
    assert client.get("/readyz").json() == {"status": "not ready", "parts": {"disk": "disk full"}}


def test_a_part_that_hangs_is_told_in_time_and_asked_once(parts):
    released, asked = threading.Event(), []

    def hang():
        asked.append(1)
        released.wait(20)
        return "ok"

    parts(database=lambda: "ok", disk=hang)
    for _ in range(3):
        start = time.monotonic()
        assert look() == ("not ready", {"database": "ok", "disk": "hanging"})
        assert time.monotonic() - start < 2
    assert len(asked) == 1
    released.set()
    time.sleep(0.1)
    assert look() == ("ready", {"database": "ok", "disk": "ok"})


def test_each_part_s_own_answer(db, settings, monkeypatch):
    assert (readiness.database(), readiness.disk(), readiness.jobs()) == ("ok", "ok", "ok")
    settings.READY_FREE_MB = 1 << 40
    assert readiness.disk() == "disk full"
    monkeypatch.setattr(readiness, "oldest_waiting", lambda: 901.0)
    assert readiness.jobs() == "late"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'ledger' AND name LIKE '0001%%'")
    assert readiness.database() == "migrations missing"


def test_figures_are_for_addresses_we_know(client, db, settings):
    import ipaddress

    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403  # a front server nobody named
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1, 10.9.9.9"}).status_code == 403
    settings.METRICS_FROM = [ipaddress.ip_network("10.9.0.0/16")]
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1, 10.9.9.9"}).status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "not an address"}).status_code == 403


def test_figures_count_views_and_name_nobody(client, cast):
    client.force_login(cast.office)
    client.get("/ledger/problems/", {"q": "canary"})
    client.get("/canary/")
    text = client.get("/metrics").content.decode()
    assert 'rectification_requests_total{method="GET",status="200",view="ledger:problem_list"}' in text
    assert 'rectification_requests_total{method="GET",status="404",view="none"}' in text
    assert "rectification_database_up 1.0" in text and "rectification_jobs_oldest_waiting_seconds 0.0" in text
    assert "canary" not in text and cast.office.name not in text and cast.office.username not in text


def test_a_served_platform_answers_sums_its_processes_and_logs_json(tmp_path):
    """The real server: two processes, their figures summed, JSON lines. Where no demo is wanted it migrates nothing by itself."""
    port = free_port()
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "DJANGO_ALLOW_ASYNC_UNSAFE")} | {
        "DATA_DIR": str(tmp_path), "PORT": str(port), "LOG_FORMAT": "json", "DEMO": "0", "FONTS_DIR": str(_fonts(tmp_path)),
    }
    refused = subprocess.run([sys.executable, "-m", "rectification.serve"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert refused.returncode == 1 and refused.stderr.startswith("数据库缺少") and "manage.py migrate" in refused.stderr
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True, timeout=400)
    said = tmp_path / "said.txt"
    with said.open("w") as out:
        server = subprocess.Popen([sys.executable, "-m", "rectification.serve"], cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
        try:
            _wait(port)
            get = lambda path: urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20)  # noqa: E731
            assert json.load(get("/readyz"))["status"] == "ready"
            for _ in range(20):
                assert json.load(get("/healthz")) == {"status": "ok"}
            figures = get("/metrics").read().decode()
        finally:
            server.terminate()
            server.wait(30)
    assert 'rectification_requests_total{method="GET",status="200",view="operations:health"} 20.0' in figures
    lines = [json.loads(line) for line in said.read_text().splitlines() if line.startswith("{")]
    assert sum(line["message"] == "request" and line["view"] == "operations:health" for line in lines) == 20


def _fonts(folder: Path) -> Path:
    """Enough for the start-up check; nothing is printed here."""
    (folder / "fonts").mkdir()
    for name in ("fonts.conf", "GWKai.otf"):
        (folder / "fonts" / name).touch()
    return folder / "fonts"


def _wait(port: int) -> None:
    end = time.monotonic() + 400
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not start")
