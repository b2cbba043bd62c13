"""工作提示单 and 督办单, and whom they reached."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from organizations.models import Cadre, lies_within, reach
from organizations.pinyin import InitialsField
from organizations.roles import Permission

from .campaign import Campaign


class SlipQuerySet(models.QuerySet):
    def visible_to(self, user) -> "SlipQuerySet":
        """Slips one received, and those that reached cadres of one's scope."""
        first = SlipDelivery.objects.visible_to(user).filter(slip=OuterRef("pk")).order_by().values("pk")[:1]
        return self.alias(reached=Subquery(first)).filter(reached__isnull=False)  # PostgreSQL turns EXISTS into a join of all of them


class Slip(models.Model):
    """A numbered slip: a prompt (提示) or an urging (督办)."""

    class Kind(models.TextChoices):
        PROMPT = "prompt", _("工作提示单")
        URGE = "urge", _("督办单")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="slips")
    kind = models.CharField(_("类别"), max_length=10, choices=Kind, help_text=_("提示单要求办理，督办单用来催办，分开编号"))
    year = models.PositiveSmallIntegerField(_("年份"))
    number = models.PositiveIntegerField(_("编号"))
    title = models.CharField(_("标题"), max_length=120)
    title_initials = InitialsField(of="title")
    content = models.TextField(_("内容"))
    due_on = models.DateField(_("时限"), null=True, blank=True)
    issued_at = models.DateTimeField(_("发出时间"))
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = SlipQuerySet.as_manager()

    class Meta:
        verbose_name = _("提示单")
        ordering = ["-issued_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["campaign", "kind", "year", "number"], name="campaigns_slip_number")]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        """“〔2026〕4 号”."""
        return f"〔{self.year}〕{self.number} 号"


class SlipDeliveryQuerySet(models.QuerySet):
    def visible_to(self, user) -> "SlipDeliveryQuerySet":
        """One's own, and those to cadres of one's scope."""
        followed = reach(user, Permission.SEE_PROGRESS, unit="cadre__unit__path", campaign="slip__campaign")
        return self.filter(followed if lies_within(user, Permission.SEE_PROGRESS) else followed | Q(cadre__user=user))

    def waiting(self) -> "SlipDeliveryQuerySet":
        return self.filter(acknowledged_at__isnull=True)

    def standing(self, view: str) -> "SlipDeliveryQuerySet":
        """`waiting` or `signed`; all of them for any other word."""
        return self.filter({"waiting": Q(acknowledged_at__isnull=True), "signed": Q(acknowledged_at__isnull=False)}.get(view, Q()))

    def by_slip(self) -> models.QuerySet:
        """For each slip: how many received it and how many signed for it."""
        return self.order_by().values("slip").annotate(sent=Count("pk"), signed=Count("pk", filter=Q(acknowledged_at__isnull=False)))

    def by_unit(self) -> models.QuerySet:
        """For each unit, in 机构序列: how many received the slip and how many signed for it."""
        return (
            self.order_by().values("cadre__unit_id", "cadre__unit__path", "cadre__unit__name", "cadre__unit__short_name")
            .annotate(sent=Count("pk"), signed=Count("pk", filter=Q(acknowledged_at__isnull=False)))
            .order_by("cadre__unit__path")
        )


class SlipDelivery(models.Model):
    """One slip to one cadre, until it is signed for."""

    slip = models.ForeignKey(Slip, models.CASCADE, related_name="deliveries")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="slips", verbose_name=_("发至"))
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    feedback = models.CharField(_("反馈"), max_length=200, blank=True)

    objects = SlipDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("提示单送达")
        constraints = [
            models.UniqueConstraint(fields=["slip", "cadre"], name="campaigns_slip_delivery_once"),
            models.CheckConstraint(name="campaigns_slip_acknowledged", condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True) | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.slip.reference} → {self.cadre}"

    def is_late(self, today: dt.date) -> bool:
        return self.acknowledged_at is None and self.slip.due_on is not None and self.slip.due_on < today
