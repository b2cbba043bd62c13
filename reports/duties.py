"""What waits for a person, from every room, the most pressing first."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.templatetags.page import day, days_text
from campaigns.models import Campaign, SlipDelivery, UnitTask
from learning.models import Attendance
from ledger.models import ExtensionRequest, Problem
from organizations.access import Access
from organizations.models import scope_paths, within
from organizations.roles import Permission as P
from selfcheck.models import SelfCheck

from .models import Briefing

FAR = dt.date.max


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


def own_reports(user, campaign: Campaign) -> list[Duty]:
    """自查报告 still to hand in."""
    rows = SelfCheck.objects.missing().filter(cadre__user=user, round__campaign=campaign).select_related("round", "cadre", "returned_by")
    return [_report_duty(row) for row in rows]


def _report_duty(row: SelfCheck) -> Duty:
    url = reverse("selfcheck:selfcheck_edit", args=[row.pk])
    if row.status == SelfCheck.Status.RETURNED:
        return Duty(_("补正%(r)s") % {"r": row.round}, _("%(who)s退回：%(why)s") % {"who": row.returned_by, "why": row.return_comment}, url, _("去补正"), row.due_on)
    begun = row.status == SelfCheck.Status.DRAFT
    return Duty(_("提交%(r)s") % {"r": row.round}, _("已写了一部分，接着写完提交。") if begun else _("六个方面逐项对照；没有问题的答“否”，一般几分钟可以填完。"), url, _("接着填") if begun else _("去填写"), row.due_on)


def own_problems(user, campaign: Campaign) -> list[Duty]:
    """整改 one answers for oneself."""
    rows = Problem.objects.filter(responsible_person__user=user, status=Problem.Status.OPEN, campaign=campaign)
    return [
        Duty(_("整改：%(t)s") % {"t": row.title}, _("问题 %(c)s，%(k)s。整改完成后提请验收。") % {"c": row.code, "k": row.get_track_display()},
             reverse("ledger:problem_detail", args=[row.pk]), _("填报进展"), None if row.track == Problem.Track.LONG_TERM else row.due_on)
        for row in rows
    ]


def own_slips(user, campaign: Campaign) -> list[Duty]:
    """提示单 to sign for."""
    rows = SlipDelivery.objects.waiting().filter(cadre__user=user, slip__campaign=campaign).select_related("slip")
    return [
        Duty(_("签收%(k)s%(r)s") % {"k": row.slip.get_kind_display(), "r": row.slip.reference}, row.slip.title, reverse("campaigns:slip_detail", args=[row.slip_id]), _("阅读并签收"))
        for row in rows
    ]


def own_study(user, campaign: Campaign) -> list[Duty]:
    """集中学习 to make up for."""
    missed = [Attendance.Status.LEAVE, Attendance.Status.ABSENT]
    rows = Attendance.objects.filter(cadre__user=user, status__in=missed, session__campaign=campaign).select_related("session")
    return [Duty(_("补学：%(t)s") % {"t": row.session}, _("您%(s)s，学后登记补学日期。") % {"s": row.get_status_display()}, reverse("learning:session_detail", args=[row.session_id]), _("看材料")) for row in rows]


def unit_tasks(user, access: Access, campaign: Campaign, today: dt.date) -> list[Duty]:
    """Tasks one's units have to report on; for who planned them, one line that counts what is overdue."""
    paths = scope_paths(user, P.REPORT_UNIT_TASKS)
    rows = UnitTask.objects.filter(within(paths, "unit__path"), done_at__isnull=True, item__campaign=campaign).select_related("item", "unit")
    if access.may_at(P.PLAN_CAMPAIGN, campaign.unit.path):
        late = rows.overdue(today)
        first = late.order_by("due_on").first()
        return [Duty(_("催报单位任务 %(n)s 项") % {"n": late.count()}, _("单位没有按时报完成的任务。"), reverse("campaigns:campaign_detail"), _("去看看"), first.due_on)] if first else []
    return [Duty(f"{row.unit}：{row.item}", _("完成后用一两句话报情况。"), reverse("campaigns:task_finish", args=[row.pk]), _("报完成"), row.due_on) for row in rows]


def _counted(title: str, why: str, url: str, button: str, count: int) -> list[Duty]:
    return [Duty(title % {"n": count}, why, url, button)] if count else []


def decisions(user, access: Access, campaign: Campaign) -> list[Duty]:
    """What waits for one's review, verification or decision, a line for each kind."""
    found: list[Duty] = []
    if access.may(P.REVIEW_SELFCHECK):
        count = SelfCheck.objects.for_review_by(user).filter(round__campaign=campaign).count()
        found += _counted(_("审核自查报告 %(n)s 份"), _("通过，或写明意见退回补正。"), reverse("selfcheck:review_list"), _("去审核"), count)
    problems = reverse("ledger:problem_list")
    manage, visible = scope_paths(user, P.MANAGE_LEDGER), Problem.objects.filter(campaign=campaign)
    counts = visible.aggregate(
        verify=Count("pk", filter=Q(status="submitted", verifier=user)),
        confirm=Count("pk", filter=Q(status="reported") & within(manage, "responsible_unit__path")),
        close=Count("pk", filter=Q(status="verified") & within(manage, "responsible_unit__path")),
    )
    found += _counted(_("验收整改 %(n)s 件"), _("核对整改材料，通过或退回。"), f"{problems}?view=awaiting", _("去验收"), counts["verify"])
    found += _counted(_("确认新报问题 %(n)s 件"), _("定整改方式、时限、责任人和验收人。"), f"{problems}?view=reported", _("去确认"), counts["confirm"])
    found += _counted(_("销号 %(n)s 件"), _("已验收，待定整改结果。"), f"{problems}?view=not_closed", _("去销号"), counts["close"])
    if manage:
        asked = ExtensionRequest.objects.filter(within(manage, "problem__responsible_unit__path"), granted__isnull=True, problem__campaign=campaign).select_related("problem")
        found += [Duty(_("批复延期：%(t)s") % {"t": e.problem}, _("拟延至 %(d)s。%(r)s") % {"d": day(e.until), "r": e.reason}, reverse("ledger:problem_detail", args=[e.problem_id]), _("去批复"), e.problem.due_on) for e in asked]
    if access.may_at(P.ISSUE_BRIEFINGS, campaign.unit.path):
        waiting = Briefing.objects.filter(campaign=campaign, status=Briefing.Status.SUBMITTED)
        found += [Duty(_("审签：%(t)s") % {"t": b}, _("数据截至 %(d)s。") % {"d": day(b.as_of)}, reverse("reports:briefing_detail", args=[b.pk]), _("去审签")) for b in waiting]
    return found


def duties_of(user, access: Access, campaign: Campaign | None, today: dt.date) -> list[Duty]:
    """Everything that waits for this person in the campaign: what is late first, then by deadline, then what has none."""
    if campaign is None:
        return []
    found = decisions(user, access, campaign) + unit_tasks(user, access, campaign, today)
    if access.is_cadre:
        found += own_reports(user, campaign) + own_problems(user, campaign) + own_slips(user, campaign) + own_study(user, campaign)
    return sorted(found, key=lambda d: (not d.is_late(today), d.due_on or FAR))


@dataclass
class ChaseRow:
    """One unit with something missing: how many, since when."""

    unit: object
    count: int
    due_on: dt.date


def chase_reports(user, campaign: Campaign, today: dt.date) -> list[ChaseRow]:
    """自查报告逾期未交 by unit, in 机构序列, for one's scope."""
    rows = SelfCheck.objects.progress_visible_to(user).overdue(today).filter(round__campaign=campaign)
    return _by_unit(rows, "cadre__unit")


def chase_problems(user, campaign: Campaign, today: dt.date) -> list[ChaseRow]:
    """整改逾期 by unit, in 机构序列, for one's scope."""
    paths = scope_paths(user, P.SEE_LEDGER)
    rows = Problem.objects.overdue(today).filter(within(paths, "responsible_unit__path"), campaign=campaign)
    return _by_unit(rows, "responsible_unit")


def _by_unit(rows, unit: str) -> list[ChaseRow]:
    grouped = rows.order_by().values(f"{unit}__path", f"{unit}__name", f"{unit}__short_name", f"{unit}_id").annotate(n=Count("pk"), since=Min("due_on")).order_by(f"{unit}__path")
    return [ChaseRow({"pk": g[f"{unit}_id"], "label": g[f"{unit}__short_name"] or g[f"{unit}__name"]}, g["n"], g["since"]) for g in grouped]
