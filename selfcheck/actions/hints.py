"""What hints are made from, and setting one aside."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit.log import record
from keys.actions import key_for

from ..hints import Hint
from ..marks import marks_of
from ..models import HintSetAside, Question, SelfCheck, TextMark


def marks_holder(round_id: int) -> str:
    """Whose key marks the texts of a round."""
    return f"round:{round_id}"


def mark_texts(selfcheck: SelfCheck, *, at: dt.datetime) -> None:
    """Note anew by which the texts just handed in are compared; a part of handing in. The body is open."""
    TextMark.objects.filter(selfcheck=selfcheck).delete()
    if not selfcheck.body.items:
        return
    key = key_for(marks_holder(selfcheck.round_id), at=at)
    if key.destroyed_at:
        return
    names = dict(Question.objects.filter(pk__in=selfcheck.body.items).values_list("pk", "key"))
    TextMark.objects.bulk_create(
        TextMark(selfcheck=selfcheck, question_key=names[int(pk)], order=n, field=field, **facts)
        for pk, items in selfcheck.body.items.items() for n, texts in enumerate(items, 1) for field, facts in marks_of(texts, key).items()
    )


@transaction.atomic
def set_hint_aside(hint: Hint, *, rows: str, reason: str, by, at: dt.datetime) -> HintSetAside:
    """Put a hint aside for the reports it names. `rows`: the digest its reader saw. Raises ValidationError when they changed, or it is aside."""
    if rows != hint.rows:
        raise ValidationError(_("这条提示涉及的报告刚才有变化，请重新核对后再搁置。"))
    if not reason.strip():
        raise ValidationError({"reason": _("请写明搁置的原因。")})
    aside = HintSetAside(round=hint.round, kind=hint.kind, subject=hint.subject, rows=hint.rows, reason=reason.strip(), set_aside_at=at, set_aside_by=by)
    try:
        with transaction.atomic():
            aside.save()
    except IntegrityError as error:
        raise ValidationError(_("这条提示已经搁置，不用再办。")) from error
    record("selfcheck.set_hint_aside", by=by, at=at, subject=aside)
    return aside
