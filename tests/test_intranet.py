"""An intranet has no internet: nothing we serve names an address outside, and no front-end file of others is committed."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
OUTSIDE = re.compile(r"""(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+""", re.IGNORECASE)
NAMES_ONLY = ("http://www.w3.org/",)  # the names of SVG and XML, never fetched
SERVED = sorted(p for folder in ("templates", "static") for p in (ROOT / folder).rglob("*") if p.suffix in {".html", ".css", ".js", ".svg", ".txt"})


@pytest.mark.parametrize("path", SERVED, ids=lambda p: str(p.relative_to(ROOT)))
def test_names_no_address_outside(path):
    text = path.read_text()
    assert [m[0] for m in OUTSIDE.finditer(text) if not text[m.start() :].startswith(NAMES_ONLY)] == []


def test_no_inline_style_or_script_in_templates():
    found = []
    for path in (p for p in SERVED if p.suffix == ".html"):
        text = path.read_text()
        found += [f"{path.name}: {m[0]}" for m in re.finditer(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=", text)]
    assert found == []


def test_no_file_of_others_is_committed():
    suspicious = [p for p in SERVED if ".min." in p.name or (p.suffix in {".js", ".css"} and max(map(len, p.read_text().splitlines() or [""])) > 2500)]
    assert suspicious == []


def test_the_check_sees_an_address():
    assert OUTSIDE.search('<script src="//cdn.example.com/x.js">')
    assert OUTSIDE.search("https://fonts.example.org/css")
