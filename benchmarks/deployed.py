"""The platform as an office runs it, on ports of its own, for benchmarks: gunicorn with its workers, a Celery worker and beat where there is Redis.

Whoever keeps it up plays systemd: a main process that ends takes its group with it, and is started again.
"""

import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rectification.serve import AWAY  # noqa: E402
from tests.operations.clusters import free_port  # noqa: E402


class Deployed:
    """`folder` keeps data, keys and what the processes say. Each main process leads a group, so that it can be killed with its children."""

    def __init__(self, folder: Path, *, database_url: str = "", redis_url: str = "", **env: str):
        self.folder, self.port = folder, free_port()
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "REPLICA_URL", "DJANGO_ALLOW_ASYNC_UNSAFE")}
        services = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        self.env = kept | {name: value for name, value in services.items() if value} | {
            "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "rectification.settings", "PYTHONPATH": str(ROOT), "DEMO": "0", "HOST": "127.0.0.1", "PORT": str(self.port),
            "FONTS_DIR": os.environ.get("FONTS_DIR", str(ROOT / "var" / "fonts")), "LC_ALL": "C.UTF-8", **env,
        }  # fmt: skip
        self.has_workers = bool(redis_url)
        self.mains: dict[str, subprocess.Popen] = {}

    def python(self, *args: str) -> str:
        """Run a script to its end; what it prints. Raises SystemExit with its words when it fails."""
        done = subprocess.run([sys.executable, *args], env=self.env, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(args[:3])}: {done.stdout}{done.stderr}")
        return done.stdout

    # --- processes ---

    def start(self, name: str) -> None:
        commands = {
            "web": ["-m", "rectification.serve"],
            "worker": ["-m", "celery", "-A", "rectification", "worker", "-c", "2", "--without-gossip", "--without-mingle", "-l", "warning"],
            "beat": ["-m", "celery", "-A", "rectification", "beat", "-l", "warning", "--pidfile="],
        }
        with (self.folder / f"{name}.txt").open("a") as words:
            self.mains[name] = subprocess.Popen([sys.executable, *commands[name]], env=self.env, cwd=ROOT, stdout=words, stderr=subprocess.STDOUT, start_new_session=True)

    def start_all(self) -> None:
        for name in ("web", "worker", "beat") if self.has_workers else ("web",):
            self.start(name)
        self.wait()

    def wait(self, seconds: float = 180) -> None:
        """Until pages are answered. Raises SystemExit with the server's words when it gives up for good (systemd wouldn't start it again)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ended = self.mains["web"].poll()
            if ended == AWAY:
                self.start("web")
            elif ended is not None:
                sys.exit((self.folder / "web.txt").read_text())
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        sys.exit(f"no answer within {seconds} s:\n{(self.folder / 'web.txt').read_text()}")

    def children(self, name: str) -> list[int]:
        """The processes a main process has started itself."""
        found = subprocess.run(["pgrep", "-P", str(self.mains[name].pid)], capture_output=True, text=True, check=False).stdout
        return [int(pid) for pid in found.split()]

    def kill_child(self, name: str) -> bool:
        """One of them, without a word; False when there is none to kill."""
        pids = self.children(name)
        try:
            os.kill(random.choice(pids), signal.SIGKILL)
        except (IndexError, ProcessLookupError):
            return False
        return True

    def kill_main(self, name: str) -> None:
        """The main process alone without a word; what is left of its group is then told to end, as systemd does."""
        main = self.mains[name]
        main.kill()
        main.wait()
        self._signal(main, signal.SIGTERM)
        self._await_group(main, 30)

    def kill(self, name: str) -> None:
        """The whole group at once."""
        main = self.mains[name]
        self._signal(main, signal.SIGKILL)
        main.wait()
        self._await_group(main, 30)

    @staticmethod
    def _signal(main: subprocess.Popen, number: int) -> bool:
        try:
            os.killpg(main.pid, number)
        except ProcessLookupError:
            return False
        return True

    def _await_group(self, main: subprocess.Popen, seconds: float) -> None:
        """Until nothing of the group is left; what stays too long is killed."""
        end = time.monotonic() + seconds
        while self._signal(main, 0):
            if time.monotonic() > end:
                self._signal(main, signal.SIGKILL)
            time.sleep(0.02)

    def close(self) -> None:
        for name, main in self.mains.items():
            if main.poll() is None:
                self.kill(name)
