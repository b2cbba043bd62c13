"""Recording meetings and filing documents."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.versions import lock_version
from audit.log import record
from files.actions import store_file

from ..models import AgendaItem, Campaign, Document, Instruction, Meeting


@transaction.atomic
def file_document(campaign: Campaign, *, kind: str, title: str, by, at: dt.datetime, upload=None, **facts) -> Document:
    """File a document, with or without its file. `facts`: level, short_title, issuer, number, edition, issued_on."""
    document = Document(campaign=campaign, kind=kind, title=title, entered_at=at, entered_by=by, **facts)
    document.full_clean()
    if upload:
        document.file = store_file(upload, by=by, at=at)
    document.save()
    record("campaigns.file_document", by=by, at=at, subject=document)
    return document


@transaction.atomic
def change_document(document: Document, *, by, at: dt.datetime, upload=None, version: int | None = None, **facts) -> Document:
    """Correct what stands about a document, or add its file; the log keeps what it was."""
    document = lock_version(document, version)
    before = {key: str(getattr(document, key)) for key in facts} | {"file": str(document.file or "")}
    for key, value in facts.items():
        setattr(document, key, value)
    document.full_clean()
    if upload:
        document.file = store_file(upload, by=by, at=at)
    document.save()
    record("campaigns.change_document", by=by, at=at, subject=document, before=before)
    return document


@transaction.atomic
def record_meeting(campaign: Campaign, *, kind: str, organ: str, title: str, by, at: dt.datetime, agenda: list[dict] = (), instructions: list[dict] = (), **facts) -> Meeting:
    """Record a meeting with its agenda.

    `agenda`: [{"kind", "text", "documents": [Document]}]; `instructions`: [{"speaker_post", "text"}];
    `facts`: held_on, place, host, follows, same_day_as_followed, whole_workforce. A meeting can't be held in the future.
    """
    meeting = Meeting(campaign=campaign, kind=kind, organ=organ, title=title, entered_at=at, entered_by=by, **facts)
    _check_meeting(meeting, at)
    meeting.save()
    for order, entry in enumerate(agenda, 1):
        item = AgendaItem.objects.create(meeting=meeting, order=order, kind=entry["kind"], text=entry.get("text", ""))
        item.documents.set(entry.get("documents", []))
    Instruction.objects.bulk_create([Instruction(meeting=meeting, **entry) for entry in instructions])
    record("campaigns.record_meeting", by=by, at=at, subject=meeting)
    return meeting


@transaction.atomic
def change_meeting(meeting: Meeting, *, by, at: dt.datetime, version: int | None = None, **facts) -> Meeting:
    """Fill in what was not known (a date, a place) or correct it; when it was entered stays, the log keeps what it was."""
    meeting = lock_version(meeting, version)
    before = {key: str(getattr(meeting, key)) for key in facts}
    for key, value in facts.items():
        setattr(meeting, key, value)
    _check_meeting(meeting, at)
    meeting.save()
    record("campaigns.change_meeting", by=by, at=at, subject=meeting, before=before)
    return meeting


def _check_meeting(meeting: Meeting, at: dt.datetime) -> None:
    """Not in the future, not before the meeting it passes on, not passing on itself."""
    meeting.full_clean()
    followed = meeting.follows
    if meeting.held_on and meeting.held_on > timezone.localdate(at):
        raise ValidationError({"held_on": _("召开日期不能晚于今天；还没开的会请写进计划安排。")})
    if followed and followed.held_on and meeting.held_on and meeting.held_on < followed.held_on:
        raise ValidationError({"held_on": _("不能早于所贯彻会议的日期 %(d)s。") % {"d": followed.held_on}})
    while followed:
        if followed.pk == meeting.pk:
            raise ValidationError({"follows": _("两次会议不能互相贯彻，请重新选择。")})
        followed = followed.follows
