"""Meetings: the chain from above to below, what each one did."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from organizations.access import requires
from organizations.roles import Permission as P

from ..actions import change_meeting, record_meeting
from ..chain import in_chain
from ..current import may_plan, needed_campaign, refuse_unless_planner
from ..forms import MeetingChangeForm, MeetingForm
from ..models import Meeting
from .replies import page_of


@requires(P.SEE_CAMPAIGN)
@require_GET
def meeting_list(request) -> HttpResponse:
    campaign = needed_campaign(request)
    links = campaign.meetings.values_list("pk", "follows", "held_on")
    page = page_of(request, in_chain(links))
    rows = campaign.meetings.select_related("follows").prefetch_related("agenda").in_bulk([pk for pk, _depth in page])
    page.object_list = [_listed(rows[pk], depth) for pk, depth in page]
    return render(request, "campaigns/meeting_list.html", {
        "page": page, "undated": sum(held is None for _pk, _follows, held in links), "can_plan": may_plan(request, campaign),
    })


def _listed(meeting: Meeting, depth: int) -> dict:
    """A meeting with its place in the chain and whether it was written down late."""
    return {
        "row": meeting, "depth": min(depth, 4), "days": meeting.days_after_followed(), "late": meeting.is_late_entry(timezone.localdate()),
        "did": list(dict.fromkeys(item.get_kind_display() for item in meeting.agenda.all())),
    }


@requires(P.SEE_CAMPAIGN)
@require_GET
def meeting_detail(request, pk: int) -> HttpResponse:
    meeting = _meeting(request, pk)
    return render(request, "campaigns/meeting_detail.html", {
        "meeting": meeting, "days": meeting.days_after_followed(), "late": meeting.is_late_entry(timezone.localdate()),
        "agenda": meeting.agenda.prefetch_related("documents__file"), "instructions": meeting.instructions.all(),
        "followers": [_listed(m, 0) for m in meeting.followers.select_related("follows").prefetch_related("agenda")],
        "can_plan": may_plan(request, meeting.campaign),
    })


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def meeting_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.PLAN_CAMPAIGN)
    form = MeetingForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid() and attempt(form, record_meeting, campaign, **form.facts(), by=request.user, at=timezone.now()):
        messages.success(request, _("已记录会议“%(title)s”。") % {"title": form.result})
        return redirect("campaigns:meeting_detail", form.result.pk)
    return render(request, "campaigns/meeting_new.html", {"form": form})


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def meeting_change(request, pk: int) -> HttpResponse:
    meeting = _meeting(request, pk)
    refuse_unless_planner(request, meeting.campaign)
    form = MeetingChangeForm(request.POST or None, row=meeting, campaign=meeting.campaign, meeting=meeting)
    if request.method == "POST" and form.is_valid() and attempt(form, change_meeting, meeting, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("会议“%(title)s”已修改。") % {"title": form.result})
        return redirect("campaigns:meeting_detail", pk)
    return render(request, "campaigns/meeting_change.html", {"form": form, "meeting": meeting}, status=form.status)


def _meeting(request, pk: int) -> Meeting:
    rows = Meeting.objects.visible_to(request.user).select_related("campaign__unit", "follows", "entered_by")
    return get_object_or_404(rows, pk=pk)
