"""The archive: one sealed file with the database, the evidence it names, its archived logs, and a manifest of it all. No key is in it."""

import datetime as dt
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connections
from django.utils.translation import gettext as _

from audit.keyfile import make_once
from keys.streams import SealedReader, SealedWriter
from keys.suites import Unreadable

from .copies import Copy, copy_postgresql, copy_sqlite

FORMAT = 1
DATABASE, MANIFEST = "database", "manifest.json"
EVIDENCE, SEGMENTS = "files/", "audit-archive/"
KEY = "backup"


def key_file() -> Path:
    return settings.KEYS_DIR / KEY


def key(*, may_make: bool = False) -> bytes:
    """The archive's key, a file of its own in KEYS_DIR; the first backup makes it."""
    if may_make:
        make_once(key_file(), os.urandom(32)) if not key_file().exists() else None
    try:
        return key_file().read_bytes()
    except FileNotFoundError as error:
        raise ValidationError(_("找不到备份密钥文件 %(path)s。请从密钥保管人处取回 KEYS_DIR 的全部文件，放回原处后重试。") % {"path": key_file()}) from error


@dataclass
class Manifest:
    """What an archive holds. `files` are [name in the archive, size, SHA-256]; `missing` and `damaged` what the disk no longer had whole."""

    made_at: str
    engine: str
    tables: dict[str, list]
    migrations: list[list[str]]
    head: list | None
    database: list = field(default_factory=list)  # size, SHA-256
    files: list[list] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(count for count, _digest in self.tables.values())

    def to_bytes(self) -> bytes:
        return json.dumps({"format": FORMAT, **self.__dict__}, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def of(cls, data: bytes) -> "Manifest":
        told = json.loads(data)
        if told.pop("format") != FORMAT:
            raise ValidationError(_("备份由更新的版本制作，这个版本不认识。请用制作它的版本恢复。"))
        return cls(**told)


class Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, source: BinaryIO):
        self._source, self.digest, self.size = source, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.digest.update(data)
        self.size += len(data)
        return data


@contextmanager
def scratch(where: Path, purpose: str) -> Iterator[Path]:
    """A folder of our own on the data's disk, gone afterwards."""
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=where, prefix=f".{purpose}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_archive(target: Path, *, at: dt.datetime) -> Manifest:
    """Everything or nothing: written beside the target, flushed, then put in its place."""
    secret, database = key(may_make=True), connections.databases["default"]
    part = target.with_name(f".{target.name}.part")
    with scratch(settings.DATA_DIR, "backup") as folder:
        dump = folder / DATABASE
        copy = copy_sqlite(Path(connections["default"].settings_dict["NAME"]), dump) if "sqlite3" in database["ENGINE"] else copy_postgresql(connections["default"].settings_dict, dump)
        manifest = Manifest(at.isoformat(), copy.engine, copy.tables, copy.migrations, copy.head)
        try:
            with part.open("xb") as out:
                os.fchmod(out.fileno(), 0o600)
                _fill(out, secret, dump, copy, manifest)
                out.flush()
                os.fsync(out.fileno())
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return manifest


def _fill(out: BinaryIO, secret: bytes, dump: Path, copy: Copy, manifest: Manifest) -> None:
    sealed = SealedWriter(out, secret, suite=settings.CRYPTO_SUITE)
    try:
        with gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=1, mtime=0) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
            manifest.database = _add(tar, DATABASE, dump)
            for path, digest, size in copy.files:
                _add_file(tar, manifest, EVIDENCE + path, Path(default_storage.path(path)), digest, size)
            for name in copy.segments:
                _add_file(tar, manifest, SEGMENTS + Path(name).name, Path(settings.AUDIT_ARCHIVE) / Path(name).name)
            data = manifest.to_bytes()
            tar.addfile(_member(MANIFEST, len(data)), io.BytesIO(data))
    except BaseException:
        sealed.abandon()
        raise
    sealed.close()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _add(tar: tarfile.TarFile, name: str, path: Path) -> list:
    with path.open("rb") as source:
        hashing = Hashing(source)
        tar.addfile(_member(name, os.fstat(source.fileno()).st_size), hashing)
    return [hashing.size, hashing.digest.hexdigest()]


def _add_file(tar: tarfile.TarFile, manifest: Manifest, name: str, path: Path, digest: str | None = None, size: int | None = None) -> None:
    """A file that is gone, or not what the database says of it, is told in the manifest; the backup goes on."""
    try:
        found = _add(tar, name, path)
    except FileNotFoundError:
        manifest.missing.append(name)
        return
    manifest.files.append([name, *found])
    if digest is not None and found != [size, digest]:
        manifest.damaged.append(name)


def unpack(archive: Path, folder: Path) -> Manifest:
    """Take an archive apart into a folder, proving each byte on the way. Raises ValidationError; nothing outside the folder is touched."""
    secret, seen = key(), {}
    try:
        with archive.open("rb") as source, io.BufferedReader(SealedReader(source, secret)) as opened:
            with gzip.GzipFile(fileobj=opened) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
                for member in tar:
                    seen[member.name] = _take(tar, member, folder)
                while packed.read(1 << 20):  # up to the very end, whose mark is proven too
                    pass
            while opened.read(1 << 20):
                pass
        manifest = Manifest.of((folder / MANIFEST).read_bytes())
    except Unreadable as error:
        told = _("密钥文件 %(key)s 不是制作这份备份时的那一个。请取回当时的 KEYS_DIR。") if str(error) == "another key" else _("备份文件被改动、不完整，或不是本平台的备份。请换一份备份。")
        raise ValidationError(told % {"key": key_file()}) from error
    except (OSError, EOFError, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise ValidationError(_("备份读不出来（%(error)s）。没有改动任何内容，请检查磁盘空间，或换一份备份。") % {"error": error}) from error
    told = {DATABASE: manifest.database} | {name: rest for name, *rest in manifest.files}
    if told != {name: found for name, found in seen.items() if name != MANIFEST}:
        raise ValidationError(_("备份里的文件与清单不符。请换一份备份。"))
    return manifest


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> list:
    """One member, under its own name below the folder; its size and digest."""
    target = folder / member.name
    if not member.isfile() or not target.resolve().is_relative_to(folder.resolve()):
        raise ValueError(member.name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    hashing = Hashing(tar.extractfile(member))
    with target.open("xb") as out:
        os.fchmod(out.fileno(), 0o600)
        shutil.copyfileobj(hashing, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
    return [hashing.size, hashing.digest.hexdigest()]
