"""Django's SQLite engine, which seals the log at each commit."""

from django.db.backends.sqlite3 import base

from audit.backends.sealing import SealingMixin


class DatabaseWrapper(SealingMixin, base.DatabaseWrapper):
    pass
