"""How the server keeps house."""

import gc
import weakref

import pytest

from rectification.serve import sweep_garbage


class Left:
    """What a page left behind: it refers to itself."""

    def __init__(self):
        self.me = self


@pytest.mark.parametrize(("left", "swept"), [(100, False), (6_000, True)])
def test_what_pages_left_goes_between_two_pages_once_it_is_worth_looking(left, swept):
    gc.collect()
    gc.disable()
    try:
        first = weakref.ref(Left())
        for _n in range(left):
            Left()
        sweep_garbage()
        assert (first() is None) is swept
    finally:
        gc.enable()
