"""Background jobs: the queue, the outbox and the progress bar are one table.

A row is written in the transaction of the deed that asks for it, so it exists exactly when the deed does.
With Redis, Celery wakes a worker; without, a thread of the web process claims the row. Either way the row is
claimed by one runner at a time under a lease, and a runner that dies loses it when the lease runs out.
"""

import datetime as dt
import hashlib
import json
import os
import uuid

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .registry import QUICK, TITLES

WAITS = (0, 0.25, 1, 4)  # leases waited after the first, second … broken attempt before the next begins
MAX_ATTEMPTS = len(WAITS) + 1  # a job broken off (killed runner, lost database) so often is given up


class OutputStorage(FileSystemStorage):
    """Where results lie; apart from evidence files, because they can be made again. The folder is read when used."""

    @property
    def base_location(self) -> str:
        return str(settings.OUTPUT_DIR)

    @property
    def location(self) -> str:
        return os.path.abspath(self.base_location)  # noqa: PTH100  the storage API speaks in strings


def output_storage() -> OutputStorage:
    return OutputStorage(file_permissions_mode=0o600)


def args_hash(args: dict) -> str:
    """SHA-256 of a job's arguments as they stand in the database, whatever order their keys come back in."""
    kept = json.loads(json.dumps(args, cls=DjangoJSONEncoder))
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


class JobQuerySet(models.QuerySet):
    def claimable(self, now: dt.datetime) -> "JobQuerySet":
        """Queued, or left behind by a runner whose lease ran out, once the pause after that attempt is over."""
        broken = Q(attempts__gte=MAX_ATTEMPTS, lease_until__lt=now) | Q(attempts=0, lease_until__lt=now)
        for attempt, wait in enumerate(WAITS, 1):
            broken |= Q(attempts=attempt, lease_until__lt=now - wait * settings.JOB_LEASE)
        return self.filter(Q(status=Job.Status.QUEUED) | Q(status=Job.Status.RUNNING) & broken)

    def overdue(self, now: dt.datetime) -> "JobQuerySet":
        """Claimable, and not only just asked for: their wake-up must have been lost."""
        return self.claimable(now).exclude(status=Job.Status.QUEUED, asked_at__gt=now - settings.JOB_PATIENCE)

    def visible_to(self, user) -> "JobQuerySet":
        """One's own jobs."""
        return self.filter(asked_by=user)

    def administered_by(self, user) -> "JobQuerySet":
        """Whose running this person looks after: that they are there, not what is in them (settings.JOBS_RULE)."""
        return self.filter(import_string(settings.JOBS_RULE)(user))

    def listed_for(self, user) -> "JobQuerySet":
        """One's own, and those one administers."""
        return self.filter(Q(asked_by=user) | import_string(settings.JOBS_RULE)(user))


class Job(models.Model):
    """One piece of long work. `runs` only ever grows and is the fence: whatever a runner writes is conditional on it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("排队中")
        RUNNING = "running", _("办理中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("未成功")
        CANCELLED = "cancelled", _("已取消")

    class Failure(models.TextChoices):
        REFUSED = "refused", _("不符合办理条件，原因已告知提交人")
        ERROR = "error", _("程序出错")
        BROKEN = "broken", _("多次中断")
        OVERTIME = "overtime", _("超过时限")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("任务"), max_length=60)
    queue = models.CharField(max_length=20, default=QUICK, db_default=QUICK)
    label = models.CharField(_("名称"), max_length=200)
    args = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    args_sha256 = models.CharField(max_length=64, default="", db_default="", blank=True)
    once = models.CharField(max_length=100, null=True, blank=True, unique=True)  # one job of this name and no second
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.QUEUED)
    percent = models.PositiveSmallIntegerField(_("进度"), default=0)
    message = models.CharField(_("说明"), max_length=300, blank=True)
    failure = models.CharField(_("未成功的原因"), max_length=10, choices=Failure, default="", db_default="", blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="jobs")
    asked_at = models.DateTimeField()
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    runs = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)  # since it was queued or queued again
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.FileField(storage=output_storage, max_length=200, blank=True)
    result_sha256 = models.CharField(max_length=64, default="", db_default="", blank=True)
    result_name = models.CharField(max_length=200, blank=True)
    result_type = models.CharField(max_length=100, blank=True)
    back_url = models.CharField(max_length=200, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("后台任务")
        ordering = ["-asked_at"]
        indexes = [
            models.Index(fields=["status", "queue", "asked_at"], name="jobs_job_waiting"),
            models.Index(fields=["asked_by", "-asked_at"], name="jobs_job_own"),
            models.Index(fields=["-asked_at"], name="jobs_job_newest"),
        ]
        constraints = [
            models.CheckConstraint(name="jobs_job_percent", condition=Q(percent__lte=100)),
            models.CheckConstraint(
                name="jobs_job_over",
                condition=Q(status__in=["done", "failed", "cancelled"], finished_at__isnull=False)
                | Q(status__in=["queued", "running"], finished_at__isnull=True),
            ),
            models.CheckConstraint(
                name="jobs_job_cancelled",
                condition=Q(status__in=["running", "cancelled"], cancelled_at__isnull=False, cancelled_by__isnull=False)
                | Q(status__in=["queued", "running", "done", "failed"], cancelled_at__isnull=True, cancelled_by__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_over(self) -> bool:
        return self.status not in (self.Status.QUEUED, self.Status.RUNNING)

    @property
    def may_be_cancelled(self) -> bool:
        """The system's own daily work isn't: a daily check of the log that somebody stops would be none."""
        return not self.is_over and self.cancelled_at is None and self.asked_by_id is not None

    @property
    def may_be_retried(self) -> bool:
        return self.status in (self.Status.FAILED, self.Status.CANCELLED)

    def label_for(self, user) -> str:
        """Its name for who asked; for an administrator only what kind of work it is."""
        return self.label if self.asked_by_id == user.pk else str(TITLES.get(self.kind, self.kind))

    def reason_for(self, user) -> str:
        """How it stands or why it failed, in words; to an administrator nothing that the work itself says."""
        if self.asked_by_id == user.pk:
            return self.message
        if self.failure in (self.Failure.REFUSED, ""):
            return self.get_failure_display()
        return self.message

    @property
    def stands(self) -> str:
        """The state as the list says it."""
        return _now("正在取消") if self.cancelled_at and not self.is_over else self.get_status_display()
