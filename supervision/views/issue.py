"""机构制度: what is wrong with the system, the rules in force, what is asked of superiors."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from campaigns.current import needed_campaign
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import answer_suggestion, enter_regulation, make_suggestion, raise_organ_issue
from ..forms import AnswerForm, IssueForm, RegulationForm, SuggestionForm
from ..models import OrganIssue, Regulation, Suggestion


@requires(P.SEE_SUPERVISION)
@require_GET
def issue_list(request) -> HttpResponse:
    campaign, access, user = needed_campaign(request), access_of(request.user), request.user
    return render(request, "supervision/issue_list.html", {
        "issues": OrganIssue.objects.visible_to(user).filter(campaign=campaign).prefetch_related("causes"),
        "regulations": Regulation.objects.visible_to(user).filter(campaign=campaign).order_by("-is_in_force", "pk"),
        "suggestions": Suggestion.objects.visible_to(user).filter(campaign=campaign),
        "can_run": access.may_at(P.RUN_SUPERVISION, campaign.unit.path, campaign.pk),
        "sees_clues": access.may(P.SEE_CLUE_COUNTS),
    })


def _enter(request, form_class: type, action: Callable, template: str) -> HttpResponse:
    """The three entries of this page differ in form, action and words only."""
    campaign = needed_campaign(request, P.RUN_SUPERVISION)
    form = form_class(request.POST or None)
    if request.method == "POST" and form.is_valid() and attempt(form, action, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已登记“%(row)s”。") % {"row": form.result})
        return redirect("supervision:issue_list")
    return render(request, template, {"form": form})


@requires(P.RUN_SUPERVISION)
@require_http_methods(["GET", "POST"])
def issue_new(request) -> HttpResponse:
    return _enter(request, IssueForm, raise_organ_issue, "supervision/issue_new.html")


@requires(P.RUN_SUPERVISION)
@require_http_methods(["GET", "POST"])
def regulation_new(request) -> HttpResponse:
    return _enter(request, RegulationForm, enter_regulation, "supervision/regulation_new.html")


@requires(P.RUN_SUPERVISION)
@require_http_methods(["GET", "POST"])
def suggestion_new(request) -> HttpResponse:
    return _enter(request, SuggestionForm, make_suggestion, "supervision/suggestion_new.html")


@requires(P.RUN_SUPERVISION)
@require_http_methods(["GET", "POST"])
def suggestion_answer(request, pk: int) -> HttpResponse:
    suggestion = get_object_or_404(Suggestion.objects.visible_to(request.user).select_related("campaign__unit"), pk=pk)
    if not access_of(request.user).may_at(P.RUN_SUPERVISION, suggestion.campaign.unit.path, suggestion.campaign_id):
        raise PermissionDenied
    form = AnswerForm(request.POST or None, row=suggestion)
    if request.method == "POST" and form.is_valid() and attempt(form, answer_suggestion, suggestion, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已登记对“%(topic)s”的答复。") % {"topic": suggestion})
        return redirect("supervision:issue_list")
    return render(request, "supervision/suggestion_answer.html", {"form": form, "suggestion": suggestion}, status=form.status)
