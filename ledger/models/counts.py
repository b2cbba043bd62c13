"""Counts kept by block of units (organizations/kept.py)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import CampaignCounts


class ProblemCount(CampaignCounts):
    """Problems by state; among those of 应整改 (open, submitted, verified, closed, deferred) by track; the overdue."""

    reported = models.PositiveIntegerField()
    open = models.PositiveIntegerField()
    submitted = models.PositiveIntegerField()
    verified = models.PositiveIntegerField()
    closed = models.PositiveIntegerField()
    deferred = models.PositiveIntegerField()
    dismissed = models.PositiveIntegerField()
    merged = models.PositiveIntegerField()
    immediate = models.PositiveIntegerField()
    dated = models.PositiveIntegerField()
    long_term = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("问题数")
        constraints = [models.UniqueConstraint(fields=["campaign", "path"], name="ledger_problemcount_once")]


class AspectCount(CampaignCounts):
    """应整改 and 已销号 by aspect."""

    aspect_label = models.CharField(_("方面"), max_length=40, blank=True)
    counted = models.PositiveIntegerField()
    closed = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("各方面问题数")
        constraints = [models.UniqueConstraint(fields=["campaign", "path", "aspect_label"], name="ledger_aspectcount_once")]


class WeekCounts(CampaignCounts):
    """Base of what happened to problems of 应整改 in a week."""

    week = models.DateField(_("周"))  # its Monday
    number = models.PositiveIntegerField()

    class Meta:
        abstract = True


class RegisteredCount(WeekCounts):
    """立项 by week."""

    class Meta:
        verbose_name = _("每周立项数")
        constraints = [models.UniqueConstraint(fields=["campaign", "path", "week"], name="ledger_registeredcount_once")]


class ClosedCount(WeekCounts):
    """销号 by week."""

    class Meta:
        verbose_name = _("每周销号数")
        constraints = [models.UniqueConstraint(fields=["campaign", "path", "week"], name="ledger_closedcount_once")]
