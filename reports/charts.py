"""Charts drawn on the server: plain SVG shapes and text in classes of the style sheet, the same for page and print."""

import datetime as dt
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Point:
    """One week's end: how many had been found, how many closed."""

    day: dt.date
    found: int
    closed: int

    @property
    def day_text(self) -> str:
        return _("%(m)s月%(d)s日") % {"m": self.day.month, "d": self.day.day}


def nice_top(value: int) -> int:
    """The round number at or above a count, for the top grid line."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if value <= factor * step * 2:
                return factor * step * 2
        step *= 10


# How each class looks where no style sheet reaches (PDF, Word); on pages the style sheet overrides it.
PAPER = {
    "base": 'stroke="#1F1D1A"', "grid": 'stroke="#C9C3B6"', "gap": 'fill="#EFEBE2"',
    "l1": 'fill="none" stroke="#6F675B" stroke-width="2"', "l2": 'fill="none" stroke="#1D4570" stroke-width="2.5"',
}


def _path(kind: str, d: str) -> str:
    return f'<path class="{kind}" {PAPER[kind]} d="{d}"/>'


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
    out = [f'<svg class="chart" viewBox="0 0 {width} {height}" font-size="11" role="img" aria-labelledby="trend-title"><title id="trend-title">{escape(spoken(points))}</title>']
    for value in (0, ceiling // 2, ceiling):
        out.append(_path("base" if value == 0 else "grid", f"M{left} {y(value):.1f}H{left + wide}") + f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    out += [_path("gap", f"M{line(found)}L{back}Z"), _path("l1", f"M{line(found)}"), _path("l2", f"M{line(closed)}")]
    for n in sorted({0, len(points) // 2, len(points) - 1}):
        anchor = "start" if n == 0 and len(points) > 1 else "middle"
        out.append(f'<text x="{x(n):.1f}" y="{height - 10}" text-anchor="{anchor}">{escape(points[n].day_text)}</text>')
    last, end = points[-1], left + wide + 10
    near = abs(y(last.found) - y(last.closed)) < 22
    out.append(f'<text class="lab" x="{end}" y="{y(last.found) + (0 if near else 4):.1f}">{escape(_("应整改 %(n)s") % {"n": last.found})}</text>')
    out.append(f'<text class="lab b" x="{end}" y="{y(last.closed) + (22 if near else 4):.1f}">{escape(_("已销号 %(n)s") % {"n": last.closed})}</text></svg>')
    return mark_safe("".join(out))


def spoken(points: list[Point]) -> str:
    """The chart in a sentence, for those who hear the page."""
    first, last = points[0], points[-1]
    told = {"from": first.day_text, "to": last.day_text, "f0": first.found, "f1": last.found, "c0": first.closed, "c1": last.closed}
    return _("%(from)s至%(to)s，应整改问题由 %(f0)s 件增至 %(f1)s 件，已销号由 %(c0)s 件增至 %(c1)s 件") % told
