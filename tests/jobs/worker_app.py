"""The project's Celery with three job kinds more, one a queue, whose effect can be counted: `celery -A tests.jobs.worker_app worker`.

For tests and benchmarks that kill workers. WORKS_SWEEP (seconds) makes the sweep and its patience shorter.
"""

import datetime as dt
import os
import time

from django.conf import settings

from jobs.registry import QUEUES, Report, Result, job_kind
from rectification.celery import app

if sweep := float(os.environ.get("WORKS_SWEEP", 0)):
    app.conf.beat_schedule = {"sweep-jobs": {"task": "jobs.tasks.sweep_jobs", "schedule": sweep, "options": {"expires": sweep}}}
    settings.JOB_PATIENCE = dt.timedelta(seconds=sweep)


def effect(args: dict, report: Report):
    """Works `seconds` in so many `steps`, silent between; then one line in the log, in the transaction of the job's end."""
    for step in range(args.get("steps", 1)):
        time.sleep(args["seconds"] / args.get("steps", 1))
        report(100 * step // args.get("steps", 1))

    def close() -> Result:
        from django.utils import timezone

        from audit.log import record

        record("tests.effect", by=None, at=timezone.now(), n=args["n"])
        return Result(f"{args['n']}".encode(), "结果.txt", "text/plain", "好")

    return close


for name in QUEUES:
    job_kind(f"tests.{name}", queue=name, title="试验")(effect)
