"""A key in a file, made once. Nothing of Django is needed here: the settings make their own keys with it."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def make_once(path: Path, content: bytes) -> None:
    """Write a key readable by its owner only. Of two processes that do so at once both find the key of the faster one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.chmod(0o400)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
