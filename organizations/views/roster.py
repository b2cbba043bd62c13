"""The roster as a sheet: looked through first, written only after confirming."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from audit.log import record
from files.sniff import OFFICE

from ..access import requires
from ..actions import confirm_roster, upload_roster
from ..forms import RosterUploadForm
from ..models import RosterImport, scope_paths
from ..roles import Permission as P
from ..sheets import RosterResource, Workbook, read_sheet, template
from .cadres import filtered


@requires(P.IMPORT_ROSTER)
@require_http_methods(["GET", "POST"])
def roster_import(request) -> HttpResponse:
    form = RosterUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and attempt(form, _look_through, form.cleaned_data["file"], by=request.user, at=timezone.now()):
        return redirect("organizations:roster_preview", form.result.pk)
    recent = RosterImport.objects.visible_to(request.user).select_related("file")[:10]
    return render(request, "organizations/roster_import.html", {"form": form, "recent": recent})


def _look_through(upload, *, by, at) -> RosterImport:
    """Read the sheet and keep it with its preview; what isn't a roster at all is refused at the field."""
    try:
        sheet = read_sheet(upload.file, upload.name)
        plan = RosterResource(scope=scope_paths(by, P.IMPORT_ROSTER), by=by, at=at).check(sheet)
        return upload_roster(upload, plan=plan, reading=sheet.packed(), by=by, at=at)
    except ValidationError as refusal:
        raise ValidationError({"file": refusal.messages})


@requires(P.IMPORT_ROSTER)
@require_GET
def roster_preview(request, pk) -> HttpResponse:
    roster = get_object_or_404(RosterImport.objects.visible_to(request.user).select_related("file", "job"), pk=pk)
    return render(request, "organizations/roster_preview.html", {
        "roster": roster, "summary": roster.summary, "can_confirm": roster.may_be_confirmed,
        "sections": ["faults"] if roster.state == "refused" else [name for name in ("units", "changes", "newcomers") if roster.summary[name]],
        "refusal": roster.job.message if roster.job and roster.job.may_be_retried else "",
    })  # fmt: skip


@requires(P.IMPORT_ROSTER)
@require_POST
def roster_confirm(request, pk) -> HttpResponse:
    roster = get_object_or_404(RosterImport.objects.visible_to(request.user), pk=pk)
    try:
        confirm_roster(roster, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, "".join(refusal.messages))
    return redirect("organizations:roster_preview", pk)


@requires(P.IMPORT_ROSTER)
@require_GET
def roster_template(request) -> HttpResponse:
    return _xlsx(template(), _("干部花名册模板.xlsx"))


@requires(P.SEE_ORGANIZATIONS)
@require_GET
def roster_export(request) -> HttpResponse:
    """The cadres the list shows, as a recorded download under the headers of the import."""
    if request.GET.get("left"):
        raise PermissionDenied
    cadres, home = filtered(request)
    dataset = RosterResource().export(cadres)
    now = timezone.now()
    with transaction.atomic():
        record("organizations.export_roster", by=request.user, at=now, subject=home, rows=len(dataset))
    return _xlsx(Workbook().export_data(dataset), _("干部花名册（%(day)s）.xlsx") % {"day": timezone.localdate(now).isoformat()})


def _xlsx(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=OFFICE + "spreadsheetml.sheet", headers={"Content-Disposition": content_disposition_header(True, name)})
