"""Every deed is audited: a public action that names its doer writes an event, itself or through the action it calls."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# A helper of other deeds: whoever calls it records the deed it belongs to.
EXCUSED = {
    "files.store_file", "keys.key_for", "selfcheck.mark_texts", "selfcheck.take_key", "selfcheck.tell_reviewer", "accounts.send_notice", "accounts.read_notices", "accounts.end_tour", "campaigns.read_slip",
}  # fmt: skip


def action_functions() -> dict[str, ast.FunctionDef]:
    """Public functions of every room's actions, by "room.name"."""
    found = {}
    for config in apps.get_app_configs():
        if Path(config.path).parent != ROOT or config.name == "demo":
            continue
        for path in [Path(config.path) / "actions.py", *(Path(config.path) / "actions").glob("*.py")]:
            if path.exists():
                found |= {f"{config.name}.{f.name}": f for f in ast.parse(path.read_text()).body if isinstance(f, ast.FunctionDef)}
    return found


FUNCTIONS = action_functions()


def is_deed(function: ast.FunctionDef) -> bool:
    """Somebody does something at some time."""
    names = {a.arg for a in function.args.kwonlyargs}
    return "at" in names and not function.name.startswith("_")


DEEDS = sorted(name for name, f in FUNCTIONS.items() if is_deed(f) and name not in EXCUSED)


def calls(function: ast.FunctionDef) -> set[str]:
    return {n.func.id for n in ast.walk(function) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}


def records(name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether the function calls record(), or a function of any room's actions that does."""
    called = calls(FUNCTIONS[name])
    if "record" in called:
        return True
    onward = {full for full in FUNCTIONS if full.split(".")[1] in called} - seen - {name}
    return any(records(full, seen | {name}) for full in onward)


def test_there_are_deeds():
    assert len(DEEDS) > 80
    assert {"selfcheck.submit", "ledger.close_problem", "reports.issue_briefing", "organizations.grant_role"} <= set(DEEDS)


@pytest.mark.parametrize("name", DEEDS)
def test_every_deed_is_audited(name):
    assert records(name)


@pytest.mark.parametrize("name", DEEDS)
def test_every_deed_is_one_transaction(name):
    """atomic() itself, or nothing but a loop over deeds that are."""
    function = FUNCTIONS[name]
    decorated = any("atomic" in ast.unparse(d) for d in function.decorator_list)
    inside = any("atomic" in ast.unparse(n) for n in ast.walk(function) if isinstance(n, ast.With))
    loops_over_deeds = bool({full.split(".")[1] for full in DEEDS} & calls(function)) and "record" not in calls(function)
    assert decorated or inside or loops_over_deeds


def test_the_check_can_fail():
    FUNCTIONS["demo.silent"] = ast.parse("def silent(*, by, at):\n    x.save()").body[0]
    try:
        assert not records("demo.silent")
    finally:
        del FUNCTIONS["demo.silent"]
