"""What is thrown away once a day, and what is kept."""

import datetime as dt
import os
import uuid

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import SpentToken
from jobs.actions import queue_daily
from jobs.housekeeping import tidy
from jobs.models import Job
from jobs.runner import run_pending

DAY = dt.timedelta(days=1)


def finished(days: int) -> Job:
    job = Job(kind="reports.render", label="汇报", status=Job.Status.DONE, asked_at=timezone.now() - days * DAY, finished_at=timezone.now() - days * DAY)
    job.result.save(str(job.pk), ContentFile(b"%PDF-"), save=True)
    return job


def test_old_tokens_and_results_go_and_new_ones_stay(db):
    old, new = finished(31), finished(29)
    path = old.result.path
    for days in (8, 6):
        SpentToken.objects.create(token=uuid.uuid4(), spent_at=timezone.now() - days * DAY)
    message = tidy({}, lambda percent, message="": None).message
    assert message == "清理表单凭据 1 个、会话 0 个、文件 1 个"
    old.refresh_from_db()
    new.refresh_from_db()
    assert (bool(old.result), bool(new.result), SpentToken.objects.count()) == (False, True, 1)
    assert not old.result.storage.exists(path)


def test_it_is_part_of_the_day(db):
    queue_daily(at=timezone.now())
    run_pending()
    assert Job.objects.get(kind="jobs.tidy").status == "done"


def test_files_that_no_job_names_go_after_a_day(db, settings, tmp_path):
    settings.OUTPUT_DIR = tmp_path
    new = finished(1)
    for name, days in {"killed-1": 2, "killed-2.part": 2, "at-work.part": 0}.items():
        (tmp_path / name).write_bytes(b"PK")
        then = (timezone.now() - days * DAY).timestamp()
        os.utime(tmp_path / name, (then, then))
    os.utime(new.result.path, (0, 0))
    assert tidy({}, lambda percent, message="": None).message == "清理表单凭据 0 个、会话 0 个、文件 2 个"
    assert {path.name for path in tmp_path.iterdir()} == {"at-work.part", new.result.name}
