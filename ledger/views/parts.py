"""What stands inside a problem: milestones ticked off, comments."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import attempt
from organizations.access import requires
from organizations.roles import Permission as P

from ..actions import add_comment, tick_milestone
from ..forms import CommentForm
from ..models import Problem
from ..moves import plans


def _seen(user, pk: int) -> Problem:
    rows = Problem.objects.visible_to(user).select_related("campaign", "responsible_unit", "responsible_person", "verifier", "lead_official")
    return get_object_or_404(rows, pk=pk)


@requires(P.SEE_CAMPAIGN)
@require_POST
def milestone_tick(request, pk: int, milestone_pk: int) -> HttpResponse:
    """Done, or not done after all: the button says which."""
    problem = _seen(request.user, pk)
    milestone = get_object_or_404(problem.milestones, pk=milestone_pk)
    if not plans(request.user, problem):
        raise PermissionDenied
    done = request.POST.get("done") == "yes"
    try:
        tick_milestone(milestone, done=done, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, "".join(refusal.messages))
    else:
        messages.success(request, _("“%(what)s”已记为完成。") % {"what": milestone} if done else _("“%(what)s”已改回未完成。") % {"what": milestone})
    return redirect("ledger:problem_detail", pk)


@requires(P.SEE_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def comment_new(request, pk: int) -> HttpResponse:
    problem = _seen(request.user, pk)
    form = CommentForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and attempt(form, add_comment, problem, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已留言，有关的人会收到提醒。"))
        return redirect("ledger:problem_detail", pk)
    return render(request, "ledger/comment_new.html", {"problem": problem, "form": form})
