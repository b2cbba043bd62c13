"""The campaign as a whole: where it stands, which one is meant, its phases and next steps."""

from django.contrib import messages
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from .. import timeline
from ..actions import add_next_step, change_phase, launch_campaign, plan_phase
from ..current import KEY, campaign_of, may_plan, needed_campaign, refuse_unless_planner
from ..forms import CampaignForm, NextStepForm, PhaseChangeForm, PhaseForm
from ..models import Campaign, Document, Meeting, Phase, SlipDelivery, UnitTask
from .replies import page_of

UNITS_SHOWN = 10  # on the campaign's own page; all of them have a page of their own


@requires(P.SEE_CAMPAIGN)
@require_GET
def campaign_detail(request) -> HttpResponse:
    campaign = campaign_of(request)
    if campaign is None:
        return redirect("campaigns:campaign_list")
    today = timezone.localdate()
    phases = list(campaign.phases.all())
    units = list(UnitTask.objects.visible_to(request.user).filter(item__campaign=campaign).by_unit(today))
    return render(request, "campaigns/campaign_detail.html", {
        "can_plan": may_plan(request, campaign),
        "timeline": timeline.draw(phases, today),
        "under_way": timeline.under_way(phases, today),
        "units": units[:UNITS_SHOWN], "units_count": len(units),
        "next_steps": campaign.next_steps.prefetch_related("items"),
        **_plan(request, campaign, today), **_rooms(request, campaign),
    })


def _plan(request, campaign: Campaign, today) -> dict:
    """The quick views with their counts and one page of the plan."""
    view, counts = request.GET.get("view", ""), campaign.plan_items.counted(today)
    rows = campaign.plan_items.standing(view, today).with_tasks().select_related("owner", "phase", "work_group")
    return {"view": view, "counts": counts, "page": page_of(request, rows, counts.get(view, counts["all"]))}


def _rooms(request, campaign: Campaign) -> dict:
    """What lies behind the links beside the plan, in one query."""
    def number(rows):
        of_one = rows.order_by().values("campaign").annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(of_one.filter(campaign=OuterRef("pk"))), 0)

    waiting = SlipDelivery.objects.filter(cadre__user=request.user).waiting().annotate(campaign=F("slip__campaign"))
    return Campaign.objects.filter(pk=campaign.pk).values(
        group=F("leading_group__name"), meetings_count=number(Meeting.objects), documents_count=number(Document.objects), slips_waiting=number(waiting),
    ).get()


@requires(P.SEE_CAMPAIGN)
@require_GET
def campaign_list(request) -> HttpResponse:
    rows = Campaign.objects.visible_to(request.user).select_related("unit", "parent")
    return render(request, "campaigns/campaign_list.html", {
        "page": page_of(request, rows), "can_launch": access_of(request.user).may(P.PLAN_CAMPAIGN),
    })


@requires(P.SEE_CAMPAIGN)
@require_POST
def campaign_choose(request, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    request.session[KEY] = campaign.pk
    messages.success(request, _("现在各页都是“%(name)s”的内容。") % {"name": campaign.name})
    return redirect("campaigns:campaign_detail")


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def campaign_new(request) -> HttpResponse:
    form = CampaignForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and attempt(form, launch_campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        request.session[KEY] = form.result.pk
        messages.success(request, _("“%(name)s”已启动。接着请填写环节，成立领导小组。") % {"name": form.result.name})
        return redirect("campaigns:campaign_detail")
    return render(request, "campaigns/campaign_new.html", {"form": form})


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def phase_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.PLAN_CAMPAIGN)
    form = PhaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and attempt(form, plan_phase, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已增加环节“%(label)s”。") % {"label": form.result})
        return redirect("campaigns:campaign_detail")
    return render(request, "campaigns/phase_new.html", {"form": form})


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def phase_change(request, pk: int) -> HttpResponse:
    phase = get_object_or_404(Phase.objects.visible_to(request.user).select_related("campaign__unit"), pk=pk)
    refuse_unless_planner(request, phase.campaign)
    form = PhaseChangeForm(request.POST or None, row=phase)
    if request.method == "POST" and form.is_valid() and attempt(form, change_phase, phase, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("环节“%(label)s”已修改。") % {"label": form.result})
        return redirect("campaigns:campaign_detail")
    return render(request, "campaigns/phase_change.html", {"form": form, "phase": phase}, status=form.status)


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def next_step_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.PLAN_CAMPAIGN)
    form = NextStepForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid() and attempt(form, add_next_step, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已记下下一步打算。"))
        return redirect("campaigns:campaign_detail")
    return render(request, "campaigns/next_step_new.html", {"form": form})
