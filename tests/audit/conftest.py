"""Every test of the log has an anchor file of its own."""

from pathlib import Path

import pytest
from django.db import connection, transaction

from audit.chain import seal
from audit.log import record
from audit.models import Event
from audit.triggers import remove
from tests.cast import NOW


@pytest.fixture(autouse=True)
def anchors(settings, tmp_path) -> Path:
    settings.AUDIT_ANCHORS = tmp_path / "keys" / "anchors.txt"
    return settings.AUDIT_ANCHORS


def note(action: str = "tests.deed", **detail) -> Event:
    """One deed of the system, committed where the test commits."""
    with transaction.atomic():
        return record(action, by=None, at=NOW, **detail)


@pytest.fixture(autouse=True)
def archive(settings, tmp_path) -> Path:
    settings.AUDIT_ARCHIVE = tmp_path / "archive"
    return settings.AUDIT_ARCHIVE


@pytest.fixture
def unguarded(db):
    """Eight sealed events in a database whose triggers somebody took away."""
    for number in range(8):
        note(number=number, words="销号")
    seal(connection)
    remove(connection)


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
