"""The checklist: its versions, the draft and its editor, publication, and a round that takes up a newer version."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from campaigns.current import needed_campaign
from campaigns.models import Campaign
from organizations.access import requires
from organizations.models import Cadre, access_of
from organizations.roles import Permission as P

from ..actions import (
    Adopted,
    adopt_checklist,
    difference_for,
    difference_to_last,
    discard_checklist,
    is_as_published,
    latest,
    publish_draft,
    save_checklist,
    start_checklist,
    to_move,
)
from ..forms_checklist import AdoptForm, ChecklistForm, PublishForm
from ..models import ChecklistVersion, Round, SelfCheck
from ..report_form import ReportForm


@requires(P.SEE_CAMPAIGN)
@require_GET
def checklist_detail(request, pk: int) -> HttpResponse:
    checklist = get_object_or_404(ChecklistVersion.objects.visible_to(request.user).published().select_related("campaign__unit"), pk=pk)
    return render(request, "selfcheck/checklist_detail.html", {
        "checklist": checklist, "aspects": checklist.aspects.prefetch_related("questions"), "rounds": checklist.rounds.all(),
        "is_as_published": is_as_published(checklist), "can_run": _may_run(request, checklist.campaign),
    })


def _may_run(request, campaign: Campaign) -> bool:
    return access_of(request.user).may_at(P.RUN_SELFCHECK, campaign.unit.path, campaign.pk)


def _run_by(request, rows: QuerySet, pk: int):
    """A checklist or a round of a campaign whose self-checks the visitor runs: 404 for a stranger, 403 for who only sees it."""
    row = get_object_or_404(rows, pk=pk)
    if not _may_run(request, row.campaign):
        raise PermissionDenied
    return row


def _draft(request, pk: int) -> ChecklistVersion:
    return _run_by(request, ChecklistVersion.objects.visible_to(request.user).drafts().select_related("campaign__unit"), pk)


@requires(P.RUN_SELFCHECK)
@require_GET
def checklist_list(request) -> HttpResponse:
    campaign = needed_campaign(request, P.RUN_SELFCHECK)
    versions = list(campaign.checklists.select_related("published_by").annotate(asked=Count("questions")).order_by(*ChecklistVersion._meta.ordering))
    reports = dict(SelfCheck.objects.filter(round__campaign=campaign).by_version())
    return render(request, "selfcheck/checklist_list.html", {
        "draft": next((one for one in versions if one.is_draft), None),
        "versions": [(one, reports.get(one.number, 0)) for one in versions if not one.is_draft],
    })


@requires(P.RUN_SELFCHECK)
@require_POST
def checklist_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.RUN_SELFCHECK)
    try:
        draft = start_checklist(campaign, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, refusal.messages[0])
        draft = campaign.checklists.drafts().first()
    return redirect("selfcheck:checklist_edit", draft.pk) if draft else redirect("selfcheck:checklist_list")


@requires(P.RUN_SELFCHECK)
@require_http_methods(["GET", "POST"])
def checklist_edit(request, pk: int) -> HttpResponse:
    draft = _draft(request, pk)
    form = ChecklistForm(request.POST or None, row=draft)
    if request.method == "POST" and form.is_valid():
        button = request.POST.get("do", "save")
        text, place = form.pressed(button)
        if attempt(form, save_checklist, draft, text=text, version=form.cleaned_data["version"], by=request.user, at=timezone.now()):
            return _saved(request, draft, button, place)
    return render(request, "selfcheck/checklist_edit.html", {"draft": draft, "form": form, "last": latest(draft.campaign), "asked": len(form.text.questions)}, status=form.status)


def _saved(request, draft: ChecklistVersion, button: str, place: str) -> HttpResponse:
    """On to what the button was for."""
    if button in ("publish", "preview"):
        return redirect(f"selfcheck:checklist_{button}", draft.pk)
    if button == "save":
        messages.success(request, _("已保存草稿。"))
    return redirect(reverse("selfcheck:checklist_edit", args=[draft.pk]) + (f"#{place}" if place else ""))


@requires(P.RUN_SELFCHECK)
@require_GET
def checklist_preview(request, pk: int) -> HttpResponse:
    """The very form a cadre will see, with every part opened; it belongs to nobody and is sent nowhere."""
    checklist = _run_by(request, ChecklistVersion.objects.visible_to(request.user).select_related("campaign__unit"), pk)
    report = SelfCheck(pk=0, checklist=checklist, cadre=Cadre(name=_("（本人）")))
    form = ReportForm(report=report)
    for part in form.parts:
        part.is_opened = True
    return render(request, "selfcheck/checklist_preview.html", {"checklist": checklist, "report": report, "form": form})


@requires(P.RUN_SELFCHECK)
@require_http_methods(["GET", "POST"])
def checklist_publish(request, pk: int) -> HttpResponse:
    draft = _draft(request, pk)
    form = PublishForm(request.POST or None, row=draft)
    if request.method == "POST" and form.is_valid() and attempt(form, publish_draft, draft, version=form.cleaned_data["version"], by=request.user, at=timezone.now()):
        messages.success(request, _("已发布%(v)s。") % {"v": form.result.edition})
        return redirect("selfcheck:checklist_detail", pk)
    return render(request, "selfcheck/checklist_publish.html", {
        "draft": draft, "form": form, "difference": difference_to_last(draft), "last": latest(draft.campaign),
    }, status=form.status)


@requires(P.RUN_SELFCHECK)
@require_POST
def checklist_discard(request, pk: int) -> HttpResponse:
    draft = _draft(request, pk)
    form = PublishForm(request.POST, row=draft)
    if form.is_valid() and attempt(form, discard_checklist, draft, version=form.cleaned_data["version"], by=request.user, at=timezone.now()):
        messages.success(request, _("已放弃草稿，发布过的版本没有变。"))
        return redirect("selfcheck:checklist_list")
    messages.warning(request, form.non_field_errors()[0] if form.non_field_errors() else _("没有放弃，请再试一次。"))
    return redirect("selfcheck:checklist_edit", pk)


@requires(P.RUN_SELFCHECK)
@require_http_methods(["GET", "POST"])
def checklist_adopt(request, pk: int) -> HttpResponse:
    """A running round takes up the version published last."""
    opened = _run_by(request, Round.objects.visible_to(request.user).select_related("campaign__unit", "checklist"), pk)
    newest = latest(opened.campaign)
    form = AdoptForm(request.POST or None, row=opened, versions=opened.campaign.checklists.published(), initial={"checklist": newest})
    if request.method == "POST" and form.is_valid() and attempt(form, adopt_checklist, opened, **form.cleaned_data, by=request.user, at=timezone.now()):
        return _adopted(request, opened, form.result)
    return render(request, "selfcheck/checklist_adopt.html", {
        "round": opened, "newest": newest, "form": form, "difference": difference_for(opened, newest),
        "going": to_move(opened, newest).count(), "versions": opened.selfchecks.by_version(),
    }, status=form.status)


def _adopted(request, opened: Round, done: Adopted) -> HttpResponse:
    if done.job:
        return redirect("jobs:job_detail", done.job.pk)
    left = _("；%(n)s 份的内容已经销毁，或者有新版不再问的答案，留在原来的版本") % {"n": done.left} if done.left else ""
    messages.success(request, _("已换用新版，%(n)s 份没有提交的报告跟着换了%(left)s。") % {"n": done.moved, "left": left})
    return redirect("selfcheck:round_detail", opened.pk)
