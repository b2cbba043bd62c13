"""Kills web server, job worker and database while self-checks are handed in, and looks for what was lost or done twice.

usage: python benchmarks/chaos_submits.py sqlite|postgresql [--submits 3000] [--kills 150] [--seed 1] [--people 8] [--minutes M]
A database, a Redis and processes of its own, as deployed. So many cadres at a time sign in, read the notice, fill in the real form and
hand it in over HTTP; now and then the page saves by itself before, or the button is pressed twice. Reviewers accept every third report, an office asks for
sheets of the ledger. Meanwhile, spread over the submits, something is killed without a word: a worker process of the web server, its master, all
of it; the job worker with its children or one of them; PostgreSQL (`immediate`). On SQLite web server and jobs are one process group.
Whose request got no answer, or a 5xx, sends the same again, as a browser does.

An acknowledged submit is one whose page, reached over the answer's redirect, says 待审核 (or 已通过, when a reviewer was faster). In the end every one of them is held
against the database: there once, with the very words. Ends with status 1 on any difference. SECOND_FACTOR is off; signing in is by password.
"""

import argparse
import datetime as dt
import json
import math
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deployed import Deployed  # noqa: E402  (beside this file)
from visitors import Broken, Page, Visitor  # noqa: E402

PASSWORD = "Ceshi-mx7q-kouling"
REVIEWERS, ACCEPTED_OF = 2, 3  # at work at once; every third report is accepted
PATIENCE = 600  # seconds until somebody gives up: must not happen
LETTERS = "我们单位谈话记录台账没有写明地点时间检查整改措施责任落实会议学习纪律作风监督原因以后每月核对一次，。；：“”（）0123456789abc&<>'\"%\\"
CHANCES = {  # what is killed, with its share
    "postgresql": {"web worker": 30, "web master": 10, "web server": 15, "job worker": 10, "job child": 10, "database": 20, "database, then web server": 5},
    "sqlite": {"web worker": 45, "web master": 15, "web server": 40},
}  # fmt: skip


# --- people ---


class Told:
    """What everybody has seen, counted together."""

    def __init__(self) -> None:
        self._lock, self.counts = threading.Lock(), Counter()
        self.reports: list[dict] = []
        self.accepted: list[int] = []
        self.jobs: list[str] = []
        self.strange: list[str] = []
        self.is_over = False

    def count(self, *names: str) -> None:
        with self._lock:
            self.counts.update(names)


class Person(Visitor):
    """Asks again whatever broke."""

    def __init__(self, port: int, told: Told, username: str, dice: random.Random):
        super().__init__(port)
        self.told, self.username, self.dice = told, username, dice

    def insist(self, deed: Callable[[], Page], what: str = "page") -> Page:
        """`deed` until it is answered."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return deed()
            except Broken:
                self.told.count(f"{what} broken")
                if time.monotonic() > end:
                    raise
                time.sleep(self.dice.uniform(0.3, 1.5))

    def come_in(self) -> None:
        self.insist(lambda: self.sign_in(self.username, PASSWORD), "sign-in")


def words(dice: random.Random, most: int) -> str:
    """Some lines nobody else writes, without spaces at the ends."""
    return "\n".join("".join(dice.choices(LETTERS, k=dice.randint(8, most))) for _n in range(dice.randint(1, 3)))


def drawn(dice: random.Random, questions: list[str]) -> tuple[dict[str, bool], dict[str, list[dict]], str]:
    """Answers by the field's name, the items of each 是, and the statement."""
    answers = {name: dice.random() < 0.3 for name in questions}
    items = {
        name: [
            {"manifestation": words(dice, 60), "cause": words(dice, 30), "measure": words(dice, 40), "track": "dated", "due_on": (dt.date.today() + dt.timedelta(days=dice.randint(5, 90))).isoformat()}
            for _n in range(dice.randint(1, 2))
        ]
        for name, yes in answers.items() if yes
    }  # fmt: skip
    return answers, items, words(dice, 50)


def fields_of(answers: dict[str, bool], items: dict[str, list[dict]], statement: str) -> dict[str, str]:
    """As the browser sends them: a line ends with two characters."""
    sent = {"statement": statement}
    for name, yes in answers.items():
        sent |= {name: "yes" if yes else "no"}
        for n, item in enumerate(items.get(name, []), 1):
            sent |= {f"{name}-{n}-{key}": text for key, text in item.items()}
    return {key: text.replace("\n", "\r\n") for key, text in sent.items()}


class Cadre(Person):
    """Hands in one report."""

    def hand_in(self, pk: int) -> None:
        self.come_in()
        path = f"/selfcheck/{pk}/edit/"
        page = self.insist(lambda: self.open(path))
        if "name=\"do\" value=\"notice\"" in page.text:
            said = page.form('method="post"') | {"do": "notice"}
            self.insist(lambda: self.ask("POST", path, said), "notice")
            page = self.insist(lambda: self.open(path))
        questions = page.names(r"q\d+")
        answers, items, statement = drawn(self.dice, questions)
        form = page.form('id="report"')
        counts = {f"{name}-items": str(len(items.get(name, [])) or 1) for name in questions}
        if self.dice.random() < 0.3:
            self._save_by_itself(pk, form, counts | fields_of(answers, {}, statement[:5]))
        sent = form | counts | fields_of(answers, items, statement) | {"pledge": "on", "do": "submit"}
        self._submit(path, sent)
        self.told.reports.append({"pk": pk, "once": sent["once"], "username": self.username, "answers": answers, "items": items, "statement": statement})
        self.told.count("submits acknowledged")

    def _save_by_itself(self, pk: int, form: dict[str, str], said: dict[str, str]) -> None:
        """As static/js/autosave.js does: one that got lost is sent again with the next number."""

        def save() -> Page:
            form["saves"] = str(int(form["saves"]) + 1)
            kept = {name: value for name, value in form.items() if name not in ("once", "whose")}
            return self.ask("POST", f"/selfcheck/{pk}/autosave/", kept | said, **{"HX-Request": "true"})

        page = self.insist(save, "autosave")
        if page.status != 200:
            self.told.strange.append(f"autosave of {pk}: {page.status}")

    def _submit(self, path: str, sent: dict[str, str]) -> None:
        """Press the button until the page says that the report is handed in."""
        own = path.removesuffix("edit/")
        if self.dice.random() < 0.05:
            self._press_twice(path, sent)
        while True:
            self.told.count("submits sent")
            page = self.insist(lambda: self.ask("POST", path, sent), "submit")
            if page.status == 302 and page.leads_to == own:
                break
            self.told.count("submits refused")
            self.told.strange.append(f"{path}: {page.status} {page.leads_to}")
            if self.told.counts["submits refused"] > 50:
                raise ValueError(page.text[:2000])
        page = self.insist(lambda: self.open(own))
        if page.status != 200 or not ("待审核" in page.text or "已通过" in page.text):
            raise ValueError(f"{own} ({page.status}) does not say that the report is handed in")
        if "刚才已经提交成功" in page.text:
            self.told.count("told that it was done already")

    def _press_twice(self, path: str, sent: dict[str, str]) -> None:
        """The first press of a double click; its answer is never seen."""
        other = Visitor(self.port)
        other.cookies = dict(self.cookies)

        def press() -> None:
            try:
                other.ask("POST", path, sent)
            except Broken:
                self.told.count("submit broken")

        self.told.count("submits sent", "buttons pressed twice")
        threading.Thread(target=press).start()


class Reviewer(Person):
    """Accepts what lies in the pile, up to a share of what was handed in."""

    def work(self, wanted: int) -> None:
        self.come_in()
        refused: set[int] = set()
        while len(self.told.accepted) < wanted:
            page = self.insist(lambda: self.open("/selfcheck/reviews/"))
            found = sorted(set(map(int, re.findall(r"/selfcheck/reviews/(\d+)/", page.text))) - refused)
            if found:
                pk = self.dice.choice(found)
                refused |= set() if self._accept(pk) else {pk}
            elif self.told.is_over:
                return
            else:
                time.sleep(1)

    def _accept(self, pk: int) -> bool:
        path = f"/selfcheck/reviews/{pk}/"
        page = self.insist(lambda: self.open(path))
        sent = page.form('id="review"') | {"comment": f"核对属实 {pk}", "do": "accept", **dict.fromkeys(page.names(r"into-\d+"), "")}
        page = self.insist(lambda: self.ask("POST", path, sent), "acceptance")
        if page.status != 302:
            self.told.strange.append(f"{path}: {page.status}")
            return False
        self.told.accepted.append(pk)
        self.told.count("acceptances acknowledged")
        return True


class Office(Person):
    """Asks for a sheet of the ledger again and again, and has it made by a background job."""

    def work(self) -> None:
        self.come_in()
        while not self.told.is_over:
            page = self.insist(lambda: self.open("/ledger/problems/"))
            sent = page.form('id="export"') | {"sheet": "self_check"}
            page = self.insist(lambda sent=sent: self.ask("POST", "/ledger/problems/export/", sent), "job")
            found = re.fullmatch(r"/jobs/([0-9a-f-]{36})/", page.leads_to)
            if not found:
                self.told.strange.append(f"export: {page.status} {page.leads_to}")
                return
            self.told.jobs.append(found[1])
            self.told.count("jobs acknowledged")
            time.sleep(self.dice.uniform(5, 15))


# --- what happens to them ---


class Torment:
    """Kills something at each of so many moments, spread over the submits."""

    def __init__(self, site: Deployed, cluster, dice: random.Random):
        self.site, self.cluster, self.dice, self.kills = site, cluster, dice, Counter()

    def happen(self, kind: str) -> bool:
        """One accident, and everything up again. False when there was nothing to kill."""
        deed = {
            "web worker": lambda: self.site.kill_child("web"), "job child": lambda: self.site.kill_child("worker"),
            "web master": lambda: self._restart("web", self.site.kill_main), "web server": lambda: self._restart("web", self.site.kill),
            "job worker": lambda: self._restart("worker", self.site.kill), "database": self._restart_database,
            "database, then web server": self._start_in_vain,
        }[kind]  # fmt: skip
        done = deed() is not False
        self.kills[kind] += done
        return done

    def _restart(self, name: str, kill: Callable[[str], None]) -> None:
        kill(name)
        time.sleep(self.dice.uniform(0, 1))
        self.site.start(name)
        if name == "web":
            self.site.wait()

    def _restart_database(self) -> None:
        self.cluster.stop()
        time.sleep(self.dice.uniform(0, 2))
        self.cluster.start()


    def _start_in_vain(self) -> None:
        """The web server is killed while the database is away: it can't start, and must be up all the same in the end."""
        self.cluster.stop()
        self.site.kill("web")
        self.site.start("web")
        time.sleep(self.dice.uniform(2, 6))
        self.cluster.start()
        self.site.wait()


def torment(tormentor: Torment, told: Told, chances: dict[str, int], kills: int, submits: int) -> None:
    """Until so many accidents have happened, or nobody is left."""
    done = 0
    while done < kills and not told.is_over:
        if told.counts["submits acknowledged"] * kills < submits * done:
            time.sleep(0.1)
            continue
        time.sleep(tormentor.dice.uniform(0, 0.5))
        kind = tormentor.dice.choices(list(chances), list(chances.values()))[0]
        done += tormentor.happen(kind)
        if done % max(1, kills // 10) == 0:
            print(f"  {time.strftime('%H:%M')} {done} kills, {told.counts['submits acknowledged']} submits, {len(told.accepted)} acceptances", file=sys.stderr, flush=True)


# --- before and after: these run in a process of their own, with Django ---


def prepare(folder: Path, submits: int) -> None:
    """A simulated organisation with one open round; writes who signs in, and what there was before."""
    import django

    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command
    from django.utils import timezone

    from accounts.models import User
    from campaigns.models import Campaign
    from ledger.models import Problem
    from organizations.actions import check_counts, open_staff_account
    from organizations.models import STEP, RoleGrant, Unit
    from organizations.roles import Role
    from selfcheck.actions import open_round
    from selfcheck.models import SelfCheck

    now = timezone.now()
    call_command("migrate", verbosity=0)
    call_command("simulate", units=max(60, submits // 20), cadres=submits + submits // 10 + 20, seed=1, stdout=sys.stderr)
    campaign, counties = Campaign.objects.get(), [unit for unit in Unit.objects.order_by("path") if len(unit.path) == 4 * STEP]
    office = RoleGrant.objects.select_related("user").get(unit=campaign.unit, role=Role.OFFICE).user
    reviewers = {}
    for n, unit in enumerate(counties):
        who = f"SH{n:03}" if n < REVIEWERS else f"SH{n % REVIEWERS:03}"
        user = User.objects.filter(username=who).first() or open_staff_account(username=who, name=f"审核员{n}", password=PASSWORD, role=Role.REVIEWER, unit=campaign.unit, by=None, at=now)
        reviewers[unit.path] = user
    due_on = timezone.localdate(now) + dt.timedelta(days=30)
    opened = open_round(campaign, title="第二轮", checklist=campaign.checklists.published().first(), due_on=due_on, content="对照检查。", reviewers=reviewers, by=office, at=now)
    User.objects.update(password=make_password(PASSWORD), password_set_at=now, must_change_password=False)
    wrong = check_counts(by=None, at=now)
    if wrong:
        sys.exit(f"kept counts were wrong before it began: {wrong}")
    reports = list(SelfCheck.objects.filter(round=opened).order_by("pk").values_list("pk", "cadre__user__username")[:submits])
    if len(reports) < submits:
        sys.exit(f"only {len(reports)} reports to hand in")
    random.Random(submits).shuffle(reports)
    found = {"reports": reports, "reviewers": sorted({user.username for user in reviewers.values()}), "office": office.username, "round": opened.pk, "problems": Problem.objects.count()}
    (folder / "people.json").write_text(json.dumps(found))


def judge(folder: Path) -> int:
    """Hold what was acknowledged against the database; prints each comparison, returns the number of differences."""
    import django

    django.setup()
    from django.db import connection
    from django.db.models import Count, Max
    from django.utils import timezone

    from accounts.models import Notice, SignIn, SpentToken
    from audit.models import Event
    from audit.verify import verify
    from jobs.models import Job
    from jobs.results import result_hash
    from ledger.models import Numbering, Problem
    from organizations.actions import check_counts
    from selfcheck.models import AnswerItem, Commitment, SelfCheck, TextMark

    people, told = (json.loads((folder / name).read_text()) for name in ("people.json", "told.json"))
    sent, accepted = {row["pk"]: row for row in told["reports"]}, set(told["accepted"])
    differences = Counter()

    def compare(what: str, wrong: list | set, of: int) -> None:
        differences[what] = len(wrong)
        print(f"  {what}: {of} looked at, {len(wrong)} differ{': ' + str(sorted(map(str, wrong))[:5]) if wrong else ''}")

    def counted(rows, key: str) -> Counter:
        return Counter(dict(rows.order_by().values_list(key).annotate(n=Count("pk"))))

    def unequal(found: Counter, wanted: dict) -> list:
        return [key for key in found.keys() | wanted.keys() if found.get(key, 0) != wanted.get(key, 0)]

    reports = SelfCheck.objects.filter(round=people["round"]).select_related("key", "cadre__user", "reviewer").prefetch_related("answers__items__problem__measures", "answers__question")
    rows = {row.pk: row for row in reports.iterator(chunk_size=200)}  # SQLite takes no statement about the answers of thousands
    handed_in = {pk for pk, row in rows.items() if row.is_handed_in}
    compare("acknowledged submits that are not handed in, reports handed in that nobody was told of", handed_in ^ sent.keys(), len(rows))
    compare("acknowledged acceptances that are not accepted, accepted reports that nobody was told of", {pk for pk, row in rows.items() if row.status == "accepted"} ^ accepted, len(accepted))
    compare("answers, items and every word as sent (all opened with their keys)", [pk for pk, row in sent.items() if not _reads(rows[pk], row)], len(sent))
    ours = {str(pk): 1 for pk in sent}
    once = {f"{action} once a report": counted(Event.objects.filter(action=action, subject_type="selfcheck.selfcheck"), "subject_id") for action in ("selfcheck.take_notice", "selfcheck.submit", "selfcheck.accept_report")}
    for what, found in once.items():
        compare(f"events: {what}", unequal(found, {str(pk): 1 for pk in accepted} if "accept" in what else ours), len(sent))
    compare("one commitment a report", unequal(counted(Commitment.objects.filter(selfcheck__round=people["round"]), "selfcheck"), dict.fromkeys(sent, 1)), len(sent))
    marks = {pk: sum(len(items) for items in row["items"].values()) * 3 for pk, row in sent.items()}
    compare("marks of the texts", unequal(counted(TextMark.objects.filter(selfcheck__round=people["round"]), "selfcheck"), {pk: n for pk, n in marks.items() if n}), sum(marks.values()))
    told_of = counted(Notice.objects.filter(url__startswith="/selfcheck/"), "url")
    compare("one notice to the reviewer for each submit, one to the author for each acceptance", unequal(told_of, {f"/selfcheck/reviews/{pk}/": 1 for pk in sent} | {f"/selfcheck/{pk}/": 1 for pk in accepted}), len(sent) + len(accepted))
    compare("… and to the right person", [row.pk for row in Notice.objects.filter(url__startswith="/selfcheck/") if row.user_id != (rows[int(row.url.split("/")[-2])].reviewer_id if "reviews" in row.url else rows[int(row.url.split("/")[-2])].cadre.user_id)], len(told_of))
    compare("each form's token spent once", [row["once"] for row in sent.values() if not SpentToken.objects.filter(token=row["once"], location=f"/selfcheck/{row['pk']}/").exists()], len(sent))

    items = {pk: sum(map(len, sent[pk]["items"].values())) for pk in accepted & sent.keys()}
    raised = counted(Problem.objects.filter(answer_items__answer__selfcheck__round=people["round"]), "answer_items__answer__selfcheck")
    compare("problems that come of 是, each item's one, none for what is not accepted", unequal(raised, {pk: n for pk, n in items.items() if n}), sum(items.values()))
    problems = Problem.objects.count()
    compare("problems in all: those before and those of the items; numbers without a gap", [] if problems == people["problems"] + sum(items.values()) == Numbering.objects.get().last == Problem.objects.aggregate(last=Max("number"))["last"] else [problems], problems)
    compare("their words", [item.pk for pk in accepted for answer in rows[pk].answers.all() for item in answer.items.all() if item.problem and not _says(item.problem, sent[pk]["items"][f"q{answer.question_id}"][item.order - 1])], sum(items.values()))
    compare("one line of the log a problem", unequal(counted(Event.objects.filter(action="ledger.report_problem"), "subject_id"), {str(pk): 1 for pk in AnswerItem.objects.filter(answer__selfcheck__round=people["round"], problem__isnull=False).values_list("problem", flat=True)}), sum(items.values()))
    compare("sign-ins and their lines of the log", [] if (n := SignIn.objects.count()) == Event.objects.filter(action="accounts.sign_in").count() else [n], SignIn.objects.count())

    end = time.monotonic() + 120
    while Job.objects.exclude(status__in=["done", "failed", "cancelled"]).exists() and time.monotonic() < end:
        time.sleep(0.5)
    jobs = Job.objects.filter(kind="ledger.export").in_bulk()
    compare("jobs asked for: each there once, with its line of the log", {str(pk) for pk in jobs} ^ set(told["jobs"]) | set(range(abs(len(jobs) - Event.objects.filter(action="ledger.export_problems").count()))), len(told["jobs"]))
    compare("… done, its file as it was made", [job.pk for job in jobs.values() if job.status != "done" or result_hash(job.result.open("rb")) != job.result_sha256], len(jobs))
    print(f"    of them {sum(job.runs > 1 for job in jobs.values())} were broken off and begun again")

    verdict = verify()
    compare("the log's chain", [] if verdict.is_intact else [str(verdict)], verdict.count)
    compare("kept counts against a recount", list(check_counts(by=None, at=timezone.now()).items()), len(rows))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            found = cursor.fetchall()
        compare("the file's own integrity check", [] if found == [("ok",)] else found, 1)
    return differences.total()


def _reads(report, sent: dict) -> bool:
    """Whether a report says what was sent, nothing more and nothing less."""
    answers = {f"q{answer.question_id}": answer for answer in report.answers.all()}
    if {name: answer.exists for name, answer in answers.items()} != sent["answers"] or report.statement != sent["statement"]:
        return False
    texts = {name: [{key: text for key, text in item.items() if key not in ("track", "due_on")} for item in some] for name, some in sent["items"].items()}
    rest = {name: [(item["track"], item["due_on"]) for item in some] for name, some in sent["items"].items()}
    found = {name: [(item.track, item.due_on.isoformat()) for item in answer.items.all()] for name, answer in answers.items() if answer.items.all()}
    return {f"q{pk}": some for pk, some in report.body.items.items()} == texts and found == rest


def _says(problem, item: dict) -> bool:
    measures = [measure.text for measure in problem.measures.all()]
    return (problem.manifestation, problem.cause, measures, problem.track, problem.due_on.isoformat()) == (item["manifestation"], item["cause"], [item["measure"]], item["track"], item["due_on"])


# --- the whole ---


def crowd(site: Deployed, told: Told, people: dict, options: argparse.Namespace) -> list[threading.Thread]:
    """Everybody, at work."""
    waiting, lock, end = iter(people["reports"]), threading.Lock(), time.monotonic() + options.minutes * 60

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # it must be told in the end, not only on the screen
            told.strange.append(f"{type(error).__name__}: {error}")

    def cadres() -> None:
        while True:
            with lock:
                pk, username = next(waiting, (None, ""))
            if pk is None or time.monotonic() > end:
                return
            guarded(lambda pk=pk, username=username: Cadre(site.port, told, username, random.Random(f"{options.seed} {username}")).hand_in(pk))

    works = [cadres for _n in range(options.people)]
    wanted = options.submits // ACCEPTED_OF
    works += [lambda who=who: Reviewer(site.port, told, who, random.Random(f"{options.seed} {who}")).work(wanted) for who in people["reviewers"]]
    works.append(Office(site.port, told, people["office"], random.Random(options.seed)).work)
    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads


def main(options: argparse.Namespace) -> int:
    from tests.operations.clusters import cluster, redis_server

    begun, told = time.monotonic(), Told()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("told to end"))  # everything started here is stopped on the way out
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-submits-")))
        server = stack.enter_context(cluster("max_connections = 60")) if options.database == "postgresql" else None
        redis_url = stack.enter_context(redis_server(folder, "--maxmemory-policy", "noeviction")) if server else ""
        site = Deployed(folder, database_url=server.url if server else "", redis_url=redis_url, SECOND_FACTOR="off", JOB_LEASE_SECONDS="5")
        stack.callback(site.close)
        site.python(__file__, options.database, "--prepare", str(folder), "--submits", str(options.submits))
        people = json.loads((folder / "people.json").read_text())
        site.start_all()
        prepared = time.monotonic()
        tormentor = Torment(site, server, random.Random(options.seed))
        threads = crowd(site, told, people, options)
        watcher = threading.Thread(target=lambda: [thread.join() for thread in threads[: options.people]] and setattr(told, "is_over", True))
        watcher.start()
        torment(tormentor, told, CHANCES[options.database], options.kills, options.submits)
        for thread in [watcher, *threads]:
            thread.join()
        ended = time.monotonic()
        (folder / "told.json").write_text(json.dumps({"reports": told.reports, "accepted": told.accepted, "jobs": told.jobs}))
        print(f"{options.database}, seed {options.seed}, {os.cpu_count()} cores: {len(told.reports)} of {options.submits} reports handed in, {tormentor.kills.total()} kills in {ended - prepared:.0f} s (made ready in {prepared - begun:.0f} s)")
        print("  kills:", ", ".join(f"{kind} {n}" for kind, n in tormentor.kills.most_common()))
        print("  told:", ", ".join(f"{name} {n}" for name, n in sorted(told.counts.items())))
        print("  strange answers:", len(told.strange), *told.strange[:10], sep="\n    " if told.strange else " ")
        judged = site.python(__file__, options.database, "--judge", str(folder))
        print(judged, end="", flush=True)
        failed = int(judged.rsplit("differences: ", 1)[1]) + len(told.strange)
    return int(bool(failed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("database", choices=["sqlite", "postgresql"])
    parser.add_argument("--submits", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=8, help="cadres at work at once")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after so long nobody begins any more")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.prepare:
        prepare(chosen.prepare, chosen.submits)
    elif chosen.judge:
        print("  differences:", judge(chosen.judge))
    else:
        sys.exit(main(chosen))
