"""SQLite as a system of records wants it: durable at commit, on a disk of this machine."""

import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from operations.distrust import can_distrust_schema

OLDEST = (3, 35, 0)  # RETURNING, DROP COLUMN
MOUNTS = Path("/proc/self/mountinfo")  # Linux; elsewhere the kind of file system isn't asked
# Where locks or shared memory don't reach every machine: WAL is lost or torn there.
FAR = {"nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "ocfs2", "gfs2", "davfs", "orangefs", "pvfs2"}
FAR_FUSE = ("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.davfs", "fuse.juicefs", "fuse.mfs")
PRAGMAS = {"journal_mode": {"wal"}, "synchronous": {2, 3}, "foreign_keys": {1}, "secure_delete": {1}, "trusted_schema": {0}}
WANTED = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON", "secure_delete": "ON", "trusted_schema": "OFF"}


def complaints(connection) -> Iterator[tuple[str, str]]:
    if sqlite3.sqlite_version_info < OLDEST:
        yield "E001", _("SQLite %(found)s 太旧，需要 %(least)s 或更新。请升级本机的 SQLite，或改用 PostgreSQL（DATABASE_URL）。") % {"found": sqlite3.sqlite_version, "least": ".".join(map(str, OLDEST))}
    if connection.is_in_memory_db():
        return
    path = Path(connection.settings_dict["NAME"])
    if kind := far_kind(path):
        yield "E002", _("数据库文件 %(path)s 在网络文件系统（%(kind)s）上，SQLite 在那里可能损坏。请把 DATA_DIR 移到本机磁盘，或改用 PostgreSQL（DATABASE_URL）。") % {"path": path, "kind": kind}
    with connection.cursor() as cursor:
        for name, good in PRAGMAS.items():
            if name == "trusted_schema" and not can_distrust_schema():
                continue
            found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
            if found not in good:
                yield "E003", _("SQLite 的 %(name)s 是 %(found)s，应为 %(wanted)s。请恢复 rectification/settings.py 中 SQLITE 的 init_command 后重启。") % {"name": name, "found": found, "wanted": WANTED[name]}
    if (connection.transaction_mode or "").upper() != "IMMEDIATE":
        yield "E004", _("SQLite 的事务方式不是 IMMEDIATE，多人同时填报会失败。请恢复 rectification/settings.py 中 SQLITE 的 transaction_mode 后重启。")


def far_kind(path: Path) -> str | None:
    """The network file system a path lies on, by its longest mount point; None for a disk of this machine."""
    if not MOUNTS.exists():
        return None
    real = os.path.realpath(path.parent)
    best, kind = "", ""
    for line in MOUNTS.read_text().splitlines():
        left, _sep, right = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), left.split()[4])
        if (real == point or real.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):  # a later mount hides an earlier one
            best, kind = point, right.split()[0]
    return kind if kind in FAR or kind.startswith(FAR_FUSE) else None
