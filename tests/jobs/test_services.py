"""One job through the real Redis and a real Celery worker."""

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REDIS = "redis://127.0.0.1:6379/9"

OFFICE = """
import io, json, sys
import django
django.setup()
from django.core.management import call_command
from django.utils import timezone
from rectification.celery import app
app.conf.task_default_queue = sys.argv[1]
call_command("migrate", verbosity=0)
from accounts.models import User
from organizations.actions import confirm_roster, grant_role, open_unit, upload_roster
from organizations.sheets import RosterResource, read_sheet
from tests.organizations.sheetmaker import csv_bytes, row, upload
now = timezone.now()
user = User.objects.create(username="office", name="沈若川", opened_at=now)
organ = open_unit(code="Q0101", name="纪检监察科", by=None, at=now)
grant_role(user, role="office", unit=organ, by=None, at=now)
content = csv_bytes(row(), row(工号="0108", 姓名="吕本中"))
plan = RosterResource(scope=[organ.path]).check(read_sheet(io.BytesIO(content), "名册.csv"))
roster = confirm_roster(upload_roster(upload(content, "名册.csv"), plan=plan, by=user, at=now), by=user, at=now)
print(json.dumps(str(roster.job_id)))
"""

LOOK = """
import json, sys
import django
django.setup()
from jobs.models import Job
from organizations.models import Cadre
job = Job.objects.get(pk=sys.argv[1])
print(json.dumps([job.status, job.message, job.runs, job.owner.split(":")[0], sorted(Cadre.objects.values_list("name", flat=True))]))
"""


@pytest.mark.services
def test_a_job_goes_through_redis_and_a_celery_worker(tmp_path):
    queue = f"test-{uuid.uuid4().hex}"
    env = os.environ | {"DATA_DIR": str(tmp_path), "REDIS_URL": REDIS, "DJANGO_SETTINGS_MODULE": "rectification.settings", "PYTHONPATH": str(ROOT), "DEBUG": "1"}
    env.pop("DATABASE_URL", None)

    def script(code: str, arg: str):
        done = subprocess.run([sys.executable, "-c", code, arg], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    job = script(OFFICE, queue)
    assert script(LOOK, job)[0] == "queued"
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "rectification", "worker", "--pool", "solo", "-Q", queue, "--without-gossip", "--without-mingle", "-l", "warning"],
        env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while (seen := script(LOOK, job))[0] not in ("done", "failed") and time.monotonic() < deadline:
            time.sleep(0.5)
    finally:
        worker.terminate()
        worker.wait(20)
        import redis

        redis.Redis.from_url(REDIS).delete(queue, f"_kombu.binding.{queue}")
    assert seen == ["done", "已导入：新增 2 人，更新 0 人，新设单位 0 个。", 1, "celery", ["单立人", "吕本中"]]
