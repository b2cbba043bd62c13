"""What stands inside a problem: milestones on the way, comments, and what was corrected in it."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .problem import Problem

USER = settings.AUTH_USER_MODEL


class Milestone(models.Model):
    """阶段节点: a step on the way, due on a day."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="milestones")
    order = models.PositiveSmallIntegerField(_("顺序"))
    text = models.CharField(_("到这一步要做到什么"), max_length=120, help_text=_("一句话，如“清单报办公室”"))
    due_on = models.DateField(_("时间"))
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    done_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("阶段节点")
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["problem", "order"], name="ledger_milestone_order"),
            models.CheckConstraint(name="ledger_milestone_done", condition=Q(done_at__isnull=True, done_by__isnull=True) | Q(done_at__isnull=False, done_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def log_label(self) -> str:
        """Without its words: the log is read by people who see no ledger."""
        return _("第 %(n)s 个阶段节点") % {"n": self.order}

    @property
    def running_until(self) -> dt.date | None:
        """The day to count down to while it is not done."""
        return None if self.done_at else self.due_on


class Comment(models.Model):
    """留言 by whoever sees the problem; nobody edits it."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="comments")
    text = models.TextField(_("留言"), max_length=1000)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("留言")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:40]


class Correction(models.Model):
    """更正: what was changed in a problem's facts. `changes` is a list of {label, before, after} as people read them."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="corrections")
    changes = models.JSONField(_("更正内容"))
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("更正")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return "、".join(change["label"] for change in self.changes)
