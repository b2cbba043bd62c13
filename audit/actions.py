"""Deeds on the log itself."""

import datetime as dt
import logging
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .anchors import by_number, write_anchor
from .archiving import lines_of, next_segment, refuse_young
from .chain import FORMATS, format_in_use
from .keyring import at_hand, fingerprints, make, newest
from .log import record
from .models import Event, Segment
from .segments import check_file, code_of, previous_of, write_file
from .triggers import install
from .verify import Verdict, lost_key, verify

logger = logging.getLogger(__name__)


def verify_log(*, by, at: dt.datetime, progress: Callable[[int, int], None] = lambda done, total: None, with_archive: bool = False) -> Verdict:
    """Walk the chain; the outcome is on record, and a log that is whole gets an anchor.

    Also told when it can't be recorded, for a log that lost its end takes no more events.
    """
    verdict = verify(progress, with_archive=with_archive)
    try:
        with transaction.atomic():
            record("audit.verify_log", by=by, at=at, result=Event.Result.DONE if verdict.is_intact else Event.Result.REFUSED, count=verdict.count, said=str(verdict))
    except DatabaseError:
        logger.exception("the verification is not on record: %s", verdict)
    if verdict.is_intact:
        anchor(now=at)
    return verdict


def anchor(*, now: dt.datetime) -> bool:
    """Write an anchor as a by-work: the work is done even if the file can't be written, and the server's log says so."""
    try:
        return write_anchor(now=now)
    except OSError:
        logger.exception("the log's anchor was not written")
        return False


@transaction.atomic
def protect_log(*, by, at: dt.datetime) -> None:
    """Put the triggers back; that they were gone stays on record."""
    install(connection)
    record("audit.protect_log", by=by, at=at)


# --- archiving ---


def archive_log(*, before: dt.date, by, at: dt.datetime) -> Segment:
    """Write the lines older than a day into a sealed file, read it back, and only then take them out of the table.

    A segment ends at an anchor: what stands in the lines' place can be held against it. Raises ValidationError, OSError.
    """
    refuse_young(before, timezone.localdate(at))
    verdict = verify()
    if not verdict.is_intact:
        raise ValidationError(_("日志没有通过核验，不能归档。%(fault)s") % {"fault": verdict})
    segment, previous = next_segment(before, by=by, at=at)
    segment.file_name, segment.file_digest = write_file(lines_of(segment), first=segment.first_seq, last=segment.last_seq, previous=previous_of(previous)[1], at=at)
    fault = check_file(segment, previous, by_number(), at_hand())
    if fault:
        raise ValidationError(_("归档文件写后复核不符，日志没有改动。%(fault)s") % {"fault": fault})
    with transaction.atomic():
        _put_in_place(segment, by=by, at=at)
    anchor(now=at)
    return segment


def _put_in_place(segment: Segment, *, by, at: dt.datetime) -> None:
    """The row comes and its lines go. If this fails the file stays, for whether the commit arrived may be unknown; nothing refers to it."""
    segment.code = code_of(segment, format_in_use())
    segment.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_event WHERE seq BETWEEN %s AND %s", [segment.first_seq, segment.last_seq])
        if cursor.rowcount != segment.count:
            raise DatabaseError(f"{segment.count} lines were archived, and {cursor.rowcount} would go")
    record("audit.archive_log", by=by, at=at, subject=segment, lines=segment.count, file=segment.file_name, digest=segment.file_digest)


# --- the log's key ---


def rotate_key(*, by, at: dt.datetime) -> int:
    """Seal with a new key from now on, and say so in the log; older lines are read by the older keys. Says the new key's number.

    One that broke off is finished when it is run again. Raises OSError, and ValidationError while an older key is missing.
    """
    lost = lost_key(at_hand())
    if lost:
        raise ValidationError(str(lost))
    number = newest()
    if _is_in_use(number):
        number += 1
        make(number)
    with transaction.atomic():
        record("audit.rotate_key", by=by, at=at, key=number, fingerprints=fingerprints())
    anchor(now=at)
    return number


def _is_in_use(number: int) -> bool:
    """Whether the log tells of a key; if that line was archived meanwhile, the archive's row is sealed by the key or a newer one."""
    last = Segment.objects.first()
    is_archived = last is not None and last.code in {code_of(last, form) for form in FORMATS.values()}
    return number == 1 or is_archived or Event.objects.filter(action="audit.rotate_key", detail__key=number).exists()


def last_verification() -> Event | None:
    """The newest one on record; one nobody sealed is none."""
    return Event.objects.filter(action="audit.verify_log").exclude(seq=None).order_by("-pk").first()
