"""Slips: sending them, signing for them, seeing who has."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from organizations.access import requires
from organizations.models import scope_paths
from organizations.roles import Permission as P

from ..actions import acknowledge_slip, issue_slip
from ..current import may_plan, needed_campaign
from ..forms import AcknowledgeForm, SlipForm
from ..models import Slip, SlipDelivery
from ..receivers import Receivers, signed_by_slip
from .replies import chosen_id, page_of


@requires(P.SEE_CAMPAIGN)
@require_GET
def slip_list(request) -> HttpResponse:
    campaign = needed_campaign(request)
    page = page_of(request, Slip.objects.visible_to(request.user).filter(campaign=campaign))
    mine = {d.slip_id: d for d in SlipDelivery.objects.filter(cadre__user=request.user, slip__in=[s.pk for s in page])}
    signed = signed_by_slip(request.user, campaign, list(page), timezone.localdate())
    for slip in page:
        slip.mine, slip.counts = mine.get(slip.pk), signed[slip.pk]
    return render(request, "campaigns/slip_list.html", {
        "page": page, "can_plan": may_plan(request, campaign), "follows_up": bool(scope_paths(request.user, P.SEE_PROGRESS, campaign.pk)),
        "waiting": SlipDelivery.objects.filter(cadre__user=request.user, slip__campaign=campaign).waiting().count(),
    })


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def slip_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.PLAN_CAMPAIGN)
    form = SlipForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid() and attempt(form, issue_slip, campaign, **form.facts(), by=request.user, at=timezone.now()):
        slip = form.result
        messages.success(request, _("%(kind)s%(ref)s已发出。") % {"kind": slip.get_kind_display(), "ref": slip.reference})
        return redirect("campaigns:slip_detail", slip.pk)
    return render(request, "campaigns/slip_new.html", {"form": form})


@requires(P.SEE_CAMPAIGN)
@require_GET
def slip_detail(request, pk: int) -> HttpResponse:
    return _slip_page(request, _slip(request, pk), AcknowledgeForm())


@requires(P.SEE_CAMPAIGN)
@require_POST
def slip_acknowledge(request, pk: int) -> HttpResponse:
    slip = _slip(request, pk)
    delivery = get_object_or_404(slip.deliveries.filter(cadre__user=request.user))
    form = AcknowledgeForm(request.POST)
    if form.is_valid() and attempt(form, acknowledge_slip, delivery, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已签收%(kind)s%(ref)s。") % {"kind": slip.get_kind_display(), "ref": slip.reference})
        return redirect("campaigns:slip_detail", pk)
    return _slip_page(request, slip, form)


def _slip(request, pk: int) -> Slip:
    return get_object_or_404(Slip.objects.visible_to(request.user).select_related("issued_by", "campaign__unit"), pk=pk)


def _slip_page(request, slip: Slip, form: AcknowledgeForm) -> HttpResponse:
    """The slip; below it, for those who follow it up, who has signed and who has not."""
    mine = slip.deliveries.filter(cadre__user=request.user).first()
    follows_up = bool(scope_paths(request.user, P.SEE_PROGRESS, slip.campaign_id))
    return render(request, "campaigns/slip_detail.html", {
        "slip": slip, "mine": mine, "form": form, "follows_up": follows_up, **(_receivers(request, slip) if follows_up else {}),
    })


def _receivers(request, slip: Slip) -> dict:
    """Counts by unit and one page of the receivers, as far as the visitor may see them."""
    seen = Receivers(slip, request.user, timezone.localdate(), asked=chosen_id(request, "unit"), alone="alone" in request.GET)
    view = request.GET.get("view", "waiting")
    people = seen.people(view)
    return {
        "receivers": seen, "units": seen.units, "view": view, "waiting_units": [u for u in seen.units if u["waiting"]], **seen.total, "shown": seen.shown,
        "page": None if people is None else page_of(request, people, seen.number(view)),
    }
