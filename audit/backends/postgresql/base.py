"""Django's PostgreSQL engine, which seals the log at each commit."""

from django.db.backends.postgresql import base

from audit.backends.sealing import SealingMixin


class DatabaseWrapper(SealingMixin, base.DatabaseWrapper):
    def settle(self) -> None:
        """Foreign keys are checked now: left to COMMIT they lock other rows while the chain's end is held, and deadlock."""
        with self.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
