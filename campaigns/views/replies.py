"""Two answers many pages give: a page of a list, a file that is written down in the log."""

from django.core.paginator import Page, Paginator
from django.db import models, transaction
from django.http import FileResponse
from django.utils import timezone

from audit.log import record
from files.models import StoredFile
from files.responses import file_response

PER_PAGE = 30


def page_of(request, rows) -> Page:
    """The page of a list the address asks for; a wrong number gives the nearest one."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def logged_file(request, stored: StoredFile, action: str, subject: models.Model) -> FileResponse:
    """A file as download, with who took it in the audit log."""
    with transaction.atomic():
        record(action, by=request.user, at=timezone.now(), subject=subject, file=stored.name, sha256=stored.sha256)
    return file_response(stored)
