"""自查自纠: the checklist and its versions, rounds, and each cadre's report."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from django.conf import settings
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignCounts, Slip
from campaigns.models.meeting import InVisibleCampaign
from keys.models import DataKey
from keys.sealed import Sealed
from ledger.models import Problem
from ledger.models.labels import Labelled
from organizations.models import Cadre, Unit, access_of, lineage, reach, within
from organizations.roles import Permission

USER = settings.AUTH_USER_MODEL

# What is written about one problem: name → (label, most characters).
ITEM_TEXTS = {"manifestation": (_("具体表现"), 2000), "cause": (_("原因分析"), 2000), "measure": (_("整改措施"), 2000)}
STATEMENT = _("其他需要向组织说明的事项")


class ChecklistQuerySet(InVisibleCampaign):
    def published(self) -> "ChecklistQuerySet":
        return self.filter(published_at__isnull=False)

    def drafts(self) -> "ChecklistQuerySet":
        return self.filter(published_at__isnull=True)


class ChecklistVersion(models.Model):
    """A draft of the checklist, one a campaign at most; or a published version, which never changes and keeps what was answered."""

    name = models.CharField(_("名称"), max_length=60)
    number = models.PositiveSmallIntegerField(_("版本"), null=True, blank=True)  # given at publication
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="checklists")
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)
    published_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    pledge = models.TextField(_("承诺文字"), max_length=1000)
    notice = models.TextField(_("填写告知"), blank=True, max_length=3000, help_text=_("第一次填写前给本人看：为什么填、依据什么、谁能看到、保存多久；每条一行，“：”前面是小标题"))
    content_hash = models.CharField(_("内容校验值"), max_length=64, blank=True)  # SHA-256 of the whole text, as checklist_diff.ChecklistText.digest
    version = models.PositiveIntegerField(default=1)  # of the draft, against two editors

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = _("检查清单")
        ordering = [F("number").desc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="selfcheck_checklist_number"),
            models.UniqueConstraint(fields=["campaign"], condition=Q(published_at__isnull=True), name="selfcheck_one_draft"),
            models.CheckConstraint(
                name="selfcheck_checklist_published",
                condition=Q(published_at__isnull=True, published_by__isnull=True, number__isnull=True, content_hash="")
                | (Q(published_at__isnull=False, number__isnull=False) & ~Q(content_hash="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.edition}）"

    @property
    def edition(self) -> str:
        """第 2 版, or 草稿."""
        return _g("第 %(n)s 版") % {"n": self.number} if self.number else _g("草稿")

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def notice_parts(self) -> list[tuple[str, str]]:
        """(heading, sentence) of each line of the notice; a line without “：” has no heading."""
        return [(head if rest else "", rest or head) for head, _sep, rest in (line.partition("：") for line in self.notice.splitlines() if line.strip())]


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
    """“是否……”, with a key by which its answers are found in every version."""

    class Sensitivity(models.TextChoices):
        NORMAL = "normal", _("一般")
        SENSITIVE = "sensitive", _("敏感")

    version = models.ForeignKey(ChecklistVersion, models.CASCADE, related_name="questions")
    aspect = models.ForeignKey(Aspect, models.CASCADE, related_name="questions")
    key = models.SlugField(_("标识"), max_length=40)
    text = models.CharField(_("问题"), max_length=200)
    help = models.CharField(_("填写提示"), max_length=200, blank=True)
    evidence = models.CharField(_("佐证材料说明"), max_length=200, blank=True, help_text=_("什么可以作佐证，如排班表、谈话记录"))
    sensitivity = models.CharField(
        _("敏感程度"), max_length=10, choices=Sensitivity, default=Sensitivity.SENSITIVE,
        help_text=_("敏感的，人数更多时才公布答“是”的份数，免得看出是谁"),
    )
    order = models.PositiveSmallIntegerField(_("顺序"))  # counted through the whole checklist

    class Meta:
        verbose_name = _("检查问题")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="selfcheck_question_key")]

    def __str__(self) -> str:
        return self.text


def places_of(questions: Iterable[Question]) -> dict[int, str]:
    """How each question is called: by its aspect, with its place in it where the aspect asks several. Ask for them with `aspect`."""
    asked = Counter(question.aspect_id for question in questions)
    seen, found = Counter(), {}
    for question in questions:
        seen[question.aspect_id] += 1
        found[question.pk] = f"{question.aspect}（{seen[question.aspect_id]}）" if asked[question.aspect_id] > 1 else str(question.aspect)
    return found


class RoundQuerySet(models.QuerySet):
    def visible_to(self, user) -> "RoundQuerySet":
        return self.filter(campaign__in=Campaign.objects.visible_to(user))

    def with_newest(self) -> "RoundQuerySet":
        """Each with `newest`, the number of the version its campaign published last, and `is_mixed`: whether reports stand under another version than the round's."""
        published = ChecklistVersion.objects.published().filter(campaign=OuterRef("campaign"))
        first, last = (Subquery(SelfCheck.objects.filter(round=OuterRef("pk")).order_by(end).values("checklist")[:1]) for end in ("checklist", "-checklist"))  # one step each in an index
        return self.annotate(newest=Subquery(published.order_by("-number").values("number")[:1]), is_mixed=~Q(checklist=first) | ~Q(checklist=last))


class Round(models.Model):
    """一轮自查自纠."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="rounds_of_selfcheck")
    checklist = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="rounds", verbose_name=_("检查清单"))
    slip = models.OneToOneField(Slip, models.PROTECT, null=True, related_name="round", verbose_name=_("提示单"))
    title = models.CharField(_("名称"), max_length=30)
    due_on = models.DateField(_("提交时限"), help_text=_("提交的最后一天，当天 24:00 止"))
    units = models.ManyToManyField(Unit, blank=True, related_name="+", verbose_name=_("自查单位"), help_text=_("连同下级单位；不选则为全部单位"))
    needs_talk = models.BooleanField(_("通过前先谈心谈话"), default=False, help_text=_("勾选后，审核人须登记谈话日期和谈话人，才能通过报告"))
    keep_until = models.DateField(_("内容保存至"), null=True, blank=True, help_text=_("过了这一天，自查内容自动销毁，只留交没交、何时通过；不填则一直保存"))
    opened_at = models.DateTimeField(_("发起时间"))
    opened_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("自查轮次")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="selfcheck_round_kept", condition=Q(keep_until__isnull=True) | Q(keep_until__gt=F("due_on")), violation_error_message=_("“内容保存至”须晚于提交时限。")),
            models.UniqueConstraint(fields=["campaign", "title"], name="selfcheck_round_title"),
        ]

    def __str__(self) -> str:
        return f"自查自纠报告（{self.title}）"


def is_handed_in() -> Q:
    """已提交: with the reviewer or accepted; one sent back is not."""
    return Q(status__in=[SelfCheck.Status.SUBMITTED, SelfCheck.Status.ACCEPTED])


def is_unassigned(today: dt.date) -> Q:
    """Not accepted, and nobody may review it, or nobody any more."""
    return (Q(reviewer__isnull=True) | Q(review_until__lt=today)) & ~Q(status=SelfCheck.Status.ACCEPTED)


def piles(today: dt.date) -> dict[str, Q]:
    """The piles reports lie in; they overlap: 已通过 is part of 已提交, 退回 and 逾期 of 未交."""
    return {
        "handed_in": is_handed_in(),
        "missing": ~is_handed_in(),
        "overdue": ~is_handed_in() & Q(due_on__lt=today),
        "returned": Q(status=SelfCheck.Status.RETURNED),
        "submitted": Q(status=SelfCheck.Status.SUBMITTED),
        "accepted": Q(status=SelfCheck.Status.ACCEPTED),
        "unassigned": is_unassigned(today),
    }


class SelfCheckQuerySet(models.QuerySet):
    def visible_to(self, user) -> "SelfCheckQuerySet":
        """The bodies: one's own, submitted ones assigned to oneself for review, and those two people opened to oneself for some hours."""
        return self.filter(Q(cadre__user=user) | self.reviewable_condition(user) | self.unsealed_condition(user))

    @staticmethod
    def unsealed_condition(user) -> Q:
        """Handed in and opened to them by a request that stands now, while they still may ask for such."""
        opened = Unsealing.objects.open_to(user, timezone.now()).values("selfcheck")
        return is_handed_in() & Q(pk__in=opened) & reach(user, Permission.ASK_UNSEALING, unit="cadre__unit__path", campaign="round__campaign")

    @staticmethod
    def reviewable_condition(user) -> Q:
        """Handed in and assigned to somebody who reviews. One sent back is the author's again from the first word they save."""
        handed_in = is_handed_in() | Q(status=SelfCheck.Status.RETURNED, saved_at__lte=F("returned_at"))
        return handed_in & SelfCheckQuerySet.assigned_condition(user)

    @staticmethod
    def assigned_condition(user) -> Q:
        """Assigned to them until a day not yet over, who still review there: for the unit or above it, or in the campaign's own units."""
        for_all = access_of(user).paths_for_all(Permission.REVIEW_SELFCHECK)
        limited = access_of(user).campaigns(Permission.REVIEW_SELFCHECK)
        where = within(for_all, "cadre__unit__path") | Q(round__campaign__unit__path__in=lineage(*for_all)) | Q(round__campaign__in=limited)
        return Q(reviewer=user, review_until__gte=timezone.localdate()) & where

    def progress_visible_to(self, user) -> "SelfCheckQuerySet":
        """Who has handed in and who hasn't, for one's scope; never the bodies."""
        return self.filter(reach(user, Permission.SEE_PROGRESS, unit="cadre__unit__path", campaign="round__campaign"))

    def for_review_by(self, user) -> "SelfCheckQuerySet":
        return self.filter(self.assigned_condition(user), status=SelfCheck.Status.SUBMITTED)

    def handed_in(self) -> "SelfCheckQuerySet":
        return self.filter(is_handed_in())

    def missing(self) -> "SelfCheckQuerySet":
        return self.exclude(is_handed_in())

    def kept_too_long(self, today: dt.date) -> "SelfCheckQuerySet":
        """Of rounds whose contents were to be kept until a day that is over, and which still have some."""
        return self.filter(round__keep_until__lt=today, purged_at__isnull=True)

    def overdue(self, today: dt.date) -> "SelfCheckQuerySet":
        return self.missing().filter(due_on__lt=today)

    def in_pile(self, name: str, today: dt.date) -> "SelfCheckQuerySet":
        """One pile; any other name means all."""
        return self.filter(piles(today).get(name, Q()))

    def by_version(self) -> list[tuple[int, int]]:
        """(number of the checklist's version, how many stand under it), oldest first."""
        return list(self.order_by("checklist__number").values_list("checklist__number").annotate(Count("pk")))

    def tally(self, today: dt.date, *by: str) -> "SelfCheckQuerySet":
        """How many lie in each pile, in one query, for each value of the columns `by`."""
        counts = {name: Count("pk", filter=condition) for name, condition in piles(today).items()}
        return self.order_by(*by).values(*by).annotate(all=Count("pk"), **counts)


@dataclass
class Body:
    """What somebody writes about themself: one text at rest, sealed with their own key."""

    statement: str = ""
    items: dict[str, list[dict[str, str]]] = field(default_factory=dict)  # question number → texts of its items, in order

    @classmethod
    def read(cls, text: str) -> "Body":
        return cls(**json.loads(text)) if text else cls()

    def __str__(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


# Columns of a report whose words are sealed with its author's key.
SEALED = ("sealed_body", "sealed_return_comment", "sealed_remarks", "sealed_before", "sealed_talk_opinion", "sealed_opinion")


class SelfCheck(Labelled, models.Model):
    """自查自纠报告 of one cadre in one round. Its words are sealed; who has neither is told what is missing, never a wrong word."""

    class Status(models.TextChoices):
        PENDING = "pending", _("未填写")
        DRAFT = "draft", _("填写中")
        SUBMITTED = "submitted", _("待审核")
        RETURNED = "returned", _("退回补正")
        ACCEPTED = "accepted", _("已通过")

    round = models.ForeignKey(Round, models.CASCADE, related_name="selfchecks")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="selfchecks", verbose_name=_("干部"))
    checklist = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="selfchecks", verbose_name=_("检查清单"))  # it was written under; the round's may be newer
    reviewer = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="selfchecks_to_review", verbose_name=_("审核人"))
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.PENDING)
    due_on = models.DateField(_("时限"))
    review_until = models.DateField(_("审核权限至"), null=True, blank=True, help_text=_("审核人到这一天为止能看到报告内容"))
    key = models.ForeignKey(DataKey, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("数据密钥"))
    sealed_body = models.TextField(_("报告内容"), blank=True)
    noticed_at = models.DateTimeField(_("阅知告知时间"), null=True, blank=True)  # of this checklist's notice: a version never changes
    moved_at = models.DateTimeField(_("换版时间"), null=True, blank=True)  # to the checklist it stands under now
    saved_at = models.DateTimeField(_("最近保存"), null=True, blank=True)
    page = models.CharField(max_length=32, blank=True)  # the open page that saved last by itself, and its how-manieth save that was
    page_saves = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    submitted_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    returned_at = models.DateTimeField(_("退回时间"), null=True, blank=True)
    returned_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    sealed_return_comment = models.TextField(_("退回意见"), blank=True)
    sealed_remarks = models.TextField(_("逐项意见"), blank=True)
    sealed_before = models.TextField(_("退回时的内容"), blank=True)
    talked_on = models.DateField(_("谈话日期"), null=True, blank=True)
    talker = models.CharField(_("谈话人"), max_length=60, blank=True)
    sealed_talk_opinion = models.TextField(_("谈话人意见"), blank=True)
    accepted_at = models.DateTimeField(_("通过时间"), null=True, blank=True)
    accepted_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    sealed_opinion = models.TextField(_("审核意见"), blank=True)
    purged_at = models.DateTimeField(_("内容销毁时间"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    body_text, return_comment, opinion = Sealed("sealed_body"), Sealed("sealed_return_comment"), Sealed("sealed_opinion")
    remarks_text, before_text, talk_opinion = Sealed("sealed_remarks"), Sealed("sealed_before"), Sealed("sealed_talk_opinion")
    objects = SelfCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("自查自纠报告")
        ordering = ["cadre__unit__path", "cadre__name_pinyin", "pk"]
        indexes = [
            models.Index(fields=["round", "status"], name="selfcheck_round_status"),
            models.Index(fields=["round", "checklist"], name="selfcheck_round_checklist"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["round", "cadre"], name="selfcheck_once"),
            models.CheckConstraint(name="selfcheck_submitted", condition=Q(submitted_at__isnull=True, submitted_by__isnull=True) | Q(submitted_at__isnull=False, submitted_by__isnull=False)),
            models.CheckConstraint(name="selfcheck_returned", condition=Q(returned_at__isnull=True, returned_by__isnull=True) | Q(returned_at__isnull=False, returned_by__isnull=False)),
            models.CheckConstraint(name="selfcheck_accepted", condition=Q(status="accepted", accepted_at__isnull=False, accepted_by__isnull=False) | (~Q(status="accepted") & Q(accepted_at__isnull=True, accepted_by__isnull=True))),
            models.CheckConstraint(name="selfcheck_reviewer_time_boxed", condition=Q(reviewer__isnull=True, review_until__isnull=True) | Q(reviewer__isnull=False, review_until__isnull=False)),
            models.CheckConstraint(name="selfcheck_sealed_with_a_key", condition=Q(key__isnull=False) | Q(**dict.fromkeys(SEALED, ""))),
            models.CheckConstraint(name="selfcheck_purged_is_empty", condition=Q(purged_at__isnull=True) | Q(key__isnull=True, **dict.fromkeys(SEALED, ""))),
            models.CheckConstraint(name="selfcheck_talked", condition=Q(talked_on__isnull=True, talker="") | (Q(talked_on__isnull=False) & ~Q(talker=""))),
            models.CheckConstraint(name="selfcheck_submitted_state", condition=~Q(status__in=["submitted", "accepted"]) | Q(submitted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.cadre}的{self.round}"

    @property
    def body(self) -> Body:
        """The words, opened once for each sealed text. Raises Unreadable when it was moved, changed or its key is gone."""
        if getattr(self, "_opened", None) is None or self._opened[0] != self.sealed_body:
            self._opened = self.sealed_body, Body.read(self.body_text)
        return self._opened[1]

    @body.setter
    def body(self, body: Body) -> None:
        self.body_text = str(body)

    @property
    def statement(self) -> str:
        return self.body.statement

    @property
    def remarks(self) -> dict[str, str]:
        """What the reviewer asked for when sending it back: question key → words."""
        return json.loads(self.remarks_text or "{}")

    @remarks.setter
    def remarks(self, remarks: dict[str, str]) -> None:
        self.remarks_text = json.dumps(remarks, ensure_ascii=False) if remarks else ""

    @property
    def owes_notice(self) -> bool:
        """The notice is not read: it comes before the first answer (个人信息保护法第十七、三十、三十五条), and again when another came with a newer checklist."""
        return self.noticed_at is None and (self.status == self.Status.PENDING or self.moved_at is not None) and self.is_editable

    @property
    def was_moved(self) -> bool:
        """Put under a newer checklist since its author last saved."""
        return self.is_editable and self.saved_at is not None and self.moved_at is not None and self.moved_at > self.saved_at

    @property
    def is_editable(self) -> bool:
        return self.purged_at is None and self.status in (self.Status.PENDING, self.Status.DRAFT, self.Status.RETURNED)

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
    """One problem under a 是: 方式 and 时限; 表现, 原因 and 措施 stand sealed in the report's body."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="items")
    order = models.PositiveSmallIntegerField(_("顺序"))
    track = models.CharField(_("整改方式"), max_length=10, choices=Problem.Track, blank=True)
    due_on = models.DateField(_("整改时限"), null=True, blank=True)
    problem = models.ForeignKey(Problem, models.SET_NULL, null=True, blank=True, related_name="answer_items", verbose_name=_("台账问题"))  # several may share one

    class Meta:
        verbose_name = _("自查问题")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["answer", "order"], name="selfcheck_item_order")]

    def __str__(self) -> str:
        return f"第 {self.order} 项"

    def _text(self, name: str) -> str:
        """Its part of the report's sealed body."""
        texts = self.answer.selfcheck.body.items.get(str(self.answer.question_id), [])
        return texts[self.order - 1][name] if self.order <= len(texts) else ""

    @property
    def manifestation(self) -> str:
        return self._text("manifestation")

    @property
    def cause(self) -> str:
        return self._text("cause")

    @property
    def measure(self) -> str:
        return self._text("measure")


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


class UnsealingQuerySet(models.QuerySet):
    def open_to(self, user, now: dt.datetime) -> "UnsealingQuerySet":
        """Granted to them and not over."""
        return self.filter(asked_by=user, state=Unsealing.State.GRANTED, until__gt=now)

    def to_decide_by(self, user) -> "UnsealingQuerySet":
        """Waiting, asked by somebody else, about somebody else, in one's scope."""
        scope = reach(user, Permission.APPROVE_UNSEALING, unit="selfcheck__cadre__unit__path", campaign="selfcheck__round__campaign")
        return self.filter(scope, state=Unsealing.State.ASKED).exclude(asked_by=user).exclude(selfcheck__cadre__user=user)

    def visible_to(self, user) -> "UnsealingQuerySet":
        """What one asked for oneself, and what one's scope has one decide on."""
        scope = reach(user, Permission.APPROVE_UNSEALING, unit="selfcheck__cadre__unit__path", campaign="selfcheck__round__campaign")
        return self.filter(Q(asked_by=user) | scope).exclude(selfcheck__cadre__user=user)


class Unsealing(models.Model):
    """查阅申请: one asks to read somebody's report for a stated reason, another grants it for some hours, the person is told."""

    class State(models.TextChoices):
        ASKED = "asked", _("待批准")
        GRANTED = "granted", _("已批准")
        REFUSED = "refused", _("不同意")

    selfcheck = models.ForeignKey(SelfCheck, models.CASCADE, related_name="unsealings", verbose_name=_("自查报告"))
    reason = models.TextField(_("查阅原因"), max_length=500, help_text=_("写明因什么工作、依据什么规定需要查阅；本人会看到这段话"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("申请时间"))
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    decided_at = models.DateTimeField(_("批准时间"), null=True, blank=True)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("批准人"))
    opinion = models.CharField(_("批准意见"), max_length=200, blank=True)
    until = models.DateTimeField(_("可查阅至"), null=True, blank=True)

    objects = UnsealingQuerySet.as_manager()

    class Meta:
        verbose_name = _("查阅申请")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["selfcheck", "asked_by"], condition=Q(state="asked"), name="selfcheck_unsealing_asked_once"),
            models.CheckConstraint(name="selfcheck_unsealing_two_people", condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by"))),
            models.CheckConstraint(
                name="selfcheck_unsealing_decided",
                condition=Q(state="asked", decided_at__isnull=True, decided_by__isnull=True) | (~Q(state="asked") & Q(decided_at__isnull=False, decided_by__isnull=False)),
            ),
            models.CheckConstraint(name="selfcheck_unsealing_time_boxed", condition=Q(state="granted", until__isnull=False) | (~Q(state="granted") & Q(until__isnull=True))),
        ]

    def __str__(self) -> str:
        return f"查阅{self.selfcheck}"

    def is_open(self, now: dt.datetime) -> bool:
        return self.state == self.State.GRANTED and now < self.until


class AnswerSnapshot(models.Model):
    """各方面情况 of one round: which counts of 是 were published, once and for all (selfcheck/suppression.py)."""

    round = models.OneToOneField(Round, models.CASCADE, related_name="answer_snapshot", verbose_name=_("轮次"))
    taken_at = models.DateTimeField(_("汇总时间"))
    taken_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("汇总人"))
    as_of = models.DateField(_("截至日期"))
    smallest_group = models.PositiveSmallIntegerField(_("最少份数"))
    versions = models.JSONField(_("清单版本"), default=list)  # [{"number", "reports"}]
    questions = models.JSONField(_("问题"), default=list)  # [{"key", "aspect", "text", "smallest"}], in the order of the checklist; those counted before the class was heeded have no "smallest"
    units = models.JSONField(_("公布的数"), default=list)  # [{"unit", "path", "name", "reports", "counts": {key: [reports, 是 or None]}}], 机构序列

    class Meta:
        verbose_name = _("各方面情况")
        constraints = [models.CheckConstraint(name="selfcheck_snapshot_group", condition=Q(smallest_group__gte=4))]

    def __str__(self) -> str:
        return f"{self.round}的各方面情况"

    @property
    def sensitive_group(self) -> int | None:
        """The smallest group of its sensitive questions; None where it is that of all."""
        most = max((question.get("smallest", 0) for question in self.questions), default=0)
        return most if most > self.smallest_group else None


class TextMark(models.Model):
    """What can be said of one text of a report handed in without keeping a word of it: see selfcheck/marks.py."""

    selfcheck = models.ForeignKey(SelfCheck, models.CASCADE, related_name="marks")
    question_key = models.SlugField(_("问题标识"), max_length=40)
    order = models.PositiveSmallIntegerField(_("顺序"))
    field = models.CharField(_("栏目"), max_length=15, choices=[(name, label) for name, (label, _most) in ITEM_TEXTS.items()])
    mark = models.CharField(_("印记"), max_length=64, blank=True)  # keyed; the same for the same words of one round; "" where they are too few
    repeats = models.BooleanField(_("与具体表现相同"), default=False)

    class Meta:
        verbose_name = _("文字印记")
        ordering = ["selfcheck", "question_key", "order", "field"]
        constraints = [models.UniqueConstraint(fields=["selfcheck", "question_key", "order", "field"], name="selfcheck_mark_once")]

    def __str__(self) -> str:
        return f"{self.question_key} 第 {self.order} 项 {self.get_field_display()}"


class HintSetAside(models.Model):
    """A hint somebody looked into and put aside, with the reason; it counts for these very reports as handed in then."""

    class Kind(models.TextChoices):
        ALL_NO = "all_no", _("各方面都答“否”")
        SAME_TEXT = "same_text", _("文字相同")
        REPEATS = "repeats", _("措施与表现相同")
        RUSH = "rush", _("集中提交")

    round = models.ForeignKey(Round, models.CASCADE, related_name="hints_set_aside")
    kind = models.CharField(_("提示"), max_length=10, choices=Kind)
    subject = models.CharField(_("对象"), max_length=64)
    rows = models.CharField(_("涉及的报告"), max_length=64)  # a digest of which reports, and when each was handed in
    reason = models.CharField(_("原因"), max_length=200, help_text=_("核对后为什么不用处理，如“两人共同负责同一项工作”；不写报告内容"))
    set_aside_at = models.DateTimeField(_("搁置时间"))
    set_aside_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("搁置人"))

    class Meta:
        verbose_name = _("搁置的提示")
        ordering = ["-set_aside_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["round", "kind", "subject", "rows"], name="selfcheck_hint_aside_once")]

    def __str__(self) -> str:
        return f"{self.round}：{self.get_kind_display()}"


class ReportCount(CampaignCounts):
    """Reports of a round by state, by the cadres' block of units."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="+")
    due = models.PositiveIntegerField()
    submitted = models.PositiveIntegerField()  # handed in: waiting for review, or accepted
    accepted = models.PositiveIntegerField()
    returned = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()  # not handed in after its day
    unassigned = models.PositiveIntegerField()  # not accepted, and nobody may review them

    class Meta:
        verbose_name = _("自查报告数")
        constraints = [models.UniqueConstraint(fields=["campaign", "path", "round"], name="selfcheck_reportcount_once")]
