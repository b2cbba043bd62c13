"""The ground a benchmark stands on: Django on a database that may be filled, and people sent through the whole stack in the process.

To be imported before any model. Without DATABASE_URL an SQLite file in a temporary folder is filled, with it an empty PostgreSQL database; a
database that holds rows is refused. Where GROUND names a folder that `python benchmarks/stage.py FOLDER` made, that is taken to begin with: keys,
static files and, on SQLite, the tables.
"""

import atexit
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
FOLDER = tempfile.TemporaryDirectory(prefix="rectification-bench-")
atexit.register(FOLDER.cleanup)
os.environ.setdefault("FONTS_DIR", str(Path(os.environ.get("DATA_DIR", ROOT / "var")) / "fonts"))
os.environ["DATA_DIR"] = FOLDER.name
if "GROUND" in os.environ:
    shutil.copytree(os.environ["GROUND"], FOLDER.name, dirs_exist_ok=True)
os.environ.pop("REDIS_URL", None)
os.environ.setdefault("SLOW_QUERY_MS", "0")  # what is slow is told by the figures

import django  # noqa: E402  (the folder must be known first)

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402

import jobs.actions  # noqa: E402
from accounts.models import User  # noqa: E402
from organizations.models import RoleGrant, Unit  # noqa: E402
from organizations.roles import Role  # noqa: E402
from rectification import urls  # noqa: E402

DATABASE = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]


def set_up() -> None:
    """Tables, no rows; nothing is served but to the test client, no job is begun, and a bare view stands at /bare/."""
    settings.ALLOWED_HOSTS, settings.SECOND_FACTOR, settings.REAUTH_MINUTES, jobs.actions.wake = ["testserver"], "off", None, lambda job: None
    if not settings.STATIC_ROOT.exists():
        call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    if User.objects.exists():
        sys.exit("the database holds rows; give an empty one")
    urls.urlpatterns.insert(0, path("bare/", lambda request: HttpResponse("一")))


def simulate(cadres: int) -> None:
    """A simulated nation of so many cadres, in units of sixteen as the real one."""
    call_command("simulate", units=max(6, cadres // 16), cadres=cadres, seed=1, stdout=io.StringIO())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def office() -> Client:
    """Who sees all of a simulated nation."""
    top = Unit.objects.get(parent=None)
    return client_of(RoleGrant.objects.select_related("user").get(role=Role.OFFICE, unit=top).user)


def fetched(client: Client, address: str):
    """The page, or the end."""
    answer = client.get(address)
    if answer.status_code != 200:
        sys.exit(f"{address}: {answer.status_code}")
    return answer


if __name__ == "__main__":
    set_up()
    connection.close()
    shutil.copytree(FOLDER.name, sys.argv[1], dirs_exist_ok=True)
