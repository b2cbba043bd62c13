"""An archive is proved in a place of its own first; only what is proved takes the place of what is there."""

import datetime as dt
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.anchors import read_anchors
from audit.verify import verify

from .backup import DATABASE, EVIDENCE, SEGMENTS, Manifest, scratch, unpack
from .copies import Copy, connected, damage_of_sqlite, program, told_by_postgresql, told_by_sqlite
from .standin import described, standing_in

NAMED = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Target:
    """Where a restored platform lives."""

    database: dict
    home: Path
    files: Path
    archive: Path

    @property
    def engine(self) -> str:
        return "sqlite" if "sqlite3" in self.database["ENGINE"] else "postgresql"

    @classmethod
    def own(cls) -> "Target":
        """What the settings name."""
        return cls(connections["default"].settings_dict, settings.DATA_DIR, Path(default_storage.location), Path(settings.AUDIT_ARCHIVE))

    @classmethod
    def of(cls, url: str | None, folder: Path | None) -> "Target":
        """Another database, another data folder, or both; what isn't said is the settings'. A folder alone holds its own SQLite database."""
        own = cls.own()
        if folder is not None:
            folder = folder.resolve()
            own = cls(described(**{**settings.SQLITE, "NAME": folder / "rectification.sqlite3"}), folder, folder / "files", folder / "audit-archive")
        if url is None:
            return own
        import environ

        found = environ.Env.db_url_config(url)
        if settings.ENGINES.get(found.get("ENGINE")) != settings.ENGINES["django.db.backends.postgresql"] or not found.get("NAME"):
            raise ValidationError(_("--into 认不出 %(url)s。请写文件夹，或 postgres://用户名:密码@主机:5432/库名。") % {"url": url})
        return cls(described(**found | {"ENGINE": settings.ENGINES["django.db.backends.postgresql"]}), own.home, own.files, own.archive)


@dataclass(frozen=True)
class Proof:
    """What was proved of an archive, and what an operator has still to know."""

    manifest: Manifest
    notes: list[str]


# --- proving ---


def prove(archive: Path, *, home: Path) -> Proof:
    """Restore an archive into a scratch place, compare everything, throw it away. Raises ValidationError with the first thing that is wrong."""
    with scratch(home, "verify") as folder:
        manifest = unpack(archive, folder)
        with _scratch_database(manifest, folder) as database:
            return _proved(manifest, folder, database)


@contextmanager
def _scratch_database(manifest: Manifest, folder: Path, like: dict | None = None, *, may_stay: list | None = None) -> Iterator[dict]:
    """The archive's database, opened where nobody else looks. PostgreSQL's is dropped unless its name was put into `may_stay`."""
    if manifest.engine == "sqlite":
        yield described(**{**settings.SQLITE, "NAME": folder / DATABASE})
        return
    like = like or connections["default"].settings_dict
    if "postgresql" not in like["ENGINE"]:
        raise ValidationError(_("这是 PostgreSQL 的备份，当前设置却是 SQLite。请设置 DATABASE_URL，或用 --into postgres://… 指明数据库。"))
    name = f"{str(like['NAME'])[:40]}_restore_{secrets.token_hex(4)}"
    _create(like, name)
    try:
        program("pg_restore", like, "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={name}", str(folder / DATABASE), dbname=name)
        yield {**like, "NAME": name}
    finally:
        if may_stay is None or name not in may_stay:
            with connected(like, dbname="postgres") as server:
                server.execute(f'DROP DATABASE IF EXISTS "{name}"')


def _create(like: dict, name: str) -> None:
    import psycopg

    try:
        with connected(like, dbname="postgres") as server:
            found = server.execute("SELECT datcollate, datctype FROM pg_database WHERE datname = %s AND datlocprovider = 'c'", [str(like["NAME"])]).fetchone()
            locale = f" LC_COLLATE '{found[0]}' LC_CTYPE '{found[1]}'" if found else ""
            server.execute(f"""CREATE DATABASE "{name}" ENCODING 'UTF8'{locale} TEMPLATE template0""")
    except psycopg.Error as error:
        raise ValidationError(_("不能新建核验用的数据库：%(error)s 请用有 CREATEDB 权限的用户执行（DATABASE_URL 或 --into）。") % {"error": str(error).strip()}) from error


def _proved(manifest: Manifest, folder: Path, database: dict) -> Proof:
    """Compare the opened database with the manifest, table by table, then walk the log."""
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    applied = {tuple(row) for row in manifest.migrations}
    if newer := sorted(applied - known):
        raise ValidationError(_("备份来自更新的版本（%(name)s）。请先升级程序，再恢复。") % {"name": ".".join(newer[0])})
    if manifest.engine == "sqlite" and (damage := damage_of_sqlite(folder / DATABASE)):
        raise ValidationError(_("备份里的数据库有损坏：%(damage)s。请换一份备份。") % {"damage": damage})
    copy = told_by_sqlite(folder / DATABASE) if manifest.engine == "sqlite" else told_by_postgresql(database)
    _compare(manifest, copy)
    notes = [_("备份时磁盘上就缺少 %(n)s 个文件：%(names)s。") % {"n": len(names), "names": "、".join(names[:3])} for names in (manifest.missing,) if names]
    notes += [_("备份时就有 %(n)s 个文件与登记不符：%(names)s。") % {"n": len(names), "names": "、".join(names[:3])} for names in (manifest.damaged,) if names]
    if known - applied:
        return Proof(manifest, [*notes, _("备份来自较早的版本：恢复后请执行 migrate，再执行 audit verify 核验日志。")])
    return Proof(manifest, notes + _log_notes(manifest, database))


def _compare(manifest: Manifest, copy: Copy) -> None:
    wrong = sorted(name for name in {*manifest.tables, *copy.tables} if manifest.tables.get(name) != copy.tables.get(name))
    if wrong or copy.migrations != manifest.migrations or copy.head != manifest.head:
        raise ValidationError(_("恢复出来的数据与备份时不一致（%(names)s）。没有改动任何内容，请换一份备份。") % {"names": "、".join(wrong[:5]) or _("版本或日志末端")})
    held = {name: rest for name, *rest in manifest.files}
    for path, digest, size in copy.files:
        name = EVIDENCE + path
        if name not in manifest.missing and name not in manifest.damaged and held.get(name) != [size, digest]:
            raise ValidationError(_("文件 %(name)s 与数据库的登记不符。请换一份备份。") % {"name": name})


def _log_notes(manifest: Manifest, database: dict) -> list[str]:
    """The chain must be whole up to the backup's end; anchors from after it are no fault, but have to be told."""
    end = manifest.head[0] if manifest.head else 0
    with standing_in(database):
        verdict = verify(until=end)
    if not verdict.is_intact:
        raise ValidationError(_("备份里的审计日志没有通过核验：%(fault)s") % {"fault": verdict.fault})
    later = sum(anchor.seq > end for anchor in read_anchors())
    return [_("锚点文件里有 %(n)s 个锚点晚于这份备份：其后的日志不在备份里。恢复后请把锚点文件另存他处并说明原因，否则 audit verify 会报日志被截断。") % {"n": later}] if later else []


# --- putting in place ---


def put_in_place(archive: Path, target: Target, *, may_overwrite: bool, at: dt.datetime) -> Proof:
    """Prove the archive, then let it take the target's place. What was there is moved aside, not deleted. Raises ValidationError before anything is changed."""
    _refuse_occupied(target, may_overwrite=may_overwrite)
    with scratch(target.home, "restore") as folder:
        manifest = unpack(archive, folder)
        if manifest.engine != target.engine:
            raise ValidationError(_("这是 %(found)s 的备份，不能恢复到 %(wanted)s。请改用同一种数据库。") % {"found": NAMED[manifest.engine], "wanted": NAMED[target.engine]})
        staying: list[str] = []
        with _scratch_database(manifest, folder, target.database, may_stay=staying) as database:
            proof = _proved(manifest, folder, database)
            aside = target.home / f"before-restore-{timezone.localtime(at):%Y%m%d-%H%M%S}"
            if manifest.engine == "postgresql":
                staying.append(database["NAME"])
                connections["default"].close()  # a database in use keeps its name
                _swap(target.database, database["NAME"], f"{str(target.database['NAME'])[:40]}_{aside.name[15:].replace('-', '_')}")
        _move_aside(target, aside)
        if manifest.engine == "sqlite":
            shutil.move(folder / DATABASE, target.database["NAME"])
        for name, place in ((EVIDENCE, target.files), (SEGMENTS, target.archive)):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in sorted((folder / name).rglob("*")):
                if path.is_file():
                    goal = place / path.relative_to(folder / name)
                    goal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    shutil.move(path, goal)
    return proof


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _refuse_occupied(target: Target, *, may_overwrite: bool) -> None:
    occupied = _tables_in(target) or _has_files(target.files)
    if occupied and not may_overwrite:
        raise ValidationError(_("目标不是空的（%(what)s）。确要恢复到这里，请先停止服务，再加上 --overwrite；原有内容会移到一旁，不会删除。") % {"what": target.database["NAME"] if _tables_in(target) else target.files})
    if target.engine == "sqlite" and Path(target.database["NAME"]).exists():
        try:
            with closing(sqlite3.connect(target.database["NAME"], timeout=1)) as opened:
                opened.execute("PRAGMA journal_mode=DELETE")  # refused while anybody else has it open
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise ValidationError(_("数据库 %(name)s 还在使用。请先停止服务（systemctl stop 'rectification*'）再恢复。") % {"name": target.database["NAME"]}) from error


def _tables_in(target: Target) -> bool:
    """Whether the target's database is there and holds anything; one that can't be read as a database does."""
    if target.engine == "sqlite":
        path = Path(target.database["NAME"])
        if not path.exists() or not path.stat().st_size:
            return False
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
                return bool(opened.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
        except sqlite3.DatabaseError:
            return True
    import psycopg

    with connected(target.database, dbname="postgres") as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [str(target.database["NAME"])]).fetchone():
            return False
    try:
        with connected(target.database) as opened:
            return bool(opened.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')").fetchone()[0])
    except psycopg.OperationalError as error:
        raise ValidationError(_("目标数据库连接不上：%(error)s") % {"error": str(error).strip()}) from error


def _swap(database: dict, proved: str, aside: str) -> None:
    """The proved database takes the name; one that held nothing goes, another stays under a name of its own. Both or neither."""
    import psycopg

    name = str(database["NAME"])
    with connected(database, dbname=proved) as opened:
        opened.execute("ANALYZE")
    try:
        with connected(database, dbname="postgres") as server, server.transaction():
            if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                server.execute(f'ALTER DATABASE "{name}" RENAME TO "{aside}"')
            server.execute(f'ALTER DATABASE "{proved}" RENAME TO "{name}"')
    except psycopg.Error as error:
        with suppress(psycopg.Error), connected(database, dbname="postgres") as server:
            server.execute(f'DROP DATABASE IF EXISTS "{proved}"')
        raise ValidationError(_("数据库 %(name)s 还在使用，或没有改名的权限：%(error)s 请先停止服务再恢复。") % {"name": name, "error": str(error).strip()}) from error


def _move_aside(target: Target, aside: Path) -> None:
    """Files and, on SQLite, the database that were there; of an empty target nothing is left to move."""
    if target.engine == "sqlite":
        base = Path(target.database["NAME"])
        paths = [base, *(base.with_name(base.name + end) for end in ("-wal", "-shm"))]
    else:
        paths = []
    for path in [*paths, target.files, target.archive]:
        if path.is_file() or _has_files(path):
            aside.mkdir(mode=0o700, exist_ok=True)
            shutil.move(path, aside / path.name)
    if aside.exists():
        for path in (target.files, target.archive):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)


def is_database_ready() -> bool:
    """Whether the default database can take a line of the log."""
    try:
        return "audit_segment" in connections["default"].introspection.table_names()
    except DatabaseError:
        return False
