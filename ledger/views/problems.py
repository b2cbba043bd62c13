"""The ledger, one problem, a new one, the sheet."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from campaigns.current import campaign_of, needed_campaign
from files.responses import file_response
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import export_problems, fetch_file, report_problem
from ..forms import ProblemForm
from ..listing import MORE_VIEWS, VIEWS, filtered, in_view, rate, view_of
from ..models import Problem
from ..moves import legal_moves
from ..narrative import next_step, steps, timeline
from ..sheets import SHEETS

PER_PAGE = 30


@requires(P.SEE_CAMPAIGN)
@require_GET
def problem_list(request) -> HttpResponse:
    """整改台账; 我的问题 for those who see no ledger."""
    access, campaign, today = access_of(request.user), campaign_of(request), timezone.localdate()
    sees_ledger = access.may(P.SEE_LEDGER)
    context = {"title": _("整改台账") if sees_ledger else _("我的问题"), "sees_ledger": sees_ledger}
    if campaign is None:
        return render(request, "ledger/problem_list.html", context)
    filters, rows = filtered(campaign, request.user, request.GET)
    tally, view = rows.tally(request.user, today), view_of(request.GET)
    paginator = Paginator(in_view(rows, view, request.user, today).urgent_first(today).select_related("responsible_unit", "responsible_person"), PER_PAGE)
    paginator.count = tally.get("all" if view == "all" else view)
    return render(request, "ledger/problem_list.html", context | {
        "page": paginator.get_page(request.GET.get("page")),
        "filters": filters, "tally": tally, "rate": rate(tally["closed"], tally["counted"]),
        "view": view, "more_view": MORE_VIEWS.get(view),
        "views": [(key, label, tally[key]) for key, label in VIEWS.items() if _shows(key, tally, access)],
        "can_report": access.may(P.REPORT_PROBLEMS), "query": request.GET.urlencode(),
    })


def _shows(view: str, tally: dict[str, int], access) -> bool:
    """等我验收 is of no use to those who verify nothing."""
    return view != "awaiting" or access.may(P.VERIFY_PROBLEMS) or bool(tally[view])


@requires(P.REPORT_PROBLEMS)
@require_http_methods(["GET", "POST"])
def problem_new(request) -> HttpResponse:
    campaign = needed_campaign(request)
    form = ProblemForm(request.POST or None, campaign=campaign, user=request.user)
    if request.method == "POST" and form.is_valid() and attempt(form, report_problem, campaign, **form.facts(), by=request.user, at=timezone.now()):
        messages.success(request, _("已登记 %(code)s，等待确认立项。") % {"code": form.result.code})
        return redirect("ledger:problem_detail", form.result.pk)
    return render(request, "ledger/problem_new.html", {"form": form})


HEAD = ("campaign", "responsible_unit", "responsible_person__user", "lead_official__unit", "verifier", "reported_by", "submitted_by", "merged_into", "recurs")
HISTORY = ("measures__owner", "evidence", "changes__by", "progress__entered_by", "progress__files", "extensions__requested_by", "extensions__decided_by", "rule_making_items")


@requires(P.SEE_CAMPAIGN)
@require_GET
def problem_detail(request, pk) -> HttpResponse:
    """One problem: what it is, who must do what next, what was done."""
    now = timezone.now()
    problem = get_object_or_404(Problem.objects.visible_to(request.user).select_related(*HEAD).prefetch_related(*HISTORY), pk=pk)
    legal, changes = legal_moves(request.user, problem, now), list(problem.changes.all())
    pending = next((e for e in problem.extensions.all() if e.granted is None), None)
    box = next_step(problem, request.user, legal, pending, changes)
    return render(request, "ledger/problem_detail.html", {
        "problem": problem, "steps": steps(problem, changes), "next": box,
        "other_moves": [move for move in legal if box is None or move not in box.moves],
        "timeline": timeline(problem, changes),
        **_relatives(request.user, problem),
        "can_plan_rule": access_of(request.user).may_at(P.REPORT_PROBLEMS, problem.responsible_unit.path),
    })


def _relatives(user, problem: Problem) -> dict:
    """The problems this one follows, is followed by or went into, as far as the visitor may see them."""
    near = Q(recurs=problem) | Q(pk__in=[problem.recurs_id or 0, problem.merged_into_id or 0])
    seen = {row.pk: row for row in Problem.objects.visible_to(user).filter(near).order_by("pk")}
    return {
        "predecessor": seen.get(problem.recurs_id), "merged_into": seen.get(problem.merged_into_id),
        "successors": [row for row in seen.values() if row.recurs_id == problem.pk],
    }


@requires(P.SEE_CAMPAIGN)
@require_GET
def problem_file(request, pk, file_pk) -> FileResponse:
    """A piece of evidence, through its problem; every download is on record."""
    problem = get_object_or_404(Problem.objects.visible_to(request.user), pk=pk)
    stored = get_object_or_404(problem.evidence, pk=file_pk)
    return file_response(fetch_file(problem, stored, by=request.user, at=timezone.now()))


@requires(P.SEE_LEDGER)
@require_POST
def problem_export(request) -> HttpResponse:
    """Queue an Excel sheet of the list as it is filtered now."""
    campaign = needed_campaign(request)
    sheet = request.POST.get("sheet", "ledger")
    if sheet not in SHEETS:
        raise Http404
    query = QueryDict(request.POST.get("query", "")[:500], mutable=True)
    query.pop("page", None)
    label = _("导出%(sheet)s") % {"sheet": SHEETS[sheet][1]}
    job = export_problems(campaign, sheet=sheet, label=label, query=query.urlencode(), by=request.user, at=timezone.now())
    return redirect("jobs:job_detail", job.pk)
