"""The log's keys. The newest seals; older ones stay, for what they have sealed is read by them.

Number 1 is AUDIT_KEY; later ones are files in KEYS_DIR: audit-2, audit-3 … Several servers share that folder, or the service
stands still while they are rotated: a line sealed by an older key after one of a newer key counts as forged.
"""

import hmac
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings

from .keyfile import make_once

NAME = "audit-"
_seen: dict[Path, int] = {}  # the newest number found in a folder so far


def file_name(number: int) -> str:
    return "audit" if number == 1 else f"{NAME}{number}"


def _file(number: int) -> Path:
    return settings.KEYS_DIR / file_name(number)


@cache
def _content(path: Path) -> str:
    return path.read_text().strip()


def at_hand() -> dict[int, str]:
    """Number and key, oldest first, as they lie there now."""
    found = sorted(int(path.name.removeprefix(NAME)) for path in settings.KEYS_DIR.glob(f"{NAME}*") if path.name.removeprefix(NAME).isdecimal())
    return ({1: settings.AUDIT_KEY} if settings.AUDIT_KEY else {}) | {number: _file(number).read_text().strip() for number in found}


def newest() -> int:
    """The number of the key that seals now. Asked inside every commit, so it costs one look whether there is a next one."""
    folder = settings.KEYS_DIR
    number = _seen.get(folder) or max(at_hand(), default=1)
    while _file(number + 1).exists():
        number += 1
    _seen[folder] = number
    return number


def newest_key() -> str:
    number = newest()
    return settings.AUDIT_KEY if number == 1 else _content(_file(number))


def make(number: int) -> None:
    """A new key, in use from the next commit on, in every process."""
    make_once(_file(number), secrets.token_urlsafe(48).encode())


def fingerprint(key: str) -> str:
    """What tells one key from another and nothing about it."""
    return hmac.new(key.encode(), b"the log's key", "sha256").hexdigest()[:16]


def fingerprints() -> dict[str, str]:
    """Of every key at hand, by its number as text: for a line of the log, or an archive's manifest."""
    return {str(number): fingerprint(key) for number, key in at_hand().items()}
