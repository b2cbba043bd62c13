"""Many people at once: so many mixed requests a second against the platform as deployed, and how long each kind waits.

usage: DATABASE_URL=postgres://… python benchmarks/load.py [--rate 50] [--seconds 600] [--units 400] [--cadres 6000] [--seed 1] [--only KIND …]
The database is an empty one (`createdb load`), or one filled by `manage.py simulate` with its KEYS_DIR; it is written to: a round is opened, passwords
are set, reports are handed in. gunicorn (2 workers of 4 threads), Redis and one Celery worker run as deployed; hundreds of cadres and the staff of all levels
sign in before and open their reports. SECOND_FACTOR is off; pages are sent packed; a connection for each request.

Open loop: requests fall due by the clock (gaps drawn from an exponential distribution with the mean 1 / rate), however long the answers take.
A time is the moment the whole answer is there − the moment the request was due, so waiting for a worker, for a lock, or for a free thread of this
client counts. Percentile p of n times: the ⌈p·n⌉-th of them in order. Ends with status 1 when a target is missed: p95 of reads ≤ 300 ms, p95 of
writes ≤ 500 ms, no error (another status than the kind's own, or no answer). Run it on a quiet machine: client, server and database share it.
"""

import argparse
import json
import math
import os
import queue
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deployed import Deployed  # noqa: E402  (beside this file)
from visitors import Broken, Page, Visitor  # noqa: E402

PASSWORD = "Fuzai-mx7q-kouling"
THREADS = 150  # of the client: so many answers may be waited for at once
WRITERS, STAFF = 150, 60
READS, WRITES = 300, 500  # p95 in milliseconds
SUBMITS = 2  # in a hundred
FILTERS = ("", "?view=overdue", "?source=self_check", "?q=谈话", "?view=overdue&source=self_check", "?page=2")
WORDS = "对照检查发现的问题已经逐条写明，原因、措施和时限随后补充。"


@dataclass
class Member:
    """Somebody signed in: a cadre with the form of their own report, or staff with problems they may see."""

    username: str
    report: int = 0
    problems: list[int] = field(default_factory=list)
    unit: int = 0
    visitor: Visitor = None
    form: dict[str, str] = field(default_factory=dict)
    saves: int = 0

    def come_in(self, port: int) -> None:
        self.visitor = Visitor(port, timeout=60)
        self.visitor.sign_in(self.username, PASSWORD)

    def open_report(self) -> None:
        """Read the notice and open the report, as on the first day."""
        path = f"/selfcheck/{self.report}/edit/"
        page = self.visitor.open(path)
        if 'name="do" value="notice"' in page.text:
            self.visitor.ask("POST", path, page.form('method="post"') | {"do": "notice"})
            page = self.visitor.open(path)
        self.form = page.form('id="report"') | dict.fromkeys(page.names(r"q\d+"), "no")

    def save(self) -> Page:
        self.saves += 1
        kept = {name: value for name, value in self.form.items() if name not in ("once", "whose")}
        return self.visitor.ask("POST", f"/selfcheck/{self.report}/autosave/", kept | {"saves": str(self.saves), "statement": WORDS * (1 + self.saves % 5)}, **{"HX-Request": "true"})

    def submit(self) -> Page:
        return self.visitor.ask("POST", f"/selfcheck/{self.report}/edit/", self.form | {"statement": WORDS, "pledge": "on", "do": "submit"})


class Town:
    """Everybody who is in, and what each kind of request is."""

    def __init__(self, port: int, people: dict, dice: random.Random):
        self.port, self.dice = port, dice
        self.writers = [Member(**row) for row in people["writers"]]
        self.submitters = [Member(**row) for row in people["submitters"]]
        self.staff = [Member(**row) for row in people["staff"]]
        self.round = people["round"]
        self.next_submitter, self.next_writer = iter(self.submitters), 0

    def come_in(self) -> None:
        """Everybody signs in, cadres open their report."""

        def enter(member: Member) -> None:
            member.come_in(self.port)
            if member.report:
                member.open_report()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(enter, [*self.writers, *self.submitters, *self.staff]))

    def anybody(self) -> Member:
        return self.dice.choice(self.writers if self.dice.random() < 0.75 else self.staff)

    def writer(self) -> Member:
        """One after the other: nobody's page saves twice at the same moment."""
        self.next_writer += 1
        return self.writers[self.next_writer % len(self.writers)]

    def kinds(self) -> dict[str, tuple[int, int, Callable[[], tuple]]]:
        """Kind → (share in a hundred, status of its answer, what draws one such request). What is drawn is a call: a function and its arguments."""
        staff, get = lambda: self.dice.choice(self.staff), lambda member, path: (member.visitor.ask, "GET", path)
        return {
            "desk": (18, 200, lambda: get(self.anybody(), "/")),
            "rounds": (8, 200, lambda: get(self.anybody(), "/selfcheck/")),
            "own report": (10, 200, self._own_report),
            "autosave": (14, 200, lambda: (self.writer().save,)),
            "submit": (SUBMITS, 302, lambda: (next(self.next_submitter).submit,)),
            "sign-in": (1, 302, lambda: (Visitor(self.port, 60).sign_in, self.anybody().username, PASSWORD)),
            "ledger": (8, 200, lambda: get(staff(), "/ledger/problems/" + self.dice.choice(FILTERS).replace("谈话", "%E8%B0%88%E8%AF%9D"))),
            "problem": (9, 200, self._problem),
            "progress": (5, 200, lambda: get(staff(), f"/selfcheck/rounds/{self.round}/")),
            "dashboard": (5, 200, self._dashboard),
            "search": (5, 200, lambda: get(staff(), "/search/?q=%E8%B0%88%E8%AF%9D")),
            "documents": (5, 200, lambda: get(self.anybody(), "/campaigns/documents/")),
            "learning": (4, 200, lambda: get(self.anybody(), "/learning/")),
            "inbox": (4, 200, lambda: get(self.anybody(), "/accounts/inbox/")),
            "slips": (2, 200, lambda: get(staff(), "/campaigns/slips/")),
        }

    def _own_report(self) -> tuple:
        member = self.dice.choice(self.writers)
        return member.visitor.ask, "GET", f"/selfcheck/{member.report}/edit/"

    def _dashboard(self) -> tuple:
        member = self.dice.choice(self.staff)
        return member.visitor.ask, "GET", f"/reports/?unit={member.unit}"

    def _problem(self) -> tuple:
        member = self.dice.choice([one for one in self.staff if one.problems])
        return member.visitor.ask, "GET", f"/ledger/problems/{self.dice.choice(member.problems)}/"


WRITING = ("autosave", "submit", "sign-in")


# --- the clock ---


@dataclass
class Answers:
    """Times in milliseconds by kind; what came instead of an answer; how late the client itself was."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)


def run(town: Town, rate: float, seconds: float, only: list[str]) -> Answers:
    """Ask by the clock, and wait for the last answer."""
    kinds = {name: kind for name, kind in town.kinds().items() if not only or name in only}
    shares, answers, due_calls, lock = [kind[0] for kind in kinds.values()], Answers(), queue.SimpleQueue(), threading.Lock()

    def ask() -> None:
        while (item := due_calls.get()) is not None:
            due, name, status, (call, *args) = item
            began, error = time.monotonic(), ""
            try:
                page = call(*args)
                if page.status != status:
                    error = f"{name}: {page.status} {page.leads_to}"
            except (Broken, ValueError) as broken:
                error = f"{name}: {broken}"
            ended = time.monotonic()
            with lock:
                answers.times[name].append((ended - due) * 1000)
                answers.late.append((began - due) * 1000)
                if error:
                    answers.errors[error] += 1

    threads = [threading.Thread(target=ask) for _n in range(THREADS)]
    for thread in threads:
        thread.start()
    start = due = time.monotonic() + 0.5
    while due < start + seconds:
        name = town.dice.choices(list(kinds), shares)[0]
        item = due, name, kinds[name][1], kinds[name][2]()
        time.sleep(max(0.0, due - time.monotonic()))
        due_calls.put(item)
        due += town.dice.expovariate(rate)
    for _thread in threads:
        due_calls.put(None)
    for thread in threads:
        thread.join()
    return answers


def percentile(times: list[float], p: float) -> float:
    return sorted(times)[max(0, math.ceil(p * len(times)) - 1)]


# --- the processor ---


def group_seconds(main: int) -> float:
    """Processor time of a process group so far, ended children of its main process included."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it ended between the listing and the look
            continue
        if int(rest[2]) == main:
            ticks += sum(map(int, rest[11:13])) + (sum(map(int, rest[13:15])) if int(path.parent.name) == main else 0)
    return ticks / os.sysconf("SC_CLK_TCK")


def machine_seconds() -> tuple[float, float]:
    """(busy, all) of every core since it was started."""
    ticks = [int(text) for text in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK"), sum(ticks) / os.sysconf("SC_CLK_TCK")


class Meter:
    """Processor time of everybody between two looks."""

    def __init__(self, site: Deployed):
        self.site, self.before, self.began = site, self._look(site), time.monotonic()

    @staticmethod
    def _look(site: Deployed) -> dict[str, float]:
        busy, whole = machine_seconds()
        return {"client": time.process_time(), "busy": busy, "whole": whole} | {name: group_seconds(main.pid) for name, main in site.mains.items()}

    def told(self, requests: int) -> str:
        spent = {name: value - self.before[name] for name, value in self._look(self.site).items()}
        seconds, whole = time.monotonic() - self.began, spent.pop("whole")
        shares = ", ".join(f"{name} {100 * value / seconds:.0f} %" for name, value in spent.items() if name != "busy")
        return f"processor, of one core: {shares}; the whole machine {100 * spent['busy'] / whole:.0f} % busy; web server {1000 * spent['web'] / requests:.1f} ms a request"


# --- before: in a process of its own, with Django ---


def prepare(folder: Path, submits: int, units: int, cadres: int) -> None:
    """A simulated organisation if there is none, an open round; writes who signs in."""
    import datetime as dt

    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command
    from django.utils import timezone

    from accounts.models import User
    from campaigns.models import Campaign
    from ledger.models import Problem
    from organizations.models import Cadre, RoleGrant, Unit
    from organizations.roles import Role
    from selfcheck.actions import open_round
    from selfcheck.models import SelfCheck

    now = timezone.now()
    call_command("migrate", verbosity=0)
    if Unit.objects.exists() and settings.KEYS_DIR.is_relative_to(folder):
        sys.exit("this database has units already: name the KEYS_DIR it was made with, or take an empty database")
    if not Unit.objects.exists():
        call_command("simulate", units=units, cadres=cadres, seed=1, stdout=sys.stderr)
    campaign = Campaign.objects.get()
    wanted = WRITERS + submits
    people = list(Cadre.objects.serving().filter(user__isnull=False).select_related("unit", "user").order_by("pk")[: wanted * 4])
    people = random.Random(1).sample(people, min(wanted, len(people)))
    if len(people) < wanted:
        sys.exit(f"{wanted} cadres are needed (writers {WRITERS}, submits {submits}), only {len(people)} are in service")
    office = RoleGrant.objects.select_related("user").get(unit=campaign.unit, role=Role.OFFICE).user
    opened = open_round(
        campaign, title=f"负载 {now:%m-%d %H:%M:%S}", checklist=campaign.checklists.published().first(), due_on=timezone.localdate(now) + dt.timedelta(days=30), content="对照检查。",
        reviewers={campaign.unit.path: office}, cadres=people, by=office, at=now,
    )  # fmt: skip
    reports = [{"username": username, "report": pk} for pk, username in SelfCheck.objects.filter(round=opened).order_by("?").values_list("pk", "cadre__user__username")]
    grants = list(RoleGrant.objects.filter(role__in=[Role.LEADER, Role.OFFICE, Role.SUPERVISOR]).select_related("user", "unit").order_by("unit__path", "role"))
    grants = [grant for grant in grants if grant.unit == campaign.unit] + random.Random(1).sample(grants, min(STAFF, len(grants)))
    staff = [
        {"username": grant.user.username, "unit": grant.unit.pk, "problems": list(Problem.objects.filter(responsible_unit__path__startswith=grant.unit.path).order_by("-pk").values_list("pk", flat=True)[:20])}
        for grant in {grant.user_id: grant for grant in grants}.values()
    ]
    names = [row["username"] for row in [*reports, *staff]]
    User.objects.filter(username__in=names).update(password=make_password(PASSWORD), password_set_at=now, must_change_password=False)
    told = {"writers": reports[:WRITERS], "submitters": reports[WRITERS:], "staff": staff, "round": opened.pk}
    (folder / "people.json").write_text(json.dumps(told))
    print(f"{Unit.objects.count():,} units, {Cadre.objects.count():,} cadres, {Problem.objects.count():,} problems")


# --- the whole ---


def report(answers: Answers) -> bool:
    """Prints the table; whether the targets hold."""
    print(f"{'kind':<14}{'requests':>9}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}   ms")
    groups = {"reads": [name for name in answers.times if name not in WRITING], "writes": [name for name in answers.times if name in WRITING]}
    lines = dict(sorted(answers.times.items()))
    lines |= {name: [time for one in of for time in answers.times[one]] for name, of in groups.items() if of}
    for name, times in lines.items():
        print(f"{name:<14}{len(times):>9,}" + "".join(f"{percentile(times, p):>8.0f}" for p in (0.5, 0.95, 0.99, 1)))
    limits = {"reads": READS, "writes": WRITES}
    held = {name: percentile(lines[name], 0.95) <= limits[name] for name in limits if name in lines}
    for name, holds in held.items():
        print(f"p95 of {name} ≤ {limits[name]} ms: {'held' if holds else 'MISSED'}")
    print(f"errors: {answers.errors.total()}", *(f"{words} ({n})" for words, n in answers.errors.most_common(10)), sep="\n  " if answers.errors else " ")
    print(f"the client asked late by p50 {percentile(answers.late, 0.5):.1f}, p99 {percentile(answers.late, 0.99):.1f} ms")
    return all(held.values()) and not answers.errors


def main(options: argparse.Namespace) -> int:
    from tests.operations.clusters import redis_server

    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        sys.exit("DATABASE_URL must name a PostgreSQL database that may be written to, e.g. an empty one")
    requests = round(options.rate * options.seconds)
    submits = math.ceil(requests * SUBMITS / 100 * 1.3) + 20 if not options.only or "submit" in options.only else 0
    if options.only == ["submit"]:
        submits = round(requests * 1.2) + 20
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("told to end"))  # everything started here is stopped on the way out
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="load-")))
        redis_url = stack.enter_context(redis_server(folder, "--maxmemory-policy", "noeviction"))
        site = Deployed(folder, database_url=url, redis_url=redis_url, SECOND_FACTOR="off", LOG_FORMAT="json", KEYS_DIR=os.environ.get("KEYS_DIR", str(folder / "keys")))
        stack.callback(site.close)
        begun = time.monotonic()
        size = site.python(__file__, "--prepare", str(folder), "--submits", str(submits), "--units", str(options.units), "--cadres", str(options.cadres))
        site.start_all()
        town = Town(site.port, json.loads((folder / "people.json").read_text()), random.Random(options.seed))
        town.come_in()
        print(f"{size.strip()}; {len(town.writers) + len(town.submitters) + len(town.staff)} people signed in; made ready in {time.monotonic() - begun:.0f} s", flush=True)
        run(town, min(options.rate, 10), 10, [name for name in town.kinds() if name != "submit"])  # to warm up
        meter = Meter(site)
        answers = run(town, options.rate, options.seconds, options.only)
        told = meter.told(sum(map(len, answers.times.values())))
        print(f"{options.rate:g} requests a second for {options.seconds:g} s, seed {options.seed}, {os.cpu_count()} cores; ms from the moment due to the whole answer")
        held = report(answers)
        print(told)
    return int(not held)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=50, help="requests a second")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--units", type=int, default=400)
    parser.add_argument("--cadres", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], metavar="KIND", help="these kinds alone, in their proportion")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--submits", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.prepare:
        prepare(chosen.prepare, chosen.submits, chosen.units, chosen.cadres)
    else:
        sys.exit(main(chosen))
