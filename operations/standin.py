"""Another database in the default one's place for a while: a copy that is proved before it counts."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.utils import load_backend


def described(**settings) -> dict:
    """A database's settings with what Django adds to them."""
    return connections.configure_settings({"default": settings})["default"]


@contextmanager
def standing_in(database: dict) -> Iterator[object]:
    """In this thread all questions to the default database go to this one. Not inside a transaction."""
    before, made = connections["default"], load_backend(database["ENGINE"]).DatabaseWrapper(database, "default")
    connections["default"] = made
    try:
        yield made
    finally:
        made.close()
        connections["default"] = before
