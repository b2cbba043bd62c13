"""The reviewer's pile, and the page where each report is decided on."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from organizations.access import requires
from organizations.roles import Permission as P

from ..actions import accept_report, read_body, return_report
from ..before import changes
from ..forms import ReviewForm
from ..models import Round, SelfCheck
from .report import answers_of, readings_of, with_everything

PER_PAGE = 30
VIEWS = [("submitted", gettext_lazy("待审核")), ("returned", gettext_lazy("退回补正")), ("accepted", gettext_lazy("已通过"))]


@requires(P.REVIEW_SELFCHECK)
@require_GET
def review_list(request) -> HttpResponse:
    assigned = SelfCheck.objects.filter(SelfCheck.objects.assigned_condition(request.user)).exclude(cadre__user=request.user)
    counts = assigned.aggregate(**{key: Count("pk", filter=Q(status=key)) for key, _label in VIEWS})
    status = request.GET.get("status", "submitted")
    rows = assigned.filter(status=status if status in counts else "submitted").select_related("cadre__unit", "round")
    rows = rows.annotate(items=Count("answers__items", filter=Q(answers__exists=True))).order_by("submitted_at", "pk")
    return render(request, "selfcheck/review_list.html", {
        "views": [(key, label, counts[key]) for key, label in VIEWS],
        "status": status if status in counts else "submitted",
        "waiting": counts["submitted"],
        "rounds": Round.objects.filter(pk__in=assigned.filter(status="submitted").order_by().values("round")),  # with hints or without: to look is for the page of hints
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
    })


@requires(P.REVIEW_SELFCHECK)
@require_http_methods(["GET", "POST"])
def review_detail(request, pk: int) -> HttpResponse:
    assigned = SelfCheck.objects.filter(SelfCheck.objects.reviewable_condition(request.user)).exclude(cadre__user=request.user)
    report = get_object_or_404(with_everything().filter(pk__in=assigned), pk=pk)
    form = ReviewForm(request.POST or None, report=report, user=request.user)
    if request.method == "POST" and form.is_valid() and _decide(request, report, form):
        following = SelfCheck.objects.for_review_by(request.user).exclude(cadre__user=request.user).order_by("submitted_at", "pk").first()
        return redirect("selfcheck:review_detail", following.pk) if following else redirect("selfcheck:review_list")
    if request.method == "GET":
        read_body(report, by=request.user, at=timezone.now())
    elif not readings_of(report).filter(actor_id=request.user.pk, at__gte=report.submitted_at).exists():
        return redirect("selfcheck:review_detail", pk)  # a refused form shows the body again, so it must be on record
    stale, differing = form.is_bound and form.has_error(NON_FIELD_ERRORS, code="conflict"), changes(report)
    return render(request, "selfcheck/review_detail.html", {
        "report": report,
        "answers": answers_of(report, differing, form if report.status == SelfCheck.Status.SUBMITTED else None),
        "changes": differing,
        "form": form,
        "version": report.version if stale or not form.is_bound else form["version"].value(),
        "can_decide": report.status == SelfCheck.Status.SUBMITTED,
        "items": sum(len(answer.items.all()) for answer in report.answers.all() if answer.exists),
        "waiting": SelfCheck.objects.for_review_by(request.user).exclude(pk=report.pk).count(),
    }, status=409 if stale else 200)


def _decide(request, report: SelfCheck, form: ReviewForm) -> bool:
    """退回补正 or 通过, as the button says."""
    words, facts = form.cleaned_data["comment"], {"version": form.cleaned_data["version"], "by": request.user, "at": timezone.now()}
    if request.POST.get("do") == "return":
        if attempt(form, return_report, report, comment=words, remarks=form.remarks(), due_on=form.cleaned_data["due_on"], **facts):
            messages.success(request, _("已退回%(who)s补正。") % {"who": report.cadre})
            return True
    elif attempt(form, accept_report, report, opinion=words, talk=form.talk(), into=form.into(), **facts):
        messages.success(request, _("%(who)s的报告已通过，问题已列入整改台账。") % {"who": report.cadre} if form.result.answers.filter(exists=True).exists() else _("%(who)s的报告已通过。") % {"who": report.cadre})
        return True
    return False
