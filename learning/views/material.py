"""学习材料、阅读书目."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from audit.log import record
from campaigns.current import needed_campaign
from files.responses import file_response
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import distribute_material
from ..forms import MaterialForm
from ..models import StudyMaterial

PER_PAGE = 30


@requires(P.SEE_CAMPAIGN)
@require_GET
def material_list(request) -> HttpResponse:
    campaign = needed_campaign(request)
    every = StudyMaterial.objects.visible_to(request.user).filter(campaign=campaign)
    category = request.GET.get("category", "")
    rows = every.filter(category=category) if category in StudyMaterial.Category.values else every
    required = every.aggregate(all=Count("pk"), required=Count("pk", filter=Q(is_required=True)))
    return render(request, "learning/material_list.html", {
        "page": Paginator(rows.select_related("file"), PER_PAGE).get_page(request.GET.get("page")),
        "totals": required,
        "category": category,
        "categories": StudyMaterial.Category.choices,
        "can_plan": access_of(request.user).may_at(P.RUN_LEARNING, campaign.unit.path, campaign.pk),
    })


@requires(P.RUN_LEARNING)
@require_http_methods(["GET", "POST"])
def material_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.RUN_LEARNING)
    form = MaterialForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and attempt(form, distribute_material, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已下发“%(title)s”。") % {"title": form.result})
        return redirect("learning:material_list")
    return render(request, "learning/material_new.html", {"form": form})


@requires(P.SEE_CAMPAIGN)
@require_GET
def material_file(request, pk: int) -> FileResponse:
    """The file of a material; reading it is recorded."""
    material = get_object_or_404(StudyMaterial.objects.visible_to(request.user).filter(file__isnull=False).select_related("file"), pk=pk)
    with transaction.atomic():
        record("learning.download_material", by=request.user, at=timezone.now(), subject=material, file=material.file.name)
    return file_response(material.file)
