"""警示教育、革命传统教育、英模教育."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from campaigns.current import needed_campaign
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import hold_activity
from ..forms import ActivityForm
from ..models import EducationActivity

PER_PAGE = 30


@requires(P.SEE_CAMPAIGN)
@require_GET
def activity_list(request) -> HttpResponse:
    campaign = needed_campaign(request)
    every = EducationActivity.objects.visible_to(request.user).filter(campaign=campaign)
    category = request.GET.get("category", "")
    rows = every.filter(category=category) if category in EducationActivity.Category.values else every
    return render(request, "learning/activity_list.html", {
        "page": Paginator(rows.order_by(F("held_on").desc(nulls_last=True), "-pk"), PER_PAGE).get_page(request.GET.get("page")),
        "held": every.held(timezone.localdate()).count(),
        "category": category,
        "categories": EducationActivity.Category.choices,
        "can_plan": access_of(request.user).may_at(P.RUN_LEARNING, campaign.unit.path, campaign.pk),
    })


@requires(P.RUN_LEARNING)
@require_http_methods(["GET", "POST"])
def activity_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.RUN_LEARNING)
    form = ActivityForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and attempt(form, hold_activity, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已登记“%(title)s”。") % {"title": form.result})
        return redirect("learning:activity_list")
    return render(request, "learning/activity_new.html", {"form": form})
