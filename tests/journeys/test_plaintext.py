"""What somebody writes about themself is in no file of the served installation: database, WAL, caches, outputs, what the server says."""

import json
import tempfile
from pathlib import Path

import pytest

from .steps import follow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

DRAFT, NOTE = "草稿里的金丝雀甲", "其他说明的金丝雀乙"
SENT = "每周安排半天读原著"  # the demo's reports that wait for their reviewer say so; the ledger has none of them yet
CANARIES = [DRAFT, NOTE, SENT]


def forms_of(text: str) -> list[bytes]:
    """As bytes would show it: plain, in JSON, in a form's body."""
    from urllib.parse import quote

    return [text.encode(), json.dumps(text)[1:-1].encode(), quote(text).encode(), text.encode("utf-16-le")]


def holding(folder: Path, texts: list[str]) -> dict[str, list[str]]:
    """Files in which one of the texts stands."""
    needles = {needle: text for text in texts for needle in forms_of(text)}
    found: dict[str, list[str]] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_relative_to(folder / "static") and not p.is_relative_to(folder / "fonts")):
        content = path.read_bytes()
        hits = sorted({text for needle, text in needles.items() if needle in content})
        if hits:
            found[str(path.relative_to(folder))] = hits
    return found


def test_no_file_holds_what_a_cadre_writes(site, enter, folder):
    base, _accounts = site
    before = {p.name for p in Path(tempfile.gettempdir()).iterdir()}
    cadre = enter("YL402")
    follow(cadre.get_by_role("link", name="去补正").first)
    cadre.get_by_role("textbox", name="原因分析").first.fill(DRAFT)
    cadre.locator("[name=statement]").fill(NOTE)
    follow(cadre.get_by_role("button", name="保存草稿"))
    assert cadre.locator("[name=statement]").input_value() == NOTE  # it is there for its author
    reviewer = enter("YL003")
    reviewer.goto(f"{base}/selfcheck/reviews/")
    follow(reviewer.locator("main .table a.title").first)
    assert SENT in reviewer.inner_text("main")  # and there for the reviewer
    assert holding(folder, CANARIES) == {}
    database = folder / "rectification.sqlite3"
    assert holding(folder, ["林知夏"]).keys() & {database.name, f"{database.name}-wal"}  # the search does find what is there
    left = [p for p in Path(tempfile.gettempdir()).iterdir() if p.name not in before and p.is_file()]
    assert [p.name for p in left if any(needle in p.read_bytes() for text in CANARIES for needle in forms_of(text))] == []
