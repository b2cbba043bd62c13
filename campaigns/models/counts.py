"""Counts kept by block of units (organizations/kept.py)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.models import KeptCounts

from .campaign import Campaign
from .slip import Slip


class CampaignCounts(KeptCounts):
    """Base of counts that are a campaign's."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")

    class Meta:
        abstract = True


class SlipCount(CampaignCounts):
    """One slip's receivers in the block, and how many signed for it."""

    slip = models.ForeignKey(Slip, models.CASCADE, related_name="+")
    sent = models.PositiveIntegerField()
    signed = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("提示单签收数")
        constraints = [models.UniqueConstraint(fields=["campaign", "path", "slip"], name="campaigns_slipcount_once")]


class DeliveryCount(CampaignCounts):
    """Prompt slips delivered to the block's cadres."""

    deliveries = models.PositiveIntegerField()
    signed = models.PositiveIntegerField()
    receivers = models.PositiveIntegerField()  # people, each once

    class Meta:
        verbose_name = _("提示单送达数")
        constraints = [models.UniqueConstraint(fields=["campaign", "path"], name="campaigns_deliverycount_once")]
