"""One's own report: writing it, and reading it afterwards."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from audit.models import Event
from organizations.access import requires
from organizations.roles import Permission as P
from organizations.statements import Statement

from ..actions import autosave, read_body, save_draft, submit, take_body, take_notice, with_body
from ..before import Changes, changes
from ..models import Answer, SelfCheck
from ..report_form import ReportForm, checked

HEAD = ("key", "cadre__unit", "cadre__user", "reviewer", "returned_by", "accepted_by", "commitment", "checklist", "round__campaign", "round__slip")
AUTHORED = Statement(SelfCheck, lambda pk, author, *, head: SelfCheck.objects.filter(pk=pk, cadre__user=author).select_related(*head))


def with_everything():
    """Reports with body, author and round, ready to be read."""
    return SelfCheck.objects.select_related(*HEAD).prefetch_related(with_body(), "cadre__posts")


def authored(user, pk: int, *head: str) -> SelfCheck:
    """A report of one's own, ready to be written: everybody's page, and what it sends every few seconds. Raises Http404 where it is not one's own."""
    for report in AUTHORED(pk, user.pk, head=head):
        take_body(report)
        return report
    raise Http404


@requires(P.SEE_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def selfcheck_edit(request, pk: int) -> HttpResponse:
    report = authored(request.user, pk, *HEAD)
    if report.owes_notice and not (request.method == "POST" and report.saved_at and "version" in request.POST):
        return _notice(request, report)  # but what a page sends that was open when a newer checklist came is not lost
    if request.method == "POST":
        return _take(request, report)
    if not report.is_editable:
        messages.info(request, _("这份报告%(now)s，不能再修改。") % {"now": report.get_status_display()})
        return redirect("selfcheck:selfcheck_detail", pk)
    if "check" in request.GET:
        return _sheet(request, report, checked(report, pledged=request.GET["check"] == "pledged"), is_checked=True)
    return _sheet(request, report, ReportForm(report=report, more=request.GET.get("more", "")))


def _notice(request, report: SelfCheck) -> HttpResponse:
    """Why, by what right, who reads it, how long it is kept: read before the first answer."""
    if request.method == "POST" and request.POST.get("do") == "notice":
        take_notice(report, by=request.user, at=timezone.now())
        return redirect("selfcheck:selfcheck_edit", report.pk)
    return render(request, "selfcheck/notice.html", {"report": report})


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
        "version": form.cleaned_data["version"], "page": form.cleaned_data["page"], "by": request.user, "at": timezone.now(),
    }
    if do == "submit" and not report.owes_notice and attempt(form, submit, report, pledged=pledged, **facts):
        messages.success(request, _("已提交，由%(who)s审核。") % {"who": report.reviewer} if report.reviewer else _("已提交。审核人指定后即行审核。"))
        return redirect("selfcheck:selfcheck_detail", report.pk)
    if form.is_stale or not attempt(form, save_draft, report, **facts):
        return _conflict(request, report, form)
    if do == "save":
        messages.success(request, _("已保存草稿。"))
    return redirect(reverse("selfcheck:selfcheck_edit", args=[report.pk]) + _next_place(do, which, facts["answers"], pledged))


@requires(P.SEE_CAMPAIGN)
@require_POST
def selfcheck_autosave(request, pk: int) -> HttpResponse:
    """What the open page sends by itself. The answer is the line that says whether it is kept, with the version to go on from."""
    report = authored(request.user, pk, "key", "checklist")
    if report.owes_notice:
        return render(request, "selfcheck/_autosaved.html", {"refusal": _("请先阅读填写告知，再开始填写。")}, status=409)
    form = ReportForm(request.POST, report=report)
    if not form.is_valid():
        return render(request, "selfcheck/_autosaved.html", {"faults": len(form.errors)}, status=422)
    said = form.cleaned_data
    facts = {"statement": said["statement"], "version": said["version"], "page": said["page"], "saves": said["saves"] or 0}
    if not attempt(form, autosave, report, answers=form.drafts(), **facts, by=request.user, at=timezone.now()):
        return render(request, "selfcheck/_autosaved.html", {"refusal": form.non_field_errors()[0]}, status=409)
    return render(request, "selfcheck/_autosaved.html", {"report": form.result})


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
        "page": uuid.uuid4().hex,
        "faults": form.faults() if form.is_bound and not form.is_stale else [],
        "is_checked": is_checked,
        "is_unsaved": form.is_bound and not is_checked,
    }, status=409 if form.is_stale else 200)


def answers_of(report: SelfCheck, differing: Changes | None, form=None) -> list[Answer]:
    """The answers with what the reading adds to each: the reviewer's remark, how it stood when sent back, the field for a new remark."""
    remarks, answers = report.remarks, list(report.answers.all())
    for answer in answers:
        answer.remark = remarks.get(answer.question.key, "")
        answer.before = differing.answers.get(answer.question.key) if differing else None
        answer.field = form[f"remark-{answer.question_id}"] if form else None
        for item in answer.items.all():
            item.field = form[f"into-{item.pk}"] if form and f"into-{item.pk}" in form.fields else None
    return answers


def readings_of(report: SelfCheck):
    """Who other than the author opened the report, latest first."""
    return Event.objects.about(report).filter(action="selfcheck.read_body").order_by("-pk")


@requires(P.SEE_CAMPAIGN)
@require_GET
def selfcheck_detail(request, pk: int) -> HttpResponse:
    report = get_object_or_404(with_everything().filter(pk__in=SelfCheck.objects.visible_to(request.user)), pk=pk)
    read_body(report, by=request.user, at=timezone.now())
    is_author, differing = report.cadre.user_id == request.user.pk, changes(report)
    return render(request, "selfcheck/selfcheck_detail.html", {
        "report": report,
        "answers": answers_of(report, differing),
        "changes": differing,
        "is_author": is_author,
        "can_edit": is_author and report.is_editable,
        "can_review": not is_author and report.status == SelfCheck.Status.SUBMITTED,
        "readings": readings_of(report) if is_author else [],
    })
