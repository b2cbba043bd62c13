"""Pictures of the served demo, as each person sees it, at laptop and phone size.

usage: python tools/screenshots.py OUTDIR [USERNAME PATH ...]
Without pages it takes those of the README. A demo of its own is served from a temporary folder.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SIZES = [(1366, 768), (390, 844)]
README = [("YL002", "/"), ("YL402", "/"), ("YL001", "/reports/"), ("YL002", "/ledger/problems/"), ("YL002", "/campaigns/"), ("YL001", "/reports/briefings/1/")]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served_demo(folder: str, port: int):
    """The real server with a demo of its own; yields the accounts by user name."""
    env = os.environ | {"DATA_DIR": folder, "PORT": str(port), "FONTS_DIR": os.environ.get("FONTS_DIR", str(ROOT / "var" / "fonts"))}
    env.pop("DATABASE_URL", None)
    env.pop("REDIS_URL", None)
    server = subprocess.Popen([sys.executable, "-m", "rectification.serve"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/accounts/sign-in/", server)
        listed = subprocess.run([sys.executable, "manage.py", "demo", "--accounts"], cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout
        yield {row["username"]: row for row in json.loads(listed)}
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(url: str, server: subprocess.Popen, seconds: float = 90) -> None:
    """Until the server answers; its own words when it gives up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.poll() is not None:
            sys.exit(server.stdout.read())
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
    page.click("button.btn-primary")


def main(out: Path, wanted: list[tuple[str, str]]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, served_demo(folder, port) as accounts, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--disable-background-networking", "--lang=zh-CN"])
        for width, height in SIZES:
            for username in dict.fromkeys(name for name, _path in wanted):
                page = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN").new_page()
                problems: list[str] = []
                page.on("console", lambda m, found=problems: found.append(m.text) if m.type == "error" else None)
                sign_in(page, base, accounts[username])
                for path in [p for name, p in wanted if name == username]:
                    answer = page.goto(base + path)
                    name = re.sub(r"\W+", "-", path).strip("-") or "home"
                    page.screenshot(path=out / f"{username}-{name}-{width}.png", full_page=True)
                    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    print(answer.status, username, path, width, f"overflow {over}" if over > 0 else "", *problems)
                    problems.clear()
        browser.close()


if __name__ == "__main__":
    pairs = sys.argv[2:]
    main(Path(sys.argv[1]), list(zip(pairs[::2], pairs[1::2], strict=True)) or README)
