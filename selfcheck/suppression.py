"""Which counts of 是 may be published for a tree of units, so that nobody's answer can be told from them. Plain data, no ORM.

The reports are one set. A rule that looks at headcounts alone (they are public) cuts it in two, each part again, and so on
down to units: no part is smaller than `k`. Whether a cut is used depends on the answers, by one rule only: a set whose count
is public is cut if both parts are safe, which means at least two 是 and at least two 否 in each. What is then published are the
counts of those sets that are units.

Why nobody's answer follows, not even for one of them who knows their own and knows this rule: whatever is published, any two
people can have answered 是–是, 是–否, 否–是 and 否–否 (docs/decisions/0010-counts-of-answers.md; tried out for every assignment
in tests/selfcheck/test_suppression.py).
"""

import heapq
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property

SPREAD = 2  # 是 and 否 there must be of each: with one less, the one who gave it would know all the others' answers
LEAST = 2 * SPREAD  # a smaller group can't be safe


@dataclass(frozen=True)
class Group:
    """A unit: how many reports of its own people are counted, and the units below it."""

    key: Hashable
    own: int
    children: tuple["Group", ...] = ()

    @cached_property
    def homes(self) -> frozenset:
        """The units whose own people are in it."""
        return frozenset([self.key]).union(*(child.homes for child in self.children))

    @cached_property
    def size(self) -> int:
        return self.own + sum(child.size for child in self.children)

    def __iter__(self) -> Iterator["Group"]:
        yield self
        for child in self.children:
            yield from child


@dataclass(frozen=True)
class Part:
    """A set of reports: a unit, several people put together because they are too few, or two parts."""

    homes: frozenset
    size: int
    unit: Group | None = None
    halves: tuple["Part", "Part"] | None = None


def release(tree: Group, yes: dict, k: int) -> dict:
    """Unit key → published count of 是. `yes`: the count among each unit's own people. A unit that is not in it is not published."""
    if k < LEAST:
        raise ValueError(f"a smallest group of {k} protects nobody; {LEAST} is the least")
    counted = {"k": k, "yes": yes}
    return dict(_publish(tree, **counted)) if _is_safe(tree, **counted) else {}


def _is_safe(of: Group | Part, *, k: int, yes: dict) -> bool:
    count = sum(yes.get(home, 0) for home in of.homes)
    return of.size >= k and SPREAD <= count <= of.size - SPREAD


def _publish(unit: Group, *, k: int, yes: dict) -> Iterator[tuple]:
    """The unit's own count, which is safe, and what may be published below it."""
    yield unit.key, sum(yes.get(home, 0) for home in unit.homes)
    yield from _open(halved(parts(unit, k)), k=k, yes=yes)


def _open(part: Part, *, k: int, yes: dict) -> Iterator[tuple]:
    if part.unit is not None:
        yield from _publish(part.unit, k=k, yes=yes)
    elif part.halves and all(_is_safe(half, k=k, yes=yes) for half in part.halves):
        for half in part.halves:
            yield from _open(half, k=k, yes=yes)


def parts(unit: Group, k: int) -> list[Part]:
    """The unit taken apart: units of at least `k` below it, and the rest (its own people, units smaller than that) as one part.

    While the rest is smaller than `k` itself, the smallest of those units is taken apart too and its people join.
    """
    rest, size, units = {unit.key}, unit.own, []

    def take(children) -> None:
        nonlocal size
        for child in children:
            if child.size >= k:
                units.append(child)
            else:
                rest.update(child.homes)
                size += child.size

    take(unit.children)
    while 0 < size < k and units:
        smallest = min(units, key=lambda child: child.size)
        units.remove(smallest)
        rest.add(smallest.key)
        size += smallest.own
        take(smallest.children)
    return [Part(child.homes, child.size, unit=child) for child in units] + [Part(frozenset(rest), size)] * bool(size)


def halved(pieces: list[Part]) -> Part:
    """One part of many: the two smallest put together, again and again, so that what must stay hidden hides little with it."""
    heap = [(part.size, n, part) for n, part in enumerate(pieces)]
    heapq.heapify(heap)
    for n in range(len(pieces), 2 * len(pieces) - 1):
        (size, _n, one), (more, _m, other) = heapq.heappop(heap), heapq.heappop(heap)
        heapq.heappush(heap, (size + more, n, Part(one.homes | other.homes, size + more, halves=(one, other))))
    return heap[0][2]
