"""The law of the stairs: a room imports only from floors below its own; neighbours don't know each other."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

FLOORS = [
    {"audit", "files"},
    {"keys"},
    {"accounts"},
    {"jobs"},
    {"organizations"},
    {"campaigns"},
    {"ledger"},
    {"learning", "selfcheck", "supervision"},
    {"reports", "operations"},
    {"demo"},
]
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
ROOT = Path(settings.BASE_DIR)


def imports_of(path: Path) -> set[str]:
    """Top-level packages a file imports absolutely, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


def files_of(room: str) -> list[Path]:
    return [p for p in (ROOT / room).rglob("*.py") if "migrations" not in p.parts]


def test_every_room_has_its_floor():
    ours = {a.name for a in apps.get_app_configs() if Path(a.path).parent == ROOT}
    assert ours == set(FLOOR)


@pytest.mark.parametrize("room", sorted(FLOOR))
def test_imports_go_down_the_stairs(room):
    upward = {
        f"{path.relative_to(ROOT)} → {other}"
        for path in files_of(room)
        for other in imports_of(path) & set(FLOOR)
        if other != room and FLOOR[other] >= FLOOR[room]
    }
    assert upward == set()


@pytest.mark.parametrize("room", sorted(FLOOR))
def test_the_project_package_is_imported_by_nobody(room):
    assert [p for p in files_of(room) if "rectification" in imports_of(p)] == []


def test_foreign_keys_go_down_the_stairs():
    upward = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in FLOOR
        for field in [*model._meta.fields, *model._meta.many_to_many]
        if field.related_model is not None
        and field.related_model._meta.app_label in FLOOR
        and field.related_model._meta.app_label != model._meta.app_label
        and FLOOR[field.related_model._meta.app_label] >= FLOOR[model._meta.app_label]
    ]
    assert upward == []


def test_the_check_sees_an_upward_import(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    from reports.models import Briefing\n")
    assert imports_of(bad) == {"reports"}


def test_no_signals_no_save_overrides():
    """The one exception is the log, whose events refuse to be saved twice."""
    found = []
    for room in FLOOR:
        for path in files_of(room):
            tree = ast.parse(path.read_text())
            for cls in (n for n in ast.walk(tree) if isinstance(n, ast.ClassDef)):
                is_model = any("Model" in ast.unparse(base) and "Form" not in ast.unparse(base) for base in cls.bases)
                found += [f"{path}:{f.lineno}" for f in cls.body if isinstance(f, ast.FunctionDef) and f.name == "save" and is_model]
            if "django.db.models.signals" in path.read_text():
                found.append(str(path))
    assert [f for f in found if "/audit/models.py" not in f] == []
