"""The linter of migrations sees what would break the code before, and takes a note for an answer."""

import pytest
from lint_migrations import BASELINE, faults, is_excused, key, own_migrations


def test_the_baseline_names_migrations_that_are_there():
    known = BASELINE.read_text().split()
    assert known and set(known) <= {key(migration) for migration in own_migrations()}


@pytest.mark.django_db(transaction=True)  # SQLite plans no table anew inside a transaction
@pytest.mark.parametrize(("name", "found"), [("supervision.0003_version", ["NOT NULL constraint on columns"]), ("supervision.0002_help_text", [])])
def test_a_column_that_old_code_leaves_empty_is_a_fault(name, found):
    (migration,) = [m for m in own_migrations() if key(m) == name]
    assert faults(migration) == found


def test_only_a_note_with_a_reason_excuses():
    assert is_excused("class Migration:\n    # contract: nothing reads unit_text since 0.3\n")
    assert not is_excused("# contract: ok\n") and not is_excused("# contract:\n") and not is_excused("# expand: nothing reads it\n")
