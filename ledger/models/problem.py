"""整改台账: problems, what is done about them, and how they end."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from files.models import StoredFile
from organizations.models import Cadre, Unit, access_of, reach
from organizations.pinyin import InitialsField
from organizations.roles import Permission

from .labels import Labelled

USER = settings.AUTH_USER_MODEL


def is_counted() -> Q:
    """应整改: confirmed and not set aside as unfounded or merged into another."""
    return ~Q(status__in=[Problem.Status.REPORTED, Problem.Status.DISMISSED, Problem.Status.MERGED])


def is_late(today: dt.date) -> Q:
    """Past the deadline day and neither submitted for verification nor closed; long-term ones never are."""
    return Q(status=Problem.Status.OPEN, due_on__lt=today) & ~Q(track=Problem.Track.LONG_TERM)


def is_soon(today: dt.date, days: int = 7) -> Q:
    """At work, and the deadline day is today or within so many days."""
    return Q(status=Problem.Status.OPEN, due_on__range=(today, today + dt.timedelta(days=days))) & ~Q(track=Problem.Track.LONG_TERM)


def awaits(user, theirs: Q | None = None) -> Q:
    """Submitted, and this user is the one to verify: named, or nobody is named and the unit lies in their scope. `theirs`: that scope, where
    it is said some other way."""
    if theirs is None:
        theirs = reach(user, Permission.VERIFY_PROBLEMS, unit="responsible_unit__path", campaign="campaign")
    anyone = Q(verifier__isnull=True) & theirs
    return Q(status=Problem.Status.SUBMITTED) & (Q(verifier=user) | anyone) & ~_own_work(user)


def awaits_another(user) -> Q:
    """Submitted, and not this user's to verify in whatever unit they verify: another is named, or it is their own work."""
    return Q(status=Problem.Status.SUBMITTED) & (Q(verifier__isnull=False) & ~Q(verifier=user) | _own_work(user))


def _own_work(user) -> Q:
    """What they submitted, wrote last or are responsible for."""
    access_of(user)  # knows the cadre: said by number, all is read in the index of what is submitted
    cadre = getattr(user, "cadre", None)
    return Q(submitted_by=user) | Q(edited_by=user) | (Q(responsible_person=cadre) if cadre else Q())


def awaits_closing(user) -> Q:
    """Verified, not their own, and of a seriousness that is theirs to close."""
    theirs = Q(pk__in=[])
    for permission in sorted({permission for permissions, _who in CLOSERS.values() for permission in permissions}):
        closed = [seriousness for seriousness, (permissions, _who) in CLOSERS.items() if permission in permissions]
        theirs |= Q(seriousness__in=closed) & reach(user, permission, unit="responsible_unit__path", campaign="campaign")
    access_of(user)  # knows the cadre
    cadre = getattr(user, "cadre", None)
    own = Q(responsible_person__isnull=False, responsible_person=cadre) if cadre else Q()
    return Q(status=Problem.Status.VERIFIED) & theirs & ~own


class ProblemQuerySet(models.QuerySet):
    def visible_to(self, user) -> "ProblemQuerySet":
        """One's own, those one verifies, and those of units in one's scope."""
        mine = Q(responsible_person__user=user) | Q(verifier=user)
        return self.filter(mine | reach(user, Permission.SEE_LEDGER, unit="responsible_unit__path", campaign="campaign"))

    def worked_on_by(self, user) -> "ProblemQuerySet":
        """One's own, and those of units one reports for."""
        return self.filter(Q(responsible_person__user=user) | reach(user, Permission.REPORT_PROBLEMS, unit="responsible_unit__path", campaign="campaign"))

    def counted(self) -> "ProblemQuerySet":
        return self.filter(is_counted())

    def at_work(self) -> "ProblemQuerySet":
        """Confirmed and not closed yet."""
        return self.filter(status__in=[Problem.Status.OPEN, Problem.Status.SUBMITTED, Problem.Status.VERIFIED])

    def taking_in(self, campaign: Campaign) -> "ProblemQuerySet":
        """Of this campaign and still to be put right: another answer or finding may go under one of these."""
        return self.filter(campaign=campaign, status__in=[Problem.Status.REPORTED, Problem.Status.OPEN, Problem.Status.DEFERRED])

    def closed(self) -> "ProblemQuerySet":
        return self.filter(status=Problem.Status.CLOSED)

    def not_closed(self) -> "ProblemQuerySet":
        """未销号: 应整改 less 已销号; a deferred one is still owed."""
        over = {Problem.Status.REPORTED, Problem.Status.DISMISSED, Problem.Status.MERGED, Problem.Status.CLOSED}
        return self.filter(status__in=[status for status in Problem.Status.values if status not in over])  # named one by one, for the index

    def overdue(self, today: dt.date) -> "ProblemQuerySet":
        return self.filter(is_late(today))

    def due_soon(self, today: dt.date, days: int = 7) -> "ProblemQuerySet":
        return self.filter(is_soon(today, days))

    def mine(self, user) -> "ProblemQuerySet":
        """我负责的."""
        return self.filter(responsible_person__user=user)

    def awaiting(self, user, theirs: Q | None = None) -> "ProblemQuerySet":
        """等我验收 (see `awaits`)."""
        return self.filter(awaits(user, theirs))

    def to_close_by(self, user) -> "ProblemQuerySet":
        """等我销号."""
        return self.filter(awaits_closing(user))

    def tally(self, user, today: dt.date) -> dict[str, int]:
        """How many problems stand where; the keys are those of the list's views. One query along an index, and one each for what is theirs."""
        status = Problem.Status
        kinds = {
            "counted": is_counted(), "not_closed": is_counted() & ~Q(status=status.CLOSED), "overdue": is_late(today), "soon": is_soon(today),
            **{state: Q(status=state) for state in status.values},
        }
        found = self.order_by().aggregate(all=Count("pk"), **{kind: Count("pk", filter=which) for kind, which in kinds.items()})
        mine = self.mine(user).count() if found["all"] and access_of(user).is_cadre else 0
        return found | {"mine": mine, "awaiting": self.awaiting(user).count() if found["submitted"] else 0}

    def newest_first(self) -> "ProblemQuerySet":
        """By number, the newest on top: the order of the ledger's own index."""
        return self.order_by("-year", "-number")


class Problem(Labelled, models.Model):
    """One problem, from its report to 销号. A closed one never reopens: a relapse is a successor."""

    class Status(models.TextChoices):
        REPORTED = "reported", _("待确认")
        OPEN = "open", _("整改中")
        SUBMITTED = "submitted", _("待验收")
        VERIFIED = "verified", _("已验收")
        CLOSED = "closed", _("已销号")
        DISMISSED = "dismissed", _("不成立")
        MERGED = "merged", _("已并入")
        DEFERRED = "deferred", _("暂缓")

    class Source(models.TextChoices):
        SELF_CHECK = "self_check", _("自查")
        TALK = "talk", _("谈心谈话")
        VISIT = "visit", _("督导反馈")
        OUTSIDE = "outside", _("群众和服务对象意见")
        CLUE = "clue", _("线索核查")
        ORGAN_REVIEW = "organ_review", _("机构制度检视")
        OTHER = "other", _("其他")

    class Level(models.TextChoices):
        PERSON = "person", _("个人")
        TEAM = "team", _("班子")
        ORGAN = "organ", _("单位")

    class Track(models.TextChoices):
        IMMEDIATE = "immediate", _("立行立改")
        DATED = "dated", _("限期整改")
        LONG_TERM = "long_term", _("长期坚持")

    class Seriousness(models.TextChoices):
        ORDINARY = "ordinary", _("一般")
        MAJOR = "major", _("较重")
        SEVERE = "severe", _("严重")

    class Outcome(models.TextChoices):
        DONE = "done", _("完成")
        MOSTLY = "mostly", _("基本完成并持续整改")
        UNDONE = "undone", _("未完成")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="problems")
    year = models.PositiveSmallIntegerField(_("年份"))
    number = models.PositiveIntegerField(_("编号"))
    title = models.CharField(_("问题"), max_length=120, help_text=_("一句话，写清是什么问题"))
    title_initials = InitialsField(of="title")
    source = models.CharField(_("来源"), max_length=15, choices=Source)
    level = models.CharField(_("层面"), max_length=10, choices=Level, default=Level.PERSON, help_text=_("是一个人的、班子的，还是整个单位的"))
    seriousness = models.CharField(
        _("轻重"), max_length=10, choices=Seriousness, default=Seriousness.ORDINARY,
        help_text=_("决定由谁销号：一般的由责任单位或领导小组办公室，较重的由领导小组办公室，严重的由领导小组领导"),
    )
    aspect_key = models.CharField(max_length=40, blank=True)
    aspect_label = models.CharField(_("方面"), max_length=40, blank=True)
    manifestation = models.TextField(_("具体表现"))
    cause = models.TextField(_("原因"), blank=True)
    acceptance_standard = models.TextField(_("验收标准"), blank=True)
    track = models.CharField(_("整改方式"), max_length=10, choices=Track, help_text=_("马上能改的选立行立改，定了日子的选限期整改，要一直做下去的选长期坚持"))
    due_on = models.DateField(_("整改时限"), null=True, blank=True)
    deadline_text = models.CharField(_("时限说明"), max_length=60, blank=True, help_text=_("如“立行立改，长期坚持”“2026 年底前，并长期坚持”"))
    responsible_unit = models.ForeignKey(Unit, models.PROTECT, related_name="problems", verbose_name=_("责任单位"))
    responsible_person = models.ForeignKey(Cadre, models.PROTECT, null=True, blank=True, related_name="problems", verbose_name=_("责任人"))
    lead_official = models.ForeignKey(Cadre, models.PROTECT, null=True, blank=True, related_name="led_problems", verbose_name=_("责任领导"), help_text=_("分管这件事的领导"))
    verifier = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="problems_to_verify", verbose_name=_("验收人"))
    status = models.CharField(_("状态"), max_length=10, choices=Status, default=Status.REPORTED)
    outcome = models.CharField(_("整改结果"), max_length=10, choices=Outcome, blank=True)
    rectified_as_found = models.BooleanField(_("边查边改"), default=False, help_text=_("发现时就已经动手改的勾选"))
    reported_at = models.DateTimeField(_("提出时间"))
    reported_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField(_("立项时间"), null=True, blank=True)
    registered_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    submitted_at = models.DateTimeField(_("提请验收时间"), null=True, blank=True)
    submitted_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    edited_at = models.DateTimeField(_("最近填报时间"), null=True, blank=True)  # progress, measure, milestone or correction: verified by another
    edited_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    moved_at = models.DateTimeField(_("最近变动时间"), null=True, blank=True, editable=False)  # of its latest StatusChange
    closed_at = models.DateTimeField(_("销号时间"), null=True, blank=True)
    closed_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_ones", verbose_name=_("并入"))
    deferred_until = models.DateField(_("暂缓至"), null=True, blank=True)
    recurs = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="successors", verbose_name=_("同一问题此前的编号"))
    evidence = models.ManyToManyField(StoredFile, blank=True, related_name="problems", verbose_name=_("整改材料"))
    version = models.PositiveIntegerField(default=1)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        verbose_name = _("问题")
        ordering = ["-year", "-number"]
        indexes = [
            # counts by state, and deadlines, without reading the rows
            models.Index(fields=["campaign", "status", "due_on", "track", "source", "level", "aspect_key", "responsible_unit"], name="ledger_problem_due"),
            models.Index(fields=["responsible_unit", "status", "campaign", "due_on", "track"], name="ledger_problem_unit"),
            models.Index(fields=["verifier", "status"], condition=Q(verifier__isnull=False), name="ledger_problem_verifier"),  # most have none
            # one for each filter, in the order of the list; the other filters behind it, so that they are read there and not in the rows
            models.Index(fields=["campaign", "status", "year", "number", "due_on", "track", "source", "level", "aspect_key", "responsible_unit"], name="ledger_problem_by_status"),
            models.Index(fields=["campaign", "source", "year", "number", "status", "due_on", "track", "level", "aspect_key", "responsible_unit"], name="ledger_problem_by_source"),
            models.Index(fields=["campaign", "aspect_key", "year", "number", "status", "due_on", "track", "source", "level", "responsible_unit"], name="ledger_problem_by_aspect"),
            models.Index(fields=["campaign", "track", "year", "number", "status", "due_on", "source", "level", "aspect_key", "responsible_unit"], name="ledger_problem_by_track"),
            models.Index(fields=["campaign", "level", "year", "number", "status", "due_on", "track", "source", "aspect_key", "responsible_unit"], name="ledger_problem_by_level"),
            models.Index(fields=["campaign", "due_on", "year", "number"], name="ledger_problem_by_day"),
            models.Index(fields=["campaign", "-moved_at", "responsible_unit"], name="ledger_problem_by_step"),
            # what waits for a verifier, with all that may forbid it to them
            models.Index(fields=["campaign", "year", "number", "verifier", "submitted_by", "edited_by", "responsible_person", "responsible_unit"], condition=Q(status="submitted"), name="ledger_problem_awaiting"),
            models.Index(fields=["campaign", "aspect_label", "aspect_key"], name="ledger_problem_aspects"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "year", "number"], name="ledger_problem_number"),
            models.CheckConstraint(name="ledger_problem_registered", condition=Q(registered_at__isnull=True, registered_by__isnull=True) | Q(registered_at__isnull=False, registered_by__isnull=False)),
            models.CheckConstraint(name="ledger_problem_submitted", condition=Q(submitted_at__isnull=True, submitted_by__isnull=True) | Q(submitted_at__isnull=False, submitted_by__isnull=False)),
            models.CheckConstraint(name="ledger_problem_edited", condition=Q(edited_at__isnull=True, edited_by__isnull=True) | Q(edited_at__isnull=False, edited_by__isnull=False)),
            models.CheckConstraint(name="ledger_problem_closed", condition=Q(status="closed", closed_at__isnull=False, closed_by__isnull=False) | (~Q(status="closed") & Q(closed_at__isnull=True, closed_by__isnull=True))),
            models.CheckConstraint(name="ledger_problem_merged", condition=Q(status="merged", merged_into__isnull=False) | (~Q(status="merged") & Q(merged_into__isnull=True))),
            models.CheckConstraint(name="ledger_problem_deferred", condition=Q(status="deferred", deferred_until__isnull=False) | ~Q(status="deferred")),
            models.CheckConstraint(name="ledger_problem_dated", condition=~Q(track="dated") | Q(due_on__isnull=False) | Q(status__in=["reported", "dismissed", "merged"])),
            models.CheckConstraint(name="ledger_problem_outcome", condition=Q(status="closed", outcome__in=["done", "mostly", "undone"]) | (~Q(status="closed") & Q(outcome=""))),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def code(self) -> str:
        """“2026-074”."""
        return f"{self.year}-{self.number:03d}"

    @property
    def log_label(self) -> str:
        """The log is read by people who see no ledger, and a title may be the first sentence of a self-check."""
        return _("问题 %(code)s") % {"code": self.code}

    @property
    def is_over(self) -> bool:
        return self.status in (self.Status.CLOSED, self.Status.DISMISSED, self.Status.MERGED)

    @property
    def deadline_label(self) -> str:
        """As agreed in words, else the track's own name for an undated one."""
        return self.deadline_text or (self.get_track_display() if not self.due_on else "")

    @property
    def is_timed(self) -> bool:
        """Whether the deadline runs now: at work, with a day, and not a long-term one."""
        return self.status == self.Status.OPEN and self.track != self.Track.LONG_TERM and self.due_on is not None

    @property
    def running_until(self) -> dt.date | None:
        """The day to count down to; none while no deadline runs."""
        return self.due_on if self.is_timed else None

    def is_overdue(self, today: dt.date) -> bool:
        return self.is_timed and self.due_on < today

    @property
    def pending_extension(self) -> "ExtensionRequest | None":
        """The request that waits for a decision; reads the requests in one query, or none when they were prefetched."""
        return next((asked for asked in self.extensions.all() if asked.granted is None), None)

    def is_owned_by(self, user) -> bool:
        return self.responsible_person is not None and self.responsible_person.user_id == user.pk


# 销号分级: who closes a problem of which seriousness, by permission over its unit, and what they are called.
CLOSERS: dict[str, tuple[tuple[Permission, ...], Promise]] = {
    Problem.Seriousness.ORDINARY: ((Permission.CLOSE_UNIT_PROBLEMS, Permission.MANAGE_LEDGER), _("责任单位联络员或领导小组办公室")),
    Problem.Seriousness.MAJOR: ((Permission.MANAGE_LEDGER,), _("领导小组办公室")),
    Problem.Seriousness.SEVERE: ((Permission.CLOSE_SEVERE_PROBLEMS,), _("领导小组领导")),
}


def known_files(campaign: Campaign, user) -> models.QuerySet[StoredFile]:
    """Files that serve problems of this campaign which the user works on: they may serve another one too."""
    mine = Problem.objects.worked_on_by(user).filter(campaign=campaign)
    return StoredFile.objects.filter(pk__in=Problem.evidence.through.objects.filter(problem__in=mine).values("storedfile"))


class Numbering(models.Model):
    """The last number given in a campaign and year: a number is given once, even when its row is gone."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    year = models.PositiveSmallIntegerField(_("年份"))
    last = models.PositiveIntegerField(_("最后的编号"), default=0)

    class Meta:
        verbose_name = _("编号")
        constraints = [models.UniqueConstraint(fields=["campaign", "year"], name="ledger_numbering_once")]

    def __str__(self) -> str:
        return f"{self.year}-{self.last:03d}"


class Measure(models.Model):
    """整改措施."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="measures")
    order = models.PositiveSmallIntegerField(_("顺序"))
    text = models.TextField(_("措施"))
    owner = models.ForeignKey(Cadre, models.PROTECT, null=True, blank=True, related_name="measures", verbose_name=_("落实人"))
    due_on = models.DateField(_("时限"), null=True, blank=True)

    class Meta:
        verbose_name = _("整改措施")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["problem", "order"], name="ledger_measure_order")]

    def __str__(self) -> str:
        return self.text[:40]


class Progress(models.Model):
    """整改进展."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="progress")
    text = models.TextField(_("进展"))
    made_on = models.DateField(_("日期"))
    entered_at = models.DateTimeField(_("填报时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    files = models.ManyToManyField(StoredFile, blank=True, related_name="progress", verbose_name=_("材料"))

    class Meta:
        verbose_name = _("整改进展")
        ordering = ["entered_at", "pk"]

    def __str__(self) -> str:
        return self.text[:40]


class Verification(models.Model):
    """验收意见."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="verifications")
    passed = models.BooleanField(_("通过"))
    opinion = models.TextField(_("意见"))
    verified_at = models.DateTimeField(_("时间"))
    verified_by = models.ForeignKey(USER, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("验收")
        ordering = ["verified_at", "pk"]

    def __str__(self) -> str:
        return self.opinion[:40]


class StatusChange(models.Model):
    """One step of a problem: from, to, who, when, why."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="changes")
    before = models.CharField(_("原状态"), max_length=10, choices=Problem.Status, blank=True)
    after = models.CharField(_("新状态"), max_length=10, choices=Problem.Status)
    note = models.TextField(_("说明"), blank=True)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("状态变动")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["at"], name="ledger_statuschange_at")]

    def __str__(self) -> str:
        return f"{self.get_before_display()} → {self.get_after_display()}"


class ExtensionRequest(models.Model):
    """申请延期: asked and granted before the due date."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="extensions")
    reason = models.TextField(_("理由"))
    until = models.DateField(_("拟延至"))
    requested_at = models.DateTimeField(_("申请时间"))
    requested_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    granted = models.BooleanField(_("同意"), null=True, blank=True)
    decided_at = models.DateTimeField(_("批复时间"), null=True, blank=True)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    opinion = models.CharField(_("批复意见"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("延期申请")
        ordering = ["requested_at", "pk"]
        constraints = [
            models.CheckConstraint(name="ledger_extension_decided", condition=Q(granted__isnull=True, decided_at__isnull=True, decided_by__isnull=True) | Q(granted__isnull=False, decided_at__isnull=False, decided_by__isnull=False)),
            models.UniqueConstraint(fields=["problem"], condition=Q(granted__isnull=True), name="ledger_extension_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.problem}：{self.until}"
