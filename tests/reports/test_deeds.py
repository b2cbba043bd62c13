"""The log speaks Chinese: every action code in the source has its words, and no words stand for nothing."""

import ast
from pathlib import Path

from django.apps import apps
from django.conf import settings

from reports.deeds import DEEDS, codes_called, words

ROOT = Path(settings.BASE_DIR)


def recorded_codes() -> set[str]:
    """The first argument of every record() in every room."""
    found = set()
    rooms = [Path(c.path) for c in apps.get_app_configs() if Path(c.path).parent == ROOT]
    for path in (p for room in rooms for p in room.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record" and node.args:
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno} records a code that can't be read from the source"
                found.add(node.args[0].value)
    return found


def test_every_code_has_words_and_every_word_a_code():
    assert recorded_codes() == set(DEEDS)


def test_an_unknown_code_is_shown_as_it_is():
    assert words("old.deed") == "old.deed"


def test_the_log_is_found_by_its_words():
    assert codes_called("自查报告") == ["selfcheck.accept_report", "selfcheck.ask_unsealing", "selfcheck.return_report", "selfcheck.submit", "selfcheck.urge_missing"]
