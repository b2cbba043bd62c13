"""Pictures of the served demo, as each person sees it, at laptop and phone size.

usage: python tools/screenshots.py OUTDIR [USERNAME PATH ...]
Without pages it takes one of every view. A demo of its own is served from a temporary folder.
"""

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from PIL import Image
from playwright.sync_api import sync_playwright
from walk import view_of, walk

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rectification.settings")  # the addresses' names are read from it
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
ROOT = Path(__file__).resolve().parent.parent
SIZES = [(1366, 768), (390, 844)]
PEOPLE = ["YL002", "YL001", "YL402", "YL003", "YL004", "YL303", "DD01", "YL007", "XT01", "AQ01", "SJ01"]  # the office first: it sees most
README = ["YL002", "YL001"]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(folder: str, port: int) -> dict[str, str]:
    """Of a demo that keeps everything in one folder, on SQLite and without Redis."""
    env = os.environ | {"DATA_DIR": folder, "PORT": str(port), "FONTS_DIR": os.environ.get("FONTS_DIR", str(ROOT / "var" / "fonts"))}
    return {name: value for name, value in env.items() if name not in ("DATABASE_URL", "REDIS_URL")}


def start(folder: str, port: int) -> subprocess.Popen:
    """The real server, answering."""
    words = Path(folder) / "server.txt"  # a file: nobody reads along, and a full pipe would stop the server
    with words.open("a") as out:
        server = subprocess.Popen([sys.executable, "-m", "rectification.serve"], cwd=ROOT, env=environment(folder, port), stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    wait_for(f"http://127.0.0.1:{port}/accounts/sign-in/", server, words)
    return server


def accounts_of(folder: str, port: int) -> dict[str, dict]:
    """The demo's accounts by user name."""
    listed = subprocess.run([sys.executable, "manage.py", "demo", "--accounts"], cwd=ROOT, env=environment(folder, port), check=True, capture_output=True, text=True).stdout
    return {row["username"]: row for row in json.loads(listed)}


@contextmanager
def served_demo(folder: str, port: int):
    """The real server with a demo of its own; yields the accounts by user name."""
    server = start(folder, port)
    try:
        yield accounts_of(folder, port)
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(url: str, server: subprocess.Popen, words: Path, seconds: float = 300) -> None:
    """Until the server answers; its own words (a file) when it gives up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.poll() is not None:
            sys.exit(words.read_text())
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    sys.exit("the server did not answer in time")


def sign_in(page, base: str, account: dict) -> None:
    page.goto(f"{base}/accounts/sign-in/")
    page.fill("#id_username", account["username"])
    page.fill("#id_password", account["password"])
    with page.expect_navigation():
        page.click("button.btn-primary")


def chromium(playwright):
    """The distribution's Chromium as a Chinese office has it: its own words in Chinese, nothing asked of the outside."""
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--disable-background-networking"], env=os.environ | {"LANGUAGE": "zh_CN"})


def save(picture: bytes, path: Path) -> None:
    """Few inks need few colours: a third of the bytes, every ink as it is."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def shoot(browser, base: str, account: dict, pages: dict[str, str], out: Path) -> None:
    """Pictures of a person's pages (name → address) at both sizes; a line for each, with what was wrong."""
    for width, height in SIZES:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai")
        page = context.new_page()
        problems: list[str] = []
        page.on("console", lambda m, found=problems: found.append(m.text) if m.type == "error" else None)
        sign_in(page, base, account)
        for name, path in pages.items():
            answer = page.goto(base + path)
            page.set_viewport_size({"width": width, "height": max(height, page.evaluate("document.documentElement.scrollHeight"))})  # what sticks to the foot stands there
            save(page.screenshot(), out / f"{name}-{width}.png")
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            print(answer.status, account["username"], path, width, f"overflow {over}" if over > 0 else "", *problems)
            page.set_viewport_size({"width": width, "height": height})
            problems.clear()
        context.close()


def put_introduction_away(browser, base: str, account: dict) -> None:
    """The README shows the desk of every day, not of the first."""
    page = browser.new_page()
    sign_in(page, base, account)
    button = page.get_by_role("button", name="知道了，不再显示")
    if button.count():
        button.click()
    page.close()


def every_view(browser, base: str, accounts: dict, taken: set[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Person by person: one address of each view nobody before them was shown, and their own desk."""
    for username in [name for name in PEOPLE if name in accounts]:
        page = browser.new_page()
        sign_in(page, base, accounts[username])
        found = walk(page.context.request, base)
        page.close()
        pages = {f"home-{username}": "/"}
        for path in found.pages:
            name = view_of(path).replace(":", "-")
            if name not in taken:
                taken.add(name)
                pages[name] = path
        yield username, pages


def main(out: Path, wanted: list[tuple[str, str]]) -> None:
    """The wanted pictures, or those of every view as README and reviewers need them."""
    out.mkdir(parents=True, exist_ok=True)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, served_demo(folder, port) as accounts, sync_playwright() as playwright:
        browser = chromium(playwright)
        for username in dict.fromkeys(name for name, _path in wanted):
            pages = {f"{username}-{re.sub(r'[^A-Za-z0-9]+', '-', path).strip('-') or 'home'}": path for name, path in wanted if name == username}
            shoot(browser, base, accounts[username], pages, out)
        if not wanted:
            django.setup()
            for username in README:
                put_introduction_away(browser, base, accounts[username])
            for username, pages in every_view(browser, base, accounts, {"reports-home"}):
                shoot(browser, base, accounts[username], pages, out)
        browser.close()


if __name__ == "__main__":
    pairs = sys.argv[2:]
    main(Path(sys.argv[1]), list(zip(pairs[::2], pairs[1::2], strict=True)))
