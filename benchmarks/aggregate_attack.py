"""How many single answers can be told from the published counts of a self-check round?

usage: python benchmarks/aggregate_attack.py [TREES] [SEED]     10,000 trees of units, six questions each.
The attacker has every published count, every headcount, and is nobody or one of the people, who knows their own answer. First
they solve the equations with the bounds 0 and 1. Then, on small trees, they also know the rule and try every assignment of
answers, so that what was left out tells something too. The same is done to publication with a step missing, where it must succeed.
"""

import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from selfcheck.suppression import release  # noqa: E402
from tests.selfcheck.attack import (  # noqa: E402
    K,
    cells,
    everything,
    primary_only,
    random_answers,
    random_tree,
    smallest_first,
    told,
    untold,
)

QUESTIONS, SENSITIVE = 6, 10
WAYS = {
    "as published": lambda tree, yes: release(tree, yes, K),
    "a sensitive question": lambda tree, yes: release(tree, yes, SENSITIVE),
    "without the second step": primary_only,
    "without any": everything,
    "the smallest hidden first": smallest_first,
}
LARGEST = 3000  # assignments tried for one tree


def by_equations(trees: int, seed: int) -> None:
    chance, found, shown, units = random.Random(seed), dict.fromkeys(WAYS, 0), dict.fromkeys(WAYS, 0), 0
    for _i in range(trees):
        tree = random_tree(chance)
        homes = {unit.key: unit.own for unit in tree}
        units += QUESTIONS * sum(unit.size > 0 for unit in tree)
        for _q in range(QUESTIONS):
            yes = random_answers(chance, tree)
            for name, publish in WAYS.items():
                published = cells(tree, publish(tree, yes))
                shown[name] += len(published)
                found[name] += len(told(published, homes))
    print(f"{trees} trees × {QUESTIONS} questions, {units} counts of units; units with an answer told by equations:")
    for name, count in found.items():
        print(f"  {name:28} {count:8}   of {shown[name]} published counts")


def by_assignments(trees: int, seed: int) -> None:
    chance, found, tried, total = random.Random(seed), dict.fromkeys(WAYS, 0), 0, 0
    while tried < trees:
        tree = random_tree(chance, depth=2, most=7)
        homes, possible = {unit.key: unit.own for unit in tree}, 1
        for size in homes.values():
            possible *= size + 1
        if tree.size < K or possible > LARGEST:
            continue
        tried, total = tried + 1, total + possible
        for name, publish in WAYS.items():
            found[name] += bool(untold(homes, lambda yes, tree=tree, publish=publish: publish(tree, yes)))
    print(f"{trees} small trees, {total} assignments; trees where some result rules an answer out:")
    for name, count in found.items():
        print(f"  {name:28} {count:8}")


if __name__ == "__main__":
    wanted, start = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1
    by_equations(wanted, start)
    by_assignments(max(wanted // 30, 1), start)
