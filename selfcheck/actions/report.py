"""One's own report: write it, keep it, hand it in; and the note of who read it."""

import datetime as dt
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.versions import Conflict
from audit.log import record
from keys.actions import key_for
from ledger.models import Problem
from organizations.kept import touch
from organizations.statements import Statement, at_hand

from ..models import (
    ITEM_TEXTS,
    Answer,
    AnswerItem,
    Body,
    ChecklistVersion,
    Commitment,
    ReportCount,
    SelfCheck,
    places_of,
)
from .hints import mark_texts

S = SelfCheck.Status
SITTING = dt.timedelta(minutes=30)  # saves by itself further apart are two sittings in the log

MOVES: dict[str, set[str]] = {
    S.PENDING: {S.DRAFT, S.SUBMITTED},
    S.DRAFT: {S.DRAFT, S.SUBMITTED},
    S.SUBMITTED: {S.RETURNED, S.ACCEPTED},
    S.RETURNED: {S.RETURNED, S.SUBMITTED},
    S.ACCEPTED: set(),
}


@transaction.atomic
def read_body(selfcheck: SelfCheck, *, by, at: dt.datetime) -> None:
    """Log that somebody opened another's report, before a word of it is opened; reading one's own leaves no trace."""
    if selfcheck.cadre.user_id != by.pk:
        way = {} if selfcheck.reviewer_id == by.pk else {"unsealing": selfcheck.unsealings.open_to(by, at).values_list("pk", flat=True).first()}
        record("selfcheck.read_body", by=by, at=at, subject=selfcheck, **way)


@transaction.atomic
def take_notice(selfcheck: SelfCheck, *, by, at: dt.datetime) -> SelfCheck:
    """The author has read the notice of this checklist; a second time changes nothing."""
    current = lock(selfcheck, None)
    _refuse_stranger(current, by)
    if current.noticed_at is None:
        current.noticed_at = at
        current.save(update_fields=["noticed_at"])
        record("selfcheck.take_notice", by=by, at=at, subject=current, checklist=str(current.checklist))
    return current


@dataclass
class ItemDraft:
    """What was typed for one problem."""

    manifestation: str = ""
    cause: str = ""
    measure: str = ""
    track: str = ""
    due_on: dt.date | None = None

    def is_blank(self) -> bool:
        return not (self.manifestation or self.cause or self.measure or self.track or self.due_on)

    @property
    def texts(self) -> dict[str, str]:
        """What is sealed; way and deadline are not."""
        return {name: getattr(self, name) for name in ITEM_TEXTS}


@dataclass
class AnswerDraft:
    """What was chosen and typed for one question."""

    exists: bool | None = None
    items: list[ItemDraft] = field(default_factory=list)


def with_body() -> Prefetch:
    """Answers with their items and questions, in three queries."""
    return Prefetch("answers", Answer.objects.select_related("question__aspect").prefetch_related(Prefetch("items", AnswerItem.objects.select_related("problem"))).order_by("question__order"))


ANSWERS = Statement(Answer, lambda report: Answer.objects.filter(selfcheck=report).select_related("question__aspect").order_by("question__order"))
ITEMS = Statement(AnswerItem, lambda report: AnswerItem.objects.filter(answer__selfcheck=report).select_related("problem").order_by("order"))


def take_body(selfcheck: SelfCheck) -> None:
    """The same of one report, by statements that are at hand."""
    answers, items = ANSWERS(selfcheck.pk), ITEMS(selfcheck.pk)
    at_hand(selfcheck, "answers", answers)
    for answer in answers:
        at_hand(answer, "items", [item for item in items if item.answer_id == answer.pk])


def lock(selfcheck: SelfCheck, version: int | None, page: str = "") -> SelfCheck:
    """The report as it is now, nobody else's until the deed is done. Raises Conflict when it is not the version somebody had before them.

    `page`: the open page that sends. What it last saved by itself it knows, even when the answer got lost on the way.
    """
    current = SelfCheck.objects.select_for_update(of=("self",)).select_related("key", "cadre", "checklist", "round__campaign").get(pk=selfcheck.pk)
    if version is not None and current.version != version and not (page and page == current.page):
        raise Conflict(current, _("这份报告刚才在别处保存过（另一台设备或另一个窗口），这里的内容还没有保存。请核对后再保存。"))
    return current


def move(selfcheck: SelfCheck, after: str) -> None:
    """The next state, if the table has it. Raises ValidationError (illegal_move)."""
    if after not in MOVES[selfcheck.status]:
        raise ValidationError(
            _("这份报告现在是“%(now)s”，不能再办理这一步。"), params={"now": selfcheck.get_status_display()}, code="illegal_move"
        )
    if after not in (selfcheck.status, S.DRAFT):  # a draft counts as little as an empty form
        touch(selfcheck.cadre.unit.path, of=[ReportCount])
    selfcheck.status = after
    selfcheck.version += 1


def _write_body(selfcheck: SelfCheck, answers: dict[int, AnswerDraft], statement: str, *, at: dt.datetime) -> None:
    """Replace the body with what was typed, sealed with the author's own key; items keep their order."""
    questions = set(selfcheck.checklist.questions.values_list("pk", flat=True))
    if set(answers) - questions:
        raise ValidationError(_("检查清单已更换，请刷新页面后重填。"))
    items = {pk: [item for item in draft.items if not item.is_blank()] for pk, draft in answers.items()}
    take_key(selfcheck, at=at)
    selfcheck.body = Body(statement, {str(pk): [item.texts for item in some] for pk, some in items.items() if some})
    _write_rows(selfcheck, answers, items)


def _write_rows(selfcheck: SelfCheck, answers: dict[int, AnswerDraft], items: dict[int, list[ItemDraft]]) -> None:
    """What of a body stands unsealed: made anew when it differs. Most saves change words alone, and leave these rows as they are."""
    wanted = {pk: (draft.exists, [(n, item.track, item.due_on) for n, item in enumerate(items[pk], 1)]) for pk, draft in answers.items()}
    stand = Answer.objects.filter(selfcheck=selfcheck).order_by().prefetch_related("items")
    if {row.question_id: (row.exists, [(item.order, item.track, item.due_on) for item in row.items.all()]) for row in stand} == wanted:
        return
    Answer.objects.filter(selfcheck=selfcheck).delete()
    rows = [Answer(selfcheck=selfcheck, question_id=pk, exists=exists) for pk, (exists, _items) in wanted.items()]
    Answer.objects.bulk_create(rows)
    written = dict(Answer.objects.filter(selfcheck=selfcheck).values_list("question_id", "pk"))
    AnswerItem.objects.bulk_create(
        AnswerItem(answer_id=written[pk], order=n, track=track, due_on=due_on) for pk, (_exists, some) in wanted.items() for n, track, due_on in some
    )


def take_key(selfcheck: SelfCheck, *, at: dt.datetime) -> None:
    """The author's own key, one for all their reports."""
    if selfcheck.key is None:
        selfcheck.key = key_for(f"cadre:{selfcheck.cadre.staff_no}", at=at)


def _refuse_stranger(selfcheck: SelfCheck, by) -> None:
    if selfcheck.cadre.user_id != by.pk:
        raise ValidationError(_("自查报告须由本人填写。"))


@transaction.atomic
def save_draft(selfcheck: SelfCheck, *, answers: dict[int, AnswerDraft], statement: str, by, at: dt.datetime, version: int | None = None, page: str = "") -> SelfCheck:
    """Keep what was typed, finished or not. `version` is the one the form was opened with (conflict is told); `page` as in `lock`."""
    current = lock(selfcheck, version, page)
    _refuse_stranger(current, by)
    _keep(current, answers, statement, at=at, page="", page_saves=0)
    record("selfcheck.save_draft", by=by, at=at, subject=current)
    return current


@transaction.atomic
def autosave(selfcheck: SelfCheck, *, answers: dict[int, AnswerDraft], statement: str, by, at: dt.datetime, version: int, page: str, saves: int) -> SelfCheck:
    """Keep what an open page sends by itself, its `saves`-th time; one that arrives late or twice changes nothing.

    The log gets one line for a sitting, not one for every few seconds.
    """
    current = lock(selfcheck, version, page)
    _refuse_stranger(current, by)
    if current.page == page and saves <= current.page_saves:
        return current
    is_new_sitting = current.page != page or at - current.saved_at > SITTING
    _keep(current, answers, statement, at=at, page=page, page_saves=saves)
    if is_new_sitting:
        record("selfcheck.autosave", by=by, at=at, subject=current)
    return current


def _keep(current: SelfCheck, answers: dict[int, AnswerDraft], statement: str, *, at: dt.datetime, page: str, page_saves: int) -> None:
    move(current, S.RETURNED if current.status == S.RETURNED else S.DRAFT)
    _write_body(current, answers, statement, at=at)
    current.saved_at, current.page, current.page_saves = at, page, page_saves
    current.save()


def gaps(checklist: ChecklistVersion, answers: dict[int, AnswerDraft]) -> dict[str, str]:
    """What still keeps a report from being submitted: field id → sentence. Field ids are those of the form."""
    found: dict[str, str] = {}
    questions = list(checklist.questions.select_related("aspect"))
    for question, label in zip(questions, places_of(questions).values(), strict=True):
        draft = answers.get(question.pk, AnswerDraft())
        if draft.exists is None:
            found[f"q{question.pk}"] = _("%(label)s：请选择“是”或“否”") % {"label": label}
        elif draft.exists and not draft.items:
            found[f"q{question.pk}-1-manifestation"] = _("%(label)s：选“是”的，请写明具体表现") % {"label": label}
        elif draft.exists:
            for n, item in enumerate(draft.items, 1):
                found |= _item_gaps(f"q{question.pk}-{n}", f"{label} 第 {n} 项", item)
    return found


def _item_gaps(prefix: str, label: str, item: ItemDraft) -> dict[str, str]:
    found = {}
    for key, words in (("manifestation", _("请写明具体表现")), ("cause", _("请分析原因")), ("measure", _("请写明整改措施")), ("track", _("请选择整改方式"))):
        if not getattr(item, key).strip():
            found[f"{prefix}-{key}"] = f"{label}：{words}"
    if item.track == Problem.Track.DATED and item.due_on is None:
        found[f"{prefix}-due_on"] = _("%(label)s：选“限期整改”的，须填写整改时限") % {"label": label}
    return found


def _said(answers: dict[int, AnswerDraft]) -> dict[int, AnswerDraft]:
    """What is handed in: items typed under a 否 stay behind."""
    return {pk: AnswerDraft(draft.exists, draft.items if draft.exists else []) for pk, draft in answers.items()}


@transaction.atomic
def submit(selfcheck: SelfCheck, *, answers: dict[int, AnswerDraft], statement: str, pledged: bool, by, at: dt.datetime, version: int | None = None, page: str = "") -> SelfCheck:
    """Hand in the report with the commitment. Raises ValidationError whose dict names every gap. `version`, `page`: as in `save_draft`."""
    current = lock(selfcheck, version, page)
    _refuse_stranger(current, by)
    missing = gaps(current.checklist, answers)
    if not pledged:
        missing["pledge"] = _("本人承诺：请通读后勾选承诺")
    if missing:
        raise ValidationError(missing)
    move(current, S.SUBMITTED)
    _write_body(current, _said(answers), statement, at=at)
    current.saved_at = current.submitted_at = at
    current.submitted_by, current.page, current.page_saves = by, "", 0
    current.save()
    Commitment.objects.update_or_create(selfcheck=current, defaults={"text": current.checklist.pledge, "made_at": at, "made_by": by})
    mark_texts(current, at=at)
    record("selfcheck.submit", by=by, at=at, subject=current)
    if current.reviewer:
        tell_reviewer(current, at=at)
    return current


def tell_reviewer(selfcheck: SelfCheck, *, at: dt.datetime) -> None:
    send_notice([selfcheck.reviewer], text=_("%(who)s提交了自查报告，请审核") % {"who": selfcheck.cadre}, url=f"/selfcheck/reviews/{selfcheck.pk}/", at=at)
