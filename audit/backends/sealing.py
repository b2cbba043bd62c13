"""Seal what a transaction recorded as the last thing before it commits.

record() can't do it: deeds lock other rows after they have recorded, and two of them would wait for each other.
Other rooms may have something done just before it, for the same reason: see `finishing`.
"""

from collections.abc import Callable

from django.db.utils import Error

from audit.chain import seal


class SealingMixin:
    """Stands before one of Django's DatabaseWrapper classes. An event that can't be sealed takes its deed with it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.unsealed: set[int] = set()  # events recorded in the running transaction; some may be rolled back with a savepoint
        self.finishing: dict[Callable[[set], None], set] = {}  # what the running transaction does last, and on what

    def commit(self):
        if self.unsealed or self.finishing:
            self.validate_no_atomic_block()
            try:
                self.finish()
                if self.unsealed:
                    self.settle()
                    seal(self)
            except BaseException:
                self._give_up()
                raise
        super().commit()
        self.unsealed.clear()

    def finish(self) -> None:
        """Do what the transaction left for its end; also asked by who reads what that end would write."""
        while self.finishing:
            deed, on = self.finishing.popitem()
            deed(on)

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
        self._forget()

    def connect(self):
        self._forget()
        super().connect()

    def _forget(self) -> None:
        self.unsealed.clear()
        self.finishing.clear()
