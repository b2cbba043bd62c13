"""我的信息: what the system keeps about the visitor, to be looked at and taken along. There is no such page about anybody else."""

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from files.workbook import XLSX

from ..actions import take_own_record
from ..counting import count_all
from ..own_record import PARTS, record_book, shown
from .papers import attachment

PER_PAGE = 30


@require_GET
def own_record(request) -> HttpResponse:
    """Every part with how much there is of it, where it comes from and whom to ask; the one chosen with what it says."""
    key = request.GET.get("part", "")
    if key and key not in PARTS:
        raise Http404
    rows = {name: part.rows(request.user) for name, part in PARTS.items()}
    counts = count_all(rows)
    return render(request, "reports/own_record.html", {
        "parts": [(name, part, counts[name]) for name, part in PARTS.items()],
        "total": sum(counts.values()),
        "has_cadre": counts["roster"],
        **(_opened(request, key, rows[key]) if key else {}),
    })


def _opened(request, key: str, rows) -> dict:
    part, page = PARTS[key], Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return {"key": key, "part": part, "page": page, "head": part.head, "rows": [list(zip(part.head, line, strict=True)) for line in part.lines(page, shown)]}


@require_GET
@cache_control(no_store=True, private=True)
def own_record_file(request) -> HttpResponse:
    """All of it as one xlsx, made while they wait and kept nowhere."""
    now = timezone.now()
    with transaction.atomic():
        content, lines = record_book(request.user, now)
        take_own_record(rows=lines, by=request.user, at=now)
    return attachment(content, _("我的信息（%(who)s %(day)s）.xlsx") % {"who": request.user.name, "day": timezone.localdate(now)}, XLSX)
