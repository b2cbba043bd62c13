"""Triggers that a room needs on both databases: made, taken away for a migration, and looked for at start and by verification."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TriggerSet:
    """On PostgreSQL all call one function; a trigger is called after its table and what it guards against, as in “audit_event_change”."""

    tables: tuple[str, ...]
    function: str
    body: str
    sqlite: dict[str, str]  # name → statement
    postgresql: dict[str, str]

    @property
    def wanted(self) -> dict[str, dict[str, str]]:
        """Name → statement, by database."""
        return {"sqlite": self.sqlite, "postgresql": self.postgresql}

    def missing(self, connection) -> list[str]:
        """The triggers that are not there, not switched on, or do something else than they were made for."""
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                kept = dict(cursor.fetchall())
                return [name for name, sql in self.sqlite.items() if kept.get(name) != sql]
            cursor.execute(
                "SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
                " WHERE t.tgrelid IN (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name) AND t.tgenabled = 'A' AND p.prosrc = %s", [list(self.tables), self.body],
            )
            kept = {name for (name,) in cursor.fetchall()}
            return [name for name in self.postgresql if name not in kept]

    def install(self, connection) -> None:
        """Make every trigger anew."""
        self.remove(connection)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"CREATE OR REPLACE FUNCTION {self.function}() RETURNS trigger LANGUAGE plpgsql AS $${self.body}$$")
            for sql in self.wanted[connection.vendor].values():
                cursor.execute(sql)

    def remove(self, connection) -> None:
        """For a migration that makes a table anew, and for the tests' own databases."""
        with connection.cursor() as cursor:
            for name in self.wanted[connection.vendor]:
                on = f" ON {name.rsplit('_', 1)[0]}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP FUNCTION IF EXISTS {self.function}()")


def switched_on(table: str, guards: str, events: str, each: str, function: str) -> tuple[str, str]:
    """(name, statement) of a trigger of PostgreSQL. ALWAYS: also for a session that says it only replicates."""
    name = f"{table}_{guards}"
    return name, f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}(); ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
