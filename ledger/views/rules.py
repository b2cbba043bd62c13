"""建章立制: rules to make and to revise."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, F
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

from ..actions import issue_rule, plan_rule
from ..models import Problem, RuleMakingItem
from ..rule_forms import IssueForm, RuleForm

VIEWS = {"all": {}, "planned": {"issued_on__isnull": True}, "issued": {"issued_on__isnull": False}, "new": {"kind": "new"}, "revised": {"kind": "revised"}}


@requires(P.SEE_LEDGER)
@require_GET
def rule_list(request) -> HttpResponse:
    campaign, access = needed_campaign(request), access_of(request.user)
    rows = RuleMakingItem.objects.visible_to(request.user).filter(campaign=campaign)
    tally = rows.tally()
    view = request.GET.get("view", "all")
    shown = rows.filter(**VIEWS.get(view, {})).select_related("unit").annotate(problem_count=Count("problems"))
    page = Paginator(shown.order_by(F("issued_on").desc(nulls_first=True), "unit__path", "pk"), 30).get_page(request.GET.get("page"))
    for item in page:
        item.can_issue = item.issued_on is None and access.may_at(P.REPORT_PROBLEMS, item.unit.path, item.campaign_id)
    labels = [("all", _("全部")), ("planned", _("待印发")), ("issued", _("已印发")), ("new", _("新建")), ("revised", _("修订"))]
    return render(request, "ledger/rule_list.html", {
        "page": page, "tally": tally, "view": view if view in VIEWS else "all",
        "views": [(key, label, tally[key]) for key, label in labels], "can_plan": access.may(P.REPORT_PROBLEMS),
    })


@requires(P.REPORT_PROBLEMS)
@require_http_methods(["GET", "POST"])
def rule_new(request) -> HttpResponse:
    campaign = needed_campaign(request)
    form = RuleForm(request.POST or None, campaign=campaign, user=request.user, initial=_for_problem(request, campaign))
    if request.method == "POST" and form.is_valid() and attempt(form, plan_rule, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已列入建章立制：%(title)s。") % {"title": form.result})
        return redirect("ledger:rule_list")
    return render(request, "ledger/rule_new.html", {"form": form})


def _for_problem(request, campaign) -> dict:
    """The form's first values when one comes from a problem's page."""
    pk = request.GET.get("problem", "")
    rows = Problem.objects.visible_to(request.user).filter(campaign=campaign)
    problem = rows.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 10 else None
    return {"problems": problem.code, "unit": problem.responsible_unit_id} if problem else {}


@requires(P.REPORT_PROBLEMS)
@require_http_methods(["GET", "POST"])
def rule_issue(request, pk) -> HttpResponse:
    item = get_object_or_404(RuleMakingItem.objects.visible_to(request.user).select_related("unit"), pk=pk)
    if not access_of(request.user).may_at(P.REPORT_PROBLEMS, item.unit.path, item.campaign_id):
        raise PermissionDenied
    if item.issued_on and request.method == "GET":
        messages.info(request, _("“%(title)s”已登记印发。") % {"title": item})
        return redirect("ledger:rule_list")
    form = IssueForm(request.POST or None, row=item, initial={"issued_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid() and attempt(form, issue_rule, item, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已登记印发：%(title)s。") % {"title": item})
        return redirect("ledger:rule_list")
    return render(request, "ledger/rule_issue.html", {"form": form, "item": item}, status=form.status)
