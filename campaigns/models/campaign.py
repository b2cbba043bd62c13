"""教育整顿, its phases, its plan and the tasks handed to units."""

import datetime as dt
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from files.models import StoredFile
from organizations.access import Access
from organizations.models import Cadre, Unit, access_of, lineage, reach, within
from organizations.roles import Permission

DEADLINE_VIEWS = ["overdue", "soon", "later", "undated", "done"]


def deadline_views(done: str, today: dt.date, days: int = 7) -> dict[str, Q]:
    """The five ways a thing with a deadline can stand; each thing stands in exactly one. `done` names its completion field.

    A deadline day ends at 24:00, so what is due today is not overdue.
    """
    open_ = Q(**{f"{done}__isnull": True})
    last = today + dt.timedelta(days=days)
    return {
        "overdue": open_ & Q(due_on__lt=today),
        "soon": open_ & Q(due_on__range=(today, last)),
        "later": open_ & Q(due_on__gt=last),
        "undated": open_ & Q(due_on__isnull=True),
        "done": ~open_,
    }


class DeadlineQuerySet(models.QuerySet):
    """Rows with a deadline, by how they stand on a day."""

    done_field = ""

    def standing(self, view: str, today: dt.date) -> "DeadlineQuerySet":
        """The rows of one of DEADLINE_VIEWS; all of them for any other word."""
        return self.filter(deadline_views(self.done_field, today).get(view, Q()))

    def counted(self, today: dt.date) -> dict[str, int]:
        """How many there are in all and in each view, in one query."""
        views = deadline_views(self.done_field, today)
        return self.order_by().aggregate(all=Count("pk"), **{key: Count("pk", filter=q) for key, q in views.items()})

    def overdue(self, today: dt.date) -> "DeadlineQuerySet":
        return self.standing("overdue", today)

    def due_soon(self, today: dt.date, days: int = 7) -> "DeadlineQuerySet":
        return self.filter(deadline_views(self.done_field, today, days)["soon"])


class CampaignQuerySet(models.QuerySet):
    def visible_to(self, user) -> "CampaignQuerySet":
        """Campaigns of one's own unit's organ and of one's scope: those run at, above or below it."""
        return self.seen_with(access_of(user))

    def seen_with(self, access: Access) -> "CampaignQuerySet":
        """Those that whoever holds these grants sees."""
        paths = access.paths_for_all(Permission.SEE_CAMPAIGN)
        own = [access.unit_path] if access.unit_path else []
        return self.filter(Q(unit__path__in=lineage(*paths, *own)) | within(paths, "unit__path") | Q(pk__in=access.campaigns(Permission.SEE_CAMPAIGN)))

    def running(self) -> "CampaignQuerySet":
        return self.filter(closed_on__isnull=True).order_by("-opened_at", "-pk")


class Campaign(models.Model):
    """One round of 教育整顿 run by a unit for itself and everything below it."""

    class AsOfWord(models.TextChoices):
        JIEZHI = "截至", _("截至")
        JIEZHI_OLD = "截止", _("截止")

    name = models.CharField(_("名称"), max_length=80, help_text=_("每页上方和汇报中都用这个名称"))
    workforce = models.CharField(_("整顿对象"), max_length=60, help_text=_("如“纪检监察干部”"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="campaigns", verbose_name=_("组织单位"), help_text=_("本级和全部下级单位参加"))
    region = models.CharField(_("地区简称"), max_length=10, default="区", help_text=_("汇报中的自称，如“区”“县”“市”"))
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="rounds", verbose_name=_("上一轮"))
    as_of_word = models.CharField(_("截至用词"), max_length=2, choices=AsOfWord, default=AsOfWord.JIEZHI, help_text=_("汇报写“截至”还是“截止”，照本单位的习惯"))
    opened_at = models.DateTimeField(_("启动时间"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_on = models.DateField(_("结束日期"), null=True, blank=True)
    is_demo = models.BooleanField(_("演示"), default=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("教育整顿")
        ordering = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def units(self):
        """Participating units, in 机构序列."""
        return Unit.objects.under(self.unit)


class PhaseQuerySet(models.QuerySet):
    def on(self, today: dt.date) -> "PhaseQuerySet":
        """Phases under way on a day; a phase without dates is under way on none."""
        return self.filter(Q(starts_on__lte=today) & (Q(ends_on__gte=today) | Q(ends_on__isnull=True)))

    def visible_to(self, user) -> "PhaseQuerySet":
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


class Phase(models.Model):
    """环节. Labels are data, dates may overlap, none is forced to follow another."""

    class Kind(models.TextChoices):
        LEARNING = "learning", _("学习教育类")
        INSPECTION = "inspection", _("检视整治类")
        CONSOLIDATION = "consolidation", _("巩固提升类")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="phases")
    kind = models.CharField(_("类别"), max_length=15, choices=Kind, help_text=_("只用来归类，名称照方案写"))
    label = models.CharField(_("名称"), max_length=30, help_text=_("照方案写，如“检视整治”或“检视整改”"))
    order = models.PositiveSmallIntegerField(_("顺序"))
    starts_on = models.DateField(_("开始"), null=True, blank=True)
    ends_on = models.DateField(_("结束"), null=True, blank=True)
    runs_throughout = models.BooleanField(_("贯穿始终"), default=False, help_text=_("从头到尾都进行的，图上画成虚线"))
    goal = models.CharField(_("要求"), max_length=200, blank=True, help_text=_("一句话写这一环节要做到什么"))
    version = models.PositiveIntegerField(default=1)

    objects = PhaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("环节")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "order"], name="campaigns_phase_order"),
            models.CheckConstraint(name="campaigns_phase_dates", condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on"))),
        ]

    def __str__(self) -> str:
        return self.label


class PlanItemQuerySet(DeadlineQuerySet):
    done_field = "done_on"

    def with_tasks(self) -> "PlanItemQuerySet":
        """Each with how many units have it (`assigned`) and how many have reported it done (`reported`)."""
        done = Count("unit_tasks", filter=Q(unit_tasks__done_at__isnull=False))
        return self.annotate(assigned=Count("unit_tasks"), reported=done).order_by("number")  # grouping drops the model's order

    def visible_to(self, user) -> "PlanItemQuerySet":
        return self.filter(campaign__in=Campaign.objects.visible_to(user))


class PlanItem(models.Model):
    """One line of the 计划安排: 时间、地点、任务、负责人 are its four named columns."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="plan_items")
    phase = models.ForeignKey(Phase, models.SET_NULL, null=True, blank=True, related_name="plan_items", verbose_name=_("环节"))
    number = models.PositiveIntegerField(_("序号"))
    when_text = models.CharField(_("时间"), max_length=60, blank=True, help_text=_("照计划写，如“6 月上旬”“贯穿始终”"))
    due_on = models.DateField(_("完成时限"), null=True, blank=True, help_text=_("到期提醒用，没有定的空着"))
    place = models.CharField(_("地点"), max_length=80, blank=True)
    task = models.CharField(_("任务"), max_length=300, help_text=_("一项写一件事"))
    owner = models.ForeignKey(Cadre, models.SET_NULL, null=True, blank=True, related_name="plan_items", verbose_name=_("负责人"))
    owner_text = models.CharField(_("负责人（职务）"), max_length=60, blank=True)
    work_group = models.ForeignKey("WorkGroup", models.SET_NULL, null=True, blank=True, related_name="plan_items", verbose_name=_("责任组"))
    done_on = models.DateField(_("完成日期"), null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = PlanItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("计划安排")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="campaigns_plan_item_number"),
            models.CheckConstraint(name="campaigns_plan_item_done", condition=Q(done_on__isnull=True, done_by__isnull=True) | Q(done_on__isnull=False, done_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.task

    @property
    def owner_label(self) -> str:
        return str(self.owner) if self.owner else self.owner_text

    def is_overdue(self, today: dt.date) -> bool:
        return self.done_on is None and self.due_on is not None and self.due_on < today


class UnitTaskQuerySet(DeadlineQuerySet):
    done_field = "done_at"

    def visible_to(self, user) -> "UnitTaskQuerySet":
        """Tasks of units where one may report or plan."""
        seen = (Permission.REPORT_UNIT_TASKS, Permission.PLAN_CAMPAIGN, Permission.SEE_FIGURES)
        return self.filter(reduce(or_, (reach(user, one, unit="unit__path", campaign="item__campaign") for one in seen)))

    def by_unit(self, today: dt.date) -> models.QuerySet:
        """For each unit, in 机构序列: how many tasks it has, has done, and is late with."""
        late = deadline_views("done_at", today)["overdue"]
        return (
            self.order_by().values("unit_id", "unit__path", "unit__name", "unit__short_name")
            .annotate(assigned=Count("pk"), done=Count("pk", filter=Q(done_at__isnull=False)), late=Count("pk", filter=late))
            .order_by("unit__path")
        )


class UnitTask(models.Model):
    """A plan item as one unit has to do it."""

    item = models.ForeignKey(PlanItem, models.CASCADE, related_name="unit_tasks", verbose_name=_("任务"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="tasks", verbose_name=_("单位"))
    due_on = models.DateField(_("完成时限"), null=True, blank=True)
    note = models.TextField(_("完成情况"), blank=True)
    evidence = models.ManyToManyField(StoredFile, blank=True, related_name="unit_tasks", verbose_name=_("佐证材料"))
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = UnitTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("单位任务")
        ordering = ["item__number", "unit__path"]
        constraints = [
            models.UniqueConstraint(fields=["item", "unit"], name="campaigns_unit_task_once"),
            models.CheckConstraint(name="campaigns_unit_task_done", condition=Q(done_at__isnull=True, done_by__isnull=True) | Q(done_at__isnull=False, done_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.unit}：{self.item}"


class NextStep(models.Model):
    """下一步打算."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="next_steps")
    order = models.PositiveSmallIntegerField(_("顺序"))
    text = models.TextField(_("内容"))
    items = models.ManyToManyField(PlanItem, blank=True, related_name="next_steps", verbose_name=_("对应的计划安排"))

    class Meta:
        verbose_name = _("下一步打算")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["campaign", "order"], name="campaigns_next_step_order")]

    def __str__(self) -> str:
        return self.text[:40]
