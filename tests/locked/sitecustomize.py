"""A process that a test starts finds what requirements.txt installs and nothing else, as on an office's machine.

Beside pytest lies many a package that some library quietly imports: it would be there for us alone. Python reads this file as a process begins
(`locked` in tests/conftest.py puts its folder on the path and says which packages the process must not find).
"""

import os
import sys
from importlib.machinery import PathFinder

UNLOCKED = frozenset(os.environ.get("UNLOCKED", "").split(","))


class Locked(PathFinder):
    """What Python finds along its path, less these packages."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in UNLOCKED else super().find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Locked
