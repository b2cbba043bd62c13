"""Recording meetings and filing documents."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

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
def record_meeting(campaign: Campaign, *, kind: str, organ: str, title: str, by, at: dt.datetime, agenda: list[dict] = (), instructions: list[dict] = (), **facts) -> Meeting:
    """Record a meeting with its agenda.

    `agenda`: [{"kind", "text", "documents": [Document]}]; `instructions`: [{"speaker_post", "text"}];
    `facts`: held_on, place, host, follows, same_day_as_followed, whole_workforce. A meeting can't be held in the future.
    """
    meeting = Meeting(campaign=campaign, kind=kind, organ=organ, title=title, entered_at=at, entered_by=by, **facts)
    meeting.full_clean()
    if meeting.held_on and meeting.held_on > timezone.localdate(at):
        raise ValidationError({"held_on": _("召开日期不能晚于今天；还没开的会请写进计划安排。")})
    if meeting.follows and meeting.follows.held_on and meeting.held_on and meeting.held_on < meeting.follows.held_on:
        raise ValidationError({"held_on": _("不能早于所贯彻会议的日期 %(d)s。") % {"d": meeting.follows.held_on}})
    meeting.save()
    for order, entry in enumerate(agenda, 1):
        item = AgendaItem.objects.create(meeting=meeting, order=order, kind=entry["kind"], text=entry.get("text", ""))
        item.documents.set(entry.get("documents", []))
    Instruction.objects.bulk_create([Instruction(meeting=meeting, **entry) for entry in instructions])
    record("campaigns.record_meeting", by=by, at=at, subject=meeting)
    return meeting
