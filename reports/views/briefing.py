"""Briefings: written, looked at, compared, sent for review, issued, downloaded."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from campaigns.current import needed_campaign
from campaigns.views.replies import MOST_DIGITS, chosen_id
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from .. import actions
from ..compare import changes
from ..compose import DRAWINGS, compose
from ..document import Doc, plain_text
from ..facts import PARTS
from ..figures import CHECKED, REGISTRY, Scope, by_subject, failed_checks
from ..forms import BriefingForm, BriefingTextForm, ReasonForm, SignForm
from ..models import Briefing
from ..names import FACT_WORDS, named
from ..renderers.preview import preview_html
from ..values import values


def seen(request, pk: int) -> Briefing:
    """A briefing of one's scope, else 404."""
    rows = Briefing.objects.visible_to(request.user).select_related("campaign__unit", "issued_version", "composed_by", "issued_by")
    return get_object_or_404(rows, pk=pk)


def held(request, pk: int, permission: P) -> Briefing:
    """The same, with a permission over the campaign's unit, else 403."""
    briefing = seen(request, pk)
    if not access_of(request.user).may_at(permission, briefing.campaign.unit.path, briefing.campaign_id):
        raise PermissionDenied
    return briefing


def rights(request, briefing: Briefing) -> dict:
    """Which deeds are open to the visitor now."""
    access, where = access_of(request.user), (briefing.campaign.unit.path, briefing.campaign_id)
    writes, issues = access.may_at(P.WRITE_BRIEFINGS, *where), access.may_at(P.ISSUE_BRIEFINGS, *where)
    return {
        "can_write": writes and briefing.is_editable,
        "can_issue": issues and briefing.status == Briefing.Status.SUBMITTED,
        "can_return": (issues or writes) and briefing.status == Briefing.Status.SUBMITTED,
    }


@requires(P.SEE_FIGURES)
@require_GET
def briefing_list(request) -> HttpResponse:
    campaign = needed_campaign(request)
    rows = Briefing.objects.visible_to(request.user).filter(campaign=campaign).select_related("composed_by")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    can_write = access_of(request.user).may_at(P.WRITE_BRIEFINGS, campaign.unit.path, campaign.pk)
    return render(request, "reports/briefing_list.html", {"page": page, "can_write": can_write})


@requires(P.WRITE_BRIEFINGS)
@require_http_methods(["GET", "POST"])
def briefing_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.WRITE_BRIEFINGS)
    start = {"kind": Briefing.Kind.PROGRESS, "as_of": timezone.localdate(), "organ": campaign.unit.name, "title": _("关于%(w)s队伍教育整顿工作进展情况的汇报") % {"w": campaign.workforce}}
    form = BriefingForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid() and attempt(form, actions.compose_briefing, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已按提纲起草，数字已填好。"))
        return redirect("reports:briefing_edit", pk=form.result.pk)
    return render(request, "reports/briefing_new.html", {"form": form})


@requires(P.SEE_FIGURES)
@require_GET
def briefing_detail(request, pk: int) -> HttpResponse:
    """The page as it will be printed, each number leading to its rows, and what is to be checked before it goes out."""
    briefing = seen(request, pk)
    versions = briefing.versions.select_related("saved_by")[:10]
    document, used, refusal = _composed(briefing, versions)
    context = rights(request, briefing) | {
        "briefing": briefing,
        "preview": mark_safe(preview_html(document, fact_url=_fact_url(briefing))) if document else "",
        "refusal": refusal,
        "outline": [(n, b.style, b.text.split("。")[0][:24]) for n, b in enumerate(document.blocks) if getattr(b, "style", "") in ("h1", "h2")] if document else [],
        "length": len("".join(plain_text(document).split())) if document else 0,
        "blanks": sum(run.blank for b in document.blocks for run in getattr(b, "runs", ())) if document else 0,
        "numbers": [(key, f) for key, f in used.items() if "value" in f],
        "failed": [] if briefing.issued_version else _failed(briefing, used),
        "versions": versions,
    }
    return render(request, "reports/briefing_detail.html", context)


def _failed(briefing: Briefing, used: dict) -> list:
    """Relations between figures that don't hold; what the text has counted isn't counted again."""
    known = {key: int(f["value"]) for key, f in used.items() if f.get("value", "").isdigit()}
    return failed_checks(values(CHECKED, Scope(briefing.campaign), briefing.as_of, known))


def _composed(briefing: Briefing, versions) -> tuple[Doc | None, dict, str]:
    """Document, facts, and what keeps it from being composed; `versions` with the newest first."""
    if briefing.issued_version:
        return actions.document_of(briefing), briefing.issued_version.facts or {}, ""
    try:
        return *compose(briefing, next(iter(versions)).body), ""
    except ValidationError as refusal:
        return None, {}, "".join(refusal.messages)


def _fact_url(briefing: Briefing):
    """Numbers lead to their rows as of the briefing's day; sentences are not links."""

    def url(key: str) -> str:
        return f"{reverse('reports:figure_detail', args=[key])}?as_of={briefing.as_of}" if key in REGISTRY else ""

    return url


@requires(P.WRITE_BRIEFINGS)
@require_http_methods(["GET", "POST"])
def briefing_edit(request, pk: int) -> HttpResponse:
    briefing = held(request, pk, P.WRITE_BRIEFINGS)
    if request.method == "GET" and not briefing.is_editable:  # a text just posted is given back with the refusal instead
        return _not_now(request, briefing)
    form = BriefingTextForm(request.POST or None, row=briefing)
    if request.method == "POST" and form.is_valid() and attempt(form, actions.edit_briefing, briefing, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已保存。"))
        return redirect("reports:briefing_detail", pk=pk)
    context = {"briefing": briefing, "form": form, "figures": [(subject.label, [f.label for f in known]) for subject, known in by_subject()], "facts": list(FACT_WORDS.values()), "parts": [*PARTS, *DRAWINGS]}
    return render(request, "reports/briefing_edit.html", context, status=form.status)


@requires(P.SEE_FIGURES)
@require_GET
def briefing_compare(request, pk: int) -> HttpResponse:
    """Two versions paragraph by paragraph: what went, what came, what was rewritten."""
    briefing = seen(request, pk)
    versions = {v.number: v for v in briefing.versions.all()}
    old, new = (versions.get(chosen_id(request, key)) for key in ("old", "new"))
    if old is None or new is None:
        raise Http404
    context = {"briefing": briefing, "old": old, "new": new, "changes": changes(named(old.body), named(new.body)), "can_write": rights(request, briefing)["can_write"]}
    return render(request, "reports/briefing_compare.html", context)


@requires(P.WRITE_BRIEFINGS)
@require_POST
def briefing_restore(request, pk: int, number: int) -> HttpResponse:
    briefing = held(request, pk, P.WRITE_BRIEFINGS)
    get_object_or_404(briefing.versions, number=number)
    return _done(request, pk, _("已恢复为最新一版，原来的各版都在。"), actions.restore_version, briefing, number=number, version=_read_version(request))


@requires(P.WRITE_BRIEFINGS)
@require_POST
def briefing_submit(request, pk: int) -> HttpResponse:
    return _done(request, pk, _("已送审。"), actions.submit_briefing, held(request, pk, P.WRITE_BRIEFINGS), version=_read_version(request))


def _read_version(request) -> int:
    """The version shown on the page the button stands on; 0, which no briefing has, when it isn't said."""
    told = request.POST.get("version", "")
    return int(told) if told.isdecimal() and len(told) < MOST_DIGITS else 0


def _not_now(request, briefing: Briefing) -> HttpResponse:
    """Back to the page, which shows how things stand and what can be done."""
    messages.info(request, _("这份汇报现在是“%(now)s”，不能办理这一步。") % {"now": briefing.get_status_display()})
    return redirect("reports:briefing_detail", pk=briefing.pk)


def _done(request, pk: int, success: str, deed, *args, **facts) -> HttpResponse:
    """A deed without a form: its refusal is told on the page."""
    try:
        deed(*args, **facts, by=request.user, at=timezone.now())
        messages.success(request, success)
    except ValidationError as refusal:
        messages.warning(request, "".join(refusal.messages))
    return redirect("reports:briefing_detail", pk=pk)


@requires(P.WRITE_BRIEFINGS, P.ISSUE_BRIEFINGS)
@require_http_methods(["GET", "POST"])
def briefing_return(request, pk: int) -> HttpResponse:
    briefing = seen(request, pk)
    if not any(access_of(request.user).may_at(one, briefing.campaign.unit.path, briefing.campaign_id) for one in (P.WRITE_BRIEFINGS, P.ISSUE_BRIEFINGS)):
        raise PermissionDenied
    if request.method == "GET" and briefing.status != Briefing.Status.SUBMITTED:
        return _not_now(request, briefing)
    form = ReasonForm(request.POST or None, row=briefing)
    if request.method == "POST" and form.is_valid() and attempt(form, actions.return_briefing, briefing, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已退回起草。"))
        return redirect("reports:briefing_detail", pk=pk)
    return render(request, "reports/briefing_return.html", {"briefing": briefing, "form": form}, status=form.status)


@requires(P.ISSUE_BRIEFINGS)
@require_http_methods(["GET", "POST"])
def briefing_issue(request, pk: int) -> HttpResponse:
    briefing = held(request, pk, P.ISSUE_BRIEFINGS)
    if request.method == "GET" and briefing.status != Briefing.Status.SUBMITTED:
        return _not_now(request, briefing)
    form = SignForm(request.POST or None, row=briefing, initial={"signer": briefing.signer or request.user.name})
    if request.method == "POST" and form.is_valid() and attempt(form, actions.issue_briefing, briefing, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已签发，数字和文字从此不再变动。"))
        return redirect("reports:briefing_detail", pk=pk)
    return render(request, "reports/briefing_issue.html", {"briefing": briefing, "form": form}, status=form.status)


@requires(P.SEE_FIGURES)
@require_POST
def briefing_file(request, pk: int, fmt: str) -> HttpResponse:
    """Have a PDF, Word or HTML file made in the background."""
    if fmt not in actions.FORMATS:
        raise Http404
    with transaction.atomic():
        job = actions.ask_file(seen(request, pk), fmt=fmt, by=request.user, at=timezone.now())
    return redirect("jobs:job_detail", pk=job.pk)
