"""Background jobs: the queue, the outbox and the progress bar are one table.

A row is written in the transaction of the deed that asks for it, so it exists exactly when the deed does.
With Redis, Celery wakes a worker; without, a thread of the web process claims the row. Either way the row is
claimed by one runner at a time under a lease, and a runner that dies loses it when the lease runs out.
"""

import datetime as dt
import os
import uuid

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

LEASE = dt.timedelta(minutes=3)
MAX_RUNS = 3


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


class JobQuerySet(models.QuerySet):
    def claimable(self, now: dt.datetime) -> "JobQuerySet":
        """Queued, or left behind by a runner whose lease ran out."""
        return self.filter(Q(status=Job.Status.QUEUED) | Q(status=Job.Status.RUNNING, lease_until__lt=now))

    def visible_to(self, user) -> "JobQuerySet":
        """One's own jobs."""
        return self.filter(asked_by=user)


class Job(models.Model):
    """One piece of long work."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("排队中")
        RUNNING = "running", _("办理中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("未成功")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("任务"), max_length=60)
    label = models.CharField(_("名称"), max_length=200)
    args = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.QUEUED)
    percent = models.PositiveSmallIntegerField(_("进度"), default=0)
    message = models.CharField(_("说明"), max_length=300, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="jobs")
    asked_at = models.DateTimeField()
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    runs = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.FileField(storage=output_storage, max_length=200, blank=True)
    result_name = models.CharField(max_length=200, blank=True)
    result_type = models.CharField(max_length=100, blank=True)
    back_url = models.CharField(max_length=200, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("后台任务")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["status", "lease_until"], name="jobs_job_claim")]
        constraints = [
            models.CheckConstraint(name="jobs_job_percent", condition=Q(percent__lte=100)),
            models.CheckConstraint(
                name="jobs_job_finished",
                condition=Q(status__in=["done", "failed"], finished_at__isnull=False)
                | Q(status__in=["queued", "running"], finished_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_over(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.FAILED)
