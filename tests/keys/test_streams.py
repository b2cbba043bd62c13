"""Sealed files: whole, or not at all."""

import io
import os

import pytest

from keys.streams import PIECE, SealedReader, SealedWriter, head_of
from keys.suites import TAG, Unreadable

SECRET = bytes(range(32))


def sealed(text: bytes, suite="intl", secret=SECRET) -> bytes:
    out = io.BytesIO()
    with SealedWriter(out, secret, suite=suite) as writer:
        for start in range(0, len(text), 70_001):
            writer.write(text[start : start + 70_001])
    return out.getvalue()


def opened(data: bytes, secret=SECRET) -> bytes:
    return io.BufferedReader(SealedReader(io.BytesIO(data), secret)).read()


@pytest.mark.parametrize("suite", ["gm", "intl"])
@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 12345])
def test_what_goes_in_comes_out(suite, size):
    text = os.urandom(size)
    data = sealed(text, suite)
    assert opened(data) == text
    assert head_of(data.split(b"\n")[0])["suite"] == suite
    assert size < 16 or text[:16] not in data


def test_the_same_text_is_never_sealed_the_same_way():
    assert sealed(b"x" * 100).split(b"\n", 1)[1] != sealed(b"x" * 100).split(b"\n", 1)[1]


def refused(data: bytes, secret=SECRET) -> bool:
    try:
        opened(data, secret)
    except Unreadable:
        return True
    return False


def test_anything_else_is_refused():
    data = sealed(os.urandom(2 * PIECE + 500))
    head = data.index(b"\n") + 1
    step = PIECE + TAG
    pieces = [data[head : head + step], data[head + step : head + 2 * step], data[head + 2 * step :]]
    join = lambda *chosen: data[:head] + b"".join(chosen)  # noqa: E731
    assert not refused(join(*pieces))
    assert refused(data, bytes(32))
    cuts = [join(), join(pieces[0]), join(*pieces[:2]), data[:-1], data[: head + 5], data[: head - 5], b""]
    moved = [join(pieces[1], pieces[0], pieces[2]), join(pieces[0], pieces[0], pieces[2]), join(*pieces[1:]), join(*pieces, pieces[2]), data + b"x"]
    mixed = [sealed(b"other").split(b"\n", 1)[0] + b"\n" + b"".join(pieces)]
    assert [n for n, bad in enumerate([*cuts, *moved, *mixed]) if not refused(bad)] == []


def test_200_changed_bytes_are_all_refused():
    data = sealed(os.urandom(PIECE + 3000), "gm")
    spots = [*range(0, 140, 3), *(int.from_bytes(os.urandom(4), "big") % len(data) for _ in range(150))]
    passed = []
    for spot in spots:
        bad = bytearray(data)
        bad[spot] ^= 1 << (spot % 8)
        if not refused(bytes(bad)):
            passed.append(spot)
    assert passed == []


def test_an_abandoned_file_cannot_be_read():
    out = io.BytesIO()
    writer = SealedWriter(out, SECRET, suite="intl")
    writer.write(b"x" * (PIECE * 2))
    writer.abandon()
    assert refused(out.getvalue())
