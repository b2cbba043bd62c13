"""自查自纠: the checklist and its versions, rounds, and each cadre's report."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Slip
from campaigns.models.meeting import InVisibleCampaign
from ledger.models import Problem
from organizations.models import STEP, Cadre, scope_paths, within
from organizations.roles import Permission

USER = settings.AUTH_USER_MODEL


class ChecklistVersion(models.Model):
    """One published version of the checklist; what was answered keeps its version."""

    name = models.CharField(_("名称"), max_length=60)
    number = models.PositiveSmallIntegerField(_("版本"))
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="checklists")
    published_at = models.DateTimeField(_("发布时间"))
    published_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    pledge = models.TextField(_("承诺文字"))

    objects = InVisibleCampaign.as_manager()

    class Meta:
        verbose_name = _("检查清单")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="selfcheck_checklist_number")]

    def __str__(self) -> str:
        return f"{self.name}（第 {self.number} 版）"


class Aspect(models.Model):
    """方面, with a key that stays the same over versions."""

    version = models.ForeignKey(ChecklistVersion, models.CASCADE, related_name="aspects")
    key = models.SlugField(_("标识"), max_length=40)
    label = models.CharField(_("名称"), max_length=30)
    order = models.PositiveSmallIntegerField(_("顺序"))

    class Meta:
        verbose_name = _("方面")
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="selfcheck_aspect_key"),
            models.UniqueConstraint(fields=["version", "order"], name="selfcheck_aspect_order"),
        ]

    def __str__(self) -> str:
        return self.label


class Question(models.Model):
    """“是否……”."""

    version = models.ForeignKey(ChecklistVersion, models.CASCADE, related_name="questions")
    aspect = models.ForeignKey(Aspect, models.CASCADE, related_name="questions")
    key = models.SlugField(_("标识"), max_length=40)
    text = models.CharField(_("问题"), max_length=200)
    help = models.CharField(_("填写提示"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("顺序"))

    class Meta:
        verbose_name = _("检查问题")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="selfcheck_question_key")]

    def __str__(self) -> str:
        return self.text


class RoundQuerySet(models.QuerySet):
    def visible_to(self, user) -> "RoundQuerySet":
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


class Round(models.Model):
    """一轮自查自纠."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="rounds_of_selfcheck")
    checklist = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="rounds", verbose_name=_("检查清单"))
    slip = models.OneToOneField(Slip, models.PROTECT, null=True, related_name="round", verbose_name=_("提示单"))
    title = models.CharField(_("名称"), max_length=30)
    due_on = models.DateField(_("提交时限"))
    opened_at = models.DateTimeField(_("发起时间"))
    opened_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("自查轮次")
        ordering = ["-opened_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["campaign", "title"], name="selfcheck_round_title")]

    def __str__(self) -> str:
        return f"自查自纠报告（{self.title}）"


def is_handed_in() -> Q:
    """已提交: with the reviewer or accepted; one sent back is not."""
    return Q(status__in=[SelfCheck.Status.SUBMITTED, SelfCheck.Status.ACCEPTED])


def piles(today: dt.date) -> dict[str, Q]:
    """The piles reports lie in; they overlap: 已通过 is part of 已提交, 退回 and 逾期 of 未交."""
    return {
        "handed_in": is_handed_in(),
        "missing": ~is_handed_in(),
        "overdue": ~is_handed_in() & Q(due_on__lt=today),
        "returned": Q(status=SelfCheck.Status.RETURNED),
        "submitted": Q(status=SelfCheck.Status.SUBMITTED),
        "accepted": Q(status=SelfCheck.Status.ACCEPTED),
        "unassigned": Q(reviewer__isnull=True) & ~Q(status=SelfCheck.Status.ACCEPTED),
    }


class SelfCheckQuerySet(models.QuerySet):
    def visible_to(self, user) -> "SelfCheckQuerySet":
        """The bodies: one's own, and submitted ones assigned to oneself for review."""
        return self.filter(Q(cadre__user=user) | self.reviewable_condition(user))

    @staticmethod
    def reviewable_condition(user) -> Q:
        """Handed in and assigned to somebody who reviews. One sent back is the author's again from the first word they save."""
        handed_in = is_handed_in() | Q(status=SelfCheck.Status.RETURNED, saved_at__lte=F("returned_at"))
        return handed_in & SelfCheckQuerySet.assigned_condition(user)

    @staticmethod
    def assigned_condition(user) -> Q:
        """Assigned to them, who still review there: for the unit or above it, or in the campaign's own units."""
        paths = scope_paths(user, Permission.REVIEW_SELFCHECK)
        above = {path[:end] for path in paths for end in range(STEP, len(path) + 1, STEP)}
        return Q(reviewer=user) & (within(paths, "cadre__unit__path") | Q(round__campaign__unit__path__in=above))

    def progress_visible_to(self, user) -> "SelfCheckQuerySet":
        """Who has handed in and who hasn't, for one's scope; never the bodies."""
        return self.filter(within(scope_paths(user, Permission.SEE_PROGRESS), "cadre__unit__path"))

    def for_review_by(self, user) -> "SelfCheckQuerySet":
        return self.filter(self.assigned_condition(user), status=SelfCheck.Status.SUBMITTED)

    def handed_in(self) -> "SelfCheckQuerySet":
        return self.filter(is_handed_in())

    def missing(self) -> "SelfCheckQuerySet":
        return self.exclude(is_handed_in())

    def overdue(self, today: dt.date) -> "SelfCheckQuerySet":
        return self.missing().filter(due_on__lt=today)

    def in_pile(self, name: str, today: dt.date) -> "SelfCheckQuerySet":
        """One pile; any other name means all."""
        return self.filter(piles(today).get(name, Q()))

    def tally(self, today: dt.date, *by: str) -> "SelfCheckQuerySet":
        """How many lie in each pile, in one query, for each value of the columns `by`."""
        counts = {name: Count("pk", filter=condition) for name, condition in piles(today).items()}
        return self.order_by(*by).values(*by).annotate(all=Count("pk"), **counts)


class SelfCheck(models.Model):
    """自查自纠报告 of one cadre in one round."""

    class Status(models.TextChoices):
        PENDING = "pending", _("未填写")
        DRAFT = "draft", _("填写中")
        SUBMITTED = "submitted", _("待审核")
        RETURNED = "returned", _("退回补正")
        ACCEPTED = "accepted", _("已通过")

    round = models.ForeignKey(Round, models.CASCADE, related_name="selfchecks")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="selfchecks", verbose_name=_("干部"))
    reviewer = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="selfchecks_to_review", verbose_name=_("审核人"))
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.PENDING)
    due_on = models.DateField(_("时限"))
    statement = models.TextField(_("其他需要向组织说明的事项"), blank=True, max_length=3000)
    saved_at = models.DateTimeField(_("最近保存"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    submitted_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    returned_at = models.DateTimeField(_("退回时间"), null=True, blank=True)
    returned_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    return_comment = models.TextField(_("退回意见"), blank=True)
    accepted_at = models.DateTimeField(_("通过时间"), null=True, blank=True)
    accepted_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    opinion = models.TextField(_("审核意见"), blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = SelfCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("自查自纠报告")
        ordering = ["cadre__unit__path", "cadre__name_pinyin", "pk"]
        indexes = [models.Index(fields=["round", "status"], name="selfcheck_round_status")]
        constraints = [
            models.UniqueConstraint(fields=["round", "cadre"], name="selfcheck_once"),
            models.CheckConstraint(name="selfcheck_submitted", condition=Q(submitted_at__isnull=True, submitted_by__isnull=True) | Q(submitted_at__isnull=False, submitted_by__isnull=False)),
            models.CheckConstraint(name="selfcheck_returned", condition=Q(returned_at__isnull=True, returned_by__isnull=True) | Q(returned_at__isnull=False, returned_by__isnull=False)),
            models.CheckConstraint(name="selfcheck_accepted", condition=Q(status="accepted", accepted_at__isnull=False, accepted_by__isnull=False) | (~Q(status="accepted") & Q(accepted_at__isnull=True, accepted_by__isnull=True))),
            models.CheckConstraint(name="selfcheck_submitted_state", condition=~Q(status__in=["submitted", "accepted"]) | Q(submitted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.cadre}的{self.round}"

    @property
    def is_editable(self) -> bool:
        return self.status in (self.Status.PENDING, self.Status.DRAFT, self.Status.RETURNED)

    @property
    def is_handed_in(self) -> bool:
        return self.status in (self.Status.SUBMITTED, self.Status.ACCEPTED)

    @property
    def is_rewritten(self) -> bool:
        """Sent back, and the author has begun to mend it: a draft again, for their eyes alone."""
        return self.status == self.Status.RETURNED and self.saved_at > self.returned_at

    def is_overdue(self, today: dt.date) -> bool:
        return not self.is_handed_in and self.due_on < today


class Answer(models.Model):
    """是 or 否 to one question; None while not answered."""

    selfcheck = models.ForeignKey(SelfCheck, models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="answers")
    exists = models.BooleanField(_("是否存在"), null=True)

    class Meta:
        verbose_name = _("回答")
        ordering = ["question__order"]
        constraints = [models.UniqueConstraint(fields=["selfcheck", "question"], name="selfcheck_answer_once")]

    def __str__(self) -> str:
        return f"{self.question}：{ {True: '是', False: '否', None: '未答'}[self.exists] }"


class AnswerItem(models.Model):
    """One problem under a 是: 表现, 原因, 措施, 方式, 时限."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="items")
    order = models.PositiveSmallIntegerField(_("顺序"))
    manifestation = models.TextField(_("具体表现"), blank=True, max_length=2000)
    cause = models.TextField(_("原因分析"), blank=True, max_length=2000)
    measure = models.TextField(_("整改措施"), blank=True, max_length=2000)
    track = models.CharField(_("整改方式"), max_length=10, choices=Problem.Track, blank=True)
    due_on = models.DateField(_("整改时限"), null=True, blank=True)
    problem = models.OneToOneField(Problem, models.SET_NULL, null=True, blank=True, related_name="answer_item", verbose_name=_("台账问题"))

    class Meta:
        verbose_name = _("自查问题")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["answer", "order"], name="selfcheck_item_order")]

    def __str__(self) -> str:
        return f"第 {self.order} 项"


class Commitment(models.Model):
    """本人承诺, made at submission in the words shown then."""

    selfcheck = models.OneToOneField(SelfCheck, models.CASCADE, related_name="commitment")
    text = models.TextField(_("承诺"))
    made_at = models.DateTimeField(_("承诺时间"))
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("承诺")

    def __str__(self) -> str:
        return self.text[:40]
