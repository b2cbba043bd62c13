"""Asked with `check --database default` and before every migration: do the log's triggers stand, and are its keys at hand?"""

from django.core import checks
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from .keyring import at_hand
from .segments import wrong_key
from .triggers import missing
from .verify import lost_key, rotations


def _migrated(databases) -> list:
    """The databases that have everything; before the migration that makes it, nothing is missed."""
    return [connections[alias] for alias in databases or [] if ("audit", "0004_segments") in MigrationRecorder(connections[alias]).applied_migrations()]


def check_keys(app_configs=None, databases=None, **kwargs) -> list[checks.CheckMessage]:
    """Without its newest key the log would be gone on with under an older one: an error. An older one is missed by who verifies."""
    if not _migrated(databases):
        return []
    keys, noted = at_hand(), rotations()
    newest = wrong_key(noted[-1], keys, newest_only=True) if noted else None
    lost = newest or lost_key(keys)
    return [(checks.Error if newest else checks.Warning)(str(lost), id="audit.E002" if newest else "audit.W001")] if lost else []


def check_triggers(app_configs=None, databases=None, **kwargs) -> list[checks.CheckMessage]:
    found = []
    for connection in _migrated(databases):
        gone = missing(connection)
        if gone:
            found.append(checks.Error(f"日志的防改措施缺失或被改动：{'、'.join(gone)}。请执行 manage.py audit protect，并查明原因。", id="audit.E001"))
    return found
