"""集中学习: the list, one session, a new one, the ledger sheet."""

from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from audit.log import record
from campaigns.current import needed_campaign
from files.workbook import XLSX, workbook
from organizations.access import requires
from organizations.kept import sums_at, topmost
from organizations.models import access_of, scope_paths, within
from organizations.roles import Permission as P

from ..actions import hold_session
from ..counts import attendance, sessions
from ..forms import SessionFilter, SessionForm, units_for
from ..models import Attendance, Reflection, StudySession, above, is_listed, tell_attendance
from ..sheets import WIDTHS, SessionResource

PER_PAGE = 30
A = Attendance.Status


@requires(P.SEE_CAMPAIGN)
@require_GET
def session_list(request) -> HttpResponse:
    """For who runs or follows the teaching the sessions of their scope with counts; for a cadre one's own."""
    campaign, today = needed_campaign(request), timezone.localdate()
    paths = scope_paths(request.user, P.SEE_PROGRESS, campaign.pk)
    all_rows = StudySession.objects.visible_to(request.user).filter(campaign=campaign)
    rows = all_rows.concerning(paths) if paths else all_rows.expecting(request.user)
    chosen = SessionFilter(request.GET, units=units_for(request.user, P.SEE_PROGRESS, campaign))
    totals = _totals(paths, campaign, today) if paths else rows.by_state(today) | rows.attended(request.user, today)
    mine = Attendance.objects.filter(cadre__user=request.user, session__campaign=campaign)
    paginator = Paginator(chosen.narrow(rows, today).latest_first(), PER_PAGE)
    if chosen.counted_as in totals:
        paginator.count = totals[chosen.counted_as]
    page = paginator.get_page(request.GET.get("page"))
    page.object_list = page.object_list.annotate(recorded=is_listed()).select_related("unit").prefetch_related("topics")
    if paths:  # counted are those on the page, of a nation's 160,000
        tell_attendance(page.object_list, paths)
    else:
        page.object_list = page.object_list.prefetch_related(Prefetch("attendance", mine, to_attr="mine"))
    return render(request, "learning/session_list.html", {
        "page": page,
        "filter": chosen,
        "sees_counts": bool(paths),
        "totals": totals,
        "duties": mine.to_make_up().select_related("session").order_by("session__held_on") if access_of(request.user).is_cadre else [],
        "can_run": access_of(request.user).may(P.RUN_LEARNING),
        "materials": campaign.materials.filter(is_required=True).select_related("file")[:8],
        "activities": campaign.activities.filter(is_held=True).order_by("-entered_at")[:5],
    })


def _totals(paths: list[str], campaign, today) -> dict[str, int]:
    """次 and 人次 of a scope, from what is kept: its units' sessions by state and those of units above, and who of its cadres came, to whatever session it was."""
    below = [(path, True) for path in topmost(paths)]
    found = sums_at({"came": (attendance, below), "held": (sessions, [*below, *((path, False) for path in sorted(above(paths)))])}, today, campaign=campaign.pk)
    return found["came"] | found["held"]


@requires(P.RUN_LEARNING)
@require_http_methods(["GET", "POST"])
def session_new(request) -> HttpResponse:
    campaign, today = needed_campaign(request), timezone.localdate()
    form = SessionForm(request.POST or None, campaign=campaign, user=request.user)
    if request.method == "POST" and form.is_valid():
        held_on = form.cleaned_data["held_on"]
        facts = form.cleaned_data | {"is_held": bool(held_on and held_on < today)}
        if attempt(form, partial(hold_session, campaign, **facts), by=request.user, at=timezone.now()):
            messages.success(request, _("已登记“%(title)s”。") % {"title": form.result})
            came = held_on and held_on <= today
            return redirect("learning:attendance_form" if came else "learning:session_detail", form.result.pk)
    return render(request, "learning/session_new.html", {"form": form})


@requires(P.SEE_CAMPAIGN)
@require_GET
def session_detail(request, pk: int) -> HttpResponse:
    """The facts, and one table below: who came, or the reflections. Everyone sees their own line."""
    user, today = request.user, timezone.localdate()
    sessions = StudySession.objects.visible_to(user).select_related("unit", "campaign", "entered_by")
    paths = _followed(user, sessions, pk)
    session = get_object_or_404(sessions.with_counts(paths).prefetch_related("topics__file"), pk=pk)
    mine = session.attendance.filter(cadre__user=user).first()
    reflections = Reflection.objects.visible_to(user).filter(session=session).select_related("cadre__unit")
    show = request.GET.get("show", "")
    rows = reflections if show == "reflections" else _attendance(session, user, show)
    can_run = access_of(user).may_at(P.RUN_LEARNING, session.unit.path, session.campaign_id)
    return render(request, "learning/session_detail.html", {
        "session": session,
        "counts": [(status, label, getattr(session, status)) for status, label in A.choices],
        "mine": mine,
        "show": show,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "reflections": reflections.count(),
        "recorded_at": session.attendance.order_by("-entered_at").values_list("entered_at", flat=True).first(),
        "sees_counts": bool(paths),
        "may_mark": _markable(session, user),
        "can_record": can_run and not (session.held_on and session.held_on > today),
        "can_reflect": access_of(user).is_cadre and session.is_held,
    })


def _followed(user, sessions, pk: int) -> list[str]:
    """Where the visitor follows the teaching of the session's campaign; that is asked for only where a grant is limited to one."""
    access = access_of(user)
    if not access.campaigns(P.SEE_PROGRESS):
        return access.paths_for_all(P.SEE_PROGRESS)
    return access.paths(P.SEE_PROGRESS, get_object_or_404(sessions, pk=pk).campaign_id)


def _attendance(session: StudySession, user, show: str):
    rows = Attendance.objects.visible_to(user).filter(session=session).select_related("cadre__unit").missing_first()
    return rows.filter(status=show) if show in A.values else rows


def _markable(session: StudySession, user) -> set[int]:
    """Lines the visitor may mark as made up: their own, and those of their scope."""
    inside = within(scope_paths(user, P.RUN_LEARNING, session.campaign_id), "cadre__unit__path")
    return set(session.attendance.filter(Q(cadre__user=user) | inside).to_make_up().values_list("pk", flat=True))


@requires(P.SEE_PROGRESS)
@require_GET
def session_export(request) -> HttpResponse:
    """集中学习台账 as a workbook, of the visitor's scope."""
    campaign, now = needed_campaign(request), timezone.now()
    paths = scope_paths(request.user, P.SEE_PROGRESS, campaign.pk)
    rows = StudySession.objects.visible_to(request.user).filter(campaign=campaign).concerning(paths).held(timezone.localdate(now))
    sheet = SessionResource(paths).export(rows)
    with transaction.atomic():
        record("learning.export_sessions", by=request.user, at=now, subject=campaign, rows=len(sheet))
    title = _("集中学习台账")
    response = HttpResponse(workbook(sheet, title=title, widths=WIDTHS), content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{title}{timezone.localdate(now):%Y%m%d}.xlsx")
    return response
