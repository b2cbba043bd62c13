"""Which lines may be archived: old enough, covered by an anchor, and right behind those archived before."""

import calendar
import datetime as dt
from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from .anchors import by_number
from .log import name_of
from .models import Event, Segment
from .verify import lines
from .walk import Line


def keep_from(today: dt.date) -> dt.date:
    """The day from which on every line stays in the table (AUDIT_KEEP_MONTHS)."""
    year, month = divmod(today.year * 12 + today.month - 1 - settings.AUDIT_KEEP_MONTHS, 12)
    return dt.date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def refuse_young(before: dt.date, today: dt.date) -> None:
    """Raises ValidationError when lines younger than AUDIT_KEEP_MONTHS would go."""
    if before > keep_from(today):
        told = {"months": settings.AUDIT_KEEP_MONTHS, "day": f"{keep_from(today):%Y-%m-%d}"}
        raise ValidationError(_("日志须在库中保留 %(months)s 个月，最多归档到 %(day)s 以前，请换一个更早的日期。") % told)


def next_segment(before: dt.date, *, by, at: dt.datetime) -> tuple[Segment, Segment | None]:
    """The segment of all lines older than a day, up to the last anchor among them, and the one it follows. Raises ValidationError."""
    previous = Segment.objects.order_by("-last_seq").first()
    first = previous.last_seq + 1 if previous else 1
    last = _last_before(before, first)
    found = Event.objects.filter(seq__range=(first, last)).aggregate(since=Min("at"), until=Max("at"))
    code = Event.objects.values_list("mac", flat=True).get(seq=last)
    return Segment(first_seq=first, last_seq=last, mac=code, archived_at=at, archived_by=name_of(by), **found), previous


def _last_before(before: dt.date, first: int) -> int:
    """The last line that may go: every line up to it is older than the day, and it was anchored."""
    moment = timezone.make_aware(dt.datetime.combine(before, dt.time.min))
    waiting = Event.objects.filter(seq__gte=first)
    young = waiting.filter(at__gte=moment).aggregate(n=Min("seq"))["n"]
    limit = young - 1 if young else waiting.aggregate(n=Max("seq"))["n"] or 0
    if limit < first:
        raise ValidationError(_("没有早于 %(day)s 的日志可以归档。") % {"day": f"{before:%Y-%m-%d}"})
    last = max((seq for seq in by_number() if first <= seq <= limit), default=None)
    if last is None:
        raise ValidationError(_("早于 %(day)s 的日志里没有一条记在库外锚点文件中，不能归档。请换一个较晚的日期。") % {"day": f"{before:%Y-%m-%d}"})
    return last


def lines_of(segment: Segment) -> Iterator[Line]:
    """The lines as they stand in the table."""
    return lines(segment.last_seq, after=segment.first_seq - 1)
