"""Phases against time, as the geometry of small SVG drawings: one unit is one day, rows are 56 high. Pure."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from .models import Phase

DAY = dt.timedelta(days=1)
OPEN_DAYS = 30  # how long a phase without an end is drawn at least
MOST_LABELS = 8
NEAR = (11, 4)  # per cent before and after today where a month's label gets in its way on a phone
CLOSE = 6  # per cent two labels keep apart
LAST_LABEL = 95  # per cent after which a label would be cut off
TOUCHING = (6, 2)  # the same on a wide screen, where it is left out altogether


@dataclass(frozen=True)
class Bar:
    """One rectangle; `css` done, on, rest or to."""

    css: str
    x: float
    width: float


@dataclass(frozen=True)
class Row:
    """One phase: its name, its dates in words, its bars and its thread."""

    phase: Phase
    words: str
    bars: tuple[Bar, ...] = ()
    thread: str = ""


@dataclass(frozen=True)
class Label:
    """A month's name above the drawing, placed in per cent."""

    x: float
    text: str
    near: bool


@dataclass(frozen=True)
class Timeline:
    """Everything the template draws. `days` is the width of the view box, 0 when no phase has a date."""

    rows: list[Row]
    days: int = 0
    grid: str = ""
    now: str = ""
    now_x: float = 0
    labels: list[Label] = field(default_factory=list)


def draw(phases: Iterable[Phase], today: dt.date) -> Timeline:
    """The drawing of some phases on a day. Dates may overlap or be missing; nothing is guessed."""
    phases = list(phases)
    first, last = _span(phases, today)
    if first is None:
        return Timeline([Row(p, words(p, today)) for p in phases])
    days = (last - first).days + 1
    months = list(_months(first, last))
    inside = first <= today <= last
    now = (today - first).days + 0.5
    return Timeline(
        rows=[_row(p, first, days, today) for p in phases],
        days=days,
        grid="".join(f"M{(m - first).days} 0V56" for m in months if m > first),
        now=f"M{now:g} 0V56" if inside else "",
        now_x=round(now / days * 100, 1) if inside else 0,
        labels=_labels(months, first, days, now / days * 100 if inside else None),
    )


def words(phase: Phase, today: dt.date) -> str:
    """“6 月 1 日—8 月 31 日，第 9 天”, “时间待定”."""
    start, end = phase.starts_on, phase.ends_on
    if not start and not end:
        return _("时间待定，贯穿始终") if phase.runs_throughout else _("时间待定")
    parts = [f"{_day(start, today)}—{_day(end, start or today)}"]
    if start and today < start:
        parts.append(_("未开始"))
    elif start and (end is None or today <= end):
        parts.append(_("第 %(n)s 天") % {"n": (today - start).days + 1})
    if phase.runs_throughout:
        parts.append(_("此后贯穿始终") if end else _("贯穿始终"))
    elif end and today > end:
        parts.append(_("已结束"))
    return _("，").join(parts)


def _day(value: dt.date | None, near: dt.date) -> str:
    """A day, with its year when that is not the year of a date the reader has before them."""
    if value is None:
        return _("时间待定")
    text = _("%(m)s 月 %(d)s 日") % {"m": value.month, "d": value.day}
    return text if value.year == near.year else _("%(y)s 年 ") % {"y": value.year} + text


def _span(phases: list[Phase], today: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """The first and the last day drawn."""
    starts = [p.starts_on or p.ends_on for p in phases if p.starts_on or p.ends_on]
    if not starts:
        return None, None
    ends = [p.ends_on or max(p.starts_on + OPEN_DAYS * DAY, today) for p in phases if p.starts_on or p.ends_on]
    return min(starts), max(ends)


def _row(phase: Phase, first: dt.date, days: int, today: dt.date) -> Row:
    thread = ""
    if phase.runs_throughout:
        begin = (phase.ends_on - first).days + 2 if phase.ends_on else 0 if not phase.starts_on else days
        thread = f"M{begin} 28H{days}" if begin < days else ""
    return Row(phase, words(phase, today), _bars(phase, first, days, today), thread)


def _bars(phase: Phase, first: dt.date, days: int, today: dt.date) -> tuple[Bar, ...]:
    """Past: one grey bar. Under way: blue up to today, pale after it. To come: an empty frame."""
    if phase.starts_on is None:
        return ()
    x = (phase.starts_on - first).days
    end = (phase.ends_on - first).days + 1 if phase.ends_on else days
    now = (today - first).days + 0.5
    if now >= end:
        return (Bar("done", x, end - x),)
    if now <= x:
        return (Bar("to", x, end - x - 0.5),)
    return (Bar("on", x, now - x), Bar("rest", now, end - now))


def _months(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    """The first day of every month drawn; the first day drawn stands for its own month."""
    day = first
    while day <= last:
        yield day
        day = (day.replace(day=1) + 32 * DAY).replace(day=1)


def _labels(months: list[dt.date], first: dt.date, days: int, now: float | None) -> list[Label]:
    """Names of months, thinned out when there are many, never on top of “今天”."""
    step = -(-len(months) // MOST_LABELS)
    found = []
    for month in months[::step]:
        x = (month - first).days / days * 100
        gap = None if now is None else now - x
        crowded = x > LAST_LABEL or (found and x - found[-1].x < CLOSE)
        if crowded or (gap is not None and -TOUCHING[1] < gap < TOUCHING[0]):
            continue
        text = _("%(y)s 年") % {"y": month.year} if month.month == 1 and month != first else _("%(m)s 月") % {"m": month.month}
        found.append(Label(round(x, 1), text, gap is not None and -NEAR[1] < gap < NEAR[0]))
    return found


def under_way(phases: Iterable[Phase], today: dt.date) -> str:
    """“检视整治第 49 天，巩固提升第 3 天”; empty between phases."""
    on = [p for p in phases if p.starts_on and p.starts_on <= today and (p.ends_on is None or today <= p.ends_on)]
    return _("，").join(_("%(label)s第 %(n)s 天") % {"label": p.label, "n": (today - p.starts_on).days + 1} for p in on)
