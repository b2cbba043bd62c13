"""Forms and ledgers as PDF."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from campaigns.current import needed_campaign
from ledger.sheets import SHEETS
from organizations.access import requires
from organizations.roles import Permission as P
from selfcheck.models import SelfCheck
from selfcheck.views.report import with_everything

from ..actions import ask_ledger_pdf, take_form
from ..renderers.pdf import RenderError, render_sheet
from ..selfcheck_form import form_of

QUERY = 500  # characters of a filter


@requires(P.SEE_CAMPAIGN)
@require_GET
@cache_control(no_store=True, private=True)
def selfcheck_form(request, pk: int) -> HttpResponse:
    """A report as a form to sign, for whoever may read it; made while they wait and kept nowhere. Of one whose words are destroyed there is none."""
    report = get_object_or_404(with_everything().filter(pk__in=SelfCheck.objects.visible_to(request.user), purged_at__isnull=True), pk=pk)
    take_form(report, by=request.user, at=timezone.now())
    try:
        content = render_sheet(form_of(report), timeout=60)
    except RenderError:  # its sentence may name characters of the report, and a message waits in a cookie
        messages.error(request, _("这份报告没有排成 PDF。报告里有表情一类特殊符号的，请改写后再试；仍不成功请联系系统管理员，也可以先用浏览器的“打印”。"))
        return redirect("selfcheck:selfcheck_detail", pk)
    return attachment(content, _("自查自纠情况报告表（%(who)s）.pdf") % {"who": report.cadre}, "application/pdf")


def attachment(content: bytes, name: str, media_type: str) -> HttpResponse:
    """Bytes under a Chinese file name, never guessed at by the browser."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@requires(P.SEE_LEDGER)
@require_POST
def ledger_pdf(request) -> HttpResponse:
    """整改台账 or 自查问题清单 as the list is filtered now."""
    campaign, sheet = needed_campaign(request), request.POST.get("sheet", "ledger")
    if sheet not in SHEETS:
        raise Http404
    query = QueryDict(request.POST.get("query", "")[:QUERY], mutable=True)
    query.pop("page", None)
    try:
        job = ask_ledger_pdf(campaign, sheet=sheet, query=query.urlencode(), by=request.user, at=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, "".join(refusal.messages))
        return redirect(f"{reverse('ledger:problem_list')}?{query.urlencode()}")
    return redirect("jobs:job_detail", pk=job.pk)
