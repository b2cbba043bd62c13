"""requirements.txt installs all that the product imports, lazily too."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMPORTS = """
import importlib, os, pkgutil
import django
django.setup()
from django.apps import apps
from django.conf import settings
for app in apps.get_app_configs():
    if str(settings.BASE_DIR) in app.path and "site-packages" not in app.path:
        for found in pkgutil.walk_packages([app.path], app.name + "."):
            importlib.import_module(found.name)
for name in ("asgi", "wsgi", "serve", "urls"):
    importlib.import_module("rectification." + name)
import celery.beat, celery.concurrency.prefork
from celery.worker import WorkController
from rectification.celery import app
assert app.connection_for_write().transport.driver_type == "redis"
from django.core.cache import cache
assert cache._cache.get_client() is not None
"""


def in_a_process(code: str) -> subprocess.CompletedProcess:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "rectification.settings", "REDIS_URL": "redis://127.0.0.1:1/0"}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_every_module_and_the_broker_s_are_imported_with_the_locked_packages_alone(locked, tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert {"pytest", "hypothesis", "playwright"} <= set(locked) and not {"django", "celery"} & set(locked)
    done = in_a_process(IMPORTS)
    assert done.returncode == 0, done.stderr


def test_what_is_not_locked_is_not_found():
    done = in_a_process("import hypothesis")
    assert done.returncode == 1 and done.stderr.endswith("ModuleNotFoundError: No module named 'hypothesis'\n")
