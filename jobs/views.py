"""Background jobs: the list, one job with its progress, its result, and what can be done about it."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from . import actions
from .models import Job
from .results import result_hash

PER_PAGE = 30
AT_WORK = (Job.Status.QUEUED, Job.Status.RUNNING)
VIEWS = {"": Q(), "now": Q(status__in=AT_WORK), "failed": Q(status=Job.Status.FAILED), "over": Q(status__in=[Job.Status.DONE, Job.Status.CANCELLED])}


@require_GET
def job_list(request) -> HttpResponse:
    """One's own jobs, newest first; to an administrator also those they look after, without what is in them."""
    jobs = Job.objects.listed_for(request.user)
    others = Job.objects.administered_by(request.user).exists()
    jobs = jobs.filter(asked_by=request.user) if request.GET.get("whose") == "own" else jobs
    view = request.GET.get("view", "")
    view = view if view in VIEWS else ""
    counts = jobs.order_by().aggregate(all=Count("pk"), **{name: Count("pk", filter=q) for name, q in VIEWS.items() if name})
    page = Paginator(jobs.filter(VIEWS[view]).select_related("asked_by"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "jobs/job_list.html", {"page": page, "counts": counts, "view": view, "administers": others, "whose": request.GET.get("whose", "")})


@require_GET
def job_detail(request, pk) -> HttpResponse:
    """The page of a job; htmx asks for the fragment every second until it is over."""
    job = get_object_or_404(Job.objects.listed_for(request.user).select_related("asked_by", "cancelled_by"), pk=pk)
    is_poll = request.htmx and not request.htmx.boosted  # a form sent by htmx may end here too, and wants the page
    return render(request, "jobs/_progress.html" if is_poll else "jobs/job_detail.html", {"job": job, "may_act": True})


@require_GET
def job_result(request, pk) -> HttpResponse:
    """The file a job made, as a recorded download; for who asked for it alone, and only if it is still what was made."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk, status=Job.Status.DONE)
    if not job.result:
        raise Http404
    try:
        handle = job.result.open("rb")
        fits = result_hash(handle) == job.result_sha256
    except OSError:
        fits = False
    actions.take_result(job, fits=fits, by=request.user, at=timezone.now())
    if not fits:
        messages.error(request, _("这个文件与生成时不一致或已丢失，不能下载。请返回重新生成，并告诉系统管理员（任务编号 %(id)s）。") % {"id": str(job.pk)[:8]})
        return redirect("jobs:job_detail", pk)
    return FileResponse(handle, as_attachment=True, filename=job.result_name, content_type=job.result_type)


@require_POST
def job_cancel(request, pk) -> HttpResponse:
    return _do(request, pk, actions.cancel_job, _("已取消；正在办理的，稍后停下。"))


@require_POST
def job_retry(request, pk) -> HttpResponse:
    return _do(request, pk, actions.retry_job, _("已重新排队。"))


def _do(request, pk, deed: Callable, words: str) -> HttpResponse:
    """One deed on one job, then its page."""
    job = get_object_or_404(Job.objects.listed_for(request.user), pk=pk)
    try:
        deed(job, by=request.user, at=timezone.now())
        messages.success(request, words)
    except ValidationError as refusal:
        messages.warning(request, "".join(refusal.messages))
    return redirect("jobs:job_detail", pk)
