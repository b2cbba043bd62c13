"""Deeds of the one who keeps the platform running."""

import datetime as dt
import logging
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.models import User
from audit.log import record
from audit.models import Event
from organizations.models import RoleGrant
from organizations.roles import Role

from .backup import Manifest, write_archive
from .restore import Proof, Target, is_database_ready, prove, put_in_place
from .standin import standing_in

logger = logging.getLogger(__name__)
ENDING = ".backup"


def archive_name(at: dt.datetime) -> str:
    return f"rectification-{timezone.localtime(at):%Y%m%d-%H%M%S}{ENDING}"


def make_backup(target: Path, *, by, at: dt.datetime) -> tuple[Path, Manifest]:
    """Write an archive to a file, or under a name of its own into a folder. Raises ValidationError, and OSError from the disk."""
    path = target / archive_name(at) if target.is_dir() else target
    if path.exists():
        raise ValidationError(_("%(path)s 已经存在。请换一个文件名。") % {"path": path})
    manifest = write_archive(path, at=at)
    with transaction.atomic():
        record("operations.make_backup", by=by, at=timezone.now(), file=path.name, rows=manifest.rows, files=len(manifest.files), missing=len(manifest.missing), damaged=len(manifest.damaged), head=manifest.head[0] if manifest.head else 0)
    return path, manifest


def discard_old(folder: Path, *, keep: int) -> list[Path]:
    """Of the archives in a folder only the newest so many stay; returns which went."""
    old = sorted(folder.glob(f"rectification-*{ENDING}"), reverse=True)[keep:]
    for path in old:
        path.unlink()
    return old


def newest_archive(folder: Path) -> Path:
    found = sorted(folder.glob(f"rectification-*{ENDING}"))
    if not found:
        raise ValidationError(_("%(folder)s 里没有备份文件。") % {"folder": folder})
    return found[-1]


def verify_backup(archive: Path, *, by, at: dt.datetime) -> Proof:
    """Restore into a scratch place and compare. The outcome is on record; of a failure the system administrators are told."""
    try:
        proof = prove(archive, home=Target.own().home)
    except ValidationError as refusal:
        note_verification(archive, by=by, at=at, told="".join(refusal.messages))
        raise
    note_verification(archive, by=by, at=at)
    return proof


def note_verification(archive: Path, *, by, at: dt.datetime, told: str = "") -> None:
    """Where there is no database yet, a fresh machine on which an archive is tried, nothing is noted."""
    if not is_database_ready():
        return
    try:
        with transaction.atomic():
            record("operations.verify_backup", by=by, at=at, result=Event.Result.REFUSED if told else Event.Result.DONE, file=archive.name, said=told)
            if told:
                keepers = User.objects.filter(pk__in=RoleGrant.objects.in_force(timezone.localdate(at)).filter(role=Role.SYSTEM_ADMINISTRATOR).values("user"))
                send_notice(keepers, text=_("备份 %(name)s 没有通过恢复核验：%(told)s") % {"name": archive.name, "told": told}, at=at)
    except DatabaseError:
        logger.exception("the verification of a backup is not on record")


def restore_backup(archive: Path, target: Target, *, may_overwrite: bool, by, at: dt.datetime) -> Proof:
    """Put an archive in a target's place; the restored log has it on record, unless its schema is an older one's."""
    proof = put_in_place(archive, target, may_overwrite=may_overwrite, at=at)
    with standing_in(target.database):
        try:
            with transaction.atomic():
                record("operations.restore_backup", by=by, at=at, file=archive.name, head=proof.manifest.head[0] if proof.manifest.head else 0)
        except DatabaseError:
            logger.exception("the restoration is not on record")
    return proof
