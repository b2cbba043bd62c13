"""The document model: exact round trips, clean text, numbers of headings and annexes."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.document import (
    Doc,
    Figure,
    Foot,
    Head,
    Para,
    Run,
    Table,
    annex_labels,
    chinese_number,
    ordinal,
    plain_text,
)
from tests.reports import samples

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10"/></svg>'


def test_json_round_trip_of_every_part():
    blocks = (
        Para((Run("应到", fact="attendance.due"), Run("×月×日", blank=True)), "p", 0),
        samples.ledger(3, annex=False),
        Figure(SVG, "进度"),
    )
    doc = samples.letter(blocks, subtitle="——专题", title="第一行\n第二行")
    assert Doc.from_json(doc.to_json()) == doc
    assert Doc.from_json(doc.to_json()).to_json() == doc.to_json()


@given(st.text(max_size=60), st.text(max_size=60))
def test_json_round_trip_of_any_text(title, text):
    doc = Doc(title, blocks=[Para([Run(text)])], meta={"author": text})
    assert Doc.from_json(doc.to_json()) == doc


def test_doc_without_foot_round_trips():
    assert Doc.from_json(Doc("无版记").to_json()) == Doc("无版记")


def test_text_is_cleaned_once_for_all_writers():
    run = Run("甲\x00乙\u200b丙\u202e丁\ud800戊\r\n己\t庚\ufe0f")
    assert run.text == "甲乙丙丁戊 己 庚"
    assert Table(("a\nb",), (("c\r\nd",),), (1,)).rows == (("c\nd",),)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Run("x", font="comic"),
        lambda: Para([], "h9"),
        lambda: Head("green"),
        lambda: Table(("a", "b"), (("1",),), (1, 1)),
        lambda: ordinal(5, 1),
        lambda: chinese_number(0),
    ],
)
def test_what_is_not_in_the_model_is_refused(make):
    with pytest.raises(ValueError, match=r"not one of|cells under|no heading level|no numeral"):
        make()


def test_parts_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Run("x").text = "y"


def test_chinese_number():
    wanted = {1: "一", 10: "十", 11: "十一", 20: "二十", 23: "二十三", 100: "一百", 105: "一百零五", 110: "一百一十"}
    wanted |= {1000: "一千", 1005: "一千零五", 1050: "一千零五十", 2026: "二千零二十六", 9999: "九千九百九十九"}
    assert {n: chinese_number(n) for n in wanted} == wanted


def test_ordinals_of_four_levels():
    assert [ordinal(level, 23) for level in (1, 2, 3, 4)] == ["二十三、", "（二十三）", "23.", "（23）"]


def test_annex_labels_count_only_annexes():
    one, two, inside = samples.ledger(1), samples.ledger(1), samples.ledger(1, annex=False)
    assert annex_labels(Doc("t", blocks=[inside, one])) == {1: "附件"}
    assert annex_labels(Doc("t", blocks=[one, inside, two])) == {0: "附件1", 2: "附件2"}


def test_plain_text_in_reading_order():
    head = Head("red", "某文件", "某〔2026〕1号", "张三", secret="秘密★1年", copy_no="000001", urgency="特急")
    foot = Foot((("抄送：", "某单位。"),), "某办", "2026年1月1日印发", "共印5份")
    table = Table(("名称", "数"), (("甲", "1"),), (1, 1), title="附表")
    doc = Doc("标题\n第二行", head, [Para([Run("正"), Run("文")]), table], foot, "副题")
    wanted = "000001 秘密★1年 特急 某文件 某〔2026〕1号 签发人：张三 标题 第二行 副题 正文 附件 附表 名称 数 甲 1"
    assert plain_text(doc).split("\n") == [*wanted.split(), "抄送：某单位。", "某办", "2026年1月1日印发", "共印5份"]


def test_plain_text_of_a_bulletin_head():
    lines = plain_text(samples.brief([])).split("\n")[:4]
    assert lines == ["教育整顿简报", "第3期（总第18期）", "云澜新区教育整顿领导小组办公室", "2026年9月18日"]
