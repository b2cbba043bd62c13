"""One's own report: writing it, and reading it afterwards."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from audit.models import Event
from organizations.access import requires
from organizations.roles import Permission as P

from ..actions import read_body, save_draft, submit, with_body
from ..models import SelfCheck
from ..report_form import ReportForm, checked


def with_everything():
    """Reports with body, author and round, ready to be read."""
    return SelfCheck.objects.select_related("cadre__unit", "cadre__user", "reviewer", "returned_by", "accepted_by", "commitment", "round__campaign", "round__checklist", "round__slip").prefetch_related(
        with_body(), "answers__items__problem", "cadre__posts__unit"
    )


@requires(P.SEE_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def selfcheck_edit(request, pk: int) -> HttpResponse:
    report = get_object_or_404(with_everything().filter(cadre__user=request.user), pk=pk)
    if request.method == "POST":
        return _take(request, report)
    if not report.is_editable:
        messages.info(request, _("这份报告%(now)s，不能再修改。") % {"now": report.get_status_display()})
        return redirect("selfcheck:selfcheck_detail", pk)
    if "check" in request.GET:
        return _sheet(request, report, checked(report, pledged=request.GET["check"] == "pledged"), is_checked=True)
    return _sheet(request, report, ReportForm(report=report, more=request.GET.get("more", "")))


def _take(request, report: SelfCheck) -> HttpResponse:
    """Hand in or save what was sent. A report with gaps is kept as a draft and comes back with them marked.

    An answer that is not a redirect writes nothing (OnceMiddleware), so every save ends in a redirect.
    """
    do, _sep, which = request.POST.get("do", "save").partition(" ")
    form = ReportForm(request.POST, report=report)
    if not form.is_valid():
        return _sheet(request, report, form)
    pledged = form.cleaned_data["pledge"]
    facts = {
        "answers": form.drafts(without=which if do == "remove" else ""), "statement": form.cleaned_data["statement"],
        "version": form.cleaned_data["version"], "by": request.user, "at": timezone.now(),
    }
    if do == "submit" and attempt(form, submit, report, pledged=pledged, **facts):
        messages.success(request, _("已提交，由%(who)s审核。") % {"who": report.reviewer} if report.reviewer else _("已提交。审核人指定后即行审核。"))
        return redirect("selfcheck:selfcheck_detail", report.pk)
    if form.is_stale or not attempt(form, save_draft, report, **facts):
        return _conflict(request, report, form)
    if do == "save":
        messages.success(request, _("已保存草稿。"))
    return redirect(reverse("selfcheck:selfcheck_edit", args=[report.pk]) + _next_place(do, which, facts["answers"], pledged))


def _next_place(do: str, which: str, answers: dict, pledged: bool) -> str:
    """Where the page opens again after a save: the item added, the aspect it was taken from, or the list of gaps."""
    if do == "submit":
        return "?check=pledged" if pledged else "?check=1"
    question = which.removeprefix("q").partition("-")[0]
    known = {str(pk): answer for pk, answer in answers.items()}
    if question not in known:
        return ""
    if do == "add":
        return f"?more={question}#id_q{question}-{len(known[question].items) + 1}-manifestation"
    return f"#aspect-{question}"


def _conflict(request, report: SelfCheck, form: ReportForm) -> HttpResponse:
    """Somebody (the author elsewhere) saved meanwhile: what was typed stays, what was saved stands beside it."""
    if form.is_stale:
        form.compare()
    return _sheet(request, report, form, version=report.version)


def _sheet(request, report: SelfCheck, form: ReportForm, *, is_checked: bool = False, version: int | None = None) -> HttpResponse:
    return render(request, "selfcheck/selfcheck_edit.html", {
        "report": report,
        "form": form,
        "version": version or form["version"].value(),
        "faults": form.faults() if form.is_bound and not form.is_stale else [],
        "is_checked": is_checked,
        "is_unsaved": form.is_bound and not is_checked,
    })


def readings_of(report: SelfCheck):
    """Who other than the author opened the report, latest first."""
    return Event.objects.about(report).filter(action="selfcheck.read_body").order_by("-pk")


@requires(P.SEE_CAMPAIGN)
@require_GET
def selfcheck_detail(request, pk: int) -> HttpResponse:
    report = get_object_or_404(with_everything().filter(pk__in=SelfCheck.objects.visible_to(request.user)), pk=pk)
    read_body(report, by=request.user, at=timezone.now())
    is_author = report.cadre.user_id == request.user.pk
    return render(request, "selfcheck/selfcheck_detail.html", {
        "report": report,
        "is_author": is_author,
        "can_edit": is_author and report.is_editable,
        "can_review": not is_author and report.status == SelfCheck.Status.SUBMITTED,
        "readings": readings_of(report) if is_author else [],
    })
