"""Two versions of a text: told in words what came, went and was rewritten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.compare import changes

OLD = "# 工作进展情况\n教育整顿工作扎实开展，不折不扣抓落实，取得了一定成效。\n\n下发材料{{学习材料和书目}}件。\n下一步，继续努力。"


def told(old: str, new: str) -> list[tuple[str, str]]:
    """Each change as its label and its words, marked."""
    signs = {"=": "{}", "-": "[-{}]", "+": "[+{}]"}
    return [(str(c.label), "".join(signs[mark].format(words) for mark, words in c.pieces) or str(c.count)) for c in changes(old, new)]


@pytest.mark.parametrize(("new", "expected"), [
    (OLD, [("未改", "4")]),
    (OLD.replace("一定", "明显"), [("未改", "1"), ("改写", "教育整顿工作扎实开展，不折不扣抓落实，取得了[-一定][+明显]成效。"), ("未改", "2")]),
    (OLD.replace("不折不扣抓落实，", ""), [("未改", "1"), ("改写", "教育整顿工作扎实开展，[-不折不扣抓落实，]取得了一定成效。"), ("未改", "2")]),
    (OLD.replace("{{学习材料和书目}}", "{{集中学习}}"), [("未改", "2"), ("改写", "下发材料[-{{学习材料和书目}}][+{{集中学习}}]件。"), ("未改", "1")]),
    (OLD + "\n完。", [("未改", "4"), ("新增", "[+完。]")]),
    (OLD.replace("\n下一步，继续努力。", ""), [("未改", "3"), ("删去", "[-下一步，继续努力。]")]),
    (OLD.replace("下一步，继续努力。", "以上。"), [("未改", "3"), ("删去", "[-下一步，继续努力。]"), ("新增", "[+以上。]")]),
    ("", [("删去", f"[-{line}]") for line in OLD.splitlines() if line]),
])
def test_changes_are_told(new, expected):
    assert told(OLD, new) == expected


def test_two_empty_texts_have_nothing_to_tell():
    assert changes("", "\n \n") == []


LINES = st.lists(st.text("一二三四，{}ab", max_size=12), max_size=6)


@given(LINES, LINES)
def test_both_texts_can_be_read_back(old, new):
    def kept(lines):
        return [line for line in lines if line.strip()]

    found = changes("\n".join(old), "\n".join(new))
    for mark, text in (("-", old), ("+", new)):
        said = ["".join(words for sign, words in c.pieces if sign in ("=", mark)) for c in found if c.mark != "="]
        assert [words for words in said if words] == _without_same(kept(text), found, mark)


def _without_same(lines: list[str], found, mark: str) -> list[str]:
    """The lines of one text that stand in a change."""
    out, at = [], 0
    for change in found:
        if change.mark == "=":
            at += change.count
        elif change.mark in ("~", mark):
            out.append(lines[at])
            at += 1
    assert at == len(lines)
    return out
