"""The geometry of phases against time, on plain rows without a database."""

import datetime as dt

import pytest

from campaigns.models import Phase
from campaigns.timeline import Bar, draw, under_way, words

D = dt.date
TODAY = D(2026, 9, 18)


def phase(label, start=None, end=None, throughout=False) -> Phase:
    return Phase(label=label, kind=Phase.Kind.LEARNING, starts_on=start, ends_on=end, runs_throughout=throughout)


LEARNING = phase("学习教育", D(2026, 6, 1), D(2026, 8, 31), throughout=True)
INSPECTION = phase("检视整治", D(2026, 8, 1), D(2026, 11, 15))
CONSOLIDATION = phase("巩固提升", D(2026, 11, 1), D(2026, 12, 20))
THREE = [LEARNING, INSPECTION, CONSOLIDATION]


def test_three_overlapping_phases_are_drawn_as_in_the_agreed_picture():
    drawing = draw(THREE, TODAY)
    assert drawing.days == 203
    assert drawing.grid == "M30 0V56M61 0V56M92 0V56M122 0V56M153 0V56M183 0V56"
    assert drawing.now == "M109.5 0V56"
    assert drawing.now_x == 53.9
    assert [row.bars for row in drawing.rows] == [
        (Bar("done", 0, 92),), (Bar("on", 61, 48.5), Bar("rest", 109.5, 58.5)), (Bar("to", 153, 49.5),),
    ]
    assert [row.thread for row in drawing.rows] == ["M93 28H203", "", ""]
    assert [(label.text, label.x, label.near) for label in drawing.labels] == [
        ("6 月", 0, False), ("7 月", 14.8, False), ("8 月", 30, False), ("9 月", 45.3, True), ("10 月", 60.1, False), ("11 月", 75.4, False), ("12 月", 90.1, False),
    ]


def test_the_words_beside_the_bars():
    assert [words(p, TODAY) for p in THREE] == [
        "6 月 1 日—8 月 31 日，此后贯穿始终", "8 月 1 日—11 月 15 日，第 49 天", "11 月 1 日—12 月 20 日，未开始",
    ]
    assert words(phase("x", D(2026, 1, 1), D(2026, 2, 1)), TODAY) == "1 月 1 日—2 月 1 日，已结束"
    assert words(phase("x", D(2027, 1, 7), D(2027, 2, 1)), TODAY) == "2027 年 1 月 7 日—2 月 1 日，未开始"
    assert words(phase("x", D(2026, 12, 1), D(2027, 2, 1)), TODAY) == "12 月 1 日—2027 年 2 月 1 日，未开始"


@pytest.mark.parametrize(("row", "said"), [
    (phase("x"), "时间待定"),
    (phase("x", throughout=True), "时间待定，贯穿始终"),
    (phase("x", start=D(2026, 9, 1)), "9 月 1 日—时间待定，第 18 天"),
    (phase("x", start=D(2026, 9, 1), throughout=True), "9 月 1 日—时间待定，第 18 天，贯穿始终"),
    (phase("x", end=D(2026, 10, 1)), "时间待定—10 月 1 日"),
])
def test_unknown_dates_are_said_never_guessed(row, said):
    assert words(row, TODAY) == said


def test_a_phase_without_dates_has_no_bar_among_others():
    drawing = draw([*THREE, phase("回头看")], TODAY)
    assert drawing.rows[3].bars == ()
    assert drawing.rows[3].words == "时间待定"
    assert draw([phase("回头看", end=D(2026, 10, 1))], TODAY).rows[0].bars == ()


def test_only_undated_phases_are_listed_without_a_drawing():
    drawing = draw([phase("动员学习"), phase("剖析讨论")], TODAY)
    assert (drawing.days, drawing.now, drawing.labels) == (0, "", [])
    assert [row.words for row in drawing.rows] == ["时间待定", "时间待定"]
    assert draw([], TODAY).rows == []


def test_a_phase_throughout_without_dates_is_one_thread():
    assert draw([*THREE, phase("学习", throughout=True)], TODAY).rows[3].thread == "M0 28H203"


def test_an_open_end_reaches_the_right_edge_and_at_least_today():
    drawing = draw([phase("学习", start=D(2026, 9, 1))], TODAY)
    assert drawing.days == 31
    assert drawing.rows[0].bars == (Bar("on", 0, 17.5), Bar("rest", 17.5, 13.5))
    assert draw([phase("学习", start=D(2026, 6, 1))], TODAY).days == 110


def test_today_outside_the_phases_has_no_line():
    drawing = draw([CONSOLIDATION], TODAY)
    assert (drawing.now, drawing.now_x) == ("", 0)
    assert "今天" not in [label.text for label in drawing.labels]
    assert draw([phase("x", D(2025, 1, 1), D(2025, 3, 1))], TODAY).now == ""


def test_first_and_last_day_of_a_phase_count_as_under_way():
    assert draw([INSPECTION], D(2026, 8, 1)).rows[0].bars == (Bar("on", 0, 0.5), Bar("rest", 0.5, 106.5))
    assert [b.css for b in draw([INSPECTION], D(2026, 11, 15)).rows[0].bars] == ["on", "rest"]
    assert under_way([INSPECTION], D(2026, 11, 15)) == "检视整治第 107 天"
    assert under_way([INSPECTION], D(2026, 11, 16)) == ""


def test_one_day_phase_has_a_width():
    assert draw([phase("动员", TODAY, TODAY)], TODAY).days == 1
    assert draw([phase("动员", TODAY, TODAY)], D(2026, 9, 19)).rows[0].bars == (Bar("done", 0, 1),)


def test_overlapping_phases_are_both_under_way():
    assert under_way(THREE, D(2026, 11, 5)) == "检视整治第 97 天，巩固提升第 5 天"


def test_many_months_are_thinned_and_january_names_its_year():
    drawing = draw([phase("长期", D(2026, 1, 1), D(2027, 12, 31))], D(2026, 1, 1))
    assert len(drawing.labels) <= 8
    assert "2027 年" in [label.text for label in drawing.labels]
    assert all(b.x - a.x >= 6 for a, b in zip(drawing.labels, drawing.labels[1:], strict=False))


def test_labels_neither_meet_nor_run_over_the_edge():
    drawing = draw([phase("x", D(2026, 6, 28), D(2026, 12, 3))], D(2026, 6, 28))
    assert "12 月" not in [label.text for label in drawing.labels]
    assert all(b.x - a.x >= 6 for a, b in zip(drawing.labels, drawing.labels[1:], strict=False))


def test_another_organs_phases_of_30_75_and_15_days():
    start = D(2021, 3, 1)
    rows = [
        phase("学习教育", start, start + dt.timedelta(29)),
        phase("查纠整改", start + dt.timedelta(30), start + dt.timedelta(104)),
        phase("总结提升", start + dt.timedelta(105), start + dt.timedelta(119)),
    ]
    drawing = draw(rows, start + dt.timedelta(200))
    assert drawing.days == 120
    assert [row.bars[0] for row in drawing.rows] == [Bar("done", 0, 30), Bar("done", 30, 75), Bar("done", 105, 15)]
