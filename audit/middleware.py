"""What every request tells the log: where it came from, and whether somebody was turned away."""

import datetime as dt
import logging

from django.db import DatabaseError, transaction
from django.utils import timezone

from .log import record
from .models import Event
from .where import client_address, here

logger = logging.getLogger(__name__)
PAUSE = dt.timedelta(minutes=1)  # a crawler at one closed door fills one line a minute


class WhereMiddleware:
    """Events recorded while the request is answered carry its address."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = here.set(client_address(request))
        try:
            return self.get_response(request)
        finally:
            here.reset(token)


class DenialMiddleware:
    """A signed-in person who lacks the right (403), or asks for what is not theirs to see (404), is on record.

    Which page and how, never the address's query or what was sent. An address that leads nowhere is no denial.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code in (403, 404) and request.resolver_match and request.user.is_authenticated:
            note_denial(request.user, view=request.resolver_match.view_name, method=request.method, status=response.status_code)
        return response


def note_denial(user, *, view: str, method: str, status: int) -> None:
    """Once a minute for each person, page and answer. The answer is a refusal already, so it goes out even if the note can't be made."""
    at = timezone.now()
    try:
        lately = Event.objects.filter(action="access.denied", actor_id=user.pk, at__gt=at - PAUSE, detail__view=view, detail__status=status)
        if not lately.exists():
            with transaction.atomic():
                record("access.denied", by=user, at=at, result=Event.Result.DENIED, view=view, method=method, status=status)
    except DatabaseError:
        logger.exception("a denial (%s, %s) is not on record", view, status)
