"""Sentences told from rows, in the words of the seed report. A fact may name figures as {{key}}; blanks stay blanks."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.chain import in_chain
from campaigns.models import AgendaItem, Document, GroupMember, Meeting
from learning.models import EducationActivity, StudyMaterial
from organizations.models import Unit

from .document import chinese_number
from .material import Material

BLANK_DATE = "×月×日"
BLANK = "××"


@dataclass(frozen=True)
class Fact:
    """A sentence, and what it is told from: the lists it reads and the figures it names."""

    tell: Callable[[Material], str]
    lists: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


FACTS: dict[str, Fact] = {}


def fact(*lists: str, figures: tuple[str, ...] = ()) -> Callable:
    """Register a fact under its function's name."""

    def register(tell: Callable[[Material], str]) -> Callable[[Material], str]:
        FACTS[tell.__name__] = Fact(tell, lists, figures)
        return tell

    return register


def month_day(value: dt.date | None) -> str:
    """“9月18日” as reports print it; a visible blank when unknown."""
    return f"{value.month}月{value.day}日" if value else BLANK_DATE


def listed(parts: list[str]) -> str:
    """“甲、乙和丙”; a single one as it is."""
    return parts[0] if len(parts) == 1 else "、".join(parts[:-1]) + "和" + parts[-1] if parts else ""


def titled(title: str) -> str:
    """《书名号》 unless it already has them or is no document's name."""
    return title if title.startswith("《") or "》" in title else f"《{title}》"


@fact()
def organ(m: Material) -> str:
    return m.scope.campaign.unit.name


@fact()
def workforce(m: Material) -> str:
    return m.scope.campaign.workforce


@fact()
def so_far(m: Material) -> str:
    """“截至目前” or “截止目前”, as the campaign's setting says."""
    return f"{m.scope.campaign.as_of_word}目前"


@fact()
def as_of_day(m: Material) -> str:
    return f"{m.scope.campaign.as_of_word}{m.as_of.year}年{m.as_of.month}月{m.as_of.day}日"


# --- deployment -------------------------------------------------------------------------------------------------------


@fact("meetings", "agenda", "agenda_papers", "instructions")
def meeting_chain(m: Material) -> str:
    """Who met after whom, what was relayed and approved, what was asked for."""
    papers, clauses = _grouped(m.rows("agenda_papers"), "agendaitem_id"), defaultdict(list)
    for item in m.rows("agenda"):
        clauses[item.meeting_id].append(_agenda_clause(item, papers[item.pk]))
    for said in m.rows("instructions"):
        clauses[said.meeting_id].append(f"{said.speaker_post}特别要求，{said.text}")
    meetings = _meetings_in_chain(m)
    return "".join(_meeting_sentence(meeting, clauses[meeting.pk], meeting is meetings[-1]) for meeting in meetings)


def _grouped(rows: list, name: str) -> dict[int, list]:
    groups = defaultdict(list)
    for row in rows:
        groups[getattr(row, name)].append(row)
    return groups


def _meetings_in_chain(m: Material) -> list[Meeting]:
    """Each meeting after the one it passes on, and knowing it."""
    by_pk = {meeting.pk: meeting for meeting in m.rows("meetings")}
    for meeting in by_pk.values():
        meeting.follows = by_pk.get(meeting.follows_id)
    return [by_pk[pk] for pk, _depth in in_chain((row.pk, row.follows_id, row.held_on) for row in by_pk.values())]


def _meeting_sentence(meeting: Meeting, clauses: list[str], last: bool) -> str:
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
    return opening + "，".join(clauses) + ("" if last else "。")


def _agenda_clause(item: AgendaItem, papers: list) -> str:
    return f"{item.get_kind_display()}{item.text}{listed([_paper(p) for p in papers])}"


def _paper(document) -> str:
    return document.short_title or titled(document.title)


@fact("phases")
def phase_names(m: Material) -> str:
    return "、".join(phase.label for phase in m.rows("phases"))


@fact("phases_now")
def phase_now(m: Material) -> str:
    """Which phases are under way; a blank when their dates are not known."""
    return "、".join(phase.label for phase in m.rows("phases_now")) or BLANK


@fact("leading_group", "members", "work_groups", figures=("work_groups",))
def leading_group(m: Material) -> str:
    """Who leads, by name or post, where the office sits, and the distinct subgroups."""
    if not m.rows("leading_group"):
        return _("领导小组尚未成立。")
    (group,) = m.rows("leading_group")
    by_role = _grouped(m.rows("members"), "role")
    sentences = [f"成立{group.name}，负责{group.mandate or BLANK}。"]
    people = [f"由{'、'.join(_member(one) for one in by_role['head']) or BLANK}任组长"]
    if by_role["deputy"]:
        people.append(f"由{'、'.join(_member(one) for one in by_role['deputy'])}任副组长")
    if by_role["member"]:
        people.append(f"{'、'.join(_member(one) for one in by_role['member'])}任成员")
    sentences.append(f"领导小组{'，'.join(people)}。")
    names = "、".join(subgroup.name for subgroup in m.rows("work_groups"))
    office = group.office_short or group.office or BLANK
    sentences.append(f"领导小组办公室设在{office}" + (f"，下设{names}{{{{work_groups}}}}个组。" if names else "。"))
    return "".join(sentences)


def _member(member: GroupMember) -> str:
    """Post and name; head and deputies without a name show the blank, members may be named by post alone."""
    if member.person:
        return f"{member.post_text}{member.person}"
    return member.post_text if member.role == GroupMember.Role.MEMBER else f"{member.post_text}{BLANK}"


@fact("documents")
def group_papers(m: Material) -> str:
    """《规则》《机制》 of the leading group."""
    kinds = (Document.Kind.RULES, Document.Kind.MECHANISM)
    return "".join(_paper(document) for document in m.rows("documents") if document.kind in kinds)


@fact("documents")
def plan_title(m: Material) -> str:
    plans = [document for document in m.rows("documents") if document.kind == Document.Kind.PLAN]
    return titled(plans[0].title) if plans else BLANK


# --- learning ---------------------------------------------------------------------------------------------------------


@fact("materials")
def sample_materials(m: Material) -> str:
    """The materials a report names as examples."""
    return "、".join(material.title for material in m.rows("materials") if material.is_sample) or BLANK


@fact("materials")
def discipline_materials(m: Material) -> str:
    """党纪党规、法律法规 studied together: those that stood on a session's programme."""
    kinds = (StudyMaterial.Category.RULES, StudyMaterial.Category.LAW)
    return "、".join(titled(material.title) for material in m.rows("materials") if material.category in kinds and material.was_studied) or BLANK


@fact("activities")
def activities_told(m: Material) -> str:
    """Each activity in a clause of its kind; a visit without a date prints the blank, a film or bulletin none."""
    kinds = (EducationActivity.Kind.BASE_VISIT, EducationActivity.Kind.MEMORIAL_VISIT)
    visits = [row for row in m.rows("activities") if row.kind in kinds]
    others = [row for row in m.rows("activities") if row.kind not in kinds]
    told = "".join(_visit_sentence(row) for row in visits)
    return told + ("，".join(_activity_clause(row) for row in others) + "。" if others else "")


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


@fact("aspects")
def aspect_names(m: Material) -> str:
    return "、".join(aspect.label for aspect in m.rows("aspects")) or BLANK


@fact(figures=("selfcheck_due", "selfcheck_submitted", "selfcheck_accepted", "selfcheck_missing", "selfcheck_returned", "selfcheck_overdue"))
def selfcheck_progress(m: Material) -> str:
    """How many reports were due, came in, passed, went back and are missing."""
    if not m.figure("selfcheck_due"):
        return _("自查自纠尚未发起。")
    return (
        f"{so_far(m)}，应交自查自纠报告{{{{selfcheck_due}}}}份，已交{{{{selfcheck_submitted}}}}份，其中审核通过{{{{selfcheck_accepted}}}}份；"
        "未交{{selfcheck_missing}}份，其中退回补正{{selfcheck_returned}}份、逾期{{selfcheck_overdue}}份。"
    )


@fact(figures=("problems", "problems_immediate", "problems_dated", "problems_long_term", "problems_closed", "closing_rate", "problems_overdue"))
def rectification_progress(m: Material) -> str:
    """Problems by track and state; the rate only when there is something to rate."""
    if not m.figure("problems"):
        return _("尚未确认应整改的问题。")
    return (
        "列入问题清单并确认整改{{problems}}件，其中立行立改{{problems_immediate}}件、限期整改{{problems_dated}}件、长期坚持{{problems_long_term}}件；"
        "已销号{{problems_closed}}件，销号率{{closing_rate}}%，" + ("整改逾期{{problems_overdue}}件。" if m.figure("problems_overdue") else "没有逾期。")
    )


@fact("rectified_as_found")
def as_found(m: Material) -> str:
    """边查边改: how many were put right as they were found."""
    count = len(m.rows("rectified_as_found"))
    return f"边查边改{count}件" if count else "边查边改，立行立改"


# --- organization -----------------------------------------------------------------------------------------------------


@fact("parts_of_organ", "duties")
def institutions(m: Material) -> str:
    """Which offices and sections the organ has, their posts, and who carries 干部监督."""
    units = {unit.pk: unit for unit in m.rows("parts_of_organ")}
    offices, sections = ("、".join(str(unit) for unit in units.values() if unit.kind == kind) for kind in (Unit.Kind.OFFICE, Unit.Kind.SECTION))
    told = f"{m.scope.campaign.unit}设{offices or BLANK}" + (f"，下设{sections}" if sections else "")
    for duty in m.rows("duties")[:1]:
        told += _duty_clause(units[duty.unit_id], duty.is_dedicated)
    return told + "。"


def _duty_clause(unit: Unit, is_dedicated: bool) -> str:
    posts = "" if unit.authorised_posts is None else f"，该单位编制{unit.authorised_posts}人"
    return f"，干部监督职能由{unit}承担" + ("" if is_dedicated else "，没有专门机构") + posts


# --- parts that are whole paragraphs ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """Whole lines of a text, and the lists they are told from."""

    tell: Callable[[Material], list[str]]
    lists: tuple[str, ...]


def organ_issue_lines(m: Material) -> list[str]:
    """Each group of 机构制度问题 as a heading and a paragraph of its description and causes."""
    causes, lines = _grouped(m.rows("causes"), "issue_id"), []
    for issue in m.rows("organ_issues"):
        lines += [f"## {issue.title.rstrip('。')}。", issue.description + "".join(cause.text for cause in causes[issue.pk])]
    return lines


def suggestion_lines(m: Material) -> list[str]:
    """几点建议：一是……二是……"""
    rows = m.rows("suggestions")
    return ["几点建议：" + "".join(f"{chinese_number(n)}是{row.text}" for n, row in enumerate(rows, 1))] if rows else []


def next_step_lines(m: Material) -> list[str]:
    return [step.text for step in m.rows("next_steps")]


PARTS: dict[str, Part] = {
    "机构制度问题": Part(organ_issue_lines, ("organ_issues", "causes")),
    "几点建议": Part(suggestion_lines, ("suggestions",)),
    "下一步打算": Part(next_step_lines, ("next_steps",)),
}
