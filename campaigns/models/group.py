"""领导小组, its office and its subgroups."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from organizations.models import Cadre, Unit

from .campaign import Campaign


class LeadingGroup(models.Model):
    """领导小组: one for a campaign."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="leading_group")
    name = models.CharField(_("名称"), max_length=80)
    mandate = models.CharField(_("职责"), max_length=200, blank=True, help_text=_("如“组织领导、统筹推进”"))
    office_unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("办公室设在"), help_text=_("承担日常工作的单位"))
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("领导小组")

    def __str__(self) -> str:
        return self.name


class WorkGroup(models.Model):
    """下设组. Names are data and stand once in a leading group."""

    leading_group = models.ForeignKey(LeadingGroup, models.CASCADE, related_name="work_groups")
    name = models.CharField(_("名称"), max_length=30)
    duties = models.TextField(_("工作任务"), blank=True)
    order = models.PositiveSmallIntegerField(_("顺序"))
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("下设组")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["leading_group", "name"], name="campaigns_work_group_name")]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """A place in the leading group or in one of its subgroups; a post without a person is allowed."""

    class Role(models.TextChoices):
        HEAD = "head", _("组长")
        DEPUTY = "deputy", _("副组长")
        MEMBER = "member", _("成员")

    leading_group = models.ForeignKey(LeadingGroup, models.CASCADE, related_name="members")
    work_group = models.ForeignKey(WorkGroup, models.CASCADE, null=True, blank=True, related_name="members", verbose_name=_("下设组"))
    role = models.CharField(_("组内职务"), max_length=10, choices=Role)
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name=_("姓名"))
    post_text = models.CharField(_("单位职务"), max_length=80, blank=True)
    order = models.PositiveSmallIntegerField(_("顺序"), default=0)

    class Meta:
        verbose_name = _("领导小组成员")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["leading_group", "work_group", "role", "cadre"], name="campaigns_group_member_once", condition=Q(cadre__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.post_text}{self.cadre or ''}"
