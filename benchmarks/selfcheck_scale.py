"""What a round of many reports costs: its pages with hints, and its move to a newer checklist.

usage: python benchmarks/selfcheck_scale.py hints|move [REPORTS]     Run by hand; with 5,000 and 2,000 reports unless told otherwise.
Without DATABASE_URL an SQLite file in a temporary folder is filled, with it an empty PostgreSQL database; never give it a database in use.

hints    reports in units of ten, all accepted and reviewed by one person; every tenth unit says 否 throughout, every twentieth report repeats
         its problem as the measure, every thirtieth measure is another one's too, every tenth unit hands in during the last hour
move     drafts with two sealed items each, written through the action that saves drafts; then the office takes up a version with one more question
"""

import datetime as dt
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
FOLDER = tempfile.TemporaryDirectory()
os.environ["DATA_DIR"] = FOLDER.name
os.environ.pop("REDIS_URL", None)

import django  # noqa: E402  (the folder must be known first)

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

import jobs.actions  # noqa: E402
from accounts.models import User  # noqa: E402
from campaigns.actions import launch_campaign  # noqa: E402
from jobs.runner import run_pending  # noqa: E402
from organizations.actions import check_counts, grant_role, open_unit  # noqa: E402
from organizations.models import Cadre, Unit, path_step  # noqa: E402
from organizations.roles import Role  # noqa: E402
from selfcheck.actions import (  # noqa: E402
    SIX_ASPECTS,
    AnswerDraft,
    ItemDraft,
    adopt_checklist,
    publish_checklist,
    save_draft,
    start_round,
)
from selfcheck.models import Answer, Round, SelfCheck, TextMark  # noqa: E402

RUNS, OF_A_UNIT = 5, 10
TEXTS = ("manifestation", "cause", "measure")


def enter_stage(reports: int, *, accounts: bool) -> Round:
    """Units of ten people, an office, a reviewer, and a round whose deadline is today."""
    now = timezone.now()
    organ = open_unit(code="R", name="区机关", kind=Unit.Kind.ORGAN, by=None, at=now)
    units = Unit.objects.bulk_create(Unit(code=f"B{n}", name=f"第{n}室", kind=Unit.Kind.OFFICE, parent=organ, path=organ.path + path_step(n)) for n in range(1, reports // OF_A_UNIT + 1))
    office, reviewer = (User.objects.create(username=name, name=name, opened_at=now, password="!") for name in ("office", "reviewer"))
    people = User.objects.bulk_create(User(username=f"{n:06}", name=f"干部{n}", opened_at=now, password="!") for n in range(reports)) if accounts else [None] * reports
    Cadre.objects.bulk_create(Cadre(staff_no=f"{n:06}", name=f"干部{n}", unit=units[n // OF_A_UNIT], user=user) for n, user in enumerate(people))
    campaign = launch_campaign(name="教育整顿", workforce="干部", unit=organ, by=office, at=now)
    grant_role(office, role=Role.OFFICE, unit=organ, by=None, at=now)
    grant_role(reviewer, role=Role.REVIEWER, unit=organ, by=None, at=now)
    return start_round(campaign, title="第一轮", due_on=timezone.localdate(), content="对照检查。", reviewer=reviewer, by=office, at=now)


def measure_hints(reports: int) -> None:
    opened = enter_stage(reports, accounts=False)
    hand_in_all(opened)
    check_counts(by=None, at=timezone.now())
    print(f"{connection.vendor}, {reports:,} reports")
    for who, name, path in (("office", "the round", f"/selfcheck/rounds/{opened.pk}/"), ("office", "its hints", f"/selfcheck/rounds/{opened.pk}/hints/"), ("reviewer", "the pile", "/selfcheck/reviews/"), ("reviewer", "its hints", f"/selfcheck/rounds/{opened.pk}/hints/")):
        client = Client()
        client.force_login(User.objects.get(username=who))
        times = []
        for _n in range(RUNS + 1):
            began = time.perf_counter()
            answer = client.get(path)
            times.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200, (path, answer.status_code)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        print(f"  {who:9} {name:10} {min(times[1:]):7.0f} ms  {len(queries)} queries, {1000 * sum(float(one['time']) for one in queries):.0f} ms of them", flush=True)


def hand_in_all(opened: Round) -> None:
    """By bulk: answers and marks as accepting would leave them, without the sealed words, which hints don't read."""
    office, end = User.objects.get(username="office"), timezone.make_aware(dt.datetime.combine(opened.due_on + dt.timedelta(days=1), dt.time()))
    rows, questions = list(opened.selfchecks.order_by("cadre__staff_no")), list(opened.checklist.questions.all())
    for n, row in enumerate(rows):
        row.status, row.submitted_by, row.accepted_by = SelfCheck.Status.ACCEPTED, office, office
        row.submitted_at = row.accepted_at = end - dt.timedelta(minutes=30 if n // OF_A_UNIT % 10 == 3 else 600)
    SelfCheck.objects.bulk_update(rows, ["status", "submitted_by", "accepted_by", "submitted_at", "accepted_at"], batch_size=500)
    said = [row for n, row in enumerate(rows) if n // OF_A_UNIT % 10]
    Answer.objects.bulk_create((Answer(selfcheck=row, question=q, exists=q == questions[0] and n // OF_A_UNIT % 10 > 0) for n, row in enumerate(rows) for q in questions), batch_size=5000)
    TextMark.objects.bulk_create(
        (TextMark(selfcheck=row, question_key=questions[0].key, order=1, field=field, mark=f"{(n // 2 * 2 if field == 'measure' and n % 60 < 2 else n) * 3 + i:064}", repeats=field == "measure" and n % 20 == 5)
         for n, row in enumerate(said) for i, field in enumerate(TEXTS)), batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def measure_move(reports: int) -> None:
    opened = enter_stage(reports, accounts=True)
    first, second = list(opened.checklist.questions.values_list("pk", flat=True)[:2])
    words = {"manifestation": "三次以电话代替上门走访群众，见面少，情况不实。" * 4, "cause": "图省事，没有把群众放在心上。" * 4, "measure": "每月上门走访不少于四户，当月登记，月底由科长抽查。" * 4}
    answers = {pk: AnswerDraft(True, [ItemDraft(**words, track="immediate")]) for pk in (first, second)}
    opened.selfchecks.update(noticed_at=timezone.now())
    began = time.perf_counter()
    for report in opened.selfchecks.select_related("cadre__user"):
        save_draft(report, answers=answers, statement="", by=report.cadre.user, at=timezone.now())
    print(f"{connection.vendor}, {reports:,} drafts written in {time.perf_counter() - began:.0f} s")
    newer = publish_more(opened)
    began = time.perf_counter()
    done = adopt_checklist(opened, checklist=newer, by=User.objects.get(username="office"), at=timezone.now())
    asked = time.perf_counter() - began
    began = time.perf_counter()
    run_pending()
    rest = time.perf_counter() - began
    moved = SelfCheck.objects.filter(checklist=newer).count()
    print(f"  the request {asked:.2f} s ({done.moved:,} moved in it), the job {rest:.2f} s; {moved:,} stand under the newer version", flush=True)
    assert moved == reports


def publish_more(opened: Round):
    """A version with one more question."""
    deed = {"by": User.objects.get(username="office"), "at": timezone.now()}
    aspects = [*SIX_ASPECTS, ("aspect_7", "其他")]
    return publish_checklist(opened.campaign, name="检查清单", aspects=aspects, **deed)


if __name__ == "__main__":
    work, reports = {"hints": (measure_hints, 5000), "move": (measure_move, 2000)}[sys.argv[1]]
    settings.ALLOWED_HOSTS, settings.SECOND_FACTOR, jobs.actions.wake = ["testserver"], "off", lambda job: None  # the job is run when its time is taken
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    if User.objects.exists():
        raise SystemExit("the database holds rows; give an empty one")
    work(int(sys.argv[2]) if len(sys.argv) > 2 else reports)
    FOLDER.cleanup()
