"""The ledger, one problem, a new one, the sheet."""

from django.contrib import messages
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
from ..actions.bulk import acts_open_to
from ..forms import ProblemForm
from ..listing import MORE_VIEWS, VIEWS, Ledger, rate, shown
from ..models import (
    Problem,
    SavedView,
)
from ..moves import legal_moves, plans
from ..narrative import next_step, steps, timeline
from ..origins import evidence_of, origins_of
from ..reading import CHANGES, MAYBE, MEASURES, read_parts, with_flags
from ..sheets import SHEETS

PER_PAGE = 30
CARDS = 8  # in a column of the board


@requires(P.SEE_CAMPAIGN)
@require_GET
def problem_list(request) -> HttpResponse:
    """整改台账; 我的问题 for those who see no ledger."""
    campaign, context = campaign_of(request), heading(request)
    if campaign is None:
        return render(request, "ledger/problem_list.html", context)
    ledger = Ledger(campaign, request.user, request.GET, timezone.localdate())
    frame, saved = framed(request, ledger), list(SavedView.objects.visible_to(request.user).filter(campaign=campaign))
    return render(request, "ledger/problem_list.html", context | frame | {
        "page": ledger.page(request.GET.get("page"), PER_PAGE), "bulk_acts": acts_open_to(request.user, campaign),
        "saved_views": saved, "kept": next((one for one in saved if one.query == frame["query"]), None),
    })


@requires(P.SEE_CAMPAIGN)
@require_GET
def problem_board(request) -> HttpResponse:
    """看板: the same rows under the same filters, by state."""
    campaign, context = campaign_of(request), heading(request)
    if campaign is None:
        return render(request, "ledger/problem_board.html", context)
    ledger = Ledger(campaign, request.user, without(request.GET, "status", "page"), timezone.localdate())
    columns = ledger.columns(CARDS)
    return render(request, "ledger/problem_board.html", context | {
        "columns": columns, "filters": ledger.form, "view": ledger.view, "is_searched_in_part": ledger.is_searched_in_part,
    })


def without(params: QueryDict, *names: str) -> QueryDict:
    """The parameters of an address less some of them."""
    kept = params.copy()
    for name in names:
        kept.pop(name, None)
    return kept


def heading(request) -> dict:
    """What list and board are called for this visitor."""
    sees_ledger = access_of(request.user).may(P.SEE_LEDGER)
    return {"title": _("整改台账") if sees_ledger else _("我的问题"), "sees_ledger": sees_ledger}


def framed(request, ledger: Ledger) -> dict:
    """What stands around the rows of list and board: counts, views, filters."""
    access, tally, exact = access_of(request.user), ledger.tally, ledger.is_exact
    return {
        "filters": ledger.form, "tally": tally, "is_exact": exact, "rate": rate(tally["closed"], tally["counted"]) if exact else "", "is_searched_in_part": ledger.is_searched_in_part,
        "view": ledger.view, "more_view": MORE_VIEWS.get(ledger.view),
        "views": [(key, label, shown(tally[key]) if exact else "") for key, label in VIEWS.items() if _shows(key, tally, access)],
        "can_report": access.may(P.REPORT_PROBLEMS), "query": request.GET.urlencode(),
    }


def _shows(view: str, tally: dict[str, int], access) -> bool:
    """等我验收 is of no use to those who verify nothing, 我负责的 to those who answer for nothing or see nothing else."""
    if view == "awaiting":
        return access.may(P.VERIFY_PROBLEMS) or bool(tally.get(view))
    if view == "mine":
        return 0 < tally[view] < tally["all"] if view in tally else access.is_cadre
    return True


@requires(P.REPORT_PROBLEMS)
@require_http_methods(["GET", "POST"])
def problem_new(request) -> HttpResponse:
    campaign = needed_campaign(request)
    form = ProblemForm(request.POST or None, campaign=campaign, user=request.user)
    if request.method == "POST" and form.is_valid() and attempt(form, report_problem, campaign, **form.facts(), by=request.user, at=timezone.now()):
        messages.success(request, _("已登记 %(code)s，等待确认立项。") % {"code": form.result.code})
        return redirect("ledger:problem_detail", form.result.pk)
    return render(request, "ledger/problem_new.html", {"form": form})


@requires(P.SEE_CAMPAIGN)
@require_GET
def problem_detail(request, pk) -> HttpResponse:
    """One problem: what it is, who must do what next, what was done."""
    now = timezone.now()
    problem = get_object_or_404(with_flags(Problem.objects.visible_to(request.user), MAYBE), pk=pk)
    read_parts(problem, MAYBE, MEASURES, CHANGES)
    legal, changes = legal_moves(request.user, problem, now), list(problem.changes.all())
    box = next_step(problem, request.user, legal, problem.pending_extension, changes)
    return render(request, "ledger/problem_detail.html", {
        "problem": problem, "steps": steps(problem, changes), "next": box,
        "other_moves": [move for move in legal if box is None or move not in box.moves],
        "timeline": timeline(problem, changes),
        **_relatives(request.user, problem),
        "origins": origins_of([problem], request.user)[problem.pk],
        "files": evidence_of(problem, request.user),
        "can_tick": problem.status == Problem.Status.OPEN and plans(request.user, problem),
        "can_plan_rule": access_of(request.user).may_at(P.REPORT_PROBLEMS, problem.responsible_unit.path, problem.campaign_id),
    })


def _relatives(user, problem: Problem) -> dict:
    """The problems this one follows, is followed by or went into, as far as the visitor may see them."""
    near = Q(recurs=problem) | Q(pk__in=[problem.recurs_id or 0, problem.merged_into_id or 0])
    alone = problem.status != Problem.Status.CLOSED and not problem.recurs_id and not problem.merged_into_id  # only what was closed can recur
    seen = {} if alone else {row.pk: row for row in Problem.objects.visible_to(user).filter(near).order_by("pk")}
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
