"""会议 and 文件: who met after whom, what was relayed, what was approved."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from files.models import StoredFile
from organizations.pinyin import InitialsField

from .campaign import Campaign


class InVisibleCampaign(models.QuerySet):
    """Rows that everyone who sees the campaign sees."""

    def visible_to(self, user):
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


class Document(models.Model):
    """文件 of a campaign: opinions from above, plans, rules, mechanisms, notices."""

    class Kind(models.TextChoices):
        OPINION = "opinion", _("上级意见")
        PLAN = "plan", _("实施方案")
        SCHEDULE = "schedule", _("计划安排")
        RULES = "rules", _("工作规则")
        MECHANISM = "mechanism", _("工作机制")
        NOTICE = "notice", _("通知")
        SPIRIT = "spirit", _("会议精神")
        OTHER = "other", _("其他")

    class Level(models.TextChoices):
        CENTRAL = "central", _("中央")
        PROVINCE = "province", _("省")
        CITY = "city", _("市")
        DISTRICT = "district", _("区（县）")
        OWN = "own", _("本单位")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="documents")
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    level = models.CharField(_("制发层级"), max_length=10, choices=Level, default=Level.OWN, help_text=_("由哪一级制发"))
    title = models.CharField(_("标题"), max_length=150)
    title_initials = InitialsField(of="title")
    short_title = models.CharField(_("简称"), max_length=40, blank=True, help_text=_("汇报中的写法，如“《实施方案》”"))
    issuer = models.CharField(_("制发单位"), max_length=80, blank=True, help_text=_("写全称，如“区纪检监察工委”"))
    number = models.CharField(_("文号"), max_length=40, blank=True, help_text=_("没有文号的空着"))
    edition = models.PositiveSmallIntegerField(_("版次"), default=1, help_text=_("第一次印发是 1，修订后加 1"))
    issued_on = models.DateField(_("印发日期"), null=True, blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("文件"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = InVisibleCampaign.as_manager()

    class Meta:
        verbose_name = _("文件")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title


class Meeting(models.Model):
    """会议, linked to the one it passes on."""

    class Kind(models.TextChoices):
        SUPERIOR = "superior", _("上级部署会议")
        COMMITTEE = "committee", _("研究审议会议")
        PARTY = "party", _("党工委会议")
        MOBILIZATION = "mobilization", _("动员部署会议")
        OTHER = "other", _("其他会议")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="meetings")
    kind = models.CharField(_("类别"), max_length=15, choices=Kind, help_text=_("汇报按类别写部署经过"))
    organ = models.CharField(_("召开单位"), max_length=60, help_text=_("谁开的会，如“区党工委”"))
    title = models.CharField(_("会议名称"), max_length=120)
    title_initials = InitialsField(of="title")
    held_on = models.DateField(_("召开日期"), null=True, blank=True, help_text=_("不清楚的可以空着，汇报里印作“×月×日”"))
    place = models.CharField(_("地点"), max_length=80, blank=True)
    host = models.CharField(_("主持人"), max_length=60, blank=True)
    follows = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="followers", verbose_name=_("贯彻的会议"))
    same_day_as_followed = models.BooleanField(_("与所贯彻的会议同日"), default=False, help_text=_("汇报写“同日”；日期不清楚也可以勾选"))
    whole_workforce = models.BooleanField(_("全体干部参加"), default=False, help_text=_("如动员部署大会"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = InVisibleCampaign.as_manager()

    class Meta:
        verbose_name = _("会议")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title

    def days_after_followed(self) -> int | None:
        """Days between the meeting passed on and this one; None when a date is not known."""
        if self.same_day_as_followed:
            return 0
        if self.follows and self.held_on and self.follows.held_on:
            return (self.held_on - self.follows.held_on).days
        return None

    def is_late_entry(self, today: dt.date) -> bool:
        """补录: entered more than three days after it was held."""
        return self.held_on is not None and (timezone.localdate(self.entered_at) - self.held_on).days > 3


class AgendaItem(models.Model):
    """议程: what the meeting did with which papers."""

    class Kind(models.TextChoices):
        RELAY = "relay", _("传达学习")
        DELIBERATE = "deliberate", _("研究审议")
        APPROVE = "approve", _("审议")
        DEPLOY = "deploy", _("部署")
        MOBILIZE = "mobilize", _("思想发动")
        REQUIRE = "require", _("提出要求")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="agenda")
    order = models.PositiveSmallIntegerField(_("顺序"))
    kind = models.CharField(_("事项"), max_length=15, choices=Kind)
    text = models.CharField(_("内容"), max_length=300, blank=True)
    documents = models.ManyToManyField(Document, blank=True, related_name="agenda_items", verbose_name=_("涉及的文件"))

    class Meta:
        verbose_name = _("议程")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["meeting", "order"], name="campaigns_agenda_order")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}{self.text}"


class Instruction(models.Model):
    """领导要求: what a leader asked for at a meeting, quotable in a report."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="instructions")
    speaker_post = models.CharField(_("讲话人职务"), max_length=60)
    text = models.TextField(_("要求"))

    class Meta:
        verbose_name = _("领导要求")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.speaker_post}：{self.text[:30]}"
