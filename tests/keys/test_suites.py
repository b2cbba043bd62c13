"""Authenticated encryption: what is moved, changed or cut is refused; both suites are always readable."""

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.suites import SIZES, Unreadable, mark, seal, unseal

SECRET, PLACE = b"s" * 32, "selfcheck.selfcheck:7:sealed_body"
SUITES = sorted(SIZES)


@pytest.mark.parametrize("suite", SUITES)
@given(text=st.text(max_size=500))
def test_what_was_sealed_comes_back(suite, text):
    token = seal(SECRET, text.encode(), bound_to=PLACE, suite=suite)
    assert token.startswith(f"v1:{suite}:")
    assert unseal(SECRET, token, bound_to=PLACE).decode() == text


@pytest.mark.parametrize("suite", SUITES)
def test_another_place_or_key_is_refused(suite):
    token = seal(SECRET, "收受茶叶".encode(), bound_to=PLACE, suite=suite)
    for secret, place in [(SECRET, "selfcheck.selfcheck:8:sealed_body"), (SECRET, "selfcheck.selfcheck:7:sealed_opinion"), (b"t" * 32, PLACE)]:
        with pytest.raises(Unreadable):
            unseal(secret, token, bound_to=place)


@pytest.mark.parametrize("suite", SUITES)
def test_every_changed_bit_is_refused(suite):
    token = seal(SECRET, "收受茶叶".encode(), bound_to=PLACE, suite=suite)
    head, coded = token[: len(f"v1:{suite}:")], token[len(f"v1:{suite}:") :]
    raw = bytearray(base64.urlsafe_b64decode(coded))
    for bit in range(len(raw) * 8):
        raw[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unreadable):
            unseal(SECRET, head + base64.urlsafe_b64encode(bytes(raw)).decode(), bound_to=PLACE)
        raw[bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize("token", ["", "收受茶叶", "v1", "v1:gm", "v1:gm:", "v1:gm:AAAA", "v1:gm:%%%", "v2:gm:" + "A" * 60, "v1:rot13:" + "A" * 60, "v1:intl:" + "A" * 60])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(Unreadable):
        unseal(SECRET, token, bound_to=PLACE)


def test_a_token_of_one_suite_is_no_token_of_the_other():
    token = seal(SECRET, b"x" * 40, bound_to=PLACE, suite="gm")
    with pytest.raises(Unreadable):
        unseal(SECRET, token.replace(":gm:", ":intl:"), bound_to=PLACE)


def test_the_same_text_never_makes_the_same_token():
    tokens = {seal(SECRET, b"x", bound_to=PLACE, suite=random.choice(SUITES)) for _n in range(2000)}
    assert len(tokens) == 2000


@pytest.mark.parametrize("suite", ["gm", "intl"])
def test_a_mark_is_the_same_for_the_same_words_under_the_same_secret_only(suite):
    one = mark(b"k" * 32, "话".encode(), suite=suite)
    assert one == mark(b"k" * 32, "话".encode(), suite=suite)
    assert len(one) == 64
    others = {
        mark(b"k" * 32, "画".encode(), suite=suite), mark(b"l" * 32, "话".encode(), suite=suite),
        mark(b"k" * 32, "话".encode(), suite="gm" if suite == "intl" else "intl"),
    }
    assert len(others | {one}) == 4
