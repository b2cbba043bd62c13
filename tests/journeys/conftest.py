"""The real server with a demo of its own, and real Chromium."""

import os
import re
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest
from screenshots import accounts_of, free_port, served_demo, sign_in, start
from screenshots import chromium as launch

from tests.jobs.works import Works, own_database


@pytest.fixture(scope="session")
def folder(tmp_path_factory, migrated_file):
    """Everything the served demo keeps: database, uploads, outputs, keys, what the server says. `alone` begins with nothing."""
    path = tmp_path_factory.mktemp("site")
    migrated_file.copy_to(path)
    return path


@contextmanager
def served(folder: Path, port: int):
    """As `make run` serves it; where DATABASE_URL is set, as a large office does: on PostgreSQL, and a Celery worker does the jobs."""
    if not os.environ.get("DATABASE_URL"):
        with served_demo(str(folder), port) as accounts:
            yield accounts
        return
    with own_database(os.environ["DATABASE_URL"]) as url:
        works = Works(folder, url, DEBUG="0", JOB_LEASE_SECONDS="60", WORKS_SWEEP="0")
        works.start_redis()
        try:
            with served_demo(str(folder), port, DATABASE_URL=url, REDIS_URL=works.env["REDIS_URL"]) as accounts:
                works.worker("quick,documents,imports")
                works.beat()
                yield accounts
        finally:
            works.close()


@pytest.fixture(scope="session")
def site(folder):
    """(address, accounts by user name) of a demo."""
    port = free_port()
    with served(folder, port) as accounts:
        yield f"http://127.0.0.1:{port}", accounts


class Served:
    """A demo of its own: it is killed and started again."""

    def __init__(self, folder):
        self.folder, self.port = str(folder), free_port()
        self.server = start(self.folder, self.port)
        self.accounts = accounts_of(self.folder, self.port)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Without a word, master and workers at once."""
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()

    def start(self) -> None:
        self.server = start(self.folder, self.port)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A demo that one module has for itself."""
    one = Served(tmp_path_factory.mktemp("alone"))
    yield one
    one.kill()


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
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
