"""Would the code before still run on the schema after? ``python tools/lint_migrations.py``, part of `make lint`.

Every migration that is not in tools/migrations.baseline is read by django-migration-linter: no column or table renamed or taken away, no
column that the old code's INSERT would leave empty. One that contracts on purpose, a release after nothing reads it any more, says so in its file: a
line ``# contract: why``. ``--baseline`` writes the baseline anew, when a release is made.
"""

import argparse
import logging
import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / "tools" / "migrations.baseline"
NOTE = re.compile(r"^\s*# contract: \S.{9,}", re.M)


def key(migration) -> str:
    return f"{migration.app_label}.{migration.name}"


def own_migrations() -> list:
    """Those of our rooms, in the order of their names."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    ours = {config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT}
    return sorted((m for m in MigrationLoader(None).disk_migrations.values() if m.app_label in ours), key=key)


def is_excused(text: str) -> bool:
    """Whether a migration's file says why it may contract."""
    return NOTE.search(text) is not None


def faults(migration) -> list[str]:
    """What the linter finds in the statements of one migration."""
    from django_migration_linter import MigrationLinter
    from django_migration_linter.sql_analyser import analyse_sql_statements

    linter = MigrationLinter(no_cache=True, no_output=True)
    statements = linter.get_sql(migration.app_label, migration.name)
    errors, _ignored, _warnings = analyse_sql_statements(linter.sql_analyser_class, statements, [])
    return [issue.message for issue in errors]


def main() -> int:
    parser = argparse.ArgumentParser(description="Check new migrations against the code before them.")
    parser.add_argument("--baseline", action="store_true", help="write the baseline anew")
    options = parser.parse_args()
    found = own_migrations()
    if options.baseline:
        BASELINE.write_text("".join(f"{key(migration)}\n" for migration in found))
        return 0
    known, wrong = set(BASELINE.read_text().split()), 0
    for migration in (m for m in found if key(m) not in known):
        path = Path(sys.modules[type(migration).__module__].__file__)
        messages = [] if is_excused(path.read_text()) else faults(migration)
        for message in messages:
            print(f"{path.relative_to(ROOT)}: {message}. The code before would fail; expand first, or say why in a line `# contract: …` (docs/operations.md).")
        wrong += bool(messages)
    return wrong > 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        import django

        django.setup()
        logging.disable(logging.INFO)
        code = main()
    sys.exit(code)
