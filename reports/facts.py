"""Sentences computed from rows, in the words of the seed report. A fact may name figures as {{key}}; blanks stay blanks."""

import datetime as dt
from collections.abc import Callable

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from campaigns.models import AgendaItem, Document, GroupMember, Meeting
from learning.models import EducationActivity, StudyMaterial, StudySession
from ledger.models import Problem
from organizations.models import DutyAssignment, Unit

from .document import chinese_number
from .figures import Scope, figure

BLANK_DATE = "×月×日"
BLANK = "××"
Fact = Callable[[Scope, dt.date], str]
FACTS: dict[str, Fact] = {}


def fact(function: Fact) -> Fact:
    """Register a fact under its function's name."""
    FACTS[function.__name__] = function
    return function


def month_day(value: dt.date | None) -> str:
    """“9月18日” as reports print it; a visible blank when unknown."""
    return f"{value.month}月{value.day}日" if value else BLANK_DATE


def listed(parts: list[str]) -> str:
    """“甲、乙和丙”; a single one as it is."""
    return parts[0] if len(parts) == 1 else "、".join(parts[:-1]) + "和" + parts[-1] if parts else ""


def titled(title: str) -> str:
    """《书名号》 unless it already has them or is no document's name."""
    return title if title.startswith("《") or "》" in title else f"《{title}》"


@fact
def organ(scope: Scope, as_of: dt.date) -> str:
    return scope.campaign.unit.name


@fact
def workforce(scope: Scope, as_of: dt.date) -> str:
    return scope.campaign.workforce


@fact
def so_far(scope: Scope, as_of: dt.date) -> str:
    """“截至目前” or “截止目前”, as the campaign's setting says."""
    return f"{scope.campaign.as_of_word}目前"


@fact
def as_of_day(scope: Scope, as_of: dt.date) -> str:
    return f"{scope.campaign.as_of_word}{as_of.year}年{as_of.month}月{as_of.day}日"


# --- deployment -------------------------------------------------------------------------------------------------------


@fact
def meeting_chain(scope: Scope, as_of: dt.date) -> str:
    """Who met after whom, what was relayed and approved, what was asked for."""
    agenda = Prefetch("agenda", AgendaItem.objects.prefetch_related("documents"))
    meetings = list(Meeting.objects.filter(campaign=scope.campaign).select_related("follows").prefetch_related(agenda, "instructions"))
    return "".join(_meeting_sentence(m, k == len(meetings) - 1) for k, m in enumerate(_in_chain(meetings)))


def _in_chain(meetings: list[Meeting]) -> list[Meeting]:
    """Each meeting after the one it passes on; otherwise in the order of entry."""
    followers: dict[int | None, list[Meeting]] = {}
    for meeting in meetings:
        followers.setdefault(meeting.follows_id, []).append(meeting)
    ordered: list[Meeting] = []
    waiting = followers.get(None, [])
    while waiting:
        meeting = waiting[0]
        ordered.append(meeting)
        waiting = followers.get(meeting.pk, []) + waiting[1:]
    return ordered


def _meeting_sentence(meeting: Meeting, last: bool) -> str:
    if meeting.kind == Meeting.Kind.SUPERIOR:
        return f"{month_day(meeting.held_on)}，{meeting.title}之后，"
    if meeting.kind == Meeting.Kind.MOBILIZATION:
        opening = f"{month_day(meeting.held_on)}，" if meeting.held_on else ""
        opening += f"组织召开{meeting.title}，"
    elif meeting.same_day_as_followed:
        opening = f"同日，提报{meeting.organ}会议"
    else:
        at_once = "第一时间" if meeting.days_after_followed() in (0, 1, 2, 3) else ""
        opening = f"{month_day(meeting.held_on)}，{meeting.organ}{at_once}召开会议，"
    clauses = [_agenda_clause(item) for item in meeting.agenda.all()]
    clauses += [f"{i.speaker_post}特别要求，{i.text}" for i in meeting.instructions.all()]
    return opening + "，".join(clauses) + ("" if last else "。")


def _agenda_clause(item: AgendaItem) -> str:
    papers = listed([d.short_title or titled(d.title) for d in item.documents.all()])
    return f"{item.get_kind_display()}{item.text}{papers}"


@fact
def phase_names(scope: Scope, as_of: dt.date) -> str:
    return "、".join(phase.label for phase in scope.campaign.phases.all())


@fact
def phase_now(scope: Scope, as_of: dt.date) -> str:
    """Which phases are under way; a blank when their dates are not known."""
    return "、".join(phase.label for phase in scope.campaign.phases.on(as_of)) or BLANK


@fact
def leading_group(scope: Scope, as_of: dt.date) -> str:
    """Who leads, by name or post, where the office sits, and the distinct subgroups."""
    group = getattr(scope.campaign, "leading_group", None)
    if group is None:
        return _("领导小组尚未成立。")
    members = group.members.filter(work_group__isnull=True).select_related("cadre")
    by_role = {role: [m for m in members if m.role == role] for role in GroupMember.Role.values}
    sentences = [f"成立{group.name}，负责{group.mandate or BLANK}。"]
    people = [f"由{'、'.join(_member(m) for m in by_role['head']) or BLANK}任组长"]
    if by_role["deputy"]:
        people.append(f"由{'、'.join(_member(m) for m in by_role['deputy'])}任副组长")
    if by_role["member"]:
        people.append(f"{'、'.join(_member(m) for m in by_role['member'])}任成员")
    sentences.append(f"领导小组{'，'.join(people)}。")
    names = "、".join(group.work_groups.values_list("name", flat=True))
    sentences.append(f"领导小组办公室设在{group.office_unit or BLANK}" + (f"，下设{names}{{{{work_groups}}}}个组。" if names else "。"))
    return "".join(sentences)


def _member(member: GroupMember) -> str:
    """Post and name; head and deputies without a name show the blank, members may be named by post alone."""
    if member.cadre:
        return f"{member.post_text}{member.cadre}"
    return member.post_text if member.role == GroupMember.Role.MEMBER else f"{member.post_text}{BLANK}"


@fact
def group_papers(scope: Scope, as_of: dt.date) -> str:
    """《规则》《机制》 of the leading group."""
    papers = Document.objects.filter(campaign=scope.campaign, kind__in=[Document.Kind.RULES, Document.Kind.MECHANISM])
    return "".join(d.short_title or titled(d.title) for d in papers)


@fact
def plan_title(scope: Scope, as_of: dt.date) -> str:
    plan = Document.objects.filter(campaign=scope.campaign, kind=Document.Kind.PLAN).first()
    return titled(plan.title) if plan else BLANK


# --- learning ---------------------------------------------------------------------------------------------------------


@fact
def sample_materials(scope: Scope, as_of: dt.date) -> str:
    """The materials a report names as examples."""
    return "、".join(m.title for m in scope.campaign.materials.filter(is_sample=True)) or BLANK


@fact
def discipline_materials(scope: Scope, as_of: dt.date) -> str:
    """党纪党规、法律法规 studied together: those that stood on a session's programme."""
    kinds = [StudyMaterial.Category.RULES, StudyMaterial.Category.LAW]
    held = StudySession.objects.held(as_of).filter(campaign=scope.campaign)
    studied = scope.campaign.materials.filter(category__in=kinds, sessions__in=held).distinct()
    return "、".join(titled(m.title) for m in studied) or BLANK


@fact
def activities_told(scope: Scope, as_of: dt.date) -> str:
    """Each activity in a clause of its kind; a visit without a date prints the blank, a film or bulletin none."""
    rows = list(EducationActivity.objects.held(as_of).filter(campaign=scope.campaign))
    visits = [r for r in rows if r.kind in (r.Kind.BASE_VISIT, r.Kind.MEMORIAL_VISIT)]
    others = [r for r in rows if r not in visits]
    told = "".join(_visit_sentence(r) for r in visits)
    return told + ("，".join(_activity_clause(r) for r in others) + "。" if others else "")


def _visit_sentence(row: EducationActivity) -> str:
    where = f"到{row.places}，开展{row.title}" if row.kind == row.Kind.BASE_VISIT else f"参观{row.places}，接受{row.title}"
    return f"{month_day(row.held_on)}，组织{row.participants}{where}。"


def _activity_clause(row: EducationActivity) -> str:
    day = f"{month_day(row.held_on)}，" if row.held_on else ""
    if row.kind == row.Kind.FILM:
        return f"{day}组织{row.participants}集中观看{row.title}"
    if row.kind == row.Kind.CASE_BULLETIN:
        return f"{day}通报{row.title}"
    return f"{day}组织{row.participants}开展{row.title}"


# --- self-check and rectification -------------------------------------------------------------------------------------


@fact
def aspect_names(scope: Scope, as_of: dt.date) -> str:
    return "、".join(figure("aspects").rows(scope, as_of).values_list("label", flat=True)) or BLANK


@fact
def selfcheck_progress(scope: Scope, as_of: dt.date) -> str:
    """How many reports were due, came in, passed, went back and are missing."""
    if not figure("selfcheck_due").value(scope, as_of):
        return _("自查自纠尚未发起。")
    return (
        f"{so_far(scope, as_of)}，应交自查自纠报告{{{{selfcheck_due}}}}份，已交{{{{selfcheck_submitted}}}}份，其中审核通过{{{{selfcheck_accepted}}}}份；"
        "未交{{selfcheck_missing}}份，其中退回补正{{selfcheck_returned}}份、逾期{{selfcheck_overdue}}份。"
    )


@fact
def rectification_progress(scope: Scope, as_of: dt.date) -> str:
    """Problems by track and state; the rate only when there is something to rate."""
    if not figure("problems").value(scope, as_of):
        return _("尚未确认应整改的问题。")
    late = figure("problems_overdue").value(scope, as_of)
    return (
        "列入问题清单并确认整改{{problems}}件，其中立行立改{{problems_immediate}}件、限期整改{{problems_dated}}件、长期坚持{{problems_long_term}}件；"
        "已销号{{problems_closed}}件，销号率{{closing_rate}}%，" + ("整改逾期{{problems_overdue}}件。" if late else "没有逾期。")
    )


@fact
def as_found(scope: Scope, as_of: dt.date) -> str:
    """边查边改: how many were put right as they were found."""
    count = Problem.objects.filter(campaign=scope.campaign, rectified_as_found=True).count()
    return f"边查边改{count}件" if count else "边查边改，立行立改"


# --- organization -----------------------------------------------------------------------------------------------------


@fact
def institutions(scope: Scope, as_of: dt.date) -> str:
    """Which offices and sections the organ has, their posts, and who carries 干部监督."""
    root = scope.campaign.unit
    offices = list(Unit.objects.under(root).open_on(as_of).filter(kind=Unit.Kind.OFFICE))
    sections = list(Unit.objects.under(root).open_on(as_of).filter(kind=Unit.Kind.SECTION))
    told = f"{root}设{'、'.join(map(str, offices)) or BLANK}" + (f"，下设{'、'.join(map(str, sections))}" if sections else "")
    duty = DutyAssignment.objects.filter(unit__in=[*offices, *sections], duty="干部监督").select_related("unit").first()
    if duty:
        told += f"，干部监督职能由{duty.unit}承担" + ("" if duty.is_dedicated else "，没有专门机构")
        if duty.unit.authorised_posts is not None:
            told += f"，该单位编制{duty.unit.authorised_posts}人"
    return told + "。"


# --- parts that are whole paragraphs ----------------------------------------------------------------------------------


def organ_issue_lines(scope: Scope) -> list[str]:
    """Each group of 机构制度问题 as a heading and a paragraph of its description and causes."""
    lines = []
    for issue in scope.campaign.organ_issues.prefetch_related("causes"):
        lines += [f"## {issue.title.rstrip('。')}。", issue.description + "".join(c.text for c in issue.causes.all())]
    return lines


def suggestion_lines(scope: Scope) -> list[str]:
    """几点建议：一是……二是……"""
    rows = list(scope.campaign.suggestions.all())
    if not rows:
        return []
    return ["几点建议：" + "".join(f"{chinese_number(n)}是{row.text}" for n, row in enumerate(rows, 1))]


def next_step_lines(scope: Scope) -> list[str]:
    return [step.text for step in scope.campaign.next_steps.all()]


PARTS: dict[str, Callable[[Scope], list[str]]] = {
    "机构制度问题": organ_issue_lines,
    "几点建议": suggestion_lines,
    "下一步打算": next_step_lines,
}
