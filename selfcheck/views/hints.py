"""提示: what is worth a look in a round, and setting it aside."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms import attempt
from campaigns.views.replies import chosen_id
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import set_hint_aside
from ..forms import HintForm
from ..hints import Hint, Look, hints_for, with_reports
from ..models import Round

PER_PAGE = 30
NAMED = 8  # people of a hint before “等 N 人”


@requires(P.RUN_SELFCHECK, P.REVIEW_SELFCHECK)
@require_http_methods(["GET", "POST"])
def round_hints(request, pk: int) -> HttpResponse:
    """The list; with ?hint= the one to set aside."""
    opened = get_object_or_404(Round.objects.visible_to(request.user), pk=pk)
    look = Look(request.user, opened, timezone.localdate(), asked=chosen_id(request, "unit"), alone="alone" in request.GET)
    found = hints_for(request.user, opened, look)
    if "hint" in request.GET or request.method == "POST":
        return _aside(request, opened, next((hint for hint in found if hint.key == request.GET.get("hint")), None))
    found.sort(key=lambda hint: hint.aside is not None)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "selfcheck/round_hints.html", {
        "round": opened, "look": look, "page": page, "hints": [_shown(request, hint) for hint in with_reports(page.object_list)],
        "waiting": sum(hint.aside is None for hint in found), "can_list": access_of(request.user).may(P.SEE_PROGRESS),
    })


def _shown(request, hint: Hint) -> dict:
    """The hint with its first people, each with whether the visitor reviews their report."""
    people = [{"report": report, "is_mine": report.reviewer_id == request.user.pk} for report in hint.reports]
    return {"hint": hint, "people": people[:NAMED], "rest": max(len(people) - NAMED, 0)}


def _aside(request, opened: Round, hint: Hint | None) -> HttpResponse:
    if hint is None or hint.aside:
        messages.info(request, _("这条提示已经搁置。") if hint else _("这条提示已经没有了：涉及的报告有变化。"))
        return redirect(_back(request, opened))
    (hint,) = with_reports([hint])
    form = HintForm(request.POST or None, initial={"rows": hint.rows})
    if request.method == "POST" and form.is_valid() and attempt(form, set_hint_aside, hint, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已搁置。涉及的报告有变化时会再提示。"))
        return redirect(_back(request, opened))
    form.show_anew(hint.rows)
    return render(request, "selfcheck/hint_aside.html", {"round": opened, "shown": _shown(request, hint), "form": form, "back": _back(request, opened)})


def _back(request, opened: Round) -> str:
    """The list where it was left."""
    query = request.GET.copy()
    query.pop("hint", None)
    return "?".join(filter(None, [reverse("selfcheck:round_hints", args=[opened.pk]), query.urlencode()]))
