"""The sealing SQLite engine, with an eye on slow statements."""

from audit.backends.sqlite3 import base
from operations.backends.timing import TimingMixin


class DatabaseWrapper(TimingMixin, base.DatabaseWrapper):
    pass
