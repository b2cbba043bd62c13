"""全局搜索: one query per kind of thing, each only over what the visitor may see.

What is looked through: names, titles, codes and staff numbers. Never what is written in a self-check, a talk or a
finding, and never counts of clues. A title is found by any part of it or by the pinyin initials of such a part, a person
also by pinyin; see organizations.pinyin.InitialsField for the columns and the index behind that.

People and units cost what their lists cost. The parts of titles are found by reading the titles one sees once
(`LIKE '%…%'`); Latin letters for people are looked up in an index, whatever the size of the roster.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Replace, TruncDate
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.templatetags.page import day
from campaigns.models import Campaign, Document, Meeting, Slip
from learning.models import EducationActivity, StudySession
from ledger.forms import CODE
from ledger.models import Problem
from organizations.models import Cadre, Unit, access_of
from organizations.pinyin import letters_of, typed_letters
from organizations.roles import Permission as P

from .models import Briefing

MOST = 60  # characters of what is typed
SHOWN = 8  # hits of each kind side by side
PER_PAGE = 30
SHORT = 2  # so few letters are only looked for at the beginning of a title's initials: anywhere they are in every title
MOST_DIGITS = 10  # of a problem's number
SLIP_CODE = re.compile(r"[〔\[](\d{4})[〕\]]\s*(\d{1,9})\s*号?")


@dataclass(frozen=True)
class Words:
    """What was typed, and the same as pinyin letters where it can be those."""

    text: str

    @property
    def letters(self) -> str:
        return typed_letters(self.text)

    def in_title(self, field: str = "title", initials: str = "title_initials") -> Q:
        """A part of the title, or of its initials."""
        found = Q(**{f"{field}__icontains": self.text})
        if self.letters:
            found |= Q(**{f"{initials}__{'startswith' if len(self.letters) <= SHORT else 'contains'}": self.letters})
        return found

    def mark(self, text: str, person: bool = False) -> SafeString:
        """The text, escaped, with what matches in <mark>: the words as typed, else the signs whose initials they are."""
        parts = re.split(f"({re.escape(self.text)})", text, flags=re.IGNORECASE)
        if len(parts) == 1 and self.letters:
            parts = self._by_initials(text, person)
        return format_html_join("", "{}", ((format_html("<mark>{}</mark>", part) if n % 2 else part,) for n, part in enumerate(parts)))

    def _by_initials(self, text: str, person: bool) -> list[str]:
        """Before, what matches, after; the text alone when its initials don't match."""
        signs = letters_of(text, person)
        kept = [n for n, sign in enumerate(signs) if sign]
        start = "".join(signs).find(self.letters)
        if start < 0:
            return [text]
        first, end = kept[start], kept[start + len(self.letters) - 1] + 1
        return [text[:first], text[first:end], text[end:]]


@dataclass(frozen=True)
class Hit:
    """One line: where it leads, its title with what matches marked, and what stands below it in grey."""

    url: str
    title: SafeString
    sub: list[str]


@dataclass(frozen=True)
class Visit:
    """One search: who asks, in which campaign they are, for what."""

    user: object
    campaign: Campaign | None
    words: Words

    def elsewhere(self, pk: int, name: str) -> str:
        """The campaign's name if it is not the one the visitor is in."""
        return "" if self.campaign and self.campaign.pk == pk else name


# --- people and units ---------------------------------------------------------


def _cadres(visit: Visit) -> QuerySet:
    return Cadre.objects.visible_to(visit.user).found_by(visit.words.text).select_related("unit").in_order()


def _cadre(visit: Visit, cadre: Cadre) -> Hit:
    left = _("已离任") if cadre.left_on else ""
    return Hit(reverse("organizations:cadre_detail", args=[cadre.pk]), visit.words.mark(cadre.name, person=True), _sub(cadre.unit.name, visit.words.mark(cadre.staff_no), left))


def _units(visit: Visit) -> QuerySet:
    text = visit.words.text
    found = visit.words.in_title("name", "name_initials") | Q(short_name__icontains=text) | Q(code__istartswith=text)
    return Unit.objects.in_scope(visit.user, P.SEE_ORGANIZATIONS).filter(found).order_by("path")


def _unit(visit: Visit, unit: Unit) -> Hit:
    closed = _("已撤销") if unit.closed_on else ""
    words = visit.words
    return Hit(reverse("organizations:unit_detail", args=[unit.pk]), words.mark(unit.name), _sub(unit.get_kind_display(), words.mark(unit.short_name), words.mark(unit.code), closed))


# --- problems -------------------------------------------------------------------


def _problems(visit: Visit) -> QuerySet:
    text, found = visit.words.text, visit.words.in_title()
    code = CODE.fullmatch(text)
    if code:
        found |= Q(year=int(code[1]), number=int(code[2]))
    elif text.isdecimal() and len(text) < MOST_DIGITS:
        found |= Q(number=int(text))
    return Problem.objects.visible_to(visit.user).filter(found).select_related("responsible_unit", "campaign").order_by("-year", "-number")


def _problem(visit: Visit, problem: Problem) -> Hit:
    url = reverse("ledger:problem_detail", args=[problem.pk])
    elsewhere = visit.elsewhere(problem.campaign_id, problem.campaign.name)
    return Hit(url, visit.words.mark(problem.title), _sub(visit.words.mark(problem.code), problem.responsible_unit.name, problem.get_status_display(), elsewhere))


# --- what has a title and a day: several tables in one query ---------------------


COLUMNS = ("kind", "pk", "title", "code", "place", "day", "state", "campaign", "campaign__name")
EMPTY = Value("", CharField())


def _lines(rows: QuerySet, kind: str, **columns) -> QuerySet:
    """Rows of one table, as all of them stand in the union: COLUMNS."""
    named = {"kind": Value(kind, CharField()), "code": EMPTY, "place": EMPTY, "state": EMPTY, "day": F("held_on")} | columns
    stated = {f"_{name}": value for name, value in named.items()}
    names = [f"_{name}" if name in named else name for name in COLUMNS]
    return rows.annotate(**stated).order_by().values_list(*names)


def _latest_first(first: QuerySet, *others: QuerySet) -> QuerySet:
    return first.union(*others, all=True).order_by(F("_day").desc(nulls_last=True), "-pk")


def _here(visit: Visit, rows: QuerySet) -> QuerySet:
    """Of the current campaign only: these rows have no page of their own, but a place in that campaign's list."""
    return rows.filter(campaign=visit.campaign)


def _papers(visit: Visit) -> QuerySet:
    words, user = visit.words, visit.user
    reference = Concat(Value("〔"), Cast("year", CharField()), Value("〕"), Cast("number", CharField()), Value(" 号"), output_field=CharField())
    slip_code = SLIP_CODE.fullmatch(words.text)
    by_code = Q(year=int(slip_code[1]), number=int(slip_code[2])) if slip_code else Q()
    meetings = Meeting.objects.visible_to(user).filter(words.in_title())
    documents = _here(visit, Document.objects.visible_to(user)).filter(words.in_title() | Q(number__icontains=words.text))
    slips = Slip.objects.visible_to(user).filter(words.in_title() | by_code if slip_code else words.in_title())
    return _latest_first(
        _lines(meetings, "meeting", place=F("organ")),
        _lines(documents, "document", code=F("number"), place=F("issuer"), day=F("issued_on"), state=F("kind")),
        _lines(slips, "slip", code=reference, day=TruncDate("issued_at"), state=F("kind")),
    )


def _lessons(visit: Visit) -> QuerySet:
    sessions = StudySession.objects.visible_to(visit.user).filter(visit.words.in_title())
    activities = _here(visit, EducationActivity.objects.visible_to(visit.user)).filter(visit.words.in_title())
    return _latest_first(
        _lines(sessions, "session", place=F("unit__name")),
        _lines(activities, "activity", place=F("places"), state=F("category")),
    )


# Of each table in a union: the word for a row, and where the row is shown.
TABLES: dict[str, tuple[Callable[[str], str], Callable[[int, str], str]]] = {
    "meeting": (lambda state: Meeting._meta.verbose_name, lambda pk, title: reverse("campaigns:meeting_detail", args=[pk])),
    "document": (lambda state: Document.Kind(state).label, lambda pk, title: f"{reverse('campaigns:document_list')}?{urlencode({'q': title})}"),
    "slip": (lambda state: Slip.Kind(state).label, lambda pk, title: reverse("campaigns:slip_detail", args=[pk])),
    "session": (lambda state: StudySession._meta.verbose_name, lambda pk, title: reverse("learning:session_detail", args=[pk])),
    "activity": (lambda state: EducationActivity.Category(state).label, lambda pk, title: reverse("learning:activity_list")),
}


def _line(visit: Visit, line: tuple) -> Hit:
    kind, pk, title, code, place, when, state, campaign, campaign_name = line
    word, address = TABLES[kind]
    return Hit(address(pk, title), visit.words.mark(title), _sub(word(state), visit.words.mark(code), place, day(when) if when else "", visit.elsewhere(campaign, campaign_name)))


# --- briefings ------------------------------------------------------------------


def _briefings(visit: Visit) -> QuerySet:
    """The title may be broken into lines for print; it is looked through as one."""
    rows = Briefing.objects.visible_to(visit.user).alias(flat=Replace(Replace("title", Value("\r"), EMPTY), Value("\n"), EMPTY))
    return rows.filter(visit.words.in_title("flat") | Q(number__icontains=visit.words.text)).select_related("campaign")


def _briefing(visit: Visit, briefing: Briefing) -> Hit:
    as_of = _("数据截至 %(day)s") % {"day": day(briefing.as_of)}
    elsewhere = visit.elsewhere(briefing.campaign_id, briefing.campaign.name)
    sub = _sub(briefing.get_kind_display(), visit.words.mark(briefing.number), as_of, briefing.get_status_display(), elsewhere)
    return Hit(reverse("reports:briefing_detail", args=[briefing.pk]), visit.words.mark(str(briefing).replace("\r", "")), sub)


def _sub(*parts: str) -> list[str]:
    return [part for part in parts if part]


# --- the kinds ------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """One heading of the results: who may see it, its rows, a row as a hit, how to look for it in words.

    `room` is the list that takes the same words as `q`, where there is one; whether it takes initials too is `room_letters`.
    """

    label: str
    permission: P
    rows: Callable[[Visit], QuerySet]
    hit: Callable[[Visit, object], Hit]
    how: str
    room: str = ""
    room_letters: bool = False

    def room_url(self, words: Words) -> str:
        """That list, narrowed to what was typed; none where it would find something else."""
        if not self.room or (words.letters and not self.room_letters):
            return ""
        return f"{reverse(self.room)}?{urlencode({'q': words.text})}"


KINDS: dict[str, Kind] = {
    "cadres": Kind(gettext_lazy("干部"), P.SEE_ORGANIZATIONS, _cadres, _cadre, gettext_lazy("姓名中的一两个字、工号、姓名全拼，或姓名的拼音首字母"), "organizations:cadre_list", room_letters=True),
    "units": Kind(gettext_lazy("单位"), P.SEE_ORGANIZATIONS, _units, _unit, gettext_lazy("名称、简称中的几个字，名称的拼音首字母，或单位编码")),
    "problems": Kind(gettext_lazy("问题"), P.SEE_CAMPAIGN, _problems, _problem, gettext_lazy("标题中的几个字或其拼音首字母，或编号（写作 2026-074）"), "ledger:problem_list"),
    "papers": Kind(gettext_lazy("会议和文件"), P.SEE_CAMPAIGN, _papers, _line, gettext_lazy("会议、文件、提示单标题中的几个字或其拼音首字母，或文号")),
    "lessons": Kind(gettext_lazy("学习教育"), P.SEE_CAMPAIGN, _lessons, _line, gettext_lazy("集中学习、教育活动主题中的几个字或其拼音首字母")),
    "briefings": Kind(gettext_lazy("工作汇报"), P.SEE_FIGURES, _briefings, _briefing, gettext_lazy("标题中的几个字或其拼音首字母，或发文字号")),
}


def kinds_of(user) -> dict[str, Kind]:
    """The kinds whose lists the visitor may open."""
    access = access_of(user)
    return {key: kind for key, kind in KINDS.items() if access.may(kind.permission)}


@dataclass(frozen=True)
class Group:
    """Hits of a kind side by side; where there are more of them than shown, `all_url` has all."""

    kind: Kind
    hits: list[Hit]
    room_url: str
    all_url: str = ""

    @property
    def counted(self) -> str:
        """How many there are; not counted to the end when there are more than shown."""
        if self.all_url:
            return _("显示前 %(n)s 条，还有更多") % {"n": len(self.hits)}
        return _("共 %(n)s 条") % {"n": len(self.hits)}


def group_of(visit: Visit, key: str, rows: Iterable, more: bool = False) -> Group:
    """Rows of one kind as hits."""
    kind, text = KINDS[key], visit.words.text
    all_url = f"{reverse('reports:search')}?{urlencode({'q': text, 'kind': key})}" if more else ""
    return Group(kind, [kind.hit(visit, row) for row in rows], kind.room_url(visit.words), all_url)


def groups(visit: Visit) -> list[Group]:
    """Every kind the visitor may see that has hits; one query each."""
    found = []
    for key, kind in kinds_of(visit.user).items():
        rows = list(kind.rows(visit)[: SHOWN + 1])
        if rows:
            found.append(group_of(visit, key, rows[:SHOWN], more=len(rows) > SHOWN))
    return found


def pages(visit: Visit, key: str) -> Paginator:
    """All rows of one kind, page by page."""
    return Paginator(KINDS[key].rows(visit), PER_PAGE)
