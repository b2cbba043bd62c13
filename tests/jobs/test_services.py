"""Jobs through a real Redis and real Celery workers, which are killed; on SQLite, and on PostgreSQL where DATABASE_URL names it."""

import os
import time

import pytest

from tests.jobs.works import SETUP, Works, own_database, until

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("services")]

ROSTER = SETUP + """
import io
from django.utils import timezone
from accounts.models import User
from organizations.actions import confirm_roster, grant_role, open_unit, upload_roster
from organizations.sheets import RosterResource, read_sheet
from tests.organizations.sheetmaker import csv_bytes, row, upload
now = timezone.now()
user = User.objects.create(username="roster", name="沈若川", opened_at=now)
organ = open_unit(code="Q0101", name="纪检监察科", by=None, at=now)
grant_role(user, role="office", unit=organ, by=None, at=now)
content = csv_bytes(row(), row(工号="0108", 姓名="吕本中"))
plan = RosterResource(scope=[organ.path]).check(read_sheet(io.BytesIO(content), "名册.csv"))
roster = confirm_roster(upload_roster(upload(content, "名册.csv"), plan=plan, by=user, at=now), by=user, at=now)
print(json.dumps(roster.job_id.hex))
"""

@pytest.fixture(scope="module")
def works(tmp_path_factory, migrated_file):
    """One plant for the module: workers on each queue and beat. A test leaves it running as it found it."""
    with own_database(os.environ.get("DATABASE_URL", "")) as url:
        plant = Works(tmp_path_factory.mktemp("works"), url, JOB_LIMIT_IMPORTS="8")  # seconds
        try:
            plant.start_redis()
            migrated_file.copy_to(plant.folder)
            plant.migrate()
            plant.beat()
            plant.of = {queue: plant.worker(queue) for queue in ("quick", "documents", "imports")}
            yield plant
        finally:
            plant.close()


def row(works: Works, pk: str) -> tuple:
    pk = pk.replace("-", "") if not works.database_url else pk
    return works.rows(f"SELECT status, message, attempts, owner, queue, result_sha256 FROM jobs_job WHERE id = '{pk}'")[0]


def is_over(works: Works, *pks: str) -> bool:
    return all(row(works, pk)[0] in ("done", "failed") for pk in pks)


def test_a_job_goes_through_redis_and_a_celery_worker(works):
    pk = works.python(ROSTER)
    until(lambda: is_over(works, pk))
    status, message, attempts, owner, queue, _hash = row(works, pk)
    assert (status, message, attempts, owner[:7], queue) == ("done", "已导入：新增 2 人，更新 0 人，新设单位 0 个。", 1, "celery:", "imports")
    assert works.rows("SELECT name FROM organizations_cadre ORDER BY staff_no") == [("单立人",), ("吕本中",)]


def test_each_queue_has_its_worker_and_a_long_document_holds_nobody_up(works):
    long, *others = works.queue(("tests.documents", {"n": 1, "seconds": 60, "steps": 600}), ("tests.quick", {"n": 2, "seconds": 0}), ("tests.imports", {"n": 3, "seconds": 0}))
    until(lambda: is_over(works, *others))
    assert [row(works, pk)[0] for pk in (long, *others)] == ["running", "done", "done"]
    assert len(row(works, others[0])[5]) == 64
    works.python(SETUP + """
from django.utils import timezone
from accounts.models import User
from jobs.actions import cancel_job
from jobs.models import Job
cancel_job(Job.objects.get(pk=sys.argv[1]), by=User.objects.get(username="office"), at=timezone.now())
print("true")
""", long)  # fmt: skip
    until(lambda: row(works, long)[0] == "cancelled", 10)
    assert 1 not in works.effects()


def test_a_killed_worker_costs_no_job_and_does_none_twice(works):
    pks = works.queue(("tests.documents", {"n": 10, "seconds": 6}), ("tests.documents", {"n": 11, "seconds": 0}))
    until(lambda: row(works, pks[0])[0] == "running")
    works.kill(works.of["documents"])
    works.of["documents"] = works.worker("documents")
    until(lambda: is_over(works, *pks))
    assert [row(works, pk)[:3] for pk in pks] == [("done", "好", 2), ("done", "好", 1)]
    assert [n for n in works.effects() if n in (10, 11)] == [10, 11]


def test_a_flushed_redis_loses_no_job(works):
    """What runs goes on, what waits is found by the sweep."""
    pks = works.queue(*(("tests.quick", {"n": n, "seconds": 2}) for n in range(20, 24)))
    until(lambda: row(works, pks[0])[0] != "queued")
    assert row(works, pks[3])[0] == "queued"
    works.flush_redis()
    until(lambda: is_over(works, *pks))
    assert [row(works, pk)[:3] for pk in pks] == [("done", "好", 1)] * 4
    assert [n for n in works.effects() if 20 <= n < 24] == [20, 21, 22, 23]


def test_a_stopped_redis_delays_jobs_and_nobody_waits_for_it(works):
    """Pages answer, jobs are accepted in the time the database takes, and are done when Redis is back."""
    works.stop_redis()
    try:
        took, pks, pages = works.python(SETUP + """
import time
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from accounts.models import User
from jobs.actions import queue_job
user = User.objects.get(username="office")
client = Client(headers={"host": "127.0.0.1"})
begun = time.monotonic()
pages = [client.get("/accounts/sign-in/").status_code, client.post("/accounts/sign-in/", {"username": "office", "password": "wrong"}).status_code]
client.force_login(user)
pages += [client.get("/jobs/").status_code, client.get("/accounts/inbox/").status_code]
cache.set("a", 1)
assert cache.get("a") is None
made = [str(queue_job("tests.quick", label="试验", args={"n": n, "seconds": 0}, by=user, at=timezone.now()).pk) for n in (30, 31, 32)]
print(json.dumps([time.monotonic() - begun, made, pages]))
""")  # fmt: skip
        assert pages == [200, 200, 200, 200]
        assert took < 10  # four pages and three jobs, rendered for the first time on a busy machine
        time.sleep(1)
        assert [row(works, pk)[0] for pk in pks] == ["queued"] * 3
    finally:
        works.start_redis()
    until(lambda: is_over(works, *pks))
    assert [n for n in works.effects() if 30 <= n < 33] == [30, 31, 32]


def test_a_soft_limit_ends_a_job_that_reports_nothing(works):
    """Told by Celery in the middle of a silent step."""
    (pk,) = works.queue(("tests.imports", {"n": 40, "seconds": 60}))
    until(lambda: is_over(works, pk), 30)
    assert row(works, pk)[:2] == ("failed", f"办理超过 1 分钟，已停下。请缩小范围分几次办理；范围已经很小的，请联系系统管理员（任务编号 {pk[:8]}）。")
    assert 40 not in works.effects()
