"""自查自纠情况报告表: one report as a form to print and sign.

The fields follow domain.md C. What is not known is left blank for the pen; what was done on the platform is said beside
the line to sign on. The words are opened in memory and go from here to the reader alone: no job, no file, no cache.
"""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.templatetags.page import ordinal
from ledger.models import Problem
from selfcheck.models import STATEMENT, AnswerItem, Question, SelfCheck

from .sheet import Cell, Row, Sheet

WIDTHS = (28, 36, 20, 24, 20, 28)
EXISTS = {True: "是", False: "否", None: ""}
DAY_LINE = "　　　　年　　月　　日"


def form_of(report: SelfCheck) -> Sheet:
    """The form of a report fetched with everything (`selfcheck.views.report.with_everything`)."""
    title = _("自查自纠情况报告表")
    return Sheet(
        title=title if report.is_handed_in else _("%(title)s（草稿）") % {"title": title},
        widths=WIDTHS,
        head=tuple(_person(report)),
        rows=(*_answers(report), *_ending(report)),
    )


def _label(text: str) -> Cell:
    return Cell(text, kind="label")


def _person(report: SelfCheck) -> Iterator[Row]:
    """姓名, 单位, 职务, 政治面貌 (only if the roster has it), 自查轮次."""
    cadre = report.cadre
    posts = _("、").join(post.title for post in cadre.posts.all() if post.until is None)
    name, turn = (_label(_("姓名")), Cell(cadre.name, kind="centre")), _label(_("自查轮次"))
    if cadre.political_status:
        yield *name, _label(_("政治面貌")), Cell(cadre.political_status, kind="centre"), turn, Cell(report.round.title, kind="centre")
    else:
        yield *name, turn, Cell(report.round.title, span=3, kind="centre")
    yield _label(_("单位")), Cell(cadre.unit.name, span=3, kind="centre"), _label(_("职务")), Cell(posts, kind="centre")


def _answers(report: SelfCheck) -> Iterator[Row]:
    """Each question with its answer; under 是 what was written, under no answer yet the room to write it."""
    given = {answer.question_id: answer for answer in report.answers.all()}
    for question in report.checklist.questions.select_related("aspect").order_by("order"):
        answer = given.get(question.pk)
        exists = answer.exists if answer else None
        yield _question(question, exists)
        if exists is not False:
            items = list(answer.items.all()) if answer else []
            for number, item in enumerate(items or [None], 1):
                yield from _item(item, number if len(items) > 1 else 0)


def _question(question: Question, exists: bool | None) -> Row:
    aspect = question.aspect
    return Cell(f"{ordinal(aspect.order)}、{aspect}", kind="heading"), Cell(question.text, span=3), _label(_("是否存在")), Cell(EXISTS[exists], kind="centre")


def _item(item: AnswerItem | None, number: int) -> Iterator[Row]:
    mark = _("\n（第%(n)s项）") % {"n": number} if number else ""
    for label, text in ((_("具体表现"), item and item.manifestation), (_("原因分析"), item and item.cause), (_("整改措施"), item and item.measure)):
        yield _label(label + mark), Cell(text or "", span=5)
    yield _label(_("整改时限")), Cell(_deadline(item) if item else "", span=2), _label(_("完成情况")), Cell(_progress(item.problem) if item and item.problem else "", span=2)


def _deadline(item: AnswerItem) -> str:
    return _("，").join(part for part in (item.get_track_display() if item.track else "", _day(item.due_on)) if part)


def _day(value) -> str:
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


def _progress(problem: Problem) -> str:
    """Where the ledger's problem stands, with its outcome and the day it was closed."""
    end = [problem.get_outcome_display() if problem.outcome else "", _day(problem.closed_at and timezone.localdate(problem.closed_at))]
    return _("，").join([problem.get_status_display(), *(part for part in end if part)])


def _ending(report: SelfCheck) -> Iterator[Row]:
    """What else to say, the pledge, and the two opinions, each to be signed."""
    yield _label(str(STATEMENT)), Cell(report.statement or (_("无") if report.is_handed_in else ""), span=5)
    yield _label(_("本人承诺")), _signed(_pledge(report), _("本人签名"))
    yield _label(_("谈话人意见")), _signed(_talk(report), _("谈话人签名"))
    yield _label(_("审核意见")), _signed(_opinion(report), _("审核人签名"))


def _signed(text: str, who: str) -> Cell:
    return Cell(text, span=5, closing=f"{who}：　　　　　　{DAY_LINE}")


def _pledge(report: SelfCheck) -> str:
    """As it was made when handing in; before that the words that will be asked for."""
    if not (report.is_handed_in and hasattr(report, "commitment")):
        return report.checklist.pledge
    made = _("（%(day)s由本人在平台上作出）") % {"day": _day(timezone.localdate(report.commitment.made_at))}
    return f"{report.commitment.text}\n{made}"


def _talk(report: SelfCheck) -> str:
    """As the reviewer noted it before accepting."""
    if not report.talked_on:
        return ""
    held = _("（%(day)s由%(who)s谈心谈话）") % {"day": _day(report.talked_on), "who": report.talker}
    return "\n".join(filter(None, [report.talk_opinion, held]))


def _opinion(report: SelfCheck) -> str:
    if not report.accepted_at:
        return ""
    day, who = _day(timezone.localdate(report.accepted_at)), report.accepted_by
    return "\n".join([report.opinion or _("审核通过。"), _("（%(day)s由%(who)s在平台上审核通过）") % {"day": day, "who": who}])
