"""The audit log: what was done, by whom, when, from where. Plain labels, no foreign keys: the log outlives what it tells of.

Each event is sealed when its transaction commits (audit/chain.py): it gets the next number and a code that depends on
everything in it and on the event before. Triggers in the database refuse every later change (audit/triggers.py).
"""

import datetime as dt

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _


class EventQuerySet(models.QuerySet):
    """Append only: a log line is written once and never touched again."""

    def update(self, **kwargs):
        raise TypeError("audit events are append-only")

    def delete(self):
        raise TypeError("audit events are append-only")

    def about(self, subject: models.Model) -> "EventQuerySet":
        """The history of one row, oldest first."""
        return self.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk)).order_by("pk")


class Event(models.Model):
    """One deed."""

    class Result(models.TextChoices):
        DONE = "done", _("已办")
        REFUSED = "refused", _("未成功")
        DENIED = "denied", _("拒绝访问")

    seq = models.BigIntegerField(_("序号"), null=True, unique=True, editable=False)  # no number until sealed
    at = models.DateTimeField(_("时间"), db_index=True)
    actor_id = models.BigIntegerField(_("账号编号"), null=True, blank=True)
    actor_label = models.CharField(_("办理人"), max_length=100)
    action = models.CharField(_("事项"), max_length=80, db_index=True)
    subject_type = models.CharField(_("对象类型"), max_length=80, blank=True)
    subject_id = models.CharField(_("对象编号"), max_length=40, blank=True)
    subject_label = models.CharField(_("对象"), max_length=200, blank=True)
    detail = models.JSONField(_("说明"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    address = models.CharField(_("网络地址"), max_length=64, blank=True)
    result = models.CharField(_("结果"), max_length=10, choices=Result, default=Result.DONE)
    mac = models.CharField(_("校验码"), max_length=64, blank=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("审计日志")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="audit_event_subject")]

    def save(self, *args, **kwargs):
        """Only the first time."""
        if not self._state.adding:
            raise TypeError("audit events are append-only")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("audit events are append-only")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label} {self.action} {self.subject_label}"


class Segment(models.Model):
    """Lines that were archived: they stand in a file, and this row in their place. Append-only like the log, with a code of its own."""

    first_seq = models.BigIntegerField(_("第一条"), unique=True)
    last_seq = models.BigIntegerField(_("最后一条"), unique=True)
    since = models.DateTimeField(_("最早时间"))
    until = models.DateTimeField(_("最晚时间"))
    mac = models.CharField(_("最后一条的校验码"), max_length=64)
    file_name = models.CharField(_("归档文件"), max_length=120)
    file_digest = models.CharField(_("文件摘要"), max_length=80)
    archived_at = models.DateTimeField(_("归档时间"))
    archived_by = models.CharField(_("归档人"), max_length=100)
    code = models.CharField(_("校验码"), max_length=64)

    class Meta:
        verbose_name = _("已归档的日志")
        ordering = ["-first_seq"]
        constraints = [models.CheckConstraint(name="audit_segment_runs_on", condition=models.Q(first_seq__gte=1, last_seq__gte=models.F("first_seq")))]

    def __str__(self) -> str:
        return _g("第 %(first)s 至 %(last)s 条") % {"first": f"{self.first_seq:,}", "last": f"{self.last_seq:,}"}

    @property
    def count(self) -> int:
        return self.last_seq - self.first_seq + 1

    @property
    def told(self) -> list:
        """What its code is made of."""
        times = [moment.astimezone(dt.UTC).isoformat() for moment in (self.since, self.until, self.archived_at)]
        return [self.first_seq, self.last_seq, self.mac, self.file_name, self.file_digest, self.archived_by, *times]


class Head(models.Model):
    """The end of the chain: the last event's number and code. Its one row is locked while events are sealed."""

    seq = models.BigIntegerField(default=0)
    mac = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("审计日志末端")
        constraints = [models.CheckConstraint(name="audit_head_is_one", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return f"{self.seq} {self.mac[:8]}"
