"""The audit log, for who may read it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audit.actions import last_verification
from audit.models import Event, Segment
from organizations.access import requires
from organizations.roles import Permission as P

from ..actions import ask_log_check, ask_log_export
from ..auditing import asked_for, events_for
from ..deeds import words

LINES = 50


def _about(event: Event) -> str:
    """What the line is about: the row, or why somebody was turned away; nothing where it is the doer."""
    if event.action == "access.denied":
        return _("没有权限") if event.detail.get("status") == 403 else _("不在可见范围，或已不存在")
    return "" if event.subject_label == event.actor_label else event.subject_label


@requires(P.SEE_AUDIT)
@require_GET
def audit_log(request) -> HttpResponse:
    """Events, newest first."""
    known = events_for(request.user)
    form, events = asked_for(known, request.GET)
    page = Paginator(events, LINES).get_page(request.GET.get("page"))
    return render(request, "reports/audit_log.html", {
        "page": page,
        "lines": [(event, words(event.action), _about(event)) for event in page],
        "form": form,
        "total": f"{known.count() if form.is_bound else page.paginator.count:,}",
        "verified": last_verification(),
        "segments": [(segment, f"{segment.count:,}") for segment in Segment.objects.all()],
        "query": request.GET.urlencode(),
    })


@requires(P.SEE_AUDIT)
@require_POST
def audit_verify(request) -> HttpResponse:
    """The whole chain is walked in the background."""
    job = ask_log_check(by=request.user, at=timezone.now())
    return redirect("jobs:job_detail", pk=job.pk)


@requires(P.SEE_AUDIT)
@require_POST
def audit_export(request) -> HttpResponse:
    """What the page shows under its filter, as a sheet made in the background."""
    form, _events = asked_for(Event.objects.none(), QueryDict(request.POST.get("query", "")))
    if form.is_bound and not form.is_valid():
        messages.error(request, _("筛选条件有误，没有导出。请改正后再导出。"))
        return redirect("reports:audit_log")
    job = ask_log_export(asked=form.asked, by=request.user, at=timezone.now())
    return redirect("jobs:job_detail", pk=job.pk)
