"""What units have to do and how far they are."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from organizations.access import requires
from organizations.models import Unit, access_of
from organizations.roles import Permission as P

from ..actions import finish_task
from ..current import may_plan, needed_campaign
from ..forms import TaskFinishForm
from ..models import UnitTask
from .replies import chosen_id, logged_file, page_of

SEE_TASKS = (P.REPORT_UNIT_TASKS, P.PLAN_CAMPAIGN, P.SEE_FIGURES)


@requires(*SEE_TASKS)
@require_GET
def task_list(request) -> HttpResponse:
    campaign, today, access = needed_campaign(request), timezone.localdate(), access_of(request.user)
    everything = UnitTask.objects.visible_to(request.user).filter(item__campaign=campaign)
    unit = chosen_id(request, "unit")
    tasks = everything.filter(unit=unit) if unit else everything
    view = request.GET.get("view", "")
    page = page_of(request, tasks.standing(view, today).select_related("item", "unit", "done_by").order_by("unit__path", "item__number"))
    for task in page:
        task.may_report = task.done_at is None and access.may_at(P.REPORT_UNIT_TASKS, task.unit.path, task.item.campaign_id)
    return render(request, "campaigns/task_list.html", {
        "page": page, "view": view, "unit": unit, "counts": tasks.counted(today),
        "units": Unit.objects.filter(pk__in=everything.order_by().values("unit")),
    })


@requires(*SEE_TASKS)
@require_GET
def unit_list(request) -> HttpResponse:
    campaign = needed_campaign(request)
    tasks = UnitTask.objects.visible_to(request.user).filter(item__campaign=campaign)
    today = timezone.localdate()
    return render(request, "campaigns/unit_list.html", {
        "page": page_of(request, tasks.by_unit(today)), "counts": tasks.counted(today), "can_plan": may_plan(request, campaign),
    })


@requires(P.REPORT_UNIT_TASKS)
@require_http_methods(["GET", "POST"])
def task_finish(request, pk: int) -> HttpResponse:
    task = _task(request, pk)
    if not access_of(request.user).may_at(P.REPORT_UNIT_TASKS, task.unit.path, task.item.campaign_id):
        raise PermissionDenied
    form = TaskFinishForm(request.POST or None, request.FILES or None, row=task)
    if request.method == "POST" and form.is_valid() and attempt(form, finish_task, task, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("“%(task)s”已报完成。") % {"task": task.item.task})
        return redirect("campaigns:task_list")
    return render(request, "campaigns/task_finish.html", {"form": form, "task": task}, status=form.status)


@requires(*SEE_TASKS)
@require_GET
def task_file(request, pk: int, file_pk: int) -> FileResponse:
    task = _task(request, pk)
    return logged_file(request, get_object_or_404(task.evidence, pk=file_pk), task)


def _task(request, pk: int) -> UnitTask:
    return get_object_or_404(UnitTask.objects.visible_to(request.user).select_related("item__campaign", "unit"), pk=pk)
