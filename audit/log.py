"""The one way into the log."""

import datetime as dt
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from .models import Event

LABEL = Event._meta.get_field("subject_label").max_length


def label_of(subject: models.Model) -> str:
    """How the log names a row: its `log_label` where its name would tell what not every reader of the log may know."""
    return getattr(subject, "log_label", None) or str(subject)


def record(action: str, *, by: Any, at: dt.datetime, subject: models.Model | None = None, **detail: Any) -> Event:
    """Write one deed in the deed's own transaction; if it can't be written the deed fails with it.

    `action` is "app.verb_noun" as in actions.py; `by` a signed-in user, or None for the system itself;
    `detail` small plain values, never the text of a self-check. Raises RuntimeError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("audit.record() belongs inside the deed's transaction")
    return Event.objects.create(
        at=at,
        actor_id=getattr(by, "pk", None),
        actor_label=str(by) if by is not None else _("系统"),
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        subject_label=label_of(subject)[:LABEL] if subject is not None else "",
        detail=detail,
    )
