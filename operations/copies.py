"""One consistent copy of the database while others write, and what can be said of it: rows and digest of every table, the log's end."""

import hashlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Copy:
    """A database as it was at one moment. `files` are (path, sha256, size) of the evidence it names, `segments` its archived logs."""

    engine: str
    tables: dict[str, list]  # name → [rows, digest]
    migrations: list[list[str]]
    head: list | None  # number and code of the log's last line
    files: list[tuple[str, str, int]]
    segments: list[str]


def _told(engine: str, ask, tables: dict[str, list]) -> Copy:
    """What the tables say, by `ask(sql) -> rows`."""
    if "django_migrations" not in tables or "audit_segment" not in tables:
        raise ValidationError(_("数据库里没有本平台的表，没有可备份的内容。请检查 DATABASE_URL，或先执行 migrate。"))
    head = ask("SELECT seq, mac FROM audit_head WHERE id = 1")
    return Copy(
        engine, tables,
        [list(row) for row in ask("SELECT app, name FROM django_migrations ORDER BY id")],
        list(head[0]) if head else None,
        sorted({tuple(row) for row in ask("SELECT content, sha256, size FROM files_storedfile")}),
        [name for (name,) in ask("SELECT file_name FROM audit_segment ORDER BY first_seq")],
    )  # fmt: skip


# --- SQLite ---


def copy_sqlite(source: Path, target: Path) -> Copy:
    """SQLite's own online backup, in one step: writers go on, and the copy is of one moment."""
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)) as reader, closing(sqlite3.connect(target)) as writer:
        reader.backup(writer)
        writer.execute("PRAGMA journal_mode=DELETE")
    return told_by_sqlite(target)


def told_by_sqlite(path: Path) -> Copy:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
        return _told("sqlite", lambda sql: opened.execute(sql).fetchall(), _sqlite_tables(opened))


def _sqlite_tables(opened: sqlite3.Connection) -> dict[str, list]:
    names = [name for (name,) in opened.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%' ORDER BY name")]
    opened.text_factory = bytes  # text that is no text any more counts as well
    found = {}
    for name in names:
        digest, rows = hashlib.sha256(), 0
        for row in opened.execute(f'SELECT * FROM "{name}" ORDER BY rowid'):
            digest.update(repr(row).encode())
            rows += 1
        found[name] = [rows, digest.hexdigest()]
    opened.text_factory = str
    return found


def damage_of_sqlite(path: Path) -> str:
    """What SQLite itself finds wrong with a file; empty when it is whole."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
        found = [str(row[0]) for row in opened.execute("PRAGMA integrity_check")]
        keys = opened.execute("PRAGMA foreign_key_check").fetchall()
    return "" if found == ["ok"] and not keys else "; ".join([*found[:3], *(f"foreign key: {row[0]}" for row in keys[:3])])


# --- PostgreSQL ---


def program(name: str, database: dict, *options: str, dbname: str | None = None) -> None:
    """Run pg_dump or pg_restore against a database. Raises ValidationError with what it said."""
    command, env = [name, *options], dict(os.environ)
    for flag, key in (("--username", "USER"), ("--host", "HOST"), ("--port", "PORT")):
        command += [f"{flag}={database[key]}"] if database.get(key) else []
    env |= {"PGDATABASE": dbname or database["NAME"], "PGCONNECT_TIMEOUT": "10"}
    env |= {"PGPASSWORD": database["PASSWORD"]} if database.get("PASSWORD") else {}
    env |= {f"PG{key.upper()}": str(value) for key, value in database.get("OPTIONS", {}).items() if key in ("sslmode", "sslrootcert", "sslcert", "sslkey")}
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ValidationError(_("找不到 %(name)s。请安装与数据库同版本的 PostgreSQL 客户端（apt-get install postgresql-client）后重试。") % {"name": name}) from error
    if done.returncode:
        raise ValidationError(_("%(name)s 没有成功：%(said)s") % {"name": name, "said": done.stderr.strip()[-500:]})


@contextmanager
def connected(database: dict, *, dbname: str | None = None) -> Iterator[object]:
    """A plain connection that says dates, times and numbers one way, whatever server and role have set."""
    import psycopg

    from .standin import load_backend

    params = load_backend(database["ENGINE"]).DatabaseWrapper(database, "default").get_connection_params()
    params = {key: value for key, value in params.items() if key not in ("cursor_factory", "context", "prepare_threshold", "server_side_binding")}
    with psycopg.connect(**params | {"dbname": dbname or database["NAME"]}, autocommit=True) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        opened.execute("SET DateStyle = 'ISO, YMD'")
        opened.execute("SET extra_float_digits = 1")
        opened.execute("SET bytea_output = 'hex'")
        yield opened


def copy_postgresql(database: dict, target: Path) -> Copy:
    """One snapshot for the digests and for pg_dump. Writers go on."""
    with connected(database) as opened:
        opened.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        (snapshot,) = opened.execute("SELECT pg_export_snapshot()").fetchone()
        program("pg_dump", database, "--format=custom", "--compress=0", f"--snapshot={snapshot}", f"--file={target}")
        return _told("postgresql", lambda sql: opened.execute(sql).fetchall(), _postgresql_tables(opened))


def told_by_postgresql(database: dict) -> Copy:
    with connected(database) as opened:
        return _told("postgresql", lambda sql: opened.execute(sql).fetchall(), _postgresql_tables(opened))


KEYS = """
SELECT c.relname, (SELECT string_agg(format('t.%I', a.attname) || CASE WHEN a.attcollation <> 0 THEN ' COLLATE "C"' ELSE '' END, ', ' ORDER BY array_position(i.indkey::int2[], a.attnum))
  FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = c.oid AND i.indisprimary)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname COLLATE "C"
"""


def _postgresql_tables(opened) -> dict[str, list]:
    """Each row as PostgreSQL writes it, in the order of the primary key."""
    found = {}
    for name, order in opened.execute(KEYS).fetchall():
        digest, rows = hashlib.sha256(), 0
        with opened.cursor().copy(f"""COPY (SELECT t::text FROM public."{name}" t ORDER BY {order or 't::text COLLATE "C"'}) TO STDOUT""") as lines:
            for line in lines:  # psycopg hands out whole rows
                digest.update(line)
                rows += bytes(line).count(b"\n")
        found[name] = [rows, digest.hexdigest()]
    return found
