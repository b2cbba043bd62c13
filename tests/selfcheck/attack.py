"""Somebody who tries to learn single answers from published counts. Shares no code with what decides on publication.

`homes`: how many people each unit has of its own. `published`: (the units whose own people a count covers, the count).
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable

from selfcheck.suppression import Group

K = 5


def random_tree(chance: random.Random, *, depth: int = 4, most: int = 14) -> Group:
    """Units of all sizes: large, tiny, without people of their own, closed (nobody handed in), chains of only children."""
    number = itertools.count()

    def grow(level: int) -> Group:
        below = 0 if level == depth else chance.choice([0, 1, 1, 2, 3, 4] if level else [1, 2, 3, 5, 6])
        own = chance.choice([0, 0, 1, 2, 3, 4, 5, 6, 8, most])
        return Group(next(number), own, tuple(grow(level + 1) for _i in range(below)))

    return grow(0)


def random_answers(chance: random.Random, tree: Group) -> dict:
    """是 per unit; the share of 是 differs from nearly nobody to nearly everybody, and from unit to unit."""
    base = chance.choice([0.02, 0.05, 0.1, 0.3, 0.5, 0.9, 0.98])
    return {unit.key: sum(chance.random() < chance.choice([base, base, 0.5]) for _i in range(unit.own)) for unit in tree}


def cells(tree: Group, counts: dict) -> list[tuple[frozenset, int]]:
    return [(unit.homes, counts[unit.key]) for unit in tree if unit.key in counts]


def differences(published: list[tuple[frozenset, int]], homes: dict) -> list[tuple[frozenset, int]]:
    """What the equations say about disjoint sets: each one less the largest others inside it. Units of a tree never cross."""
    left = []
    for whole, count in {(frozenset(h for h in one if homes[h]), n) for one, n in published}:
        inside = {(part, n) for part, n in ((frozenset(h for h in one if homes[h]), n) for one, n in published) if part < whole}
        largest = {(part, n) for part, n in inside if not any(part < other for other, _n in inside)}
        left.append((whole - frozenset().union(*(part for part, _n in largest)), count - sum(n for _part, n in largest)))
    return [(group, count) for group, count in left if group]


def told(published: list[tuple[frozenset, int]], homes: dict) -> set:
    """The units some of whose people's single answers follow, for an outsider or for one of the people who knows their own."""
    found = set()
    for group, count in differences(published, homes):
        size = sum(homes[home] for home in group)
        for own in (None, 0, 1):  # an outsider; one who answered 否; one who answered 是
            others, theirs = (size, count) if own is None else (size - 1, count - own)
            is_possible = 0 <= theirs <= others and others > 0
            if is_possible and theirs in (0, others):
                found |= group
    return found


def untold(homes: dict, publish: Callable[[dict], dict]) -> list[str]:
    """Every assignment of answers tried: which pairs of answers of two people are ruled out by some published result. [] is safe.

    This also uses what was left out: whoever knows the rule learns from that too.
    """
    names = [home for home, size in homes.items() if size]
    results: dict[tuple, list[tuple]] = defaultdict(list)
    for counts in itertools.product(*(range(homes[name] + 1) for name in names)):
        results[tuple(sorted(publish(dict(zip(names, counts, strict=True))).items()))].append(counts)
    return [f"{result}: {names[a]}={one}, {names[b]}={other}" for result, possible in results.items() for a, b, one, other in _ruled_out(names, homes, possible)]


def _ruled_out(names: list, homes: dict, possible: list[tuple]) -> list[tuple]:
    sizes = [homes[name] for name in names]
    out = []
    for a, b in itertools.combinations_with_replacement(range(len(names)), 2):
        for one, other in itertools.product((0, 1), repeat=2):
            if (a != b or sizes[a] > 1) and not any(_allows(counts, sizes, a, b, one, other) for counts in possible):
                out.append((a, b, one, other))
    return out


def _allows(counts: tuple, sizes: list[int], a: int, b: int, one: int, other: int) -> bool:
    """Whether with these counts a person of unit a may have said `one` and another of unit b `other`."""
    if a == b:
        return counts[a] >= one + other and sizes[a] - counts[a] >= 2 - one - other
    return all(counts[i] >= 1 if said else counts[i] < sizes[i] for i, said in ((a, one), (b, other)))


# --- ways to publish that must be found out ---------------------------------------------------------------------------


def everything(tree: Group, yes: dict) -> dict:
    return {unit.key: sum(yes.get(home, 0) for home in unit.homes) for unit in tree if unit.size}


def primary_only(tree: Group, yes: dict, k: int = K) -> dict:
    """Each unit judged by itself: large enough and mixed. Parent less children is not looked at."""
    sizes = {unit.key: unit.size for unit in tree}
    return {key: count for key, count in everything(tree, yes).items() if sizes[key] >= k and 2 <= count <= sizes[key] - 2}


def smallest_first(tree: Group, yes: dict, k: int = K) -> dict:
    """The textbook's way: hide unsafe units, then the smallest others until what is left over is safe too. Each number is safe, the pattern is not."""

    def is_safe(size: int, count: int) -> bool:
        return size >= k and 2 <= count <= size - 2

    every, out = everything(tree, yes), {}

    def below(unit: Group) -> None:
        shown = sorted((c for c in unit.children if c.size and is_safe(c.size, every[c.key])), key=lambda c: c.size)
        while shown and (size := unit.size - sum(c.size for c in shown)) and not is_safe(size, every[unit.key] - sum(every[c.key] for c in shown)):
            shown.pop(0)
        for child in shown:
            out[child.key] = every[child.key]
            below(child)

    if is_safe(tree.size, every.get(tree.key, 0)):
        out[tree.key] = every[tree.key]
        below(tree)
    return out
