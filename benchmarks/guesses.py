"""How far guessing passwords gets: thousands of sign-ins with wrong passwords, from many addresses, through the whole stack.

usage: python benchmarks/guesses.py [GUESSES]
It works in a database of its own in memory. Prints how many signed in (must be 0), how many passwords were looked at, and the
locks; the passwords guessed are the accounts' real ones in one case of a hundred, so that a guess let through would show.
"""

import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = tempfile.TemporaryDirectory()
os.environ |= {"DJANGO_SETTINGS_MODULE": "rectification.settings", "DATA_DIR": FOLDER.name, "DATABASE_URL": "sqlite://:memory:"}

import django  # noqa: E402  (the folder must be known first)

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.actions import open_account  # noqa: E402
from accounts.models import SignIn  # noqa: E402
from accounts.passwords import random_password  # noqa: E402
from audit.models import Event  # noqa: E402

ACCOUNTS, ADDRESSES = 40, 60


def main(guesses: int) -> None:
    logging.disable(logging.WARNING)
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    call_command("migrate", verbosity=0)
    passwords = {f"u{n:03}": random_password() for n in range(ACCOUNTS)}
    for username, password in passwords.items():
        open_account(username=username, name="用户", password=password, by=None, at=timezone.now(), must_change_password=False)
    desks = [Client(REMOTE_ADDR=f"10.2.0.{n}", SERVER_NAME="localhost") for n in range(1, ADDRESSES + 1)]
    dice, answers, start = random.Random(1), Counter(), time.perf_counter()
    for n in range(guesses):
        username = dice.choice([*passwords, "nobody", "root"])
        password = f"Guess-{n}-wrong"
        if n > guesses // 2 and n % 100 == 0:  # after every account is locked the right one opens nothing either
            password = passwords.get(username, password)
        answers[dice.choice(desks).post("/accounts/sign-in/", {"username": username, "password": password}).status_code] += 1
    looked_at = Event.objects.filter(action__in=["accounts.sign_in_refused", "accounts.sign_in", "accounts.lock_account"]).count()
    print(f"{guesses} guesses at {ACCOUNTS} accounts from {ADDRESSES} addresses in {time.perf_counter() - start:.0f} s")
    print(f"signed in: {SignIn.objects.count()}")
    print(f"passwords looked at: {looked_at}; refused unseen (429 after the lock): {guesses - looked_at}; answers: {dict(answers)}")
    print(f"locks in the log: {Event.objects.filter(action='accounts.lock_account').count()}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
