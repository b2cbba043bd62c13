"""学习教育: materials, sessions, attendance, activities, reflections, tests."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignCounts
from files.models import StoredFile
from organizations.breadth import units_named
from organizations.models import STEP, Cadre, Unit, access_of, lies_within, lineage, reach, within
from organizations.pinyin import InitialsField
from organizations.roles import Permission

USER = settings.AUTH_USER_MODEL
LATE_ENTRY_DAYS = 3  # entered later than this after the day is marked 补录


class InVisibleCampaign(models.QuerySet):
    def visible_to(self, user):
        """What is planned for everyone is seen by everyone who sees the campaign."""
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


def held_by(as_of: dt.date, to: str = "") -> Q:
    """Held by a day; what has no known date counts once it is entered as held. `to`: leads from a row to its session."""
    return Q(**{f"{to}is_held": True}) & (Q(**{f"{to}held_on__lte": as_of}) | Q(**{f"{to}held_on__isnull": True}))


def is_listed() -> Exists:
    """Whether anybody's attendance at a session is written."""
    return Exists(Attendance.objects.filter(session=OuterRef("pk")))


def lacks_attendance(today: dt.date) -> Q:
    """The day has come (or it was entered as held) and nobody's attendance is written."""
    return (Q(held_on__lte=today) | Q(is_held=True)) & ~Q(is_listed())


def states(today: dt.date) -> dict[str, Count]:
    """Of sessions: how many were held, wait for their attendance, are listed at all."""
    return {"held": Count("pk", filter=held_by(today)), "unrecorded": Count("pk", filter=lacks_attendance(today)), "listed": Count("pk")}


def comings() -> dict[str, Count]:
    """Of attendance: 应到, and what became of them."""
    A = Attendance.Status
    return {
        "expected": Count("pk"), "present": Count("pk", filter=Q(status=A.PRESENT)), "made_up": Count("pk", filter=Q(status=A.MADE_UP)),
        "missing": Count("pk", filter=Q(status__in=[A.LEAVE, A.ABSENT])),
    }


def dated() -> Coalesce:
    """The day of a session; one without stands before all days."""
    return Coalesce("held_on", Value(dt.date.min))


class HeldQuerySet(InVisibleCampaign):
    def held(self, as_of: dt.date) -> "HeldQuerySet":
        return self.filter(held_by(as_of))


class StudyMaterial(models.Model):
    """学习材料、阅读书目."""

    class Kind(models.TextChoices):
        DOCUMENT = "document", _("学习材料")
        BOOK = "book", _("阅读书目")

    class Category(models.TextChoices):
        THEORY = "theory", _("政治理论")
        RULES = "rules", _("党纪党规")
        LAW = "law", _("法律法规")
        CASE = "case", _("典型案例")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="materials")
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    category = models.CharField(_("内容"), max_length=10, choices=Category)
    title = models.CharField(_("名称"), max_length=150)
    is_required = models.BooleanField(_("必修"), default=False, help_text=_("必修的列在学习教育首页"))
    is_sample = models.BooleanField(_("汇报中举例"), default=False, help_text=_("汇报写“以……等为主要内容”时列出这一件"))
    order = models.PositiveSmallIntegerField(_("顺序"))
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="materials", verbose_name=_("文件"))
    distributed_at = models.DateTimeField(_("下发时间"))
    distributed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = InVisibleCampaign.as_manager()

    class Meta:
        verbose_name = _("学习材料")
        ordering = ["order"]

    def __str__(self) -> str:
        return self.title


def above(paths: Iterable[str]) -> set[str]:
    """Where the units above these stand."""
    return {path[:n] for path in paths for n in range(STEP, len(path), STEP)}


class SessionQuerySet(HeldQuerySet):
    def latest_first(self) -> "SessionQuerySet":
        """Newest day first, undated ones last on every database."""
        return self.order_by(dated().desc(), "-pk")

    def expecting(self, user) -> "SessionQuerySet":
        """Those a cadre is expected at: on the list, or, before there is one, of their unit or a unit above it."""
        own = Attendance.objects.filter(cadre__user=user).order_by().values("session")
        unlisted = StudySession.objects.filter(unit__path__in=lineage(access_of(user).unit_path)).exclude(is_listed()).order_by().values("pk")
        return self.filter(pk__in=own.union(unlisted))  # as one condition with "or" a database reads everybody's attendance for it

    def concerning(self, paths: list[str]) -> "SessionQuerySet":
        """Those held by units of some subtrees, and those of units above that they are expected at."""
        named = units_named(paths, alone=above(paths))
        return self.filter(within(paths, "unit__path") | Q(unit__path__in=above(paths)) if named is None else Q(unit__among=named))

    def unrecorded(self, today: dt.date) -> "SessionQuerySet":
        """The day has come (or it was entered as held) and nobody's attendance is written."""
        return self.filter(lacks_attendance(today))

    def by_state(self, today: dt.date) -> dict[str, int]:
        """次 held, 次 waiting for their attendance, and all."""
        return self.order_by().aggregate(**states(today))

    def attended(self, user, today: dt.date) -> dict[str, int]:
        """How often somebody was expected at those held, was present, made up and missing."""
        own = Attendance.objects.filter(held_by(today, "session__"), session__in=self.order_by().values("pk"), cadre__user=user)
        return own.order_by().aggregate(**comings())

    def with_counts(self, paths: list[str]) -> "SessionQuerySet":
        """应到、实到、请假、缺席、已补学 among the cadres of some subtrees; and whether any attendance is written at all."""
        inside = within(paths, "attendance__cadre__unit__path")
        counts = {status.value: Count("attendance", filter=inside & Q(attendance__status=status)) for status in Attendance.Status}
        return self.annotate(expected=Count("attendance", filter=inside), recorded=is_listed(), **counts)


class StudySession(models.Model):
    """集中学习, one sitting; several topics are still one."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="sessions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="sessions", verbose_name=_("组织单位"), help_text=_("应到人员为该单位及下级在编在岗干部"))
    title = models.CharField(_("主题"), max_length=120, help_text=_("写学了什么，如“党纪处分条例专题学习”"))
    title_initials = InitialsField(of="title")
    topics = models.ManyToManyField(StudyMaterial, blank=True, related_name="sessions", verbose_name=_("学习内容"))
    held_on = models.DateField(_("时间"), null=True, blank=True)
    place = models.CharField(_("地点"), max_length=80, blank=True)
    host = models.CharField(_("主持人"), max_length=40, blank=True)
    form = models.CharField(_("学习形式"), max_length=30, blank=True, help_text=_("如集体学习、专题辅导、研讨"))
    is_held = models.BooleanField(_("已举行"), default=False)
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("集中学习")
        ordering = ["-held_on", "-pk"]
        indexes = [models.Index("campaign", dated().desc(), F("id").desc(), name="learning_session_latest")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_late_entry(self) -> bool:
        """补录."""
        return self.held_on is not None and (timezone.localdate(self.entered_at) - self.held_on).days > LATE_ENTRY_DAYS


class AttendanceQuerySet(models.QuerySet):
    def visible_to(self, user) -> "AttendanceQuerySet":
        theirs = reach(user, Permission.SEE_PROGRESS, unit="cadre__unit__path", campaign="session__campaign")
        return self.filter(theirs if lies_within(user, Permission.SEE_PROGRESS) else theirs | Q(cadre__user=user))

    def to_make_up(self) -> "AttendanceQuerySet":
        """On leave or absent, and not made up yet."""
        return self.filter(status__in=[Attendance.Status.LEAVE, Attendance.Status.ABSENT], session__is_held=True)

    def missing_first(self) -> "AttendanceQuerySet":
        """Who wasn't there on top, then 机构序列."""
        came = Q(status=Attendance.Status.PRESENT)
        return self.alias(came=came).order_by("came", "cadre__unit__path", "cadre__name_pinyin", "pk")


def tell_attendance(sessions: Sequence[StudySession], paths: list[str]) -> None:
    """Give sessions of a page what `with_counts` counts of each, by one statement that says the scope once."""
    found = Attendance.objects.filter(within(paths, "cadre__unit__path"), session__in=[session.pk for session in sessions])
    counts: dict[int, dict[str, int]] = {session.pk: dict.fromkeys(Attendance.Status.values, 0) for session in sessions}
    for pk, status, n in found.order_by().values_list("session", "status").annotate(n=Count("pk")):
        counts[pk][status] = n
    for session in sessions:
        session.expected = sum(counts[session.pk].values())
        for status, n in counts[session.pk].items():
            setattr(session, status, n)


class Attendance(models.Model):
    """考勤: one row for each person expected, taken from the roster."""

    class Status(models.TextChoices):
        PRESENT = "present", _("实到")
        LEAVE = "leave", _("请假")
        ABSENT = "absent", _("缺席")
        MADE_UP = "made_up", _("已补学")

    session = models.ForeignKey(StudySession, models.CASCADE, related_name="attendance")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="attendance", verbose_name=_("干部"))
    status = models.CharField(_("到会情况"), max_length=10, choices=Status, default=Status.PRESENT)
    note = models.CharField(_("原因"), max_length=100, blank=True)
    made_up_on = models.DateField(_("补学日期"), null=True, blank=True)
    entered_at = models.DateTimeField(_("登记时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("考勤")
        ordering = ["cadre__unit__path", "cadre__name_pinyin", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "cadre"], name="learning_attendance_once"),
            models.CheckConstraint(name="learning_attendance_made_up", condition=Q(status="made_up", made_up_on__isnull=False) | (~Q(status="made_up") & Q(made_up_on__isnull=True))),
        ]

    def __str__(self) -> str:
        return f"{self.cadre} {self.get_status_display()}"

    @property
    def is_missing(self) -> bool:
        """Still to be made up."""
        return self.status in (self.Status.LEAVE, self.Status.ABSENT)


class EducationActivity(models.Model):
    """警示教育、革命传统教育、英模教育: a visit, a film, a case bulletin."""

    class Category(models.TextChoices):
        WARNING = "warning", _("警示教育")
        TRADITION = "tradition", _("革命传统教育")
        MODEL = "model", _("英模教育")
        POLITICAL = "political", _("政治教育")

    class Kind(models.TextChoices):
        BASE_VISIT = "base_visit", _("参观教育基地")
        MEMORIAL_VISIT = "memorial_visit", _("参观纪念馆")
        FILM = "film", _("观看警示教育片")
        CASE_BULLETIN = "case_bulletin", _("通报典型案例")
        LECTURE = "lecture", _("专题党课")
        OTHER = "other", _("其他")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="activities")
    category = models.CharField(_("教育类型"), max_length=10, choices=Category)
    kind = models.CharField(_("形式"), max_length=15, choices=Kind)
    title = models.CharField(_("主题"), max_length=150)
    title_initials = InitialsField(of="title")
    places = models.CharField(_("地点"), max_length=150, blank=True, help_text=_("几处之间用顿号"))
    held_on = models.DateField(_("时间"), null=True, blank=True)
    participants = models.CharField(_("参加人员"), max_length=80, blank=True, help_text=_("如“全体干部”“机关干部”"))
    is_held = models.BooleanField(_("已开展"), default=True, help_text=_("还在计划中的不勾选，不计入场数"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = HeldQuerySet.as_manager()

    class Meta:
        verbose_name = _("教育活动")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title


class ReflectionQuerySet(models.QuerySet):
    def visible_to(self, user) -> "ReflectionQuerySet":
        """One's own, and those of one's scope for who runs the teaching."""
        theirs = reach(user, Permission.RUN_LEARNING, unit="cadre__unit__path", campaign="session__campaign")
        return self.filter(theirs if lies_within(user, Permission.RUN_LEARNING) else theirs | Q(cadre__user=user))


class Reflection(models.Model):
    """心得体会: a short text, voluntary in length, one for a session and person."""

    session = models.ForeignKey(StudySession, models.CASCADE, related_name="reflections", verbose_name=_("集中学习"))
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="reflections")
    text = models.TextField(_("心得"), max_length=3000)
    submitted_at = models.DateTimeField(_("提交时间"))
    version = models.PositiveIntegerField(default=1)

    objects = ReflectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("心得体会")
        ordering = ["-submitted_at"]
        constraints = [models.UniqueConstraint(fields=["session", "cadre"], name="learning_reflection_once")]

    def __str__(self) -> str:
        return f"{self.cadre}：{self.session}"


class KnowledgeTestQuerySet(InVisibleCampaign):
    def latest_first(self) -> "KnowledgeTestQuerySet":
        return self.order_by(F("held_on").desc(nulls_last=True), "-pk")

    def with_counts(self, paths: list[str]) -> "KnowledgeTestQuerySet":
        """应考、实考、及格 among the cadres of some subtrees."""
        inside = within(paths, "results__cadre__unit__path")
        return self.annotate(
            expected=Count("results", filter=inside),
            sat=Count("results", filter=inside & Q(results__score__isnull=False)),
            passed=Count("results", filter=inside & Q(results__score__gte=F("pass_mark"))),
        )


class KnowledgeTest(models.Model):
    """知识测试: who was to sit it, who sat it, who passed."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="tests")
    title = models.CharField(_("名称"), max_length=120)
    held_on = models.DateField(_("时间"), null=True, blank=True)
    pass_mark = models.PositiveSmallIntegerField(_("及格分"), default=60, help_text=_("达到这个分数算及格"))
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = KnowledgeTestQuerySet.as_manager()

    class Meta:
        verbose_name = _("知识测试")
        ordering = ["-held_on", "-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def pass_rate(self) -> Decimal | None:
        """及格率 of those who sat it, one decimal; None when nobody did. Needs `with_counts`."""
        if not self.sat:
            return None
        return (Decimal(self.passed) * 100 / Decimal(self.sat)).quantize(Decimal("0.1"), ROUND_HALF_UP)


class TestResultQuerySet(models.QuerySet):
    def visible_to(self, user) -> "TestResultQuerySet":
        """One's own mark; who runs the teaching sees those of their scope. There is no ranking."""
        theirs = reach(user, Permission.RUN_LEARNING, unit="cadre__unit__path", campaign="test__campaign")
        return self.filter(theirs if lies_within(user, Permission.RUN_LEARNING) else theirs | Q(cadre__user=user))


class TestResult(models.Model):
    """One person's mark; None when they were to sit the test and did not."""

    __test__ = False  # not a test class

    test = models.ForeignKey(KnowledgeTest, models.CASCADE, related_name="results")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="test_results")
    score = models.DecimalField(_("成绩"), max_digits=5, decimal_places=1, null=True, blank=True)

    objects = TestResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("测试成绩")
        constraints = [
            models.UniqueConstraint(fields=["test", "cadre"], name="learning_test_result_once"),
            models.CheckConstraint(name="learning_test_result_range", condition=Q(score__isnull=True) | Q(score__range=(0, 999))),
        ]

    def __str__(self) -> str:
        return f"{self.cadre} {self.score}"


class AttendanceCount(CampaignCounts):
    """应到 of sessions held, and what became of them, by the cadres' block of units."""

    expected = models.PositiveIntegerField()
    present = models.PositiveIntegerField()
    made_up = models.PositiveIntegerField()
    missing = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("考勤人次")
        constraints = [models.UniqueConstraint(fields=["campaign", "path"], name="learning_attendancecount_once")]


class SessionCount(CampaignCounts):
    """Sessions by state, by the block of the unit that holds them."""

    held = models.PositiveIntegerField()
    unrecorded = models.PositiveIntegerField()  # their day has come and nobody's attendance is written
    listed = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("集中学习次数")
        constraints = [models.UniqueConstraint(fields=["campaign", "path"], name="learning_sessioncount_once")]
