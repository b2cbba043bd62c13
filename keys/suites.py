"""Two suites of authenticated encryption: 国密 (SM4-GCM) and international (AES-256-GCM). Both are always readable.

A token is `v1:<suite>:<base64url of nonce, ciphertext and tag>`. What it is bound to (associated data) is not in it: a
token moved to another place, or changed by a bit, is refused.
"""

import base64
import binascii
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "v1"
NONCE, TAG = 12, 16  # bytes, as GCM recommends
DIGESTS = {"gm": hashes.SM3(), "intl": hashes.SHA256()}
SIZES = {"gm": 16, "intl": 32}  # bytes of a cipher key


class Unreadable(Exception):
    """A sealed text that can't be opened: moved, changed, or its key is gone."""


@dataclass(frozen=True)
class Token:
    """A sealed text taken apart."""

    suite: str
    raw: bytes

    @classmethod
    def parse(cls, text: str) -> "Token":
        version, _sep, rest = text.partition(":")
        suite, _sep, coded = rest.partition(":")
        if version != VERSION or suite not in SIZES:
            raise Unreadable("unknown format")
        try:
            raw = base64.b64decode(coded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise Unreadable("not base64") from error
        if len(raw) < NONCE + TAG:
            raise Unreadable("cut short")
        return cls(suite, raw)

    def __str__(self) -> str:
        return f"{VERSION}:{self.suite}:{base64.urlsafe_b64encode(self.raw).decode()}"


def cipher_key(secret: bytes, suite: str) -> bytes:
    """The key of a suite, drawn from a secret that serves both; not kept, so that a destroyed key is gone."""
    return HKDF(DIGESTS[suite], SIZES[suite], salt=None, info=f"rectification {suite}".encode()).derive(secret)


def mark(secret: bytes, text: bytes, *, suite: str) -> str:
    """HMAC of a text, in hex: the same texts have the same mark, and without the secret it says nothing. A suite's marks match its own only."""
    made = hmac.HMAC(HKDF(DIGESTS[suite], 32, salt=None, info=f"rectification mark {suite}".encode()).derive(secret), DIGESTS[suite])
    made.update(text)
    return made.finalize().hex()


def encrypt(key: bytes, nonce: bytes, text: bytes, place: bytes, *, suite: str) -> bytes:
    """Ciphertext and tag. A nonce serves one text under a key, never two."""
    if suite == "intl":
        return AESGCM(key).encrypt(nonce, text, place)
    encryptor = Cipher(SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(place)
    return encryptor.update(text) + encryptor.finalize() + encryptor.tag


def decrypt(key: bytes, nonce: bytes, hidden: bytes, place: bytes, *, suite: str) -> bytes:
    """What was encrypted at this very place. Raises Unreadable for anything else."""
    try:
        if suite == "intl":
            return AESGCM(key).decrypt(nonce, hidden, place)
        decryptor = Cipher(SM4(key), modes.GCM(nonce, hidden[-TAG:])).decryptor()
        decryptor.authenticate_additional_data(place)
        return decryptor.update(hidden[:-TAG]) + decryptor.finalize()
    except InvalidTag as error:
        raise Unreadable("changed or moved") from error


def seal(secret: bytes, text: bytes, *, bound_to: str, suite: str) -> str:
    """A token for `text` that opens only with the same secret and the same `bound_to`. A nonce is never used twice: 96 random bits."""
    nonce = os.urandom(NONCE)
    return str(Token(suite, nonce + encrypt(cipher_key(secret, suite), nonce, text, bound_to.encode(), suite=suite)))


def unseal(secret: bytes, token: str, *, bound_to: str) -> bytes:
    """What was sealed, in whichever suite. Raises Unreadable for anything else than the very token at the very place."""
    parsed = Token.parse(token)
    return decrypt(cipher_key(secret, parsed.suite), parsed.raw[:NONCE], parsed.raw[NONCE:], bound_to.encode(), suite=parsed.suite)
