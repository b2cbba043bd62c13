"""One page per move. Which of them stand open to whom is said in ledger/moves.py and nowhere else."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms import attempt
from accounts.versions import Conflict
from organizations.access import requires
from organizations.roles import Permission as P

from .. import actions, forms
from ..models import Problem
from ..moves import MOVES, Move
from ..origins import evidence_of
from ..reading import ASIDE, MEASURES, read_parts, with_flags


def on_problem(view: Callable) -> Callable:
    """Fetch the problem (a stranger gets 404), ask the table of moves (403 without the right; a move that isn't
    legal now is told on the problem's page), and hold the row while a POST is at work."""
    move = MOVES[view.__name__]

    @requires(P.SEE_CAMPAIGN)
    @require_http_methods(["GET", "POST"])
    @wraps(view)
    def guarded(request, pk):
        posted = request.method == "POST"
        with transaction.atomic() if posted else nullcontext():
            rows = with_flags(Problem.objects.visible_to(request.user), ASIDE)
            problem = get_object_or_404(rows.select_for_update(of=("self",)) if posted else rows, pk=pk)
            read_parts(problem, ASIDE, MEASURES)
            if not move.is_for(request.user, problem):
                raise PermissionDenied
            refusal = move.refusal(request.user, problem, timezone.now())
            if refusal and not posted:
                messages.warning(request, refusal)
                return redirect("ledger:problem_detail", pk)
            return view(request, problem, move)

    return guarded


def make(request, problem: Problem, move: Move, form, deed: Callable, subject=None, **context) -> HttpResponse:
    """Show the page of a move, or do it and go where its result is seen.

    `subject`: what the deed is done to, when it isn't the problem itself.
    """
    if request.method == "POST" and form.is_valid():
        refusal = move.refusal(request.user, problem, timezone.now())
        if refusal:
            attempt(form, _refuse, problem, refusal, form.cleaned_data["version"])
        elif attempt(form, deed, subject or problem, **form.facts(), by=request.user, at=timezone.now()):
            messages.success(request, move.done)
            seen = form.result if isinstance(form.result, Problem) else problem
            return redirect("ledger:problem_detail", seen.pk)
    return render(request, f"ledger/{move.name}.html", context | {"problem": problem, "move": move, "form": form}, status=form.status)


def _refuse(problem: Problem, refusal: str, version: int) -> None:
    """A move that somebody else's has overtaken is a conflict, one that was never open is a mistake."""
    raise Conflict(problem, refusal, is_final=True) if version != problem.version else ValidationError(refusal)


@on_problem
def problem_register(request, problem, move):
    form = forms.RegisterForm(request.POST or None, problem=problem, user=request.user)
    return make(request, problem, move, form, actions.register_problem)


@on_problem
def problem_dismiss(request, problem, move):
    form = forms.ReasonForm(request.POST or None, problem=problem)
    return make(request, problem, move, form, actions.dismiss_problem)


@on_problem
def problem_merge(request, problem, move):
    form = forms.MergeForm(request.POST or None, problem=problem, user=request.user)
    return make(request, problem, move, form, actions.merge_problem)


@on_problem
def problem_defer(request, problem, move):
    form = forms.DeferForm(request.POST or None, problem=problem)
    return make(request, problem, move, form, actions.defer_problem)


@on_problem
def problem_resume(request, problem, move):
    form = forms.MoveForm(request.POST or None, problem=problem)
    return make(request, problem, move, form, actions.resume_problem)


@on_problem
def measure_new(request, problem, move):
    form = forms.MeasureForm(request.POST or None, problem=problem, user=request.user)
    return make(request, problem, move, form, actions.plan_measure)


@on_problem
def milestone_new(request, problem, move):
    form = forms.MilestoneForm(request.POST or None, problem=problem)
    return make(request, problem, move, form, actions.add_milestone)


@on_problem
def problem_change(request, problem, move):
    form = forms.ChangeForm(request.POST or None, problem=problem, user=request.user)
    return make(request, problem, move, form, actions.change_problem)


@on_problem
def progress_new(request, problem, move):
    form = forms.ProgressForm(request.POST or None, request.FILES or None, problem=problem, user=request.user)
    return make(request, problem, move, form, actions.report_progress)


@on_problem
def problem_submit(request, problem, move):
    form = forms.SubmitForm(request.POST or None, problem=problem)
    return make(request, problem, move, form, actions.submit_problem)


@on_problem
def problem_verify(request, problem, move):
    form = forms.OpinionForm(request.POST or None, problem=problem, label=_("验收意见"))
    return make(request, problem, move, form, actions.verify_problem, submission=_submission(problem), files=evidence_of(problem, request.user))


def _submission(problem: Problem):
    """What was said when the problem was last submitted."""
    return problem.changes.select_related("by").filter(after=Problem.Status.SUBMITTED).last()


@on_problem
def problem_send_back(request, problem, move):
    form = forms.OpinionForm(request.POST or None, problem=problem, label=_("退回的理由和还要做什么"))
    return make(request, problem, move, form, actions.send_back_problem, submission=_submission(problem))


@on_problem
def problem_close(request, problem, move):
    form = forms.CloseForm(request.POST or None, problem=problem)
    return make(request, problem, move, form, actions.close_problem, submission=_submission(problem))


@on_problem
def problem_close_at_once(request, problem, move):
    form = forms.OpinionForm(request.POST or None, problem=problem, label=_("核实情况"))
    return make(request, problem, move, form, actions.close_at_once)


@on_problem
def problem_recur(request, problem, move):
    form = forms.RecurForm(request.POST or None, problem=problem)
    return make(request, problem, move, form, actions.recur_problem)


@on_problem
def extension_new(request, problem, move):
    form = forms.ExtensionForm(request.POST or None, problem=problem)
    return make(request, problem, move, form, actions.request_extension)


@on_problem
def extension_decide(request, problem, move):
    form = forms.DecisionForm(request.POST or None, problem=problem)
    pending = problem.extensions.select_related("requested_by").filter(granted__isnull=True).first()
    return make(request, problem, move, form, actions.decide_extension, pending, pending=pending)
