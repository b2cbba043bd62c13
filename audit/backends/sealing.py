"""Seal what a transaction recorded as the last thing before it commits.

record() can't do it: deeds lock other rows after they have recorded, and two of them would wait for each other.
"""

from django.db.utils import Error

from audit.chain import seal


class SealingMixin:
    """Stands before one of Django's DatabaseWrapper classes. An event that can't be sealed takes its deed with it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.unsealed: set[int] = set()  # events recorded in the running transaction; some may be rolled back with a savepoint

    def commit(self):
        if self.unsealed:
            self.validate_no_atomic_block()
            try:
                self.settle()
                seal(self)
            except BaseException:
                self._give_up()
                raise
        super().commit()
        self.unsealed.clear()

    def settle(self) -> None:
        """What the database would do in COMMIT itself, done before the chain's end is locked."""

    def _give_up(self) -> None:
        """Roll back here: Atomic does so for database errors only, and after others SQLite would commit what stands."""
        try:
            self.rollback()
        except Error:
            self.close()

    def rollback(self):
        super().rollback()
        self.unsealed.clear()

    def connect(self):
        self.unsealed.clear()
        super().connect()
