"""Fixtures every test may use."""

import atexit
import gc
import logging
import os
import shutil
import tempfile
from importlib.metadata import packages_distributions
from pathlib import Path

import hypothesis
import pytest
from bundle import normal, pinned
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import timezone

from audit.triggers import install, remove
from demo.actions import enter_demo
from organizations import kept
from tests.cast import Cast, enter
from tests.migrated import MigratedFile
from tests.replay import counted, tables
from tests.server import TEMPLATE

ROOT = Path(__file__).resolve().parent.parent

# A busy machine is no fault of the code: nothing generated is measured by the clock.
hypothesis.settings.register_profile("ours", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("ours")


def pytest_configure():
    """No test writes into the office's own folders, and passwords are hashed fast; the real hasher is slow on purpose."""
    folder = Path(tempfile.mkdtemp(prefix="rectification-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    django_settings.OUTPUT_DIR = folder / "outputs"
    django_settings.KEYS_DIR = folder / "keys"
    django_settings.AUDIT_ANCHORS = folder / "anchors.txt"
    django_settings.AUDIT_ARCHIVE = folder / "archive"
    django_settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder / "files"}},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    django_settings.JOBS_IN_PROCESS = False
    if connection.vendor == "sqlite":  # in memory; pytest-django would only know that of Django's own engine, and adds a worker's name
        django_settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = "file:tests?mode=memory&cache=shared&worker="
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.SECOND_FACTOR = "off"  # tests that are about them turn these on; `force_login` has typed no password
    django_settings.REAUTH_MINUTES = None
    logging.getLogger("django.request").setLevel(logging.ERROR)  # thousands of refusals are asked for; each would be kept with its traceback


def pytest_collection_finish():
    """What was loaded until here stays to the end; a seventh of the time went into looking through it for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def locked():
    """Processes that tests start find the packages of requirements.txt only (tests/locked/sitecustomize.py)."""
    known = {normal(name) for name, _version in pinned((ROOT / "requirements.txt").read_text())} | {"pip", "setuptools"}  # those are every environment's
    others = [name for name, owners in packages_distributions().items() if known.isdisjoint(map(normal, owners))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNLOCKED", ",".join(others))
        patch.setenv("PYTHONPATH", str(ROOT / "tests" / "locked"), prepend=os.pathsep)
        yield others


@pytest.fixture(scope="session")
def migrated_file(request) -> MigratedFile:
    return MigratedFile(request.config.cache.mkdir("migrated"))


@pytest.fixture(scope="session")
def template(migrated_file, django_db_modify_db_settings):
    """Pytest-django's making of the database needn't migrate."""
    if connection.vendor == "sqlite":
        migrated_file.lend()
    else:
        django_settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = TEMPLATE or None


@pytest.fixture(scope="session")
def django_db_setup(template, django_db_setup, migrated_file, django_db_blocker):
    """The database as pytest-django makes it, on which the cast has entered once before any test changes a thing."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            migrated_file.keep()
        with transaction.atomic():
            enter.note()
            transaction.set_rollback(True)


@pytest.fixture(autouse=True, scope="session")
def emptying():
    """A test that really commits leaves an empty database behind, its log too: only then the triggers stand aside.

    Only tables with rows are emptied, in one transaction; what the migrations wrote stays.
    """

    def empty(case):
        written = {connection.ops.quote_name(model._meta.db_table) for model in (ContentType, Permission)}
        with transaction.atomic():
            remove(connection)
            with connection.cursor() as cursor:
                for table, count in zip(tables(), counted(), strict=True):
                    if count and table not in written:
                        cursor.execute(f"DELETE FROM {table}")
            connection.check_constraints()
            install(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(autouse=True)
def quiet_broker(monkeypatch, request):
    """Queued jobs wait for `run_pending()`; tests marked `services` meet the real broker."""
    if request.node.get_closest_marker("services") is None:
        monkeypatch.setattr("jobs.actions.wake", lambda job: None)


@pytest.fixture(autouse=True)
def forgotten():
    """Whether counts were built is remembered by the process, and each test begins with its own database."""
    kept._built.clear()
    yield
    kept._built.clear()


@pytest.fixture
def cast(db) -> Cast:
    """The people of the play, in two organs, with a campaign in the first."""
    return enter()


@pytest.fixture(scope="module")
def demo_entered(django_db_setup, django_db_blocker):
    """The demo, entered once for a module of tests and rolled back after it; each test's own changes are undone too."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield enter_demo(at=timezone.now())
        transaction.set_rollback(True)


@pytest.fixture
def signed_in(client):
    """`signed_in(user)` → a client signed in as that user."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in
