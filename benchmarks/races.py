"""Two writers at once, and one form sent many times at once: who wins, who is told, what is lost.

usage: python benchmarks/races.py [RACES [PART …]]     Run by hand; 1,000 races of every part unless told otherwise.
Without DATABASE_URL on a SQLite file of its own; with it on that PostgreSQL database, which it fills with the demo and with
documents: give it an empty one (`createdb racesdev`).

deeds    two processes call the same action on the same row, both having read version 1
pages    two signed-in clients post the same form through the whole stack of middleware, both having read version 1
numbers  eight processes report problems in one campaign, and some of the newest rows are taken away in between
submits  20 threads send one form with one token to the served site (gunicorn, two workers)
"""

import http.client
import logging
import multiprocessing
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
if "RACES_DATA_DIR" not in os.environ:  # the processes of the races share the folder of the one that starts them
    FOLDER = tempfile.TemporaryDirectory(prefix="races-")
    os.environ["RACES_DATA_DIR"] = os.environ["DATA_DIR"] = FOLDER.name
os.environ.pop("REDIS_URL", None)

import django  # noqa: E402  (the folder must be known first)

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.db.models import Max  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from screenshots import free_port, wait_for  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.versions import Conflict  # noqa: E402
from audit.models import Event  # noqa: E402
from campaigns.actions import change_document, file_document  # noqa: E402
from campaigns.models import Campaign, Document  # noqa: E402
from ledger.actions import report_problem  # noqa: E402
from ledger.models import Problem  # noqa: E402

SUBMITS, ROUNDS = 20, 10
WRITERS = ("甲", "乙")
REPORTERS = "甲乙丙丁戊己庚辛"  # who report problems at once
PAPER = {"kind": "notice", "level": "own", "edition": 1}
WHO = "YL002"  # 领导小组办公室


def text_of(writer: str, pk: int) -> str:
    return f"{writer}改的标题 {pk}"


def make_documents(count: int) -> list[int]:
    """Fresh rows, one for each race."""
    office, campaign = User.objects.get(username=WHO), Campaign.objects.get()
    return [file_document(campaign, kind="notice", title="原来的标题", by=office, at=timezone.now()).pk for _n in range(count)]


# --- deeds -------------------------------------------------------------------------------------------------------------


def race_deeds(writer: str, pks: list[int], start, answers) -> None:
    """One writer's half of every race; runs in a process of its own."""
    office, found = User.objects.get(username=WHO), []
    for pk in pks:
        row = Document.objects.get(pk=pk)
        start.wait()
        began = time.monotonic()
        try:
            change_document(row, title=text_of(writer, pk), version=row.version, by=office, at=timezone.now())
            told = "won"
        except Conflict as conflict:
            told = "told" if conflict.row.title != text_of(writer, pk) else "wrong row shown"
        found.append((pk, told, began, time.monotonic()))
        start.wait()
    answers.put((writer, found))


def deeds(count: int) -> Counter:
    pks = make_documents(count)
    connections.close_all()
    spawned = multiprocessing.get_context("spawn")
    start, answers = spawned.Barrier(2), spawned.Queue()
    processes = [spawned.Process(target=race_deeds, args=(writer, pks, start, answers)) for writer in WRITERS]
    for process in processes:
        process.start()
    both = dict(answers.get() for _process in processes)
    for process in processes:
        process.join()
    return judged(both)


# --- pages -------------------------------------------------------------------------------------------------------------


def race_pages(writer: str, pks: list[int], start, both: dict) -> None:
    """The same with a form: the page is read, the title is typed, the form is sent."""
    client, found = Client(), []
    client.force_login(User.objects.get(username=WHO))
    for pk in pks:
        address = f"/campaigns/documents/{pk}/change/"
        hidden = dict(re.findall(r'<input type="hidden" name="(version|read|once)" value="([^"]*)"', client.get(address).content.decode()))
        sent = PAPER | hidden | {"title": text_of(writer, pk)}
        start.wait()
        began = time.monotonic()
        answer = client.post(address, sent)
        found.append((pk, said(answer, text_of(writer, pk)), began, time.monotonic()))
        start.wait()
    both[writer] = found
    connection.close()


def said(answer, mine: str) -> str:
    if answer.status_code == 302:
        return "won"
    other = mine.translate(str.maketrans("甲乙", "乙甲"))
    html = answer.content.decode()
    if answer.status_code != 409:
        return f"status {answer.status_code}"
    return "told" if f'value="{mine}"' in html and f'<span class="pre-line">{other}' in html else "text lost"


def pages(count: int) -> Counter:
    pks, both, start = make_documents(count), {}, threading.Barrier(2)
    threads = [threading.Thread(target=race_pages, args=(writer, pks, start, both)) for writer in WRITERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return judged(both)


def judged(both: dict[str, list]) -> Counter:
    """Counts over all races, held against what the database keeps: the winner's text, one step of version, one event."""
    found = Counter()
    for one, other in zip(*(both[writer] for writer in WRITERS), strict=True):
        pk, winners = one[0], [writer for writer, (_pk, told, _b, _e) in zip(WRITERS, (one, other), strict=True) if told == "won"]
        found.update([one[1], other[1]])
        found["at the same time"] += max(one[2], other[2]) < min(one[3], other[3])
        row = Document.objects.get(pk=pk)
        events = Event.objects.about(row).filter(action="campaigns.change_document").count()
        good = len(winners) == 1 and (row.title, row.version, events) == (text_of(winners[0], pk), 2, 1)
        found["kept as the winner wrote it, one version on, one event" if good else "WRONG IN THE DATABASE"] += 1
    return found


# --- numbers -----------------------------------------------------------------------------------------------------------


def race_numbers(writer: str, count: int, start, answers) -> None:
    """One writer's problems, reported at the same moments as the others'. Every fifth row is taken away again at the database."""
    office, campaign, given = User.objects.get(username=WHO), Campaign.objects.get(), []
    for n in range(count):
        start.wait()
        began = time.monotonic()
        problem = report_problem(
            campaign, title=f"{writer}报的第 {n} 件", source="other", manifestation="表现", responsible_unit=campaign.unit, track="immediate", by=office, at=timezone.now(),
        )
        given.append((problem.number, began, time.monotonic()))
        if n % 5 == 0:
            problem.delete()
    answers.put((writer, given))


def numbers(count: int) -> Counter:
    before = Problem.objects.filter(year=timezone.localtime().year).aggregate(last=Max("number"))["last"] or 0
    connections.close_all()
    spawned = multiprocessing.get_context("spawn")
    start, answers = spawned.Barrier(len(REPORTERS)), spawned.Queue()
    processes = [spawned.Process(target=race_numbers, args=(writer, count, start, answers)) for writer in REPORTERS]
    for process in processes:
        process.start()
    all_of = dict(answers.get() for _process in processes)
    for process in processes:
        process.join()
    given = [number for own in all_of.values() for number, _began, _ended in own]
    found = Counter({"numbers given": len(given), "given twice": len(given) - len(set(given)), "not above those before": sum(number <= before for number in given), "left out": max(given) - before - len(given)})
    for moment in zip(*all_of.values(), strict=True):
        found["all at the same time"] += max(began for _n, began, _e in moment) < min(ended for _n, _b, ended in moment)
    return found


# --- one form sent many times -------------------------------------------------------------------------------------------


def submits() -> Counter:
    port, found = free_port(), Counter()
    words = Path(os.environ["DATA_DIR"]) / "server.txt"
    with words.open("w") as out:
        server = subprocess.Popen([sys.executable, "-m", "rectification.serve"], cwd=ROOT, env=os.environ | {"PORT": str(port)}, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for(f"http://127.0.0.1:{port}/accounts/sign-in/", server, words)
        for n in range(ROUNDS):
            found.update(one_round(port, f"同时发来的第 {n} 份"))
    finally:
        server.terminate()
        server.wait(timeout=20)
    return found


def one_round(port: int, title: str) -> Counter:
    """The same body from many threads at the same moment."""
    client, secret = Client(), "a" * 32
    client.force_login(User.objects.get(username=WHO))
    cookies = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}; {settings.CSRF_COOKIE_NAME}={secret}"
    fields = PAPER | {"title": title, "once": str(uuid.uuid4()), "csrfmiddlewaretoken": secret}
    body, start, answers = urllib.parse.urlencode(fields), threading.Barrier(SUBMITS), []

    def send() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        line.connect()
        start.wait()
        line.request("POST", "/campaigns/documents/new/", body, {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies})
        answer = line.getresponse()
        answers.append((answer.status, answer.getheader("Location")))
        line.close()

    threads = [threading.Thread(target=send) for _n in range(SUBMITS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = Document.objects.filter(title=title)
    events = Event.objects.filter(action="campaigns.file_document", subject_label=title).count()
    return Counter([f"{status} → {where}" for status, where in answers] + [f"{made.count()} row, {events} event a round"])


def main(count: int) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    logging.getLogger("django.request").setLevel(logging.ERROR)  # it warns of every 409
    if not User.objects.exists():
        call_command("demo", verbosity=0)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    print(f"{connection.vendor}, {os.cpu_count()} cores, Python {platform.python_version()}; {count} races of two writers, {ROUNDS} rounds of {SUBMITS} submits")
    wanted = set(sys.argv[2:])
    for part, deed in (("deeds", lambda: deeds(count)), ("pages", lambda: pages(count)), ("numbers", lambda: numbers(count)), ("submits", submits)):
        if wanted and part not in wanted:
            continue
        began = time.monotonic()
        found = deed()
        print(f"{part:8} {time.monotonic() - began:6.1f} s", *(f"{words}: {n}" for words, n in sorted(found.items())), sep="\n           ")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    connections.close_all()
    FOLDER.cleanup()
