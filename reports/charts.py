"""Charts drawn on the server: plain SVG shapes and text in classes of the style sheet, the same for page and print."""

import datetime as dt
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True)
class Point:
    """One week's end: how many had been found, how many closed."""

    day: dt.date
    found: int
    closed: int


def nice_top(value: int) -> int:
    """The round number at or above a count, for the top grid line."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if value <= factor * step * 2:
                return factor * step * 2
        step *= 10


def trend(points: list[Point], *, width: int = 560, height: int = 260) -> SafeString:
    """Two lines labelled at their ends; the gap between them is the open work. `points` must not be empty."""
    left, right, top, bottom = 34, 132, 16, 34
    wide, high = width - left - right, height - top - bottom
    ceiling = nice_top(max(p.found for p in points) or 1)

    def x(n: int) -> float:
        return left + (wide * n / (len(points) - 1) if len(points) > 1 else wide)

    def y(value: int) -> float:
        return top + high * (1 - value / ceiling)

    def line(values: list[int]) -> str:
        return "L".join(f"{x(n):.1f} {y(v):.1f}" for n, v in enumerate(values))

    found, closed = [p.found for p in points], [p.closed for p in points]
    back = "L".join(f"{x(n):.1f} {y(v):.1f}" for n, v in reversed(list(enumerate(closed))))
    out = [f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="trend-title"><title id="trend-title">{escape(spoken(points))}</title>']
    for value in (0, ceiling // 2, ceiling):
        out.append(f'<path class="{"base" if value == 0 else "grid"}" d="M{left} {y(value):.1f}H{left + wide}"/><text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    out.append(f'<path class="gap" d="M{line(found)}L{back}Z"/><path class="l1" d="M{line(found)}"/><path class="l2" d="M{line(closed)}"/>')
    for n in sorted({0, len(points) // 2, len(points) - 1}):
        anchor = "start" if n == 0 and len(points) > 1 else "middle"
        out.append(f'<text x="{x(n):.1f}" y="{height - 10}" text-anchor="{anchor}">{points[n].day.month}月{points[n].day.day}日</text>')
    last, end = points[-1], left + wide + 10
    near = abs(y(last.found) - y(last.closed)) < 16
    out.append(f'<text class="lab" x="{end}" y="{y(last.found) + (0 if near else 4):.1f}">应整改 {last.found}</text>')
    out.append(f'<text class="lab b" x="{end}" y="{y(last.closed) + (16 if near else 4):.1f}">已销号 {last.closed}</text></svg>')
    return mark_safe("".join(out))


def spoken(points: list[Point]) -> str:
    """The chart in a sentence, for those who hear the page."""
    first, last = points[0], points[-1]
    return f"{first.day.month}月{first.day.day}日至{last.day.month}月{last.day.day}日，应整改问题由 {first.found} 件增至 {last.found} 件，已销号由 {first.closed} 件增至 {last.closed} 件"
