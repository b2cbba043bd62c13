"""Servers of one's own, thrown away with the test: Redis, and PostgreSQL with its standby."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@contextmanager
def redis_server(folder: Path, *options: str):
    """The address of a Redis with these options."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(20)


@dataclass
class Cluster:
    """A PostgreSQL server in a folder of its own; it belongs to the account `postgres`, since it refuses to be root's."""

    folder: Path
    port: int
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"postgres://postgres@{self.host}:{self.port}/postgres"

    def run(self, *command: str) -> None:
        subprocess.run([*as_postgres(), str(programs() / command[0]), *command[1:]], check=True, capture_output=True, cwd="/", timeout=120)

    def sql(self, *statements: str, database: str = "postgres") -> None:
        for statement in statements:
            self.run("psql", "-h", self.host, "-p", str(self.port), "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-qc", statement)

    def start(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder), "-w", "-t", "60", "-l", str(self.folder.parent / f"{self.folder.name}.log"), "-o", f"-p {self.port} -h {self.host} -k {self.folder.parent}", "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder), "-w", "-m", "immediate", "stop")


def programs() -> Path:
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


def as_postgres() -> list[str]:
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@contextmanager
def folder_of_postgres():
    """A folder the database's account may use, which pytest's own are not."""
    import tempfile

    memory = Path("/dev/shm")  # a test flushes to memory; real disks are for benchmarks
    path = Path(tempfile.mkdtemp(prefix="rectification-pg-", dir=memory if memory.is_dir() else None))
    path.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(path, "postgres", "postgres")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def cluster(*settings: str):
    """A server with these lines in its postgresql.conf."""
    with folder_of_postgres() as folder:
        made = Cluster(folder / "data", free_port())
        made.run("initdb", "-D", str(made.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        with (made.folder / "postgresql.conf").open("a") as conf:
            conf.write("\n".join(["", "shared_buffers = 16MB", *settings]) + "\n")
        made.start()
        try:
            yield made
        finally:
            made.stop()


@contextmanager
def standby_of(primary: Cluster):
    """A streaming standby of a cluster, made as the manual says."""
    made = Cluster(primary.folder.parent / "standby", free_port())
    made.run("pg_basebackup", "-h", primary.host, "-p", str(primary.port), "-U", "postgres", "-D", str(made.folder), "-R", "-X", "stream", "-c", "fast", "--no-sync")
    made.start()
    try:
        yield made
    finally:
        if (made.folder / "postmaster.pid").exists():
            made.stop()
