"""The desk of those who work with many rows: acts on chosen ones, and filters kept under a name."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from accounts.undo import offer_undo
from campaigns.current import needed_campaign
from organizations.access import requires
from organizations.roles import Permission as P

from ..actions.bulk import ACTS, AT_ONCE, MOST, ROW, acts_open_to, ask_bulk, refusal_of, reminded_on
from ..actions.saved import drop_view, keep_view, kept, rename_view
from ..forms import BulkForm, SavedViewForm
from ..listing import Ledger
from ..models import BulkDeed, Problem, SavedView

LISTED = 50  # rows the confirming page tells one by one


# --- many rows ---


@requires(P.MANAGE_LEDGER, P.REPORT_PROBLEMS, P.VERIFY_PROBLEMS)
@require_http_methods(["GET", "POST"])
def problem_bulk(request) -> HttpResponse:
    """What an act on the chosen rows will do, row by row; then doing it."""
    campaign, asked = needed_campaign(request), request.POST if request.method == "POST" else request.GET
    open_acts = dict(acts_open_to(request.user, campaign))
    act = asked.get("act") or next(iter(open_acts), "")
    if act and act not in ACTS:
        raise Http404
    if act not in open_acts:
        raise PermissionDenied
    rows = chosen(campaign, request.user, asked)
    form = BulkForm(request.POST or None, act=act, campaign=campaign, user=request.user, rows=rows)
    if request.method == "POST" and form.is_valid():
        facts = form.facts() | {"act": act, "rows": rows, "back": kept(asked.get("query", ""))}
        if attempt(form, ask_bulk, campaign, **facts, by=request.user, at=timezone.now()):
            deed, job = form.result
            return redirect("jobs:job_detail", job.pk) if job else redirect("ledger:bulk_detail", deed.pk)
    return render(request, "ledger/problem_bulk.html", {
        "form": form, "act": act, "label": BulkDeed.Act(act).label, "button": ACTS[act].words, "count": len(rows), "too_many": len(rows) > MOST,
        "forecast": forecast(act, rows[:LISTED], request.user), "rest": max(0, len(rows) - LISTED), "by_job": len(rows) > AT_ONCE,
        "chosen": [] if asked.get("all") else rows, "query": asked.get("query", ""), "back": kept(asked.get("query", "")),
    })


def chosen(campaign, user, asked: QueryDict) -> list[int]:
    """The numbers of the ticked rows, or of all in the view; MOST + 1 at the most, and only what the visitor sees."""
    ledger = Ledger(campaign, user, QueryDict(asked.get("query", "")[:1000] if asked.get("all") else ""), timezone.localdate())
    rows = ledger.in_view().order_by("pk")
    if not asked.get("all"):
        rows = rows.filter(pk__in=[int(pk) for pk in asked.getlist("pk") if pk.isdecimal() and len(pk) < 19][: MOST + 1])
    return list(rows.values_list("pk", flat=True)[: MOST + 1])


def forecast(act: str, pks: list[int], user) -> list[tuple[Problem, str]]:
    """Each row with what speaks against it; empty when nothing does."""
    rows, now = list(Problem.objects.filter(pk__in=pks).select_related(*ROW).order_by("pk")), timezone.now()
    reminded = reminded_on(timezone.localdate(now), rows) if act == BulkDeed.Act.REMIND else set()
    return [(row, refusal_of(act, user, row, now, reminded)) for row in rows]


@requires(P.MANAGE_LEDGER, P.REPORT_PROBLEMS, P.VERIFY_PROBLEMS)
@require_GET
def bulk_detail(request, pk) -> HttpResponse:
    """What became of each row; those that were refused come first."""
    deed = get_object_or_404(BulkDeed.objects.visible_to(request.user), pk=pk)
    results = dict(zip(deed.rows, deed.results, strict=False))
    refused, done = [pk for pk in deed.rows if results.get(pk)], [pk for pk in deed.rows if results.get(pk) == ""]
    listed = (refused + done)[: 4 * LISTED]
    found = Problem.objects.visible_to(request.user).select_related("responsible_unit", "responsible_person").in_bulk(listed)
    return render(request, "ledger/bulk_detail.html", {
        "deed": deed, "done": len(done), "refused": len(refused), "waiting": len(deed.rows) - len(deed.results),
        "lines": [(found.get(pk), results[pk]) for pk in listed], "rest": len(refused) + len(done) - len(listed),
    })


# --- filters kept under a name ---


@requires(P.SEE_LEDGER)
@require_http_methods(["GET", "POST"])
def saved_view_new(request) -> HttpResponse:
    """Keep the filters of the address under a name."""
    campaign = needed_campaign(request)
    query = kept(request.POST.get("query", "") or request.GET.get("query", ""))
    form = SavedViewForm(request.POST or None, initial={"query": query})
    if request.method == "POST" and form.is_valid() and attempt(form, keep_view, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已存为“%(name)s”，排在台账上方。") % {"name": form.result})
        return redirect(f"{reverse('ledger:problem_list')}?{form.result.query}")
    return render(request, "ledger/saved_view_new.html", {"form": form, "query": query})


@requires(P.SEE_LEDGER)
@require_http_methods(["GET", "POST"])
def saved_view_change(request, pk) -> HttpResponse:
    """Rename it; from here it is dropped too."""
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    form = SavedViewForm(request.POST or None, initial={"name": view.name, "query": view.query})
    if request.method == "POST" and form.is_valid() and attempt(form, rename_view, view, name=form.cleaned_data["name"], by=request.user, at=timezone.now()):
        messages.success(request, _("已改名为“%(name)s”。") % {"name": form.result})
        return redirect(f"{reverse('ledger:problem_list')}?{view.query}")
    return render(request, "ledger/saved_view_change.html", {"form": form, "saved": view})


@requires(P.SEE_LEDGER)
@require_POST
def saved_view_drop(request, pk) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    drop_view(view, by=request.user, at=timezone.now())
    offer_undo(request, _("已删去常用条件“%(name)s”。") % {"name": view}, reverse("ledger:saved_view_new"), name=view.name, query=view.query)
    return redirect("ledger:problem_list")
