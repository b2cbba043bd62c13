"""Where reads go: a second database with other rows tells; and a real standby, current, late and gone."""

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connections
from django.test import RequestFactory
from django.urls import ResolverMatch

from accounts.models import User
from ledger.models import Problem
from operations import replica
from operations.middleware import ReplicaMiddleware
from operations.replica import PRIMARY_ONLY, Reading, Router, Standby, reading
from organizations.models import Cadre, RoleGrant, Unit
from tests.operations.clusters import cluster, standby_of

ROOT = Path(__file__).parents[2]
router = Router()


@pytest.fixture
def standby(monkeypatch):
    made = Standby()
    monkeypatch.setattr(replica, "standby", made)
    monkeypatch.setattr("operations.middleware.standby", made)
    monkeypatch.setattr(replica, "flushed", lambda: "0/1")
    monkeypatch.setattr(replica, "caught_up", lambda position: True)
    return made


def read_in(method: str, asked=lambda: [router.db_for_read(model) for model in (Problem, User, RoleGrant, Unit, Cadre)]):
    return ReplicaMiddleware(lambda request: asked())(RequestFactory().generic(method, "/"))


def test_only_safe_requests_read_from_the_standby_and_never_who_may_what(standby):
    for method in ("GET", "HEAD"):
        assert read_in(method) == ["replica", "default", "default", "default", "default"]
    for method in ("POST", "PUT", "DELETE"):
        assert read_in(method) == ["default"] * 5
    assert router.db_for_read(Problem) == "default"  # a job, a command
    assert router.db_for_write(Problem) == "default" and not router.allow_migrate("replica", "ledger") and router.allow_migrate("default", "ledger")


def test_what_is_read_in_a_transaction_is_the_primary_s(standby, db):
    assert read_in("GET", lambda: router.db_for_read(Problem)) == "default"  # the test's own transaction


def test_one_that_lags_is_passed_over_for_the_whole_request(standby, monkeypatch):
    answers = iter([False, True])
    monkeypatch.setattr(replica, "caught_up", lambda position: next(answers))
    asked = lambda: [router.db_for_read(Problem) for _ in range(3)]  # noqa: E731
    assert read_in("GET", asked) == ["default"] * 3
    assert read_in("GET", asked) == ["replica"] * 3


def test_one_that_is_down_is_told_once_and_left_alone(standby, monkeypatch, caplog):
    calls = []

    def broken(position):
        calls.append(position)
        raise OperationalError("connection refused")

    monkeypatch.setattr(replica, "caught_up", broken)
    monkeypatch.setattr(replica, "connections", {"default": connections["default"], "replica": connections["default"].__class__(connections["default"].settings_dict, "default")})
    with caplog.at_level(logging.WARNING, "operations.replica"):
        for _ in range(3):
            assert not Reading().ask()
        standby.down_until = 0.0
        assert not Reading().ask()
        monkeypatch.setattr(replica, "caught_up", lambda position: True)
        standby.down_until = 0.0
        assert Reading().ask() and Reading().ask()
    assert len(calls) == 2
    assert [r.message for r in caplog.records] == ["the replica does not answer, pages are read from the primary (OperationalError)", "the replica answers again"]


def test_a_view_whose_standby_breaks_midway_is_asked_again_of_the_primary(standby, monkeypatch):
    monkeypatch.setattr(standby, "fail", lambda error: None)
    seen = []

    def view(request, pk):
        seen.append(router.db_for_read(Problem))
        return pk

    request = RequestFactory().get("/")
    request.resolver_match = ResolverMatch(view, (), {"pk": 7})
    middleware = ReplicaMiddleware(None)
    token = reading.set(Reading())
    try:
        router.db_for_read(Problem)
        assert middleware.process_exception(request, ValueError()) is None
        assert middleware.process_exception(request, OperationalError("terminating connection due to administrator command")) == 7
        assert middleware.process_exception(request, OperationalError("once more")) is None
    finally:
        reading.reset(token)
    assert seen == ["default"]


def test_every_table_of_people_and_powers_is_among_those_of_the_primary():
    assert {model._meta.app_label for model in (User, RoleGrant, Unit, Cadre)} <= PRIMARY_ONLY
    from django.apps import apps

    elsewhere = {config.label for config in apps.get_app_configs() if any(True for _ in config.get_models())} - PRIMARY_ONLY
    assert elsewhere == {"files", "campaigns", "ledger", "learning", "selfcheck", "supervision", "reports"}


def test_a_replica_without_postgresql_is_refused(tmp_path):
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"DATA_DIR": str(tmp_path), "REPLICA_URL": "postgres://x@127.0.0.1/x"}
    done = subprocess.run([sys.executable, "manage.py", "check"], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "只能是 DATABASE_URL 的 PostgreSQL 只读副本" in done.stderr


def test_a_replica_weighs_statements_as_the_primary_does(tmp_path):
    env = os.environ | {"DATA_DIR": str(tmp_path), "DATABASE_URL": "postgres://x@127.0.0.1/x", "REPLICA_URL": "postgres://x@127.0.0.2/x", "DJANGO_SETTINGS_MODULE": "rectification.settings"}
    code = "import json; from django.conf import settings; print(json.dumps([settings.DATABASES[name]['OPTIONS'] for name in ('default', 'replica')]))"
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    primary, second = json.loads(done.stdout)
    assert "jit=off" in primary["options"] and second == primary | {"connect_timeout": 2}


# A whole process with the real settings; each line typed is Python, each line answered JSON.
TALK = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from django.db import connections
from django.http import HttpResponse
from django.test import RequestFactory
from operations import replica
from operations.middleware import ReplicaMiddleware
from campaigns.models import Campaign
from learning.models import StudyMaterial
from accounts.models import User
from reports.models import Briefing
from files.models import StoredFile
from django.utils import timezone

def get(work, method="GET"):
    return ReplicaMiddleware(lambda request: work())(RequestFactory().generic(method, "/"))

def names():
    return [s.name for s in StoredFile.objects.order_by("pk")], StoredFile.objects.all().db

def store(name):
    return StoredFile.objects.create(name=name, sha256="0" * 64, size=1, media_type="x", stored_at=timezone.now(), stored_by="x").pk

for line in sys.stdin:
    print(json.dumps(eval(line)), flush=True)
"""


class Talk:
    def __init__(self, folder, **env):
        known = {k: v for k, v in os.environ.items() if k != "REDIS_URL"}
        self.process = subprocess.Popen([sys.executable, "-c", TALK], cwd=ROOT, env=known | {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "rectification.settings", **env}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __call__(self, code: str):
        self.process.stdin.write(code + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def end(self) -> str:
        return self.process.communicate(timeout=20)[1]


@pytest.fixture(scope="module")
def primary(tmp_path_factory):
    """A server with a database `migrated` to copy."""
    with cluster("fsync = off", "max_wal_senders = 4", "hot_standby = on") as made:
        made.sql("CREATE DATABASE migrated")
        talk = Talk(tmp_path_factory.mktemp("migrated"), DATABASE_URL=made.url[:-8] + "migrated")
        talk('call_command("migrate", verbosity=0)')
        talk.end()
        yield made


@pytest.mark.services
def test_a_second_database_with_other_rows_shows_where_a_read_went(primary, tmp_path):
    primary.sql("CREATE DATABASE one TEMPLATE migrated")
    talk = Talk(tmp_path, DATABASE_URL=primary.url[:-8] + "one")
    talk('store("the primary\'s")')
    talk.end()
    primary.sql("CREATE DATABASE two TEMPLATE one")
    primary.sql("UPDATE files_storedfile SET name = 'the stand-in''s'", database="two")
    talk = Talk(tmp_path, DATABASE_URL=primary.url[:-8] + "one", REPLICA_URL=primary.url[:-8] + "two")
    assert talk("get(names)")[0] == ["the primary's"], "it replays nothing, so it is never current"
    talk('setattr(replica, "caught_up", lambda position: True)')
    assert talk("get(names)") == [["the stand-in's"], "replica"]
    assert talk('get(names, "POST")') == [["the primary's"], "default"]
    assert talk("names()") == [["the primary's"], "default"]
    assert talk('(transaction := __import__("django.db.transaction").db.transaction) and get(transaction.atomic(names))') == [["the primary's"], "default"]
    assert talk('get(lambda: User.objects.all().db)') == "default"
    talk.end()


@pytest.mark.services
def test_a_real_standby_current_late_and_gone(primary, tmp_path):
    primary.sql("CREATE DATABASE three TEMPLATE migrated")
    with standby_of(primary) as second:
        talk = Talk(tmp_path, DATABASE_URL=primary.url[:-8] + "three", REPLICA_URL=second.url[:-8] + "three", REPLICA_WAIT_MS="2000")
        for n in range(30):  # each read right behind its write, on the standby, and never without it
            talk(f'store("{n}")')
            assert talk("get(names)") == [[str(i) for i in range(n + 1)], "replica"]
        second.sql("SELECT pg_wal_replay_pause()")
        time.sleep(0.3)
        talk('setattr(__import__("django.conf").conf.settings, "REPLICA_WAIT_MS", 50)')
        talk('store("late")')
        assert talk("get(names)")[0][-1] == "late" and talk("get(names)")[1] == "default"
        second.sql("SELECT pg_wal_replay_resume()")
        time.sleep(1)
        assert talk("get(names)")[1] == "replica"
        second.stop()
        for _ in range(3):
            assert talk("get(names)")[1] == "default"
        second.start()
        talk('setattr(replica.standby, "down_until", 0.0)')
        assert talk("get(names)")[1] == "replica"
        said = [line for line in talk.end().splitlines() if "replica" in line]
    assert [line.split(" operations.replica ")[1] for line in said] == ["the replica does not answer, pages are read from the primary (OperationalError)", "the replica answers again"]
