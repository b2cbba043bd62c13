"""Whether this SQLite can distrust a schema. Nothing of Django is needed here: the settings ask too."""

import sqlite3
from contextlib import closing


def can_distrust_schema() -> bool:
    """SQLite before 3.41 takes its own json_valid(), which Django's JSON columns are checked by, for unsafe in a schema it distrusts."""
    with closing(sqlite3.connect(":memory:")) as probe:
        probe.execute("PRAGMA trusted_schema=OFF")
        try:
            probe.execute("CREATE TABLE t (c text CHECK (json_valid(c)))")
            probe.execute("INSERT INTO t VALUES ('{}')")
        except sqlite3.OperationalError:
            return False
    return True
