"""What two versions of a checklist differ by, and what an editor's buttons do to one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfcheck.checklist_diff import (
    AspectText,
    ChecklistText,
    QuestionText,
    compare,
    shifted_aspect,
    shifted_question,
    with_aspect,
    with_question,
    without_aspect,
    without_question,
)

A, B = QuestionText("a", "是否甲？"), QuestionText("b", "是否乙？")
ONE, TWO = AspectText("one", "信仰", (A, B)), AspectText("two", "作风", (QuestionText("c", "是否丙？"),))
OLD = ChecklistText("清单", "承诺", "告知", (ONE, TWO))


def said(new: ChecklistText, answered=None, old: ChecklistText = OLD) -> tuple[str, list[tuple[str, str]]]:
    found = compare(old, new, answered)
    return found.kind.value, [(change.sentence, change.reason) for change in found.changes]


def asking(*questions: QuestionText) -> ChecklistText:
    """OLD with other questions under its first aspect."""
    return replace(OLD, aspects=(replace(ONE, questions=questions), TWO))


REWORDED = "仍是同一问，只换了说法；问的不是一回事的，请删去后新增一问。"
KEPT = "答案跟着问题走，与先后无关。"
CASES = {
    "nothing": (OLD, None, "same", []),
    "name": (replace(OLD, name="新清单"), None, "compatible", [("名称改为“新清单”", "只改叫法，问题没有变。")]),
    "pledge": (replace(OLD, pledge="新承诺"), None, "compatible", [("承诺文字有修改", "承诺在提交时作出，没有提交的按新的作出，已提交的保留当时的。")]),
    "notice": (replace(OLD, notice="新告知"), None, "compatible", [("填写告知有修改", "没有提交的，本人要先看一遍新的告知，再接着填。")]),
    "text": (asking(replace(A, text="有没有甲？"), B), None, "compatible", [("问题“是否甲？”改为“有没有甲？”", REWORDED)]),
    "help": (asking(replace(A, help="写次数"), B), None, "compatible", [("问题“是否甲？”的填写提示有修改", "提示不影响答案。")]),
    "evidence": (asking(replace(A, evidence="记录"), B), None, "compatible", [("问题“是否甲？”的佐证材料说明有修改", "说明不影响答案。")]),
    "order": (asking(B, A), None, "compatible", [("“信仰”各问的顺序有调整", KEPT)]),
    "added question": (asking(A, B, QuestionText("d", "是否丁？")), None, "compatible", [("新增问题“是否丁？”", "没有提交的报告里，这一问列为未答，由本人补答。")]),
    "added aspect": (replace(OLD, aspects=(*OLD.aspects, AspectText("three", "纪律"))), None, "compatible", [("新增方面“纪律”", "原有的方面没有变。")]),
    "aspect reworded": (replace(OLD, aspects=(replace(ONE, label="信念"), TWO)), None, "compatible", [("方面“信仰”改称“信念”", "仍是同一个方面，答案照旧对应。")]),
    "aspect order": (replace(OLD, aspects=(TWO, ONE)), None, "compatible", [("方面的顺序有调整", KEPT)]),
    "moved": (
        replace(OLD, aspects=(replace(ONE, questions=(A,)), replace(TWO, questions=(*TWO.questions, B)))), None, "compatible",
        [("问题“是否乙？”由“信仰”移到“作风”", "答案跟着问题走，归到新的方面。")],
    ),
    "removed": (asking(A), {"b"}, "incompatible", [("删去问题“是否乙？”", "已经有人回答，删去后答案就没有问题可归。")]),
    "removed, nobody told": (asking(A), None, "incompatible", [("删去问题“是否乙？”", "已经有人回答，删去后答案就没有问题可归。")]),
    "removed unanswered": (asking(A), {"a"}, "compatible", [("删去问题“是否乙？”", "还没有人回答，不丢答案。")]),
    "aspect removed": (
        replace(OLD, aspects=(ONE,)), {"c"}, "incompatible",
        [("删去方面“作风”", "方面只是分组；它的问题去了哪里，逐题另列。"), ("删去问题“是否丙？”", "已经有人回答，删去后答案就没有问题可归。")],
    ),
    "key changed": (asking(A, replace(B, key="z")), {"b"}, "incompatible", [("问题“是否乙？”的标识由 b 换成 z", "答案按标识对应，标识换了，已有的答案对不上。")]),
    "key changed unanswered": (asking(A, replace(B, key="z")), set(), "compatible", [("问题“是否乙？”的标识由 b 换成 z", "还没有人回答，不丢答案。")]),
    "lowered": (asking(replace(A, sensitivity="normal"), B), {"a"}, "incompatible", [("问题“是否甲？”由敏感改为一般", "已有的答案是按敏感填写的，不能事后放宽。")]),
    "lowered unanswered": (asking(replace(A, sensitivity="normal"), B), {"b"}, "compatible", [("问题“是否甲？”由敏感改为一般", "还没有人回答，没有放宽谁的答案。")]),
}


@pytest.mark.parametrize("case", CASES)
def test_each_change_has_its_class_sentence_and_reason(case):
    new, answered, kind, changes = CASES[case]
    assert said(new, answered) == (kind, changes)


def test_sensitivity_raised_is_compatible():
    old = asking(replace(A, sensitivity="normal"), B)
    assert said(OLD, {"a"}, old) == ("compatible", [("问题“是否甲？”改为敏感", "保护只会更严。")])


def test_one_obstacle_makes_the_whole_incompatible():
    found = compare(OLD, replace(asking(A), pledge="新承诺"), {"b"})
    assert (found.kind.value, [change.sentence for change in found.obstacles], len(found.changes)) == ("incompatible", ["删去问题“是否乙？”"], 2)


def keys(text: ChecklistText) -> list[tuple[str, list[str]]]:
    return [(aspect.key, [question.key for question in aspect.questions]) for aspect in text.aspects]


@pytest.mark.parametrize(("key", "step", "after"), [
    ("a", 1, [("one", ["b", "a"]), ("two", ["c"])]),
    ("a", -1, [("one", ["a", "b"]), ("two", ["c"])]),
    ("b", 1, [("one", ["a"]), ("two", ["b", "c"])]),
    ("c", -1, [("one", ["a", "b", "c"]), ("two", [])]),
    ("c", 1, [("one", ["a", "b"]), ("two", ["c"])]),
    ("two", -1, [("two", ["c"]), ("one", ["a", "b"])]),
    ("one", -1, [("one", ["a", "b"]), ("two", ["c"])]),
    ("gone", 1, [("one", ["a", "b"]), ("two", ["c"])]),
])  # fmt: skip
def test_up_and_down(key, step, after):
    assert keys((shifted_aspect if key in ("one", "two") else shifted_question)(OLD, key, step)) == after


def test_adding_and_removing():
    assert keys(with_question(with_aspect(OLD, "three"), "three", "d")) == [("one", ["a", "b"]), ("two", ["c"]), ("three", ["d"])]
    assert keys(without_question(OLD, "a")) == [("one", ["b"]), ("two", ["c"])]
    assert keys(without_aspect(OLD, "one")) == [("two", ["c"])]
    assert without_aspect(OLD, "gone") == without_question(OLD, "gone") == OLD


words = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=6)
lines = st.builds(QuestionText, st.sampled_from("abcdef"), words, words, words, st.sampled_from(["normal", "sensitive"]))


@st.composite
def checklists(draw) -> ChecklistText:
    asked = draw(st.lists(lines, max_size=5, unique_by=lambda question: question.key))
    parts = [AspectText(key, draw(words), tuple(q for n, q in enumerate(asked) if n % 2 == i)) for i, key in enumerate(draw(st.permutations(["one", "two"])))]
    return ChecklistText(draw(words), draw(words), draw(words), tuple(parts))


@given(checklists(), checklists())
def test_the_same_means_the_same_and_nothing_else_does(old, new):
    assert (compare(old, new).kind == "same") == (old == new) == (old.digest == new.digest)


@given(checklists(), checklists(), st.sets(st.sampled_from("abcdef")))
def test_a_compatible_version_asks_everything_that_was_answered(old, new, answered):
    found = compare(old, new, answered)
    assert found.kind == "incompatible" or answered & set(old.questions) <= set(new.questions)
    assert all(change.sentence and change.reason for change in found.changes)
