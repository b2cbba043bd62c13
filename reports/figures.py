"""The one registry of numbers. Every figure a page or report shows is defined, counted and opened here.

A figure's value is the number of its rows, so that each number opens to exactly what was counted; a rate is a quotient of
two figures and opens to its denominator's rows.
"""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import partial, wraps

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, TextChoices, When
from django.db.models.functions import Left, Length
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Meeting, PlanItem, Slip, SlipDelivery, WorkGroup
from learning.models import Attendance, EducationActivity, StudyMaterial, StudySession
from ledger.models import Problem, RuleMakingItem, StatusChange
from organizations.models import Cadre, Unit, within
from selfcheck.models import Aspect, Question, SelfCheck, is_handed_in
from supervision.models import Finding, OrganIssue, Regulation, Suggestion, SupervisionRecord


@dataclass(frozen=True)
class Scope:
    """Whose figures: a campaign, and the unit with everything below it (the campaign's own by default)."""

    campaign: Campaign
    unit: Unit | None = None
    built: dict = field(default_factory=dict, compare=False, repr=False)  # see `built_once`

    @property
    def path(self) -> str:
        return (self.unit or self.campaign.unit).path


def end_of(as_of: dt.date) -> dt.datetime:
    """24:00 of the as-of day in Shanghai; what happened before it counts."""
    return timezone.make_aware(dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time()))


Rows = Callable[[Scope, dt.date], QuerySet]


def built_once(rows: Rows) -> Rows:
    """Rows that many figures start from: the query is put together once for a scope and day, and copied from then on."""

    @wraps(rows)
    def copied(scope: Scope, as_of: dt.date) -> QuerySet:
        key = (rows, as_of)
        if key not in scope.built:
            scope.built[key] = rows(scope, as_of)
        return scope.built[key].all()

    return copied


class Subject(TextChoices):
    """What a figure is about: lists of figures are grouped by it, in this order."""

    PEOPLE = "people", _("人员")
    DEPLOYMENT = "deployment", _("部署")
    LEARNING = "learning", _("学习")
    SELFCHECK = "selfcheck", _("自查")
    RECTIFICATION = "rectification", _("整改")
    SUPERVISION = "supervision", _("监督")


@dataclass(frozen=True)
class Figure:
    """One number: what it is about, key, Chinese label, unit of count, definition, and the rows it counts.

    `columns` says how a row is shown when the number is opened: (heading, attribute path or what tells it from the row).
    """

    subject: Subject
    key: str
    label: Promise | str
    unit: str
    definition: Promise | str
    rows: Rows
    columns: tuple[tuple[Promise | str, str | Callable], ...] = ((_("名称"), "__str__"),)
    sums_over_units: bool = True  # parts by unit add up to the whole

    @property
    def counted(self) -> tuple[str, ...]:
        """The figures whose rows are counted for this one."""
        return (self.key,)

    def of(self, counts: dict[str, int]) -> int:
        """The value, when everything `counted` is."""
        return counts[self.key]

    def value(self, scope: Scope, as_of: dt.date) -> int:
        return self.rows(scope, as_of).count()

    def shown(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True)
class Rate(Figure):
    """A percentage with one decimal: `part` of `whole`; blank when the whole is empty. Opens to the whole's rows."""

    part: str = ""
    whole: str = ""
    sums_over_units: bool = field(default=False)

    @property
    def counted(self) -> tuple[str, ...]:
        return (self.part, self.whole)

    def of(self, counts: dict[str, int]) -> Decimal | None:
        return percent(counts[self.part], counts[self.whole])

    def value(self, scope: Scope, as_of: dt.date) -> Decimal | None:
        return self.of({key: figure(key).value(scope, as_of) for key in self.counted})

    def shown(self, value: Decimal | None) -> str:
        return "" if value is None else f"{value}"


def percent(part: int, whole: int, places: str = "0.1") -> Decimal | None:
    """Part of whole in percent, half up; None when there is no whole. 688 of 697 to two places is 98.71."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal(places), ROUND_HALF_UP)


REGISTRY: dict[str, Figure] = {}


def _add(subject: Subject, key: str, label, unit: str, definition, rows: Rows, columns=None, **more) -> None:
    if key in REGISTRY:
        raise ValueError(f"figure {key} is defined twice")
    columns = {"columns": columns} if columns else {}
    REGISTRY[key] = Figure(subject, key, label, unit, definition, rows, **columns, **more)


def figure(key: str) -> Figure:
    """The figure of that key; KeyError when there is none."""
    return REGISTRY[key]


def by_subject() -> list[tuple[Subject, list[Figure]]]:
    """All figures, those of a subject together."""
    return [(subject, [f for f in REGISTRY.values() if f.subject == subject]) for subject in Subject]


# --- people and units -------------------------------------------------------------------------------------------------

_people = partial(_add, Subject.PEOPLE)

PERSON = ((_("姓名"), "name"), (_("单位"), "unit"), (_("人员类别"), "category"))


@built_once
def _cadres(scope: Scope, as_of: dt.date) -> QuerySet:
    left_later = Q(left_on__isnull=True) | Q(left_on__gt=as_of)
    return Cadre.objects.filter(left_later, within([scope.path], "unit__path"), on_establishment=True, on_duty=True).select_related("unit")


def _street(rows: QuerySet, path: str, streets: bool) -> QuerySet:
    """Those in a street's unit or below one; or all the others."""
    above = Unit.objects.filter(within([path], "path"), kind=Unit.Kind.STREET, path=Left(OuterRef("unit__path"), Length("path")))
    return rows.filter(Exists(above)) if streets else rows.exclude(Exists(above))


_people("cadres_total", _("在编在岗干部"), _("人"), _("名册中在编、在岗、截至日未离任的干部，一人只计一次"), _cadres, PERSON)
_people("cadres_organ", _("机关干部"), _("人"), _("在编在岗干部中，不在街道纪工委的"), lambda s, d: _street(_cadres(s, d), s.path, False), PERSON)
_people("cadres_street", _("街道干部"), _("人"), _("在编在岗干部中，在街道纪工委及其下级的"), lambda s, d: _street(_cadres(s, d), s.path, True), PERSON)
_people("streets", _("街道纪工委"), _("个"), _("类别为“街道纪工委”、截至日未撤销的单位"),
    lambda s, d: Unit.objects.open_on(d).filter(within([s.path], "path"), kind=Unit.Kind.STREET), ((_("单位"), "name"),))

# --- deployment -------------------------------------------------------------------------------------------------------

_deployment = partial(_add, Subject.DEPLOYMENT)


def _of_campaign(model, *, dated: str = "", **fixed) -> Rows:
    """Rows of the campaign; with `dated` those whose date isn't after the as-of day, or isn't known."""

    def rows(scope: Scope, as_of: dt.date) -> QuerySet:
        found = model.objects.filter(campaign=scope.campaign, **fixed)
        return found.filter(Q(**{f"{dated}__lte": as_of}) | Q(**{f"{dated}__isnull": True})) if dated else found

    return rows


WHOLE = {"sums_over_units": False}
PLAN = ((_("任务"), "task"), (_("时限"), "due_on"), (_("负责人"), "owner_label"), (_("完成日期"), "done_on"))
_deployment("meetings", _("部署会议"), _("次"), _("本次教育整顿登记的会议，日期不清的也计入"), _of_campaign(Meeting, dated="held_on"),
    ((_("会议"), "title"), (_("召开单位"), "organ"), (_("日期"), "held_on")), **WHOLE)
_deployment("work_groups", _("下设组"), _("个"), _("领导小组下设的组，同名只计一个"),
    lambda s, d: WorkGroup.objects.filter(leading_group__campaign=s.campaign), ((_("名称"), "name"), (_("任务"), "duties")), **WHOLE)
_deployment("phases", _("环节"), _("个"), _("方案规定的环节"), lambda s, d: s.campaign.phases.all(), ((_("名称"), "label"), (_("开始"), "starts_on"), (_("结束"), "ends_on")), **WHOLE)
_deployment("plan_items", _("计划安排"), _("项"), _("计划安排表中的全部任务"), _of_campaign(PlanItem), PLAN, **WHOLE)
_deployment("plan_done", _("计划已完成"), _("项"), _("计划安排中完成日期不晚于截至日的"), lambda s, d: PlanItem.objects.filter(campaign=s.campaign, done_on__lte=d), PLAN, **WHOLE)
_deployment("plan_overdue", _("计划逾期"), _("项"), _("时限早于截至日、到截至日仍未完成的"),
    lambda s, d: PlanItem.objects.filter(Q(done_on__isnull=True) | Q(done_on__gt=d), campaign=s.campaign, due_on__lt=d), PLAN, **WHOLE)
_deployment("slips", _("工作提示单"), _("份"), _("截至日前发出的工作提示单，不含督办单"),
    lambda s, d: Slip.objects.filter(campaign=s.campaign, kind=Slip.Kind.PROMPT, issued_at__lt=end_of(d)), ((_("编号"), "reference"), (_("标题"), "title")), **WHOLE)


@built_once
def _deliveries(scope: Scope, as_of: dt.date) -> QuerySet:
    return SlipDelivery.objects.filter(
        within([scope.path], "cadre__unit__path"), slip__campaign=scope.campaign, slip__kind=Slip.Kind.PROMPT, slip__issued_at__lt=end_of(as_of)
    ).select_related("slip", "cadre__unit").order_by("cadre__unit__path", "cadre__name_pinyin", "pk")


DELIVERY = ((_("提示单"), "slip"), (_("干部"), "cadre"), (_("单位"), "cadre.unit"), (_("签收时间"), "acknowledged_at"))
_deployment("slip_deliveries", _("提示单送达"), _("人次"), _("发出的工作提示单送达干部的人次"), _deliveries, DELIVERY)
_deployment("slip_signed", _("提示单签收"), _("人次"), _("送达后截至日前已签收的人次"), lambda s, d: _deliveries(s, d).filter(acknowledged_at__lt=end_of(d)), DELIVERY)
_deployment("slip_receivers", _("收到提示单的干部"), _("人"), _("收到过工作提示单的干部，一人只计一次"),
    lambda s, d: Cadre.objects.filter(pk__in=_deliveries(s, d).values("cadre")).select_related("unit"), PERSON)

# --- learning ---------------------------------------------------------------------------------------------------------

_learning = partial(_add, Subject.LEARNING)

SESSION = ((_("主题"), "title"), (_("时间"), "held_on"), (_("组织单位"), "unit"))
ATTENDANCE = ((_("集中学习"), "session"), (_("干部"), "cadre"), (_("单位"), "cadre.unit"), (_("到会情况"), "get_status_display"))


@built_once
def _expected(scope: Scope, as_of: dt.date) -> QuerySet:
    held = StudySession.objects.held(as_of).filter(campaign=scope.campaign)
    return Attendance.objects.filter(within([scope.path], "cadre__unit__path"), session__in=held).select_related("session", "cadre__unit")


def _attendance(*statuses: str) -> Rows:
    return lambda s, d: _expected(s, d).filter(status__in=statuses)


A = Attendance.Status
_learning("materials", _("学习材料和书目"), _("件"), _("下发的学习材料和阅读书目"), _of_campaign(StudyMaterial), ((_("名称"), "title"), (_("类别"), "get_kind_display")), **WHOLE)
_learning("sessions", _("集中学习"), _("次"), _("截至日已举行的集中学习，一次会有几项内容的计一次"),
    lambda s, d: StudySession.objects.held(d).filter(campaign=s.campaign).select_related("unit"), SESSION, **WHOLE)
_learning("attendance_expected", _("集中学习应到"), _("人次"), _("已举行的集中学习按名册应到的人次"), _expected, ATTENDANCE)
_learning("attendance_present", _("集中学习实到"), _("人次"), _("应到中实际到会的人次，不含事后补学"), _attendance(A.PRESENT), ATTENDANCE)
_learning("attendance_made_up", _("已补学"), _("人次"), _("应到未到、事后已补学的人次"), _attendance(A.MADE_UP), ATTENDANCE)
_learning("attendance_missing", _("未到未补"), _("人次"), _("应到未到、尚未补学的人次（请假和缺席）"), _attendance(A.LEAVE, A.ABSENT), ATTENDANCE)
_learning("activities", _("教育活动"), _("场"), _("截至日已开展的警示教育、革命传统教育等活动，日期不清的也计入"),
    lambda s, d: EducationActivity.objects.held(d).filter(campaign=s.campaign),
    ((_("主题"), "title"), (_("形式"), "get_kind_display"), (_("类型"), "get_category_display"), (_("时间"), "held_on")), **WHOLE)

# --- self-check -------------------------------------------------------------------------------------------------------

_selfcheck = partial(_add, Subject.SELFCHECK)


@built_once
def _selfchecks(scope: Scope, as_of: dt.date) -> QuerySet:
    return SelfCheck.objects.filter(
        within([scope.path], "cadre__unit__path"), round__campaign=scope.campaign, round__opened_at__lt=end_of(as_of)
    ).select_related("cadre__unit", "round")


@built_once
def _submitted(scope: Scope, as_of: dt.date) -> QuerySet:
    return _selfchecks(scope, as_of).filter(is_handed_in(), submitted_at__lt=end_of(as_of))


@built_once
def _missing(scope: Scope, as_of: dt.date) -> QuerySet:
    return _selfchecks(scope, as_of).exclude(is_handed_in(), submitted_at__lt=end_of(as_of))


def _of_latest_checklist(model) -> Rows:
    return lambda s, d: model.objects.filter(version=Subquery(s.campaign.checklists.published().values("pk")[:1]))


REPORT = ((_("干部"), "cadre"), (_("单位"), "cadre.unit"), (_("轮次"), "round.title"), (_("现状态"), "get_status_display"), (_("时限"), "due_on"))
_selfcheck("selfcheck_due", _("应交自查报告"), _("份"), _("截至日前发起的各轮自查自纠中，每名干部每轮一份"), _selfchecks, REPORT)
_selfcheck("selfcheck_submitted", _("已交自查报告"), _("份"), _("应交中已提交（待审核或已通过）、提交时间不晚于截至日的；退回补正的不算已交"), _submitted, REPORT)
_selfcheck("selfcheck_accepted", _("审核通过"), _("份"), _("已交中通过审核、通过时间不晚于截至日的"), lambda s, d: _submitted(s, d).filter(accepted_at__lt=end_of(d)), REPORT)
_selfcheck("selfcheck_returned", _("退回补正"), _("份"), _("现为退回补正、尚未重新提交的"), lambda s, d: _missing(s, d).filter(status=SelfCheck.Status.RETURNED, returned_at__lt=end_of(d)), REPORT)
_selfcheck("selfcheck_missing", _("未交"), _("份"), _("应交中没有交来的，含退回补正未重交的"), _missing, REPORT)
_selfcheck("selfcheck_overdue", _("逾期未交"), _("份"), _("未交中时限早于截至日的"), lambda s, d: _missing(s, d).filter(due_on__lt=d), REPORT)
_selfcheck("aspects", _("检查方面"), _("个"), _("最近发布的检查清单所列的方面"),
    _of_latest_checklist(Aspect), ((_("方面"), "label"),), **WHOLE)
_selfcheck("questions", _("“是否”"), _("个"), _("最近发布的检查清单所列的“是否”"),
    _of_latest_checklist(Question), ((_("内容"), "text"),), **WHOLE)

# --- rectification ----------------------------------------------------------------------------------------------------

_rectification = partial(_add, Subject.RECTIFICATION)

S = Problem.Status


def _state_then(problem: Problem) -> str:
    return S(problem.state_then).label


PROBLEM = ((_("编号"), "code"), (_("问题"), "title"), (_("责任单位"), "responsible_unit"), (_("时限"), "due_on"), (_("状态"), _state_then))
COUNTED = (S.OPEN, S.SUBMITTED, S.VERIFIED, S.CLOSED, S.DEFERRED)


@built_once
def _problems(scope: Scope, as_of: dt.date) -> QuerySet:
    """Problems with the state they had at the end of the as-of day: their present one, or what their history tells of those that moved since."""
    end = end_of(as_of)
    last = StatusChange.objects.filter(problem=OuterRef("pk"), at__lt=end).order_by("-at", "-pk")
    return (
        Problem.objects.filter(within([scope.path], "responsible_unit__path"), campaign=scope.campaign, reported_at__lt=end)
        .alias(told=Subquery(last.values("after")[:1]))
        .annotate(state_then=Case(When(moved_at__lt=end, then=F("status")), default=F("told")))
        .select_related("responsible_unit")
    )


def _problems_in(scope: Scope, as_of: dt.date, states: Collection[str]) -> QuerySet:
    """Those with one of these states then. Said of both kinds: by `state_then` alone a database would ask each one's history and know nothing of how many there are."""
    stayed = Q(moved_at__lt=end_of(as_of))
    moved = Q(moved_at__gte=end_of(as_of)) | Q(moved_at__isnull=True)
    return _problems(scope, as_of).filter(stayed & Q(status__in=states) | moved & Q(told__in=states))


def _in_state(*states: str, **more) -> Rows:
    return lambda s, d: _problems_in(s, d, states).filter(**more)


def _overdue(scope: Scope, as_of: dt.date) -> QuerySet:
    return _problems_in(scope, as_of, [S.OPEN]).filter(due_on__lt=as_of).exclude(track=Problem.Track.LONG_TERM)


T = Problem.Track
_rectification("problems_reported", _("待确认问题"), _("件"), _("已提出、尚未确认立项的"), _in_state(S.REPORTED), PROBLEM)
_rectification("problems", _("应整改问题"), _("件"), _("已确认立项的问题，不含不成立和已并入的，一件只计一次"), _in_state(*COUNTED), PROBLEM)
_rectification("problems_closed", _("已销号问题"), _("件"), _("应整改问题中，截至日状态为“已销号”的"), _in_state(S.CLOSED), PROBLEM)
_rectification("problems_at_work", _("未销号问题"), _("件"), _("应整改问题中，截至日尚未销号的"), _in_state(S.OPEN, S.SUBMITTED, S.VERIFIED, S.DEFERRED), PROBLEM)
_rectification("problems_waiting", _("待验收问题"), _("件"), _("应整改问题中，截至日已提请验收、尚未验收的"), _in_state(S.SUBMITTED), PROBLEM)
_rectification("problems_overdue", _("整改逾期"), _("件"), _("截至日仍在整改、时限（以现行时限为准）早于截至日的；长期坚持的不计"), _overdue, PROBLEM)
_rectification("problems_immediate", _("立行立改"), _("件"), _("应整改问题中，整改方式为立行立改的"), _in_state(*COUNTED, track=T.IMMEDIATE), PROBLEM)
_rectification("problems_dated", _("限期整改"), _("件"), _("应整改问题中，整改方式为限期整改的"), _in_state(*COUNTED, track=T.DATED), PROBLEM)
_rectification("problems_long_term", _("长期坚持"), _("件"), _("应整改问题中，整改方式为长期坚持的"), _in_state(*COUNTED, track=T.LONG_TERM), PROBLEM)
REGISTRY["closing_rate"] = Rate(Subject.RECTIFICATION, "closing_rate", _("销号率"), "%", _("已销号问题除以应整改问题，保留一位小数；没有应整改问题时空着"), _in_state(*COUNTED), PROBLEM, part="problems_closed", whole="problems")
RULE = ((_("制度"), "title"), (_("类型"), "get_kind_display"), (_("责任单位"), "unit"), (_("印发日期"), "issued_on"))


def _rules(kind: str) -> Rows:
    return lambda s, d: RuleMakingItem.objects.filter(
        within([s.path], "unit__path"), campaign=s.campaign, kind=kind, issued_on__lte=d
    ).select_related("unit")


_rectification("rules_new", _("新建制度"), _("项"), _("建章立制中类型为新建、截至日已印发的"), _rules(RuleMakingItem.Kind.NEW), RULE)
_rectification("rules_revised", _("修订制度"), _("项"), _("建章立制中类型为修订、截至日已印发的"), _rules(RuleMakingItem.Kind.REVISED), RULE)

# --- supervision ------------------------------------------------------------------------------------------------------

_supervision = partial(_add, Subject.SUPERVISION)


def _supervised(**fixed) -> Rows:
    def rows(scope: Scope, as_of: dt.date) -> QuerySet:
        known = Q(held_on__lte=as_of) | Q(held_on__isnull=True)
        return SupervisionRecord.objects.filter(known, within([scope.path], "cadre__unit__path"), campaign=scope.campaign, **fixed).select_related("cadre__unit")

    return rows


def _of_organ(model, **fixed) -> Rows:
    """Rows that are the organizing unit's own: whoever asks for a unit below it is told of none."""
    return lambda s, d: model.objects.filter(campaign=s.campaign, campaign__unit__path=s.path, **fixed)


RECORD = ((_("方式"), "get_kind_display"), (_("层面"), "get_level_display"), (_("对象"), "cadre"), (_("单位"), "cadre.unit"), (_("时间"), "held_on"))
_supervision("supervision_work", _("工作层面监督"), _("人次"), _("监督记录中层面为“工作”的"), _supervised(level="work"), RECORD)
_supervision("supervision_thought", _("思想层面监督"), _("人次"), _("监督记录中层面为“思想”的"), _supervised(level="thought"), RECORD)
_supervision("talks", _("谈心谈话"), _("人次"), _("监督记录中方式为谈心谈话的"), _supervised(kind="talk"), RECORD)
_supervision("talk_people", _("谈话对象"), _("人"), _("谈心谈话的对象，一人只计一次"),
    lambda s, d: Cadre.objects.filter(pk__in=_supervised(kind="talk")(s, d).values("cadre")).select_related("unit"), PERSON)
_supervision("findings", _("督导反馈意见"), _("条"), _("督导检查反馈的意见"),
    lambda s, d: Finding.objects.filter(within([s.path], "visit__unit__path"), visit__campaign=s.campaign, raised_at__lt=end_of(d)), ((_("意见"), "text"), (_("时限"), "due_on")))
_supervision("regulations", _("现行监督制度"), _("项"), _("本单位现行有效的干部监督管理制度"), _of_organ(Regulation, is_in_force=True), ((_("制度"), "title"), (_("评估"), "evaluation")), **WHOLE)
_supervision("organ_issues", _("机构制度问题"), _("类"), _("检视出的机构、制度、意识方面的问题"), _of_organ(OrganIssue), ((_("问题"), "title"),), **WHOLE)
_supervision("suggestions", _("建议"), _("条"), _("向上级提出的建议"), _of_organ(Suggestion), ((_("事项"), "topic"), (_("建议"), "text")), **WHOLE)


# --- consistency ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """A relation that must hold between figures; shown beside them and before a report goes out."""

    text: Promise | str
    holds: Callable[[dict[str, int]], bool]
    keys: tuple[str, ...]


CHECKS = [
    Check(_("机关干部与街道干部之和等于在编在岗干部"), lambda v: v["cadres_organ"] + v["cadres_street"] == v["cadres_total"], ("cadres_organ", "cadres_street", "cadres_total")),
    Check(_("已交自查报告不多于应交"), lambda v: v["selfcheck_submitted"] <= v["selfcheck_due"], ("selfcheck_submitted", "selfcheck_due")),
    Check(_("已交与未交之和等于应交"), lambda v: v["selfcheck_submitted"] + v["selfcheck_missing"] == v["selfcheck_due"], ("selfcheck_submitted", "selfcheck_missing", "selfcheck_due")),
    Check(_("立行立改、限期整改、长期坚持之和等于应整改"), lambda v: v["problems_immediate"] + v["problems_dated"] + v["problems_long_term"] == v["problems"], ("problems_immediate", "problems_dated", "problems_long_term", "problems")),
    Check(_("已销号与未销号之和等于应整改"), lambda v: v["problems_closed"] + v["problems_at_work"] == v["problems"], ("problems_closed", "problems_at_work", "problems")),
    Check(_("实到、补学、未到之和等于应到"), lambda v: v["attendance_present"] + v["attendance_made_up"] + v["attendance_missing"] == v["attendance_expected"], ("attendance_present", "attendance_made_up", "attendance_missing", "attendance_expected")),
    Check(_("签收不多于送达"), lambda v: v["slip_signed"] <= v["slip_deliveries"], ("slip_signed", "slip_deliveries")),
]


CHECKED = [key for check in CHECKS for key in check.keys]


def failed_checks(found: dict[str, int]) -> list[Check]:
    """Relations that don't hold between counted figures (see CHECKED); an empty list is what one wants."""
    return [check for check in CHECKS if not check.holds(found)]
