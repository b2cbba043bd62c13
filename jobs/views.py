"""One job: its progress, its result."""

from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.log import record

from .models import Job


@require_GET
def job_detail(request, pk) -> HttpResponse:
    """The page of a job; htmx asks for the fragment every second until it is over."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    is_poll = request.htmx and not request.htmx.boosted  # a form sent by htmx may end here too, and wants the page
    return render(request, "jobs/_progress.html" if is_poll else "jobs/job_detail.html", {"job": job})


@require_GET
def job_result(request, pk) -> FileResponse:
    """The file a job made, as a recorded download."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk, status=Job.Status.DONE)
    if not job.result:
        raise Http404
    with transaction.atomic():
        record("jobs.download_result", by=request.user, at=timezone.now(), subject=job, name=job.result_name)
    return FileResponse(job.result.open("rb"), as_attachment=True, filename=job.result_name, content_type=job.result_type)
