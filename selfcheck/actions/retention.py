"""到期销毁: what people wrote about themselves is kept until the round's day, and then it is gone (个人信息保护法第四十七条)."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.log import record
from keys.actions import discard_key

from ..models import SEALED, Answer, Commitment, SelfCheck, TextMark

BATCH = 200


def purge_due_reports(*, at: dt.datetime) -> int:
    """Empty every report whose day is over, in batches of their own; says how many. Run daily; again it finds nothing."""
    count = 0
    while pks := list(SelfCheck.objects.kept_too_long(timezone.localdate(at)).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        count += purge_reports(pks, at=at)
    return count


@transaction.atomic
def purge_reports(pks: list[int], *, at: dt.datetime) -> int:
    """Words, answers and marks go, with the key of whoever has nothing else sealed; that a report was handed in and accepted stays."""
    reports = list(SelfCheck.objects.select_for_update(of=("self",)).select_related("key").filter(pk__in=pks))
    keys = {report.key for report in reports if report.key}
    Answer.objects.filter(selfcheck__in=reports).delete()
    Commitment.objects.filter(selfcheck__in=reports).delete()
    TextMark.objects.filter(selfcheck__in=reports).delete()
    for report in reports:
        report.key, report.purged_at, report.version = None, at, report.version + 1
        for column in SEALED:
            setattr(report, column, "")
    SelfCheck.objects.bulk_update(reports, ["key", "purged_at", "version", *SEALED])
    for report in reports:
        record("selfcheck.purge_report", by=None, at=at, subject=report)
    for key in keys:
        discard_key(key, reason=_("自查内容保存期满"), by=None, at=at)
    return len(reports)
