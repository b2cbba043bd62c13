"""The colours of the style sheet can be told apart (WCAG 2.2 AA; GB/T 37668 level 2), plain and with high contrast."""

import pytest

from reports.ink import GROUNDS, TEXTS, USES, contrast, inks


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#FFFFFF") == 21
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)
    assert contrast("#1D4570", "#1D4570") == 1


def test_every_ink_has_a_use():
    assert set(inks()) == set(USES)
    assert set(inks("high")) >= set(USES)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ground", [*GROUNDS, "blue-wash", "amber-wash"])
@pytest.mark.parametrize(("mode", "least"), [("", 4.5), ("high", 7)])
def test_text_reads_on_every_ground(text, ground, mode, least):
    known = inks(mode)
    assert contrast(known[text], known[ground]) >= least


@pytest.mark.parametrize("mode", ["", "high"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_edges_focus_and_the_red_button_are_seen(mode, ground):
    known = inks(mode)
    assert contrast(known["edge"], known[ground]) >= 3
    assert contrast(known["blue"], known[ground]) >= 3
    assert contrast("#FFFFFF", known["red"]) >= 4.5
    assert contrast("#FFFFFF", known["red-d"]) >= 4.5
