"""监督管理: records about cadres, visits and findings, clue counts, and what is wrong with the system itself."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignCounts
from ledger.models import Problem
from organizations.models import Cadre, Unit, access_of, lies_within, reach
from organizations.roles import Permission, Role

USER = settings.AUTH_USER_MODEL


FEW = 1000  # records: as many as are sorted for a page
LATEST = Coalesce("held_on", Value(dt.date.min))  # without a date last


class SupervisionRecordQuerySet(models.QuerySet):
    def visible_to(self, user) -> "SupervisionRecordQuerySet":
        """Records of one's scope, and those about oneself."""
        theirs = reach(user, Permission.SEE_SUPERVISION, unit="cadre__unit__path", campaign="campaign")
        return self.filter(theirs if lies_within(user, Permission.SEE_SUPERVISION) else theirs | Q(cadre__user=user))

    def newest_of(self, count: int) -> "SupervisionRecordQuerySet":
        """The newest first, where there are so many: many along the index of the latest; few are found through their units and sorted,
        for along that index one would pass by a nation's before the page is full."""
        return self if count > FEW else self.order_by(LATEST.desc(nulls_last=True), "-pk")  # none is null: the order they stand in anyway, and no index has it

    def by_kind_and_level(self) -> dict[tuple[str, str], int]:
        """(kind, level) → 人次: whether talks are about work or about thought becomes countable."""
        rows = self.order_by().values_list("kind", "level").annotate(n=models.Count("pk"))
        return {(kind, level): n for kind, level, n in rows}


class SupervisionRecord(models.Model):
    """绩效考核, 述职述廉 or 谈心谈话 with one cadre."""

    class Kind(models.TextChoices):
        APPRAISAL = "appraisal", _("绩效考核")
        DEBRIEFING = "debriefing", _("述职述廉")
        TALK = "talk", _("谈心谈话")

    class Level(models.TextChoices):
        WORK = "work", _("工作层面")
        THOUGHT = "thought", _("思想层面")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="supervision_records")
    kind = models.CharField(_("方式"), max_length=12, choices=Kind)
    level = models.CharField(_("层面"), max_length=10, choices=Level)
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="supervision_records", verbose_name=_("对象"))
    held_on = models.DateField(_("时间"), null=True, blank=True, help_text=_("不清楚的可以空着"))
    conducted_by = models.CharField(_("谈话人（考核人）"), max_length=60, blank=True, help_text=_("写姓名或职务"))
    content = models.TextField(_("内容"), blank=True)
    result = models.TextField(_("结果"), blank=True, help_text=_("谈话、考核的结论，可以不写"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = SupervisionRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("监督记录")
        ordering = [LATEST.desc(), "-pk"]  # along the index, on both databases; without a date last
        indexes = [models.Index("campaign", LATEST.desc(), F("id").desc(), name="supervision_record_latest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.cadre}"


class VisitQuerySet(models.QuerySet):
    def visible_to(self, user) -> "VisitQuerySet":
        return self.filter(reach(user, Permission.SEE_SUPERVISION, unit="unit__path", campaign="campaign"))


class Visit(models.Model):
    """督导检查 of one unit."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="visits")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="visits", verbose_name=_("被督导单位"))
    team = models.CharField(_("督导组"), max_length=60, help_text=_("如“区教育整顿第一督导组”"))
    held_on = models.DateField(_("时间"), null=True, blank=True)
    form = models.CharField(_("方式"), max_length=60, blank=True, help_text=_("如听取汇报、查阅资料、个别谈话"))
    summary = models.TextField(_("总体情况"), blank=True, help_text=_("写总的情况，反馈意见登记后另外逐条写"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("督导检查")
        ordering = [F("held_on").desc(nulls_last=True), "-pk"]

    def __str__(self) -> str:
        return f"{self.team}督导{self.unit}"


class FindingQuerySet(models.QuerySet):
    def visible_to(self, user) -> "FindingQuerySet":
        return self.filter(visit__in=Visit.objects.visible_to(user))


class Finding(models.Model):
    """反馈意见; one that asks for rectification has its problem in the ledger."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="findings")
    order = models.PositiveSmallIntegerField(_("顺序"))
    text = models.TextField(_("反馈意见"), help_text=_("一条写一件事，便于整改和销号"))
    due_on = models.DateField(_("整改时限"), null=True, blank=True)
    problem = models.ForeignKey(Problem, models.SET_NULL, null=True, blank=True, related_name="findings", verbose_name=_("台账问题"))  # several may share one
    raised_at = models.DateTimeField(_("反馈时间"))
    raised_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("反馈意见")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["visit", "order"], name="supervision_finding_order")]

    def __str__(self) -> str:
        return self.text[:40]

    @property
    def log_label(self) -> str:
        """Without its words: the log is read by people who see no findings."""
        return _("第 %(n)s 条反馈意见") % {"n": self.order}


class ClueCountQuerySet(models.QuerySet):
    def visible_to(self, user) -> "ClueCountQuerySet":
        """Two roles only: the clue group and leaders."""
        return self.filter(reach(user, Permission.SEE_CLUE_COUNTS, unit="campaign__unit__path", campaign="campaign"))


class ClueCount(models.Model):
    """问题线索: how many by state in a period. No name and no content, ever."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="clue_counts")
    period_start = models.DateField(_("起"))
    period_end = models.DateField(_("止"))
    received = models.PositiveIntegerField(_("接收（件）"), default=0, help_text=_("时段内新接收的"))
    handling = models.PositiveIntegerField(_("在办（件）"), default=0, help_text=_("时段末还在办的"))
    enquiry = models.PositiveIntegerField(_("谈话函询（件）"), default=0, help_text=_("时段内谈话函询的"))
    filed = models.PositiveIntegerField(_("立案（件）"), default=0, help_text=_("时段内立案的"))
    concluded = models.PositiveIntegerField(_("了结（件）"), default=0, help_text=_("时段内了结的"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = ClueCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("线索件数")
        ordering = ["-period_end"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "period_start", "period_end"], name="supervision_clue_period"),
            models.CheckConstraint(name="supervision_clue_dates", condition=Q(period_end__gte=F("period_start"))),
        ]

    def __str__(self) -> str:
        return f"{self.period_start}—{self.period_end}"


class InScope(models.QuerySet):
    def visible_to(self, user):
        """Of campaigns whose organizing unit lies in one's scope."""
        return self.filter(reach(user, Permission.SEE_SUPERVISION, unit="campaign__unit__path", campaign="campaign"))


class OrganIssue(models.Model):
    """机构制度问题: a problem of the system, distinct from a person's."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="organ_issues")
    order = models.PositiveSmallIntegerField(_("顺序"))
    title = models.CharField(_("问题"), max_length=80, help_text=_("一句话概括，如“内控机构不健全”"))
    description = models.TextField(_("表现"), blank=True, help_text=_("写有哪些表现"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = InScope.as_manager()

    class Meta:
        verbose_name = _("机构制度问题")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["campaign", "order"], name="supervision_issue_order")]

    def __str__(self) -> str:
        return self.title


class Cause(models.Model):
    """原因 of an organ issue."""

    issue = models.ForeignKey(OrganIssue, models.CASCADE, related_name="causes")
    order = models.PositiveSmallIntegerField(_("顺序"))
    text = models.TextField(_("原因"))

    class Meta:
        verbose_name = _("原因")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["issue", "order"], name="supervision_cause_order")]

    def __str__(self) -> str:
        return self.text[:40]


class Regulation(models.Model):
    """现行制度 for supervising one's own cadres, and what is thought of it."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="regulations")
    title = models.CharField(_("制度名称"), max_length=120)
    issued_on = models.DateField(_("实施时间"), null=True, blank=True)
    is_in_force = models.BooleanField(_("现行有效"), default=True)
    evaluation = models.TextField(_("评估"), blank=True, help_text=_("如“比较笼统，可操作性不够强”"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = InScope.as_manager()

    class Meta:
        verbose_name = _("现行制度")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title


class Suggestion(models.Model):
    """建议 to a superior organ, and what came back."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="suggestions")
    order = models.PositiveSmallIntegerField(_("顺序"))
    addressee = models.CharField(_("建议对象"), max_length=60, help_text=_("向哪个上级机关提，写全称"))
    topic = models.CharField(_("事项"), max_length=60, help_text=_("几个字概括，如“机构设置”"))
    text = models.TextField(_("建议"))
    reply = models.TextField(_("答复"), blank=True)
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = InScope.as_manager()

    class Meta:
        verbose_name = _("建议")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["campaign", "order"], name="supervision_suggestion_order")]

    def __str__(self) -> str:
        return self.topic


def may_enter_clues(user, campaign: Campaign) -> bool:
    """Leaders read the counts of clues; only the clue group of the campaign's unit enters them."""
    return any(held.role == Role.CLUES and campaign.unit.path.startswith(held.path) and held.campaign_id in (None, campaign.pk) for held in access_of(user).grants)


class RecordCount(CampaignCounts):
    """Supervision records by level, and talks, by the cadres' block of units; and by kind and level, as their list shows them."""

    work = models.PositiveIntegerField()
    thought = models.PositiveIntegerField()
    talks = models.PositiveIntegerField()
    talk_people = models.PositiveIntegerField()  # each once
    appraisal_work = models.PositiveIntegerField(db_default=0)
    appraisal_thought = models.PositiveIntegerField(db_default=0)
    debriefing_work = models.PositiveIntegerField(db_default=0)
    debriefing_thought = models.PositiveIntegerField(db_default=0)
    talk_work = models.PositiveIntegerField(db_default=0)
    talk_thought = models.PositiveIntegerField(db_default=0)

    class Meta:
        verbose_name = _("监督记录数")
        constraints = [models.UniqueConstraint(fields=["campaign", "path"], name="supervision_recordcount_once")]
