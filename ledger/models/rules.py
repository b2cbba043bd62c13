"""建章立制."""

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from organizations.models import Unit, reach
from organizations.roles import Permission

from .problem import Problem

USER = settings.AUTH_USER_MODEL


class RuleMakingItemQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(reach(user, Permission.SEE_LEDGER, unit="unit__path", campaign="campaign"))

    def tally(self) -> dict[str, int]:
        """New and revised rules counted apart, planned and issued, in one query."""
        new, revised, issued = Q(kind="new"), Q(kind="revised"), Q(issued_on__isnull=False)
        return self.aggregate(
            all=Count("pk"), issued=Count("pk", filter=issued), planned=Count("pk", filter=~issued),
            new=Count("pk", filter=new), new_issued=Count("pk", filter=new & issued),
            revised=Count("pk", filter=revised), revised_issued=Count("pk", filter=revised & issued),
        )


class RuleMakingItem(models.Model):
    """建章立制: a rule to make or to revise, and the problems it answers."""

    class Kind(models.TextChoices):
        NEW = "new", _("新建")
        REVISED = "revised", _("修订")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="rule_making_items")
    title = models.CharField(_("制度名称"), max_length=120)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind, help_text=_("原来没有的是新建，改原有的是修订，分开统计"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="rule_making_items", verbose_name=_("责任单位"))
    planned_on = models.DateField(_("计划完成"), null=True, blank=True)
    issued_on = models.DateField(_("印发日期"), null=True, blank=True)
    document_number = models.CharField(_("印发文号"), max_length=40, blank=True, help_text=_("没有文号的空着"))
    problems = models.ManyToManyField(Problem, blank=True, related_name="rule_making_items", verbose_name=_("对应问题"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = RuleMakingItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("建章立制")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title
