"""The order of meetings in their chains."""

import datetime as dt

from campaigns.chain import in_chain

D = dt.date


def test_each_meeting_stands_below_the_one_it_passes_on():
    assert in_chain([(1, None, None), (2, 1, D(2023, 3, 1)), (3, 2, D(2023, 3, 1)), (4, 3, None)]) == [(1, 0), (2, 1), (3, 2), (4, 3)]


def test_siblings_go_by_date_and_undated_ones_as_entered_last():
    links = [(1, None, D(2023, 2, 1)), (2, 1, None), (3, 1, D(2023, 3, 2)), (4, 1, D(2023, 3, 1)), (5, 1, None)]
    assert in_chain(links) == [(1, 0), (4, 1), (3, 1), (2, 1), (5, 1)]


def test_a_meeting_whose_predecessor_is_elsewhere_starts_a_chain():
    assert in_chain([(7, 99, None)]) == [(7, 0)]
    assert in_chain([]) == []
