"""Meetings as chains: each after the one it passes on, one step further in. Pure."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

Link = tuple[int, int | None, dt.date | None]  # (meeting, the meeting it follows, held on)


def in_chain(links: Iterable[Link]) -> list[tuple[int, int]]:
    """(meeting, depth) in reading order: by date, an unknown date where it was entered among the undated, last."""
    links = list(links)
    known = {pk for pk, _follows, _held in links}
    after: dict[int | None, list[Link]] = defaultdict(list)
    for pk, follows, held in links:
        after[follows if follows in known else None].append((pk, follows, held))
    ordered: list[tuple[int, int]] = []
    waiting = [(link, 0) for link in reversed(_by_date(after[None]))]
    while waiting:
        (pk, _follows, _held), depth = waiting.pop()
        ordered.append((pk, depth))
        waiting += [(link, depth + 1) for link in reversed(_by_date(after[pk]))]
    return ordered


def _by_date(links: list[Link]) -> list[Link]:
    return sorted(links, key=lambda link: (link[2] or dt.date.max, link[0]))
