"""What must be so before the platform may serve. Each complaint is one sentence that says the mend.

`check_database` is asked wherever Django asks a database's checks (`check --database default`, before `migrate`);
`check_surroundings` with `check --deploy --database default` only: a migration need not wait for Redis. The server asks both.
"""

from django.core import checks
from django.db import connections

from . import folders, postgresql, services, sqlite

ASKED = {"sqlite": sqlite.complaints, "postgresql": postgresql.complaints}


def check_database(app_configs=None, databases=None, **kwargs) -> list[checks.CheckMessage]:
    """The engine's own promises, asked of the live connection; of the replica as well if it is named."""
    return [checks.Error(text, id=f"operations.{name}") for alias in databases or [] for name, text in ASKED[connections[alias].vendor](connections[alias])]


def check_surroundings(app_configs=None, databases=None, **kwargs) -> list[checks.CheckMessage]:
    """Folders, fonts, Redis and clocks, once for the default database."""
    if "default" not in (databases or []):
        return []
    found = [*folders.complaints(), *services.complaints(connections["default"])]
    return [checks.Error(text, id=f"operations.{name}") for name, text in found]
