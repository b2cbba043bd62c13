"""What waits for a person, from every room, the most pressing first."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from accounts.templatetags.page import day, days_text
from campaigns.current import campaign_of
from campaigns.models import Campaign, SlipDelivery, UnitTask
from learning.models import Attendance
from ledger.counts import problems as problems_kept
from ledger.models import ExtensionRequest, Problem
from organizations.access import Access
from organizations.breadth import Breadth, by_unit_below
from organizations.kept import Counter
from organizations.models import access_of, scope_paths, within
from organizations.roles import Permission as P
from selfcheck.counts import reports as reports_kept
from selfcheck.models import SelfCheck

from .counting import Counting, counting
from .models import Briefing

FAR = dt.date.max
MOST = 200  # of a kind: as many of what waits are counted; every page counts them, and the list each leads to tells all


@dataclass(frozen=True)
class Duty:
    """One thing to do: its deadline, what and why, where it is done."""

    title: str
    why: str
    url: str
    button: str
    due_on: dt.date | None = None

    def words(self, today: dt.date) -> tuple[str, str]:
        return days_text(self.due_on, today) if self.due_on else ("", "")

    def is_late(self, today: dt.date) -> bool:
        return self.due_on is not None and self.due_on < today


# What may wait for a person, kind by kind, and the door of the navigation it waits behind.
DOOR_OF = {
    "own_reports": "selfcheck", "review": "selfcheck",
    "own_problems": "ledger", "verify": "ledger", "confirm": "ledger", "close": "ledger", "extensions": "ledger",
    "own_slips": "campaigns", "unit_tasks": "campaigns",
    "own_study": "learning",
    "briefings": "reports",
}


def waiting_rows(user, access: Access, campaign: Campaign, today: dt.date) -> dict[str, QuerySet]:
    """The rows that wait for this person in the campaign, by kind; only kinds they can have."""
    found: dict[str, QuerySet] = {}
    if access.is_cadre:
        missed = [Attendance.Status.LEAVE, Attendance.Status.ABSENT]
        found["own_reports"] = SelfCheck.objects.missing().filter(cadre__user=user, round__campaign=campaign)
        found["own_problems"] = Problem.objects.filter(responsible_person__user=user, status=Problem.Status.OPEN, campaign=campaign)
        found["own_slips"] = SlipDelivery.objects.waiting().filter(cadre__user=user, slip__campaign=campaign)
        found["own_study"] = Attendance.objects.filter(cadre__user=user, status__in=missed, session__campaign=campaign)
    if access.may(P.REVIEW_SELFCHECK):
        found["review"] = SelfCheck.objects.for_review_by(user).filter(round__campaign=campaign)
    found["verify"] = Problem.objects.filter(campaign=campaign, status=Problem.Status.SUBMITTED, verifier=user)
    if manage := scope_paths(user, P.MANAGE_LEDGER, campaign.pk):
        mine = Problem.objects.filter(within(manage, "responsible_unit__path"), campaign=campaign)
        found["confirm"] = mine.filter(status=Problem.Status.REPORTED)
        found["extensions"] = ExtensionRequest.objects.filter(Exists(mine.filter(pk=OuterRef("problem"))), granted__isnull=True)  # few requests, many problems
    if any(access.may(permission) for permission in (P.CLOSE_UNIT_PROBLEMS, P.MANAGE_LEDGER, P.CLOSE_SEVERE_PROBLEMS)):
        found["close"] = Problem.objects.to_close_by(user).filter(campaign=campaign)
    if report := scope_paths(user, P.REPORT_UNIT_TASKS, campaign.pk):
        tasks = UnitTask.objects.filter(within(report, "unit__path"), done_at__isnull=True, item__campaign=campaign)
        found["unit_tasks"] = tasks.overdue(today) if plans(access, campaign) else tasks
    if access.may_at(P.ISSUE_BRIEFINGS, campaign.unit.path, campaign.pk):
        found["briefings"] = Briefing.objects.filter(campaign=campaign, status=Briefing.Status.SUBMITTED)
    return found


def plans(access: Access, campaign: Campaign) -> bool:
    """Who planned the tasks chases what is overdue instead of reporting on them."""
    return access.may_at(P.PLAN_CAMPAIGN, campaign.unit.path, campaign.pk)


@lru_cache(500)
def waiting_counting(user, access: Access, campaign: Campaign | None, today: dt.date, _home: str | None, _place: str | None) -> Counting:
    """The statement that counts them, written once for whom it is asked: writing it takes longer than the answer.

    Nothing is looked up for it but what the arguments hold; where somebody and the campaign stand is named, since a model's object is told by its key alone.
    """
    return counting((waiting_rows(user, access, campaign, today) if campaign else {}) | {"unread": user.notices.unread()}, most=MOST)


class Waiting:
    """What waits for a person and how many notices are unread, counted with one statement, each kind as far as MOST.

    Rows are fetched of those kinds only that have any.
    """

    def __init__(self, user, access: Access, campaign: Campaign | None, today: dt.date):
        self.user, self.access, self.campaign, self.today = user, access, campaign, today
        cadre = getattr(user, "cadre", None)  # at hand with their access
        self.counts = waiting_counting(user, access, campaign, today, cadre and cadre.unit.path, campaign and campaign.unit.path).ask()
        self.unread = self.counts.pop("unread")

    @cached_property
    def rows(self) -> dict[str, QuerySet]:
        return waiting_rows(self.user, self.access, self.campaign, self.today) if self.campaign else {}

    def behind(self, door: str) -> int:
        """How many rows wait behind one door of the navigation."""
        return sum(n for kind, n in self.counts.items() if DOOR_OF[kind] == door)

    def duties(self) -> list[Duty]:
        """Everything that waits: what is late first, then by deadline, then what has none."""
        found = [duty for kind, n in self.counts.items() if n for duty in KINDS[kind](self, self.rows[kind], n)]
        return sorted(found, key=lambda d: (not d.is_late(self.today), d.due_on or FAR))


def _own_reports(_waiting: Waiting, rows: QuerySet, _n: int) -> list[Duty]:
    """自查报告 still to hand in."""
    return [_report_duty(row) for row in rows.select_related("round", "cadre", "returned_by", "key")]


def _report_duty(row: SelfCheck) -> Duty:
    url = reverse("selfcheck:selfcheck_edit", args=[row.pk])
    if row.status == SelfCheck.Status.RETURNED:
        return Duty(_("补正%(r)s") % {"r": row.round}, _("%(who)s退回：%(why)s") % {"who": row.returned_by, "why": row.return_comment}, url, _("去补正"), row.due_on)
    begun = row.status == SelfCheck.Status.DRAFT
    return Duty(_("提交%(r)s") % {"r": row.round}, _("已写了一部分，接着写完提交。") if begun else _("六个方面逐项对照；没有问题的答“否”，一般几分钟可以填完。"), url, _("接着填") if begun else _("去填写"), row.due_on)


def _own_problems(_waiting: Waiting, rows: QuerySet, _n: int) -> list[Duty]:
    """整改 one answers for oneself."""
    return [
        Duty(_("整改：%(t)s") % {"t": row.title}, _("问题 %(c)s，%(k)s。整改完成后提请验收。") % {"c": row.code, "k": row.get_track_display()},
             reverse("ledger:problem_detail", args=[row.pk]), _("填报进展"), None if row.track == Problem.Track.LONG_TERM else row.due_on)
        for row in rows
    ]


def _own_slips(_waiting: Waiting, rows: QuerySet, _n: int) -> list[Duty]:
    """提示单 to sign for."""
    return [
        Duty(_("签收%(k)s%(r)s") % {"k": row.slip.get_kind_display(), "r": row.slip.reference}, row.slip.title, reverse("campaigns:slip_detail", args=[row.slip_id]), _("阅读并签收"))
        for row in rows.select_related("slip")
    ]


def _own_study(_waiting: Waiting, rows: QuerySet, _n: int) -> list[Duty]:
    """集中学习 to make up for."""
    return [
        Duty(_("补学：%(t)s") % {"t": row.session}, _("您%(s)s，学后登记补学日期。") % {"s": row.get_status_display()}, reverse("learning:session_detail", args=[row.session_id]), _("看材料"))
        for row in rows.select_related("session")
    ]


def _unit_tasks(waiting: Waiting, rows: QuerySet, n: int) -> list[Duty]:
    """Tasks one's units have to report on; for who planned them, one line that counts what is overdue."""
    if plans(waiting.access, waiting.campaign):
        first = rows.order_by("due_on").values_list("due_on", flat=True)[0]
        return [Duty(_("催报单位任务 %(n)s 项") % {"n": count_words(n)}, _("单位没有按时报完成的任务。"), reverse("campaigns:campaign_detail"), _("去看看"), first)]
    return [
        Duty(f"{row.unit}：{row.item}", _("完成后用一两句话报情况。"), reverse("campaigns:task_finish", args=[row.pk]), _("报完成"), row.due_on)
        for row in rows.select_related("item", "unit")
    ]


def count_words(n: int) -> str:
    """“12”, “超过 1,000”."""
    return str(n) if n <= MOST else _("超过 %(n)s") % {"n": f"{MOST:,}"}


def _counted(title: str, why: str, name: str, button: str, query: str = "") -> Callable[[Waiting, QuerySet, int], list[Duty]]:
    """One line for all rows of a kind, which leads to their list."""
    return lambda _waiting, _rows, n: [Duty(_(title) % {"n": count_words(n)}, _(why), reverse(name) + query, _(button))]


def _extensions(_waiting: Waiting, rows: QuerySet, _n: int) -> list[Duty]:
    """延期 asked for and not decided."""
    return [
        Duty(_("批复延期：%(t)s") % {"t": row.problem}, _("拟延至 %(d)s。%(r)s") % {"d": day(row.until), "r": row.reason}, reverse("ledger:problem_detail", args=[row.problem_id]), _("去批复"), row.problem.due_on)
        for row in rows.select_related("problem")
    ]


def _briefings(_waiting: Waiting, rows: QuerySet, _n: int) -> list[Duty]:
    """Briefings that wait for a signature."""
    return [Duty(_("审签：%(t)s") % {"t": row}, _("数据截至 %(d)s。") % {"d": day(row.as_of)}, reverse("reports:briefing_detail", args=[row.pk]), _("去审签")) for row in rows]


KINDS: dict[str, Callable[[Waiting, QuerySet, int], list[Duty]]] = {
    "own_reports": _own_reports,
    "own_problems": _own_problems,
    "own_slips": _own_slips,
    "own_study": _own_study,
    "unit_tasks": _unit_tasks,
    "review": _counted(N_("审核自查报告 %(n)s 份"), N_("通过，或写明意见退回补正。"), "selfcheck:review_list", N_("去审核")),
    "verify": _counted(N_("验收整改 %(n)s 件"), N_("核对整改材料，通过或退回。"), "ledger:problem_list", N_("去验收"), "?view=awaiting"),
    "confirm": _counted(N_("确认新报问题 %(n)s 件"), N_("定整改方式、时限、责任人和验收人。"), "ledger:problem_list", N_("去确认"), "?view=reported"),
    "close": _counted(N_("销号 %(n)s 件"), N_("已验收，待定整改结果。"), "ledger:problem_list", N_("去销号"), "?view=not_closed"),
    "extensions": _extensions,
    "briefings": _briefings,
}


def waiting_of(request) -> Waiting:
    """What waits for the visitor in their current campaign, counted once per request."""
    if not hasattr(request, "_waiting"):
        request._waiting = Waiting(request.user, access_of(request.user), campaign_of(request), timezone.localdate())
    return request._waiting


@dataclass
class ChaseRow:
    """One unit with something missing: how many, since when (not told of a unit with everything below it), and of which rounds, if of any."""

    unit: dict
    count: int
    due_on: dt.date | None
    rounds: frozenset[int] = frozenset()  # the first and the last


def chase_reports(scope: Breadth, campaign: Campaign, today: dt.date) -> list[ChaseRow]:
    """自查报告逾期未交 by unit, in 机构序列."""
    if scope.is_wide:
        return _by_unit_below(reports_kept, scope, campaign, today)
    rows = SelfCheck.objects.overdue(today).filter(cadre__unit__in=scope.units, round__campaign=campaign)
    return _by_unit(rows, "cadre__unit", first=Min("round"), last=Max("round"))


def chase_problems(scope: Breadth, campaign: Campaign, today: dt.date) -> list[ChaseRow]:
    """整改逾期 by unit, in 机构序列."""
    if scope.is_wide:
        return _by_unit_below(problems_kept, scope, campaign, today)
    return _by_unit(Problem.objects.overdue(today).filter(responsible_unit__in=scope.units, campaign=campaign), "responsible_unit")


def _by_unit(rows, unit: str, **rounds) -> list[ChaseRow]:
    names = {name: f"{unit}__{name}" for name in ("path", "name", "short_name")} | {"id": f"{unit}_id"}
    grouped = rows.order_by().values(*names.values()).annotate(n=Count("pk"), since=Min("due_on"), **rounds).order_by(names["path"])
    return [
        ChaseRow({"pk": g[names["id"]], "label": g[names["short_name"]] or g[names["name"]]}, g["n"], g["since"], frozenset(g[name] for name in rounds)) for g in grouped
    ]


def _by_unit_below(counter: Counter, scope: Breadth, campaign: Campaign, today: dt.date) -> list[ChaseRow]:
    """The overdue of each unit right below the scope's tops, from what is kept."""
    found = by_unit_below(counter, scope.paths, today, campaign=campaign.pk)
    return [ChaseRow({"pk": unit.pk, "label": str(unit)}, row["overdue"], None) for unit, row in found if row["overdue"]]
