"""The keys above the persons' keys (KEK): numbered files in KEYS_DIR, outside the database and its backups.

The newest number seals; older ones stay readable until nothing is sealed by them any more. A device (密码机) would take this
file's place: it is the only one that touches the master keys.
"""

import os
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from audit.keyfile import make_once

from . import suites

NAME = "kek-"


class KeyLost(suites.Unreadable):
    """The file of a key is not there (any more); its text says what to do."""


def numbers() -> list[int]:
    """The keys at hand, oldest first."""
    return sorted(int(path.name.removeprefix(NAME)) for path in settings.KEYS_DIR.glob(f"{NAME}*") if path.name.removeprefix(NAME).isdecimal())


def _file(number: int) -> Path:
    return settings.KEYS_DIR / f"{NAME}{number}"


def _secret(number: int) -> bytes:
    try:
        return _file(number).read_bytes()
    except FileNotFoundError as error:
        raise KeyLost(_("找不到主密钥文件 %(name)s，它保护的内容无法读取。请从密钥保管人处取回该文件，放入 %(folder)s 后重试。") % {"name": _file(number).name, "folder": settings.KEYS_DIR}) from error


def make(number: int) -> None:
    """A new key file; when two processes make it at once both use the first."""
    make_once(_file(number), os.urandom(32))


def newest(*, is_first: bool) -> int:
    """The key that seals now. The very first is made on the way, unless something is sealed already: then it was lost."""
    if not numbers():
        if not is_first:
            raise KeyLost(_("%(folder)s 中没有主密钥文件，而库中已有加密内容。请从密钥保管人处取回主密钥文件后重试。") % {"folder": settings.KEYS_DIR})
        make(1)
    return numbers()[-1]


def wrap(secret: bytes, *, number: int, holder: str) -> str:
    """A person's key, sealed by a key of the ring and bound to its holder."""
    return suites.seal(_secret(number), secret, bound_to=f"key:{holder}", suite=settings.CRYPTO_SUITE)


def unwrap(token: str, *, number: int, holder: str) -> bytes:
    return suites.unseal(_secret(number), token, bound_to=f"key:{holder}")
