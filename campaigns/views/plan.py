"""The plan: its lines, their changes, the plan as a sheet."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from audit.log import record
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import assign_task, change_plan_item, finish_plan_item, plan_item
from ..current import may_plan, needed_campaign, refuse_unless_planner
from ..forms import AssignForm, ItemChangeForm, ItemFinishForm, ItemForm
from ..models import PlanItem, UnitTask
from ..sheets import PlanItemResource
from .replies import page_of


def _item(request, pk: int) -> PlanItem:
    rows = PlanItem.objects.visible_to(request.user).select_related("campaign__unit", "owner", "phase", "work_group")
    return get_object_or_404(rows, pk=pk)


@requires(P.SEE_CAMPAIGN)
@require_GET
def item_detail(request, pk: int) -> HttpResponse:
    item = _item(request, pk)
    tasks = UnitTask.objects.visible_to(request.user).filter(item=item)
    page = page_of(request, tasks.select_related("unit", "done_by").prefetch_related("evidence"))
    access = access_of(request.user)
    for task in page:
        task.may_report = task.done_at is None and access.may_at(P.REPORT_UNIT_TASKS, task.unit.path, item.campaign_id)
    return render(request, "campaigns/item_detail.html", {
        "item": item, "page": page, "counts": tasks.counted(timezone.localdate()), "can_plan": may_plan(request, item.campaign),
    })


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def item_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.PLAN_CAMPAIGN)
    form = ItemForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid() and attempt(form, plan_item, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已增加第 %(n)s 项安排。需要各单位办的，请接着分解到单位。") % {"n": form.result.number})
        return redirect("campaigns:item_detail", form.result.pk)
    return render(request, "campaigns/item_new.html", {"form": form})


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def item_change(request, pk: int) -> HttpResponse:
    item = _item(request, pk)
    refuse_unless_planner(request, item.campaign)
    form = ItemChangeForm(request.POST or None, row=item, campaign=item.campaign)
    if request.method == "POST" and form.is_valid() and attempt(form, change_plan_item, item, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("第 %(n)s 项安排已修改。") % {"n": item.number})
        return redirect("campaigns:item_detail", pk)
    return render(request, "campaigns/item_change.html", {"form": form, "item": item}, status=form.status)


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def item_finish(request, pk: int) -> HttpResponse:
    item = _item(request, pk)
    refuse_unless_planner(request, item.campaign)
    form = ItemFinishForm(request.POST or None, row=item, initial={"done_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid() and attempt(form, finish_plan_item, item, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("第 %(n)s 项安排已办结。") % {"n": item.number})
        return redirect("campaigns:item_detail", pk)
    return render(request, "campaigns/item_finish.html", {"form": form, "item": item}, status=form.status)


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def task_assign(request, pk: int) -> HttpResponse:
    item = _item(request, pk)
    refuse_unless_planner(request, item.campaign)
    form = AssignForm(request.POST or None, item=item)
    if request.method == "POST" and form.is_valid():
        facts = {key: form.cleaned_data[key] for key in ("units", "due_on")}
        if attempt(form, assign_task, item, **facts, by=request.user, at=timezone.now()):
            messages.success(request, _("已分解到 %(n)s 个单位，联络员已收到消息。") % {"n": form.result})
            return redirect("campaigns:item_detail", pk)
    return render(request, "campaigns/task_assign.html", {"form": form, "item": item})


@requires(P.SEE_CAMPAIGN)
@require_GET
def plan_export(request) -> HttpResponse:
    campaign = needed_campaign(request)
    sheet, count = PlanItemResource().workbook(campaign)
    with transaction.atomic():
        record("campaigns.export_plan", by=request.user, at=timezone.now(), subject=campaign, rows=count)
    response = HttpResponse(sheet, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response.headers["Content-Disposition"] = content_disposition_header(True, _("%(name)s计划安排.xlsx") % {"name": campaign.name})
    return response
