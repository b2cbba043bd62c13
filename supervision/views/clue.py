"""线索件数: numbers by period. The clue group enters them, leaders read them, nobody else sees them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from campaigns.current import needed_campaign
from campaigns.views.replies import chosen_id
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import count_clues
from ..forms import ClueForm
from ..models import ClueCount, may_enter_clues

PER_PAGE = 30


@requires(P.SEE_CLUE_COUNTS)
@require_GET
def clue_list(request) -> HttpResponse:
    campaign = needed_campaign(request)
    rows = ClueCount.objects.visible_to(request.user).filter(campaign=campaign).select_related("entered_by")
    return render(request, "supervision/clue_list.html", {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "latest": rows.first(),
        "can_enter": may_enter_clues(request.user, campaign),
        "sees_records": access_of(request.user).may(P.SEE_SUPERVISION),
        "sees_clues": True,
    })


@requires(P.SEE_CLUE_COUNTS)
@require_http_methods(["GET", "POST"])
def clue_form(request) -> HttpResponse:
    """Enter the counts of a period; the same period again corrects them. `?row=` corrects what was entered."""
    campaign = needed_campaign(request)
    if not may_enter_clues(request.user, campaign):
        raise PermissionDenied
    row = chosen_id(request, "row")
    before = get_object_or_404(ClueCount.objects.visible_to(request.user).filter(campaign=campaign), pk=row) if row else None
    form = ClueForm(request.POST or None, row=before or ClueCount(campaign=campaign, version=0), fixed_period=before is not None)
    if request.method == "POST" and form.is_valid() and attempt(form, count_clues, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("件数已保存。"))
        return redirect("supervision:clue_list")
    return render(request, "supervision/clue_form.html", {"form": form, "before": before}, status=form.status)
