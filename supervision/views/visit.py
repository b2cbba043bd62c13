"""督导检查 and what it feeds back."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from campaigns.current import needed_campaign
from ledger.models import Problem
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import raise_finding, record_visit
from ..forms import FindingForm, VisitForm
from ..models import Finding, Visit

PER_PAGE = 30


@requires(P.SEE_SUPERVISION)
@require_GET
def visit_list(request) -> HttpResponse:
    campaign, access = needed_campaign(request), access_of(request.user)
    visits = Visit.objects.visible_to(request.user).filter(campaign=campaign)
    findings = Finding.objects.filter(visit__in=visits)
    counted = visits.select_related("unit").annotate(raised=Count("findings"), listed=Count("findings__problem"))
    return render(request, "supervision/visit_list.html", {
        "page": Paginator(counted.order_by(*Visit._meta.ordering), PER_PAGE).get_page(request.GET.get("page")),
        "findings": findings.count(),
        "closed": findings.filter(problem__status=Problem.Status.CLOSED).count(),
        "listed": findings.filter(problem__isnull=False).count(),
        "can_visit": access.may(P.VISIT) or access.may(P.RUN_SUPERVISION),
        "sees_clues": access.may(P.SEE_CLUE_COUNTS),
    })


@requires(P.VISIT, P.RUN_SUPERVISION)
@require_http_methods(["GET", "POST"])
def visit_new(request) -> HttpResponse:
    campaign = needed_campaign(request)
    form = VisitForm(request.POST or None, campaign=campaign, user=request.user)
    if request.method == "POST" and form.is_valid() and attempt(form, partial(record_visit, campaign, **form.cleaned_data), by=request.user, at=timezone.now()):
        messages.success(request, _("已登记“%(visit)s”。") % {"visit": form.result})
        return redirect("supervision:visit_detail", form.result.pk)
    return render(request, "supervision/visit_new.html", {"form": form})


@requires(P.SEE_SUPERVISION)
@require_GET
def visit_detail(request, pk: int) -> HttpResponse:
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("unit", "entered_by"), pk=pk)
    findings = list(visit.findings.select_related("problem", "raised_by"))
    open_to_me = Problem.objects.visible_to(request.user).filter(findings__visit=visit).distinct()
    return render(request, "supervision/visit_detail.html", {
        "visit": visit,
        "findings": findings,
        "open_to_me": set(open_to_me.values_list("pk", flat=True)),
        "can_raise": access_of(request.user).may_at(P.VISIT, visit.unit.path, visit.campaign_id),
    })


@requires(P.VISIT)
@require_http_methods(["GET", "POST"])
def finding_new(request, pk: int) -> HttpResponse:
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("unit", "campaign"), pk=pk)
    if not access_of(request.user).may_at(P.VISIT, visit.unit.path, visit.campaign_id):
        raise PermissionDenied
    form = FindingForm(request.POST or None, visit=visit, user=request.user)
    if request.method == "POST" and form.is_valid() and attempt(form, raise_finding, visit, **form.cleaned_data, by=request.user, at=timezone.now()):
        code = form.result.problem.code if form.result.problem else ""
        messages.success(request, _("已反馈，列入台账，编号 %(code)s。") % {"code": code} if code else _("已反馈。"))
        return redirect("supervision:visit_detail", visit.pk)
    return render(request, "supervision/finding_new.html", {"form": form, "visit": visit})
