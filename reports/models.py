"""Briefings and their versions. An issued one is frozen and prints the same for ever."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from organizations.models import reach
from organizations.pinyin import InitialsField
from organizations.roles import Permission

USER = settings.AUTH_USER_MODEL


class BriefingQuerySet(models.QuerySet):
    def visible_to(self, user) -> "BriefingQuerySet":
        """Briefings of campaigns whose organizing unit lies in one's scope."""
        return self.filter(reach(user, Permission.SEE_FIGURES, unit="campaign__unit__path", campaign="campaign"))


class Briefing(models.Model):
    """进展情况汇报, 简报 or 专报."""

    class Kind(models.TextChoices):
        PROGRESS = "progress", _("进展情况汇报")
        BULLETIN = "bulletin", _("简报")
        SPECIAL = "special", _("专报")

    class Status(models.TextChoices):
        DRAFT = "draft", _("起草中")
        SUBMITTED = "submitted", _("送审中")
        ISSUED = "issued", _("已签发")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="briefings")
    kind = models.CharField(_("种类"), max_length=10, choices=Kind)
    title = models.CharField(_("标题"), max_length=100, help_text=_("可换行，按换行处分行居中排"))
    title_initials = InitialsField(of="title")
    as_of = models.DateField(_("数据截至"), help_text=_("文中的数字都算到这一天 24:00"))
    organ = models.CharField(_("汇报单位"), max_length=60, help_text=_("落款的单位；有发文字号的，也用作红头"))
    audience = models.CharField(_("主送"), max_length=60, blank=True, help_text=_("印在正文之前"))
    presented_by = models.CharField(_("汇报人"), max_length=40, blank=True, help_text=_("由谁汇报，只作登记"))
    signer = models.CharField(_("签发人"), max_length=20, blank=True, help_text=_("有发文字号的，印在字号右侧"))
    number = models.CharField(_("发文字号"), max_length=40, blank=True, help_text=_("如“云纪工发〔2026〕12号”；有字号的印红头和版记"))
    issue_no = models.PositiveIntegerField(_("期号"), null=True, blank=True, help_text=_("简报用，印作“第×期”"))
    dated_on = models.DateField(_("成文日期"), null=True, blank=True, help_text=_("印在落款处，没有定的空着"))
    copies_to = models.CharField(_("抄送"), max_length=150, blank=True, help_text=_("几个单位之间用逗号隔开"))
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.DRAFT)
    composed_at = models.DateTimeField(_("起草时间"))
    composed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(_("送审时间"), null=True, blank=True)
    submitted_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    issued_at = models.DateTimeField(_("签发时间"), null=True, blank=True)
    issued_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    issued_version = models.ForeignKey("BriefingVersion", models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = BriefingQuerySet.as_manager()

    class Meta:
        verbose_name = _("工作汇报")
        ordering = ["-composed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], condition=~Q(number=""), name="reports_briefing_number"),
            models.CheckConstraint(name="reports_briefing_submitted", condition=Q(submitted_at__isnull=True, submitted_by__isnull=True) | Q(submitted_at__isnull=False, submitted_by__isnull=False)),
            models.CheckConstraint(
                name="reports_briefing_issued",
                condition=Q(status="issued", issued_at__isnull=False, issued_by__isnull=False, issued_version__isnull=False)
                | (~Q(status="issued") & Q(issued_at__isnull=True, issued_by__isnull=True, issued_version__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return "".join(self.title.splitlines())

    @property
    def is_editable(self) -> bool:
        return self.status == self.Status.DRAFT


class BriefingVersion(models.Model):
    """One saved text of a briefing; at issue also the facts and the finished document, frozen."""

    briefing = models.ForeignKey(Briefing, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("版次"))
    body = models.TextField(_("正文"))
    document = models.JSONField(_("定稿"), null=True, blank=True, encoder=DjangoJSONEncoder)
    facts = models.JSONField(_("数据"), null=True, blank=True, encoder=DjangoJSONEncoder)
    sha256 = models.CharField(_("校验值"), max_length=64, blank=True)
    note = models.CharField(_("说明"), max_length=100, blank=True)
    saved_at = models.DateTimeField(_("保存时间"))
    saved_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("汇报版本")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["briefing", "number"], name="reports_version_number")]

    def __str__(self) -> str:
        return f"{self.briefing} v{self.number}"
