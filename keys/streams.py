"""Files of any size, sealed piece by piece: who changes, moves, repeats or cuts off a piece makes the whole unreadable.

A line of JSON says suite, salt and which key; then pieces of PIECE bytes follow, each under a key drawn for this file alone, with
its number as nonce and the mark of the last one in it, bound to the line.
"""

import base64
import hashlib
import io
import json
import os
from typing import BinaryIO

from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .suites import DIGESTS, SIZES, TAG, Unreadable, decrypt, encrypt

FORMAT = "rectification sealed file 1"
PIECE = 1 << 20  # bytes of plain text
LONGEST_HEAD = 4096


def fingerprint(secret: bytes) -> str:
    """Which key, and nothing about it."""
    return hashlib.sha256(b"rectification sealed file key" + secret).hexdigest()[:16]


def _key(secret: bytes, salt: bytes, suite: str) -> bytes:
    return HKDF(DIGESTS[suite], SIZES[suite], salt=salt, info=f"{FORMAT} {suite}".encode()).derive(secret)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")


class SealedWriter(io.RawIOBase):
    """Writes through to `out`, which it doesn't close. Without `close()` the file has no end and can't be read."""

    def __init__(self, out: BinaryIO, secret: bytes, *, suite: str):
        salt = os.urandom(32)
        self._out, self._suite, self._key = out, suite, _key(secret, salt, suite)
        self._head = json.dumps({"format": FORMAT, "suite": suite, "salt": base64.b64encode(salt).decode(), "key": fingerprint(secret)}).encode() + b"\n"
        self._number, self._rest = 0, bytearray()
        out.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self._rest += data
        while len(self._rest) > PIECE:  # the last piece is kept back until close() says that it is the last
            self._put(bytes(self._rest[:PIECE]), is_last=False)
            del self._rest[:PIECE]
        return len(data)

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._out.write(encrypt(self._key, _nonce(self._number, is_last=is_last), piece, self._head, suite=self._suite))
        self._number += 1

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._rest), is_last=True)
        super().close()

    def abandon(self) -> None:
        """End without an end: what was written can't be read."""
        super().close()


class SealedReader(io.RawIOBase):
    """Reads what a SealedWriter wrote. Nothing is handed out that isn't proven; Unreadable for anything else than the whole, in order."""

    def __init__(self, source: BinaryIO, secret: bytes):
        self._source, self._head = source, source.readline(LONGEST_HEAD)
        told = head_of(self._head)
        if told["key"] != fingerprint(secret):
            raise Unreadable("another key")
        self._suite = told["suite"]
        self._key = _key(secret, base64.b64decode(told["salt"]), self._suite)
        self._number, self._rest, self._ended = 0, b"", False
        self._next = source.read(PIECE + TAG)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._rest and not self._ended:
            self._take()
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def _take(self) -> None:
        piece, self._next = self._next, self._source.read(PIECE + TAG)
        if len(piece) < TAG:
            raise Unreadable("cut short")
        self._ended = not self._next
        self._rest = decrypt(self._key, _nonce(self._number, is_last=self._ended), piece, self._head, suite=self._suite)
        self._number += 1


def head_of(line: bytes) -> dict:
    """What a sealed file says about itself. Raises Unreadable for another kind of file."""
    try:
        told = json.loads(line)
        if told["format"] == FORMAT and told["suite"] in SIZES and isinstance(told["key"], str) and base64.b64decode(told["salt"], validate=True):
            return told
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("unknown format") from error
    raise Unreadable("unknown format")
