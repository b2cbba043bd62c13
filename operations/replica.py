"""Reads of pages may come from a standby (REPLICA_URL), never older than what was acknowledged when the page was asked for.

Before the first such read of a request the primary is asked how far its log has been flushed, the standby whether it has come so
far. It has a few milliseconds to; else, and when it is down, the page is read from the primary. So nobody, the writer
included, sees what was before a deed that has been answered: no mark in the session or the browser is needed.
"""

import logging
import time
from contextlib import suppress
from contextvars import ContextVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

logger = logging.getLogger(__name__)
ALIAS = "replica"
PAUSE = 10.0  # seconds a standby that failed is left alone
STEP = 0.004  # seconds between two looks at one that lags
# Who somebody is and what they may do is always asked of the primary, and what is written while it is read.
PRIMARY_ONLY = {"auth", "contenttypes", "sessions", "axes", "django_otp", "otp_totp", "audit", "keys", "accounts", "jobs", "organizations"}


class Reading:
    """One safe request: whether its reads may come from the standby, found out at the first of them."""

    def __init__(self) -> None:
        self.usable: bool | None = None

    def ask(self) -> bool:
        if self.usable is None:
            self.usable = standby.is_current()
        return self.usable


reading: ContextVar[Reading | None] = ContextVar("operations_reading", default=None)  # None: everything from the primary


class Standby:
    """What this process knows of the standby. Threads may share it: the worst is one more line in the log."""

    def __init__(self) -> None:
        self.down_until = 0.0
        self.is_down = False

    def is_current(self) -> bool:
        """Whether it has replayed all that the primary has flushed up to now."""
        if time.monotonic() < self.down_until:
            return False
        try:
            current = caught_up(flushed())
        except (DatabaseError, InterfaceError) as error:
            self.fail(error)
            return False
        if self.is_down:
            self.is_down = False
            logger.warning("the replica answers again")
        return current

    def fail(self, error: Exception) -> None:
        """Left alone for a while; the log has one line, whoever else meets it."""
        self.down_until = time.monotonic() + PAUSE
        if not self.is_down:
            self.is_down = True
            logger.warning("the replica does not answer, pages are read from the primary (%s)", type(error).__name__)
        with suppress(DatabaseError, InterfaceError):  # what is broken can't always be closed in order
            connections[ALIAS].close()


standby = Standby()


def flushed() -> str:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_flush_lsn()")
        return cursor.fetchone()[0]


def caught_up(position: str) -> bool:
    """Whether the standby reaches a position of the primary's log within REPLICA_WAIT_MS."""
    end = time.monotonic() + settings.REPLICA_WAIT_MS / 1000
    with connections[ALIAS].cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [position])
            if cursor.fetchone()[0]:
                return True
            if time.monotonic() >= end:
                return False
            time.sleep(STEP)


class Router:
    """Outside safe requests, in transactions and for PRIMARY_ONLY everything is the primary's."""

    def db_for_read(self, model, **hints) -> str:
        found = reading.get()
        if found is None or model._meta.app_label in PRIMARY_ONLY or connections["default"].in_atomic_block:
            return "default"
        return ALIAS if found.ask() else "default"

    def db_for_write(self, model, **hints) -> str:
        return "default"

    def allow_relation(self, one, other, **hints) -> bool:
        return True  # both hold the same rows

    def allow_migrate(self, db, app_label, **hints) -> bool:
        return db != ALIAS
