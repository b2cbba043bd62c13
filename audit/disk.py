"""What has to outlive a power failure."""

import os
from pathlib import Path


def settle(folder: Path) -> None:
    """A file's name, too, is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
