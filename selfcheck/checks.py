"""Asked with `check --database default` and before every migration: do published checklists stand as they were published?"""

from django.core import checks
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from .triggers import missing

MADE_BY = ("selfcheck", "0009_checklist_versions")


def check_published(app_configs=None, databases=None, **kwargs) -> list[checks.CheckMessage]:
    """Before the migration that makes the triggers, nothing is missed."""
    from .actions import is_as_published
    from .models import ChecklistVersion

    found = []
    for alias in databases or []:
        if MADE_BY not in MigrationRecorder(connections[alias]).applied_migrations():
            continue
        gone = missing(connections[alias])
        if gone:
            found.append(checks.Error(f"Triggers of published checklists are missing or changed: {', '.join(gone)}.", hint="selfcheck.triggers.install()", id="selfcheck.E001"))
        found += [
            checks.Error(f"Checklist version {one.pk} is not what was published.", hint="Restore it from a backup.", id="selfcheck.E002")
            for one in ChecklistVersion.objects.using(alias).published()
            if not is_as_published(one)
        ]
    return found
