"""Domestic browsers stand on Chromium 86: nothing in our own files needs a newer one."""

import re
from pathlib import Path

import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
TOO_NEW_CSS = {
    ":is( and :where( (88)": r":(is|where)\(",
    ":has( (105)": r":has\(",
    "inset (87)": r"[;{\s]inset\s*:",
    "aspect-ratio (88)": r"[;{\s]aspect-ratio\s*:",
    "accent-color (93)": r"accent-color",
    "dynamic viewport units (108)": r"\d(dvh|svh|lvh|dvw)\b",
    "container queries (105)": r"@container",
    "cascade layers (99)": r"@layer",
    "color-mix (111)": r"color-mix\(",
    "text-wrap (114)": r"text-wrap",
    "nesting (112)": r"\{[^{}@]*&[^{}]*\{",
}
TOO_NEW_JS = {
    "?. and ?? are fine, ??= (85) too, but replaceChildren is 86+": r"\breplaceChildren\(",
    ".at( (92)": r"\.at\(",
    "structuredClone (98)": r"structuredClone",
    "Object.hasOwn (93)": r"Object\.hasOwn\b",
    "modules and top-level await": r"^\s*(import|export)\b",
}


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.css")), ids=lambda p: p.name)
def test_style_sheets_need_no_newer_browser(path):
    css = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    assert [name for name, pattern in TOO_NEW_CSS.items() if re.search(pattern, css)] == []


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.js")), ids=lambda p: p.name)
def test_scripts_need_no_newer_browser(path):
    script = re.sub(r"//[^\n]*", "", path.read_text())
    assert [name for name, pattern in TOO_NEW_JS.items() if re.search(pattern, script, re.M)] == []
