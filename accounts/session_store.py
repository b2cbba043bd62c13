"""Sessions in the database, as Django keeps them, but for what is told when the database fails."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError


class SessionStore(db.SessionStore):
    """Django takes every failure to write for a session that somebody ended meanwhile, and answers 400: a bad request of the visitor's.

    A database that is away, or busy for too long, is told as what it is (5xx), so that whoever asked asks again.
    """

    def save(self, must_create=False):
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from None
            raise
