"""What somebody keeps of the ledger for themselves, and one act on many problems."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from organizations.models import Cadre

USER = settings.AUTH_USER_MODEL


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, user) -> "SavedViewQuerySet":
        """One's own."""
        return self.filter(user=user)


class SavedView(models.Model):
    """Filters of the ledger that somebody keeps under a name, for themselves alone."""

    MOST = 20  # of one person in one campaign

    user = models.ForeignKey(USER, models.CASCADE, related_name="saved_views")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("名称"), max_length=20, help_text=_("如“本月到期的限期整改”，最多 20 个字"))
    query = models.CharField(_("条件"), max_length=1000)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("常用条件")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["user", "campaign", "name"], name="ledger_saved_view_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def log_label(self) -> str:
        """What was typed into a filter, or into its name, is nobody else's business."""
        return str(_("常用条件"))


class BulkDeedQuerySet(models.QuerySet):
    def visible_to(self, user) -> "BulkDeedQuerySet":
        """One's own."""
        return self.filter(asked_by=user)


class BulkDeed(models.Model):
    """One act on many chosen problems: what was asked, and for each row whether it was done or why not."""

    class Act(models.TextChoices):
        ASSIGN = "assign", _("指定责任人、验收人")
        REMIND = "remind", _("提醒责任人")
        VERIFY = "verify", _("验收通过")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    act = models.CharField(max_length=10, choices=Act)
    asked_by = models.ForeignKey(USER, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    responsible_person = models.ForeignKey(Cadre, models.SET_NULL, null=True, related_name="+")
    verifier = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    opinion = models.TextField(blank=True)
    rows = models.JSONField(help_text="the problems' numbers, in the order they are taken")
    results = models.JSONField(default=list, help_text="for each row taken so far: empty when done, else the refusal")
    back = models.CharField(max_length=1000, blank=True, help_text="the filters of the list it came from")

    objects = BulkDeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("批量办理")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.get_act_display()

    @property
    def is_over(self) -> bool:
        return len(self.results) == len(self.rows)

    @property
    def done_count(self) -> int:
        return self.results.count("")
