"""What many pages need: a page of a list, a chosen row's number, a file that is written down in the log."""

from django.core.paginator import Page, Paginator
from django.db import models, transaction
from django.http import FileResponse
from django.utils import timezone

from audit.log import record
from files.models import StoredFile
from files.responses import file_response

PER_PAGE = 30
MOST_DIGITS = 19  # of a database row's number


def page_of(request, rows, count: int | None = None) -> Page:
    """The page of a list the address asks for; a wrong number gives the nearest one. `count` spares the counting."""
    pages = Paginator(rows, PER_PAGE)
    if count is not None:
        pages.count = count
    return pages.get_page(request.GET.get("page"))


def chosen_id(request, key: str) -> int | None:
    """A row's number from the address's query; None when there is none or it can't be one."""
    typed = request.GET.get(key, "")
    return int(typed) if typed.isdecimal() and len(typed) < MOST_DIGITS else None


def logged_file(request, stored: StoredFile, subject: models.Model) -> FileResponse:
    """A file as download, with who took it in the audit log."""
    with transaction.atomic():
        record("campaigns.download_file", by=request.user, at=timezone.now(), subject=subject, file=stored.name, sha256=stored.sha256)
    return file_response(stored)
