"""Is this server fit to serve? Each part is asked in a thread of its own; one that hangs is told as hanging, and not asked twice."""

import shutil
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from .metrics import oldest_waiting

PATIENCE = 1.5  # seconds for all parts together
OK, FAILED, HANGING, BEHIND, FULL, LATE = "ok", "failed", "hanging", "migrations missing", "disk full", "late"
_shipped: set[tuple[str, str]] = set()


def database() -> str:
    """It answers, and has every migration that this code ships."""
    if not _shipped:
        _shipped.update(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    return OK if _shipped <= set(MigrationRecorder(connections["default"]).applied_migrations()) else BEHIND


def disk() -> str:
    return OK if shutil.disk_usage(settings.DATA_DIR).free >= settings.READY_FREE_MB * 1024 * 1024 else FULL


def jobs() -> str:
    return OK if oldest_waiting() < settings.READY_JOB_MINUTES * 60 else LATE


def redis() -> str:
    from redis import Redis

    client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
    try:
        client.ping()
    finally:
        client.close()
    return OK


def replica() -> str:
    from .replica import caught_up, flushed

    return OK if caught_up(flushed()) else LATE


class Part:
    """`is_needed`: without it no page is right. The others are told, and the server goes on serving."""

    def __init__(self, name: str, ask: Callable[[], str], *, is_needed: bool):
        self.name, self.ask, self.is_needed = name, ask, is_needed
        self._thread: threading.Thread | None = None
        self._said = HANGING

    def start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._said = HANGING
            self._thread = threading.Thread(target=self._run, name=f"ready-{self.name}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            self._said = self.ask()
        except Exception:  # whatever is wrong with it: it is not ready; the words may hold an address
            self._said = FAILED
        finally:
            connections.close_all()

    def said(self, until: float) -> str:
        self._thread.join(max(0.0, until - time.monotonic()))
        return self._said


PARTS = {
    "database": Part("database", database, is_needed=True),
    "disk": Part("disk", disk, is_needed=True),
    "jobs": Part("jobs", jobs, is_needed=False),
    "redis": Part("redis", redis, is_needed=False),
    "replica": Part("replica", replica, is_needed=False),
}


def asked_parts() -> list[Part]:
    absent = set()
    if not settings.REDIS_URL:
        absent.add("redis")
    if "replica" not in connections.databases:
        absent.add("replica")
    return [part for name, part in PARTS.items() if name not in absent]


def look() -> tuple[str, dict[str, str]]:
    """ready, degraded (something beside is wrong) or not ready; and what each part said."""
    parts, until = asked_parts(), time.monotonic() + PATIENCE
    for part in parts:
        part.start()
    said = {part.name: part.said(until) for part in parts}
    if any(part.is_needed and said[part.name] != OK for part in parts):
        return "not ready", said
    return ("ready" if set(said.values()) == {OK} else "degraded"), said
