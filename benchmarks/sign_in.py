"""How long a refusal takes, by its reason: an unknown user, a wrong password, an account switched off, an initial password that ran out.

usage: python benchmarks/sign_in.py [ROUNDS]
It works in a database of its own with the real password hasher. The reasons take turns, so that a busy machine is busy for all;
the medians must lie within 20 % of one another, or the time would tell which accounts there are.
"""

import datetime as dt
import logging
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = tempfile.TemporaryDirectory()
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "rectification.settings", "DATA_DIR": FOLDER.name, "DATABASE_URL": "sqlite://:memory:",
    "SIGN_IN_TRIES": "1000000", "SIGN_IN_TRIES_ADDRESS": "1000000", "SIGN_IN_TRIES_ACCOUNT": "1000000",
}  # fmt: skip

import django  # noqa: E402  (the folder must be known first)

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import get_hasher, make_password  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.actions import open_account  # noqa: E402
from accounts.models import User  # noqa: E402

GOOD = "Qing-he-4026-wen"


def set_the_stage() -> dict[str, tuple[str, str]]:
    """Reason → user name and password."""
    now = timezone.now()
    for username in ("there", "off", "late"):
        open_account(username=username, name="用户", password=GOOD, by=None, at=now, must_change_password=username == "late")
    User.objects.filter(username="off").update(is_active=False)
    User.objects.filter(username="late").update(password_set_at=now - dt.timedelta(hours=100))
    return {"unknown user": ("nobody", GOOD), "wrong password": ("there", "wrong-" + GOOD), "switched off": ("off", GOOD), "initial password ran out": ("late", GOOD)}


def main(rounds: int) -> None:
    logging.disable(logging.WARNING)
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    call_command("migrate", verbosity=0)
    cases = set_the_stage()
    client, times, pages = Client(SERVER_NAME="localhost"), {reason: [] for reason in cases}, set()
    for _i in range(rounds):
        for reason, (username, password) in cases.items():
            start = time.perf_counter()
            answer = client.post("/accounts/sign-in/", {"username": username, "password": password})
            times[reason].append(time.perf_counter() - start)
            pages.add((answer.status_code, "用户名或密码不正确" in answer.content.decode()))
    medians = {reason: statistics.median(found) * 1000 for reason, found in times.items()}
    for reason, median in medians.items():
        print(f"{reason:26}{median:8.1f} ms")
    print(f"largest against smallest: {(max(medians.values()) / min(medians.values()) - 1) * 100:+.1f} %; answers: {sorted(pages)}")
    for name in [get_hasher().algorithm, "pbkdf2_sm3" if settings.PASSWORD_HASHER == "argon2" else "argon2"]:
        start = time.perf_counter()
        make_password(GOOD, hasher=name)
        print(f"hasher {name}: {(time.perf_counter() - start) * 1000:.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
