"""Published counts of answers tell nobody's answer: by example, by every assignment on small trees, by attack on many."""

import random

import pytest

from selfcheck.suppression import Group, halved, parts, release
from tests.selfcheck.attack import (
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


def flat(*sizes: int, own: int = 0) -> Group:
    """A unit with units below it, "a", "b" …"""
    return Group("top", own, tuple(Group(chr(97 + n), size) for n, size in enumerate(sizes)))


def homes(tree: Group) -> dict:
    return {unit.key: unit.own for unit in tree}


# --- what is published -------------------------------------------------------------------------------------------------


def test_safe_units_are_published_with_those_above_them():
    assert release(flat(6, 7, 8), {"a": 2, "b": 3, "c": 6}, K) == {"top": 11, "a": 2, "b": 3, "c": 6}


@pytest.mark.parametrize("yes", [0, 1, 5, 6])
def test_nearly_all_of_one_kind_is_not_published(yes):
    assert release(Group("top", 6), {"top": yes}, K) == {}


@pytest.mark.parametrize("yes", [2, 3, 4])
def test_a_mixed_unit_is(yes):
    assert release(Group("top", 6), {"top": yes}, K) == {"top": yes}


def test_a_small_unit_is_never_published():
    assert release(Group("top", 4), {"top": 2}, K) == {}


def test_what_hides_one_unit_hides_its_partner_but_no_more():
    tree = flat(6, 6, 9, 9)  # 6 and 6 are put together, 9 and 9 too
    assert release(tree, {"a": 0, "b": 3, "c": 4, "d": 4}, K) == {"top": 11, "c": 4, "d": 4}


def test_few_people_of_ones_own_hide_the_smallest_unit_with_them():
    assert release(flat(6, 9, 12, own=2), {"top": 1, "a": 3, "b": 4, "c": 5}, K) == {"top": 13, "b": 4, "c": 5}


def test_units_below_a_hidden_one_may_be_published():
    """A bureau with two people of its own above one department: its sections but the smallest."""
    department = Group("department", 0, (Group("one", 8), Group("two", 5), Group("three", 9)))
    tree = Group("bureau", 2, (department,))
    assert release(tree, {"one": 3, "two": 2, "three": 4}, K) == {"bureau": 9, "one": 3, "three": 4}


def test_an_only_child_with_the_same_people_has_the_same_count():
    assert release(Group("top", 0, (Group("only", 0, (Group("leaf", 8),)),)), {"leaf": 3}, K) == {"top": 3, "only": 3, "leaf": 3}


def test_units_nobody_handed_in_from_are_left_out():
    assert release(flat(6, 0, 7), {"a": 2, "c": 3}, K) == {"top": 5, "a": 2, "c": 3}
    assert release(flat(0, 0), {}, K) == {}


def test_the_cut_looks_at_headcounts_alone_and_leaves_no_part_below_k():
    chance = random.Random(3)
    for _i in range(200):
        tree = random_tree(chance)
        for unit in tree:
            if unit.size >= K:
                pieces = parts(unit, K)
                assert frozenset().union(*(p.homes for p in pieces)) >= {h.key for h in unit if h.own}
                assert sum(p.size for p in pieces) == unit.size == halved(pieces).size
                assert all(p.size >= K for p in pieces)


def test_a_smallest_group_that_protects_nobody_is_refused():
    with pytest.raises(ValueError, match="protects nobody"):
        release(flat(6), {}, 3)


# --- every assignment --------------------------------------------------------------------------------------------------

SENSITIVE = [Group("top", 10), flat(10, 10), flat(10, 4, 7), flat(11, 10, own=1), flat(10, 10, own=3), Group("top", 0, (Group("m", 0, (Group("a", 10), Group("b", 10))), Group("c", 3)))]
SMALL = [
    Group("top", 5), Group("top", 6), flat(5, 5), flat(5, 6), flat(4, 5), flat(6, 5, own=1), flat(5, 5, own=1), flat(5, 5, own=5), flat(5, 5, 5),
    flat(3, 3, 6), flat(2, 2, 2, own=2), flat(1, 1, 1, 5), flat(9, 5), flat(12, 4), Group("top", 1, (Group("m", 1, (Group("a", 5), Group("b", 5))),)),
    Group("top", 0, (Group("m", 0, (Group("a", 5), Group("b", 6))), Group("c", 5))), Group("top", 2, (Group("m", 0, (Group("a", 6), Group("b", 5))), Group("c", 1))),
]  # fmt: skip


@pytest.mark.parametrize("tree", SMALL, ids=str)
def test_any_two_people_may_have_said_anything(tree):
    assert untold(homes(tree), lambda yes: release(tree, yes, K)) == []


@pytest.mark.parametrize("tree", SENSITIVE, ids=str)
def test_nor_with_the_group_of_a_sensitive_question(tree):
    assert untold(homes(tree), lambda yes: release(tree, yes, 10)) == []


def test_the_same_on_random_small_trees():
    chance, tried = random.Random(1), 0
    while tried < 60:
        tree = random_tree(chance, depth=2, most=7)
        possible = 1
        for size in homes(tree).values():
            possible *= size + 1
        if tree.size >= K and possible <= 4000:
            k = chance.choice([4, 5, 6, 8, 10])
            assert untold(homes(tree), lambda yes, tree=tree, k=k: release(tree, yes, k)) == []
            tried += 1


def test_the_textbooks_way_tells_by_what_it_leaves_out():
    """Each published number is safe, and yet: 6 people, 1 person and 5, of which the 5 are shown and 7 are left over with two 是."""
    tree = flat(6, 5, own=1)
    assert told(cells(tree, smallest_first(tree, {"top": 1, "a": 1, "b": 2})), homes(tree)) == set()
    assert untold(homes(tree), lambda yes: smallest_first(tree, yes)) != []


# --- attack ------------------------------------------------------------------------------------------------------------


def attacked(publish, trees: int, seed: int = 7) -> int:
    """From how many trees some single answer follows."""
    chance, found = random.Random(seed), 0
    for _i in range(trees):
        tree = random_tree(chance)
        found += bool(told(cells(tree, publish(tree, random_answers(chance, tree))), homes(tree)))
    return found


def test_nothing_is_recovered():
    assert attacked(lambda tree, yes: release(tree, yes, K), 400) == 0


def test_nothing_is_recovered_of_a_sensitive_question():
    assert attacked(lambda tree, yes: release(tree, yes, 10), 200) == 0


@pytest.mark.parametrize("publish", [everything, primary_only])
def test_the_attack_works_where_a_step_is_missing(publish):
    assert attacked(publish, 400) > 40


def test_something_is_published():
    """Safe by silence would be no use: of the trees that are mixed, most show their total, and many a unit below it."""
    chance, totals, below = random.Random(5), 0, 0
    for _i in range(200):
        tree = random_tree(chance)
        shown = release(tree, {unit.key: sum(chance.random() < 0.5 for _p in range(unit.own)) for unit in tree}, K)
        totals, below = totals + (tree.key in shown), below + len(shown)
    assert totals > 150
    assert below > 500
