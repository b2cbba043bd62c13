"""Where the tests find the document fonts."""

import os
from pathlib import Path

from django.conf import settings


def fonts_dir():
    """The folder of the document fonts; a clear failure where ``make setup`` has not been run."""
    folder = Path(os.environ.get("FONTS_DIR") or settings.FONTS_DIR)
    assert (folder / "stamp").is_file(), (
        f"no document fonts in {folder}: run `make setup` or `python tools/fonts.py {folder}`"
    )
    return folder
