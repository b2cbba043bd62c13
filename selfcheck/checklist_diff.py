"""The text of a checklist as plain data: its digest, the edits an editor makes to it, and the difference of two versions.

Nothing here knows the database. Questions and aspects are the same over versions by their `key`, never by number or place.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from django.utils.translation import gettext as _

SENSITIVE = "sensitive"


@dataclass(frozen=True)
class QuestionText:
    """One “是否……”."""

    key: str
    text: str
    help: str = ""
    evidence: str = ""
    sensitivity: str = SENSITIVE


@dataclass(frozen=True)
class AspectText:
    key: str
    label: str
    questions: tuple[QuestionText, ...] = ()


@dataclass(frozen=True)
class ChecklistText:
    """All a version says, in its order."""

    name: str
    pledge: str = ""
    notice: str = ""
    aspects: tuple[AspectText, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of everything."""
        return hashlib.sha256(json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def questions(self) -> dict[str, QuestionText]:
        return {question.key: question for aspect in self.aspects for question in aspect.questions}

    @property
    def places(self) -> dict[str, AspectText]:
        """The aspect each question stands in."""
        return {question.key: aspect for aspect in self.aspects for question in aspect.questions}


# --- an editor's buttons -----------------------------------------------------------------------------------------------


def with_aspect(text: ChecklistText, key: str) -> ChecklistText:
    """An empty aspect more, at the end."""
    return replace(text, aspects=(*text.aspects, AspectText(key, "")))


def with_question(text: ChecklistText, aspect: str, key: str) -> ChecklistText:
    """An empty question more, at the end of an aspect."""
    return _in_each(text, lambda one: (*one.questions, QuestionText(key, "")) if one.key == aspect else one.questions)


def without_aspect(text: ChecklistText, key: str) -> ChecklistText:
    """Without an aspect and its questions."""
    return replace(text, aspects=tuple(one for one in text.aspects if one.key != key))


def without_question(text: ChecklistText, key: str) -> ChecklistText:
    return _in_each(text, lambda one: tuple(question for question in one.questions if question.key != key))


def shifted_aspect(text: ChecklistText, key: str, step: int) -> ChecklistText:
    """An aspect one place up (-1) or down (1)."""
    return replace(text, aspects=_swapped(text.aspects, key, step))


def shifted_question(text: ChecklistText, key: str, step: int) -> ChecklistText:
    """A question one place up (-1) or down (1); at the end of its aspect it goes on into the next."""
    home = text.places.get(key)
    if home is None or _swapped(home.questions, key, step) != home.questions:
        return _in_each(text, lambda one: _swapped(one.questions, key, step))
    return _into_the_next(text, home, key, step)


def _swapped(rows: tuple, key: str, step: int) -> tuple:
    """With the row of that key one place further, where there is one."""
    at = next((n for n, row in enumerate(rows) if row.key == key), None)
    if at is None or not 0 <= at + step < len(rows):
        return rows
    moved = list(rows)
    moved[at], moved[at + step] = moved[at + step], moved[at]
    return tuple(moved)


def _into_the_next(text: ChecklistText, home: AspectText, key: str, step: int) -> ChecklistText:
    at = text.aspects.index(home) + step
    if not 0 <= at < len(text.aspects):
        return text
    question, there = text.questions[key], text.aspects[at].key
    gone = without_question(text, key)
    return _in_each(gone, lambda one: one.questions if one.key != there else (question, *one.questions) if step > 0 else (*one.questions, question))


def _in_each(text: ChecklistText, questions: Callable[[AspectText], tuple[QuestionText, ...]]) -> ChecklistText:
    return replace(text, aspects=tuple(replace(one, questions=questions(one)) for one in text.aspects))


# --- what has changed --------------------------------------------------------------------------------------------------


class Kind(StrEnum):
    """What a newer version means for the reports begun under the older one."""

    SAME = "same"
    COMPATIBLE = "compatible"  # they can be moved to it, no answer is lost
    INCOMPATIBLE = "incompatible"  # they stay where they are


@dataclass(frozen=True)
class Change:
    """One change: what was done, why it may or may not be followed by reports under way."""

    sentence: str
    reason: str
    is_compatible: bool = True


@dataclass(frozen=True)
class Difference:
    changes: list[Change] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        if not self.changes:
            return Kind.SAME
        return Kind.COMPATIBLE if all(change.is_compatible for change in self.changes) else Kind.INCOMPATIBLE

    @property
    def obstacles(self) -> list[Change]:
        return [change for change in self.changes if not change.is_compatible]


def compare(old: ChecklistText, new: ChecklistText, answered: Collection[str] | None = None) -> Difference:
    """What changed from `old` to `new`. `answered`: keys of the questions somebody has answered; not told, all of the old ones count as answered."""
    answered = set(old.questions if answered is None else answered)
    return Difference([*_of_words(old, new), *_of_aspects(old, new), *_of_questions(old, new, answered)])


def _of_words(old: ChecklistText, new: ChecklistText) -> Iterable[Change]:
    if old.name != new.name:
        yield Change(_("名称改为“%(n)s”") % {"n": new.name}, _("只改叫法，问题没有变。"))
    if old.pledge != new.pledge:
        yield Change(_("承诺文字有修改"), _("承诺在提交时作出，没有提交的按新的作出，已提交的保留当时的。"))
    if old.notice != new.notice:
        yield Change(_("填写告知有修改"), _("没有提交的，本人要先看一遍新的告知，再接着填。"))


def _of_aspects(old: ChecklistText, new: ChecklistText) -> Iterable[Change]:
    before, after = {one.key: one for one in old.aspects}, {one.key: one for one in new.aspects}
    for key in [key for key in after if key not in before]:
        yield Change(_("新增方面“%(a)s”") % {"a": after[key].label or _("还没有写")}, _("原有的方面没有变。"))
    for key in [key for key in before if key not in after]:
        yield Change(_("删去方面“%(a)s”") % {"a": before[key].label}, _("方面只是分组；它的问题去了哪里，逐题另列。"))
    for key in [key for key in before if key in after and before[key].label != after[key].label]:
        yield Change(_("方面“%(a)s”改称“%(b)s”") % {"a": before[key].label, "b": after[key].label}, _("仍是同一个方面，答案照旧对应。"))
    if _common(before, after) != _common(after, before):
        yield Change(_("方面的顺序有调整"), _("答案跟着问题走，与先后无关。"))


def _common(keys: Iterable[str], others: Collection[str]) -> list[str]:
    return [key for key in keys if key in others]


def _of_questions(old: ChecklistText, new: ChecklistText, answered: set[str]) -> Iterable[Change]:
    before, after = old.questions, new.questions
    added = {after[key].text: key for key in after if key not in before}
    renamed = {key: added[before[key].text] for key in before if key not in after and before[key].text in added}
    for key in [key for key in before if key not in after]:
        yield _renamed(before[key], renamed[key], key in answered) if key in renamed else _removed(before[key], key in answered)
    for key in [key for key in after if key not in before and key not in renamed.values()]:
        yield Change(_("新增问题“%(q)s”") % {"q": after[key].text or _("还没有写")}, _("没有提交的报告里，这一问列为未答，由本人补答。"))
    for key in _common(before, after):
        yield from _of_question(before[key], after[key], key in answered)
        if old.places[key].key != new.places[key].key:
            yield Change(
                _("问题“%(q)s”由“%(a)s”移到“%(b)s”") % {"q": after[key].text, "a": old.places[key].label, "b": new.places[key].label},
                _("答案跟着问题走，归到新的方面。"),
            )
    yield from _of_order(old, new)


def _removed(question: QuestionText, is_answered: bool) -> Change:
    sentence = _("删去问题“%(q)s”") % {"q": question.text}
    if is_answered:
        return Change(sentence, _("已经有人回答，删去后答案就没有问题可归。"), is_compatible=False)
    return Change(sentence, _("还没有人回答，不丢答案。"))


def _renamed(question: QuestionText, key: str, is_answered: bool) -> Change:
    sentence = _("问题“%(q)s”的标识由 %(a)s 换成 %(b)s") % {"q": question.text, "a": question.key, "b": key}
    if is_answered:
        return Change(sentence, _("答案按标识对应，标识换了，已有的答案对不上。"), is_compatible=False)
    return Change(sentence, _("还没有人回答，不丢答案。"))


def _of_question(old: QuestionText, new: QuestionText, is_answered: bool) -> Iterable[Change]:
    if old.text != new.text:
        yield Change(_("问题“%(a)s”改为“%(b)s”") % {"a": old.text, "b": new.text}, _("仍是同一问，只换了说法；问的不是一回事的，请删去后新增一问。"))
    if old.help != new.help:
        yield Change(_("问题“%(q)s”的填写提示有修改") % {"q": new.text}, _("提示不影响答案。"))
    if old.evidence != new.evidence:
        yield Change(_("问题“%(q)s”的佐证材料说明有修改") % {"q": new.text}, _("说明不影响答案。"))
    if old.sensitivity != new.sensitivity:
        yield _of_sensitivity(new, is_answered)


def _of_sensitivity(question: QuestionText, is_answered: bool) -> Change:
    if question.sensitivity == SENSITIVE:
        return Change(_("问题“%(q)s”改为敏感") % {"q": question.text}, _("保护只会更严。"))
    sentence = _("问题“%(q)s”由敏感改为一般") % {"q": question.text}
    if is_answered:
        return Change(sentence, _("已有的答案是按敏感填写的，不能事后放宽。"), is_compatible=False)
    return Change(sentence, _("还没有人回答，没有放宽谁的答案。"))


def _of_order(old: ChecklistText, new: ChecklistText) -> Iterable[Change]:
    """Said of an aspect whose questions, those in it before and after, stand in another order."""
    before = {one.key: [question.key for question in one.questions] for one in old.aspects}
    for aspect in new.aspects:
        now = [question.key for question in aspect.questions]
        then = before.get(aspect.key, [])
        if _common(then, now) != _common(now, then):
            yield Change(_("“%(a)s”各问的顺序有调整") % {"a": aspect.label}, _("答案跟着问题走，与先后无关。"))
