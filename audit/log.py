"""The one way into the log."""

import datetime as dt
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from .models import Event
from .plain import plain
from .where import here

WIDTH = {name: Event._meta.get_field(name).max_length for name in ("actor_label", "subject_label", "address")}


def label_of(subject: models.Model) -> str:
    """How the log names a row: its `log_label` where its name would tell what not every reader of the log may know."""
    return getattr(subject, "log_label", None) or str(subject)


def name_of(by: Any) -> str:
    """How the log names who does something; None is the system."""
    return plain(str(by))[: WIDTH["actor_label"]] if by is not None else _("系统")


def record(action: str, *, by: Any, at: dt.datetime, subject: models.Model | None = None, result: str = Event.Result.DONE, **detail: Any) -> Event:
    """Write one deed in the deed's own transaction; if it can't be written, or sealed at the commit, the deed fails with it.

    `action` is "app.verb_noun" as in actions.py; `by` a signed-in user, or None for the system itself;
    `detail` small plain values, never the text of a self-check. Raises RuntimeError outside a transaction.
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record() belongs inside the deed's transaction")
    event = Event.objects.create(
        at=at,
        actor_id=getattr(by, "pk", None),
        actor_label=name_of(by),
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        subject_label=plain(label_of(subject))[: WIDTH["subject_label"]] if subject is not None else "",
        detail=detail,
        address=plain(here.get())[: WIDTH["address"]],
        result=result,
    )
    connection.unsealed.add(event.pk)  # an engine that doesn't seal has no such set, and no deed is done on it
    return event
