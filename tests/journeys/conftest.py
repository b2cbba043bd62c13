"""The real server with a demo of its own, and real Chromium."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from screenshots import free_port, served_demo, sign_in


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """(address, accounts by user name) of a demo served as `make run` serves it."""
    port = free_port()
    with served_demo(str(tmp_path_factory.mktemp("site")), port) as accounts:
        yield f"http://127.0.0.1:{port}", accounts


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--disable-background-networking"])
        yield browser
        browser.close()


@pytest.fixture
def enter(site, chromium):
    """`enter(username, width=1366, scripts=True)` → a signed-in page; what it asked for outside the site fails the test."""
    base, accounts = site
    outside: list[str] = []
    contexts = []

    def go(username: str, width: int = 1366, scripts: bool = True):
        context = chromium.new_context(viewport={"width": width, "height": 844 if width < 500 else 768}, java_script_enabled=scripts, accept_downloads=True, locale="zh-CN", timezone_id="Asia/Shanghai")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda r: outside.append(r.url) if not re.match(rf"{re.escape(base)}/|data:", r.url) else None)
        page.on("pageerror", lambda e: outside.append(f"script error: {e}"))
        page.on("console", lambda m: outside.append(f"console: {m.text}") if m.type == "error" else None)
        sign_in(page, base, accounts[username])
        return page

    yield go
    for context in contexts:
        context.close()
    assert outside == []
