"""知识测试. Nobody is ranked: marks stand in 机构序列."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from campaigns.current import needed_campaign
from organizations.access import requires
from organizations.models import access_of, scope_paths
from organizations.roles import Permission as P

from ..actions import hold_test
from ..forms import TestForm
from ..models import KnowledgeTest, TestResult

PER_PAGE = 30


def _counted_paths(user, campaign_id: int) -> list[str]:
    """Where the visitor sees how many passed."""
    return scope_paths(user, P.SEE_FIGURES, campaign_id) + scope_paths(user, P.RUN_LEARNING, campaign_id)


@requires(P.SEE_CAMPAIGN)
@require_GET
def test_list(request) -> HttpResponse:
    campaign = needed_campaign(request)
    paths = _counted_paths(request.user, campaign.pk)
    mine = TestResult.objects.filter(cadre__user=request.user)
    tests = KnowledgeTest.objects.visible_to(request.user).filter(campaign=campaign).with_counts(paths).latest_first()
    return render(request, "learning/test_list.html", {
        "page": Paginator(tests.prefetch_related(Prefetch("results", mine, to_attr="mine")), PER_PAGE).get_page(request.GET.get("page")),
        "sees_counts": bool(paths),
        "can_run": access_of(request.user).may(P.RUN_LEARNING),
    })


@requires(P.RUN_LEARNING)
@require_http_methods(["GET", "POST"])
def test_new(request) -> HttpResponse:
    campaign = needed_campaign(request)
    form = TestForm(request.POST or None, campaign=campaign, user=request.user)
    if request.method == "POST" and form.is_valid() and attempt(form, hold_test, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已登记“%(title)s”，应考 %(n)s 人。") % {"title": form.result, "n": len(form.cleaned_data["scores"])})
        return redirect("learning:test_detail", form.result.pk)
    return render(request, "learning/test_new.html", {"form": form})


@requires(P.SEE_CAMPAIGN)
@require_GET
def test_detail(request, pk: int) -> HttpResponse:
    visible = KnowledgeTest.objects.visible_to(request.user)
    paths = _counted_paths(request.user, get_object_or_404(visible, pk=pk).campaign_id)
    test = visible.with_counts(paths).get(pk=pk)
    results = TestResult.objects.visible_to(request.user).filter(test=test).select_related("cadre__unit")
    show = request.GET.get("show", "")
    narrowed = {"missing": {"score__isnull": True}, "failed": {"score__lt": F("test__pass_mark")}}.get(show, {})
    ordered = results.filter(**narrowed).order_by("cadre__unit__path", "cadre__name_pinyin", "pk")
    return render(request, "learning/test_detail.html", {
        "test": test,
        "mine": results.filter(cadre__user=request.user).first(),
        "page": Paginator(ordered, PER_PAGE).get_page(request.GET.get("page")),
        "show": show,
        "failed": test.sat - test.passed,
        "missing": test.expected - test.sat,
        "sees_counts": bool(paths),
        "sees_marks": bool(scope_paths(request.user, P.RUN_LEARNING, test.campaign_id)),
    })
