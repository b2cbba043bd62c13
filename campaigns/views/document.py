"""Documents of a campaign."""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from organizations.access import requires
from organizations.roles import Permission as P

from ..actions import change_document, file_document
from ..current import may_plan, needed_campaign, refuse_unless_planner
from ..forms import DocumentChangeForm, DocumentForm
from ..models import AgendaItem, Document
from .replies import logged_file, page_of


@requires(P.SEE_CAMPAIGN)
@require_GET
def document_list(request) -> HttpResponse:
    campaign = needed_campaign(request)
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "").strip()
    discussed = Prefetch("agenda_items", AgendaItem.objects.select_related("meeting").order_by("meeting__held_on", "meeting__pk", "order"))
    rows = campaign.documents.select_related("file").prefetch_related(discussed)
    if kind:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(title__icontains=text)
    return render(request, "campaigns/document_list.html", {
        "page": page_of(request, rows), "kind": kind, "q": text, "kinds": Document.Kind.choices, "can_plan": may_plan(request, campaign),
    })


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def document_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.PLAN_CAMPAIGN)
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and attempt(form, file_document, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已登记文件“%(title)s”。") % {"title": form.result})
        return redirect("campaigns:document_list")
    return render(request, "campaigns/document_new.html", {"form": form})


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def document_change(request, pk: int) -> HttpResponse:
    document = _document(request, pk)
    refuse_unless_planner(request, document.campaign)
    form = DocumentChangeForm(request.POST or None, request.FILES or None, row=document)
    if request.method == "POST" and form.is_valid() and attempt(form, change_document, document, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("文件“%(title)s”已修改。") % {"title": form.result})
        return redirect("campaigns:document_list")
    return render(request, "campaigns/document_change.html", {"form": form, "document": document}, status=form.status)


@requires(P.SEE_CAMPAIGN)
@require_GET
def document_file(request, pk: int) -> FileResponse:
    document = _document(request, pk)
    if document.file is None:
        raise Http404
    return logged_file(request, document.file, document)


def _document(request, pk: int) -> Document:
    return get_object_or_404(Document.objects.visible_to(request.user).select_related("campaign__unit", "file"), pk=pk)
