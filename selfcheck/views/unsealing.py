"""查阅申请: asking to read somebody's report, and deciding on what others ask."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from organizations.access import requires
from organizations.models import reach
from organizations.roles import Permission as P

from ..actions import ask_unsealing, decide_unsealing
from ..forms import UnsealingDecisionForm, UnsealingForm
from ..models import SelfCheck, Unsealing

PER_PAGE = 30
RELATED = ("selfcheck__cadre__unit", "selfcheck__round", "asked_by", "decided_by")


@requires(P.ASK_UNSEALING, P.APPROVE_UNSEALING)
@require_GET
def unsealing_list(request) -> HttpResponse:
    rows = Unsealing.objects.visible_to(request.user).select_related(*RELATED)
    to_decide = set(Unsealing.objects.to_decide_by(request.user).values_list("pk", flat=True))
    return render(request, "selfcheck/unsealing_list.html", {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")), "to_decide": to_decide,
        "open": set(Unsealing.objects.open_to(request.user, timezone.now()).values_list("pk", flat=True)),
    })


@requires(P.ASK_UNSEALING)
@require_http_methods(["GET", "POST"])
def unsealing_new(request, pk: int) -> HttpResponse:
    scope = reach(request.user, P.ASK_UNSEALING, unit="cadre__unit__path", campaign="round__campaign")
    report = get_object_or_404(SelfCheck.objects.handed_in().filter(scope).exclude(cadre__user=request.user).select_related("cadre__unit", "round"), pk=pk)
    form = UnsealingForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and attempt(form, ask_unsealing, report, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已提出申请，等待另一人批准；批准后本人会收到通知。"))
        return redirect("selfcheck:unsealing_list")
    return render(request, "selfcheck/unsealing_new.html", {"report": report, "form": form})


@requires(P.APPROVE_UNSEALING)
@require_http_methods(["GET", "POST"])
def unsealing_decide(request, pk: int) -> HttpResponse:
    asked = get_object_or_404(Unsealing.objects.visible_to(request.user).exclude(asked_by=request.user).select_related(*RELATED), pk=pk)
    form = UnsealingDecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        granted = request.POST.get("do") == "grant"
        if attempt(form, decide_unsealing, asked, granted=granted, **form.cleaned_data, by=request.user, at=timezone.now()):
            messages.success(request, _("已批准，%(who)s 24 小时内可以查阅。") % {"who": asked.asked_by} if granted else _("已答复不同意。"))
            return redirect("selfcheck:unsealing_list")
    return render(request, "selfcheck/unsealing_decide.html", {"asked": asked, "form": form, "can_decide": asked.state == Unsealing.State.ASKED})
