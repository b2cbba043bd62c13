"""The leader's page, and the page behind every number."""

import datetime as dt
from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_POST

from accounts.templatetags.page import day, moment
from campaigns.current import needed_campaign
from campaigns.views.replies import chosen_id
from organizations.access import requires
from organizations.models import Unit, access_of
from organizations.roles import Permission as P

from ..actions import ask_report_of
from ..charts import trend
from ..dashboard import TOLD, dashboard_of, tracks_text
from ..figures import REGISTRY, Figure, Scope, by_subject, failed_checks, figure
from ..values import value


def asked_scope(request) -> tuple[Scope, dt.date]:
    """Campaign, unit and as-of day of the address; a unit outside one's scope is 404, a future day is today. Without a unit: the campaign's
    own, or of who sees figures only further down the first of theirs."""
    campaign = needed_campaign(request)
    access, today = access_of(request.user), timezone.localdate()
    unit = None
    if chosen := chosen_id(request, "unit"):
        unit = get_object_or_404(Unit.objects.under(campaign.unit), pk=chosen)
        if not access.may_at(P.SEE_FIGURES, unit.path, campaign.pk):
            raise Http404
    elif not access.may_at(P.SEE_FIGURES, campaign.unit.path, campaign.pk):
        unit = Unit.objects.under(campaign.unit).filter(path__in=access.paths(P.SEE_FIGURES, campaign.pk)).first()
        if unit is None:
            raise PermissionDenied
    try:
        as_of = parse_date(request.GET.get("as_of", "")) or today
    except ValueError:
        as_of = today
    return Scope(campaign, unit), min(as_of, today)


@requires(P.SEE_FIGURES)
@require_GET
def dashboard(request) -> HttpResponse:
    """Key figures, units, trend, aspects, and the report button."""
    scope, as_of = asked_scope(request)
    board = dashboard_of(scope, as_of)
    found, opened = board.figures, request.GET.get("open")
    context = {
        "scope": scope,
        "as_of": as_of,
        "may_report": access_of(request.user).may_at(P.SEE_FIGURES, scope.campaign.unit.path, scope.campaign.pk),
        "is_today": as_of == timezone.localdate(),
        "v": found,
        "tracks": tracks_text(found),
        "units": board.units,
        "totals": {name: sum(row.counts[name] for row in board.units) for name in TOLD},
        "aspects": board.aspects,
        "chart": trend(board.points) if board.points else "",
        "points": board.points,
        "failed": failed_checks(found),
        "opened": _opened(figure(opened), found[opened], scope, as_of) if opened in REGISTRY else None,
        "subjects": [(subject.label, [(f, f.shown(found[f.key])) for f in known]) for subject, known in by_subject()],
    }
    return render(request, "reports/dashboard.html", context)


def _opened(known: Figure, value, scope: Scope, as_of: dt.date) -> dict:
    """The figure opened on the page itself, with its first rows."""
    return {"figure": known, "value": known.shown(value), "head": [h for h, _path in known.columns], "rows": cells(known, known.rows(scope, as_of)[:5])}


def cells(known, rows) -> list[list]:
    """Each row as the figure's columns show it."""
    return [[reach(row, path) for _heading, path in known.columns] for row in rows]


def reach(row, path: str | Callable):
    """A value told by a function or found by attribute path, methods called; a blank for what is not there."""
    if callable(path):
        return path(row)
    for name in path.split("."):
        row = getattr(row, name, None)
        if row is None:
            return ""
        row = row() if callable(row) else row
    return moment(row) if isinstance(row, dt.datetime) else day(row) if isinstance(row, dt.date) else row


@requires(P.SEE_FIGURES)
@require_GET
def figure_detail(request, key: str) -> HttpResponse:
    """One number: definition, unit of count, as-of day, and the rows that make it."""
    if key not in REGISTRY:
        raise Http404
    scope, as_of = asked_scope(request)
    known = figure(key)
    found = value(key, scope, as_of)
    paginator = Paginator(known.rows(scope, as_of), 30)
    if isinstance(found, int):  # else it is a rate, whose rows are the whole it is of
        paginator.count = found
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "figure": known,
        "value": known.shown(found),
        "scope": scope,
        "as_of": as_of,
        "page": page,
        "head": [heading for heading, _path in known.columns],
        "rows": cells(known, page),
    }
    return render(request, "reports/figure_detail.html", context)


@requires(P.SEE_FIGURES)
@require_POST
def report_now(request) -> HttpResponse:
    """The progress report with today's numbers, made in the background."""
    campaign = needed_campaign(request, P.SEE_FIGURES)
    job = ask_report_of(campaign, by=request.user, at=timezone.now())
    return redirect("jobs:job_detail", pk=job.pk)
