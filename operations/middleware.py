"""What every request passes first: its number, and an answer when the database gives up on it."""

import re
import uuid

from django.db import DatabaseError, InterfaceError, OperationalError
from django.shortcuts import render

from .here import request_id
from .replica import Reading, reading, standby

KNOWN = re.compile(r"[0-9a-f]{32}")
GIVEN_UP = {"57014", "55P03"}  # PostgreSQL: statement_timeout, lock_timeout


class RequestMiddleware:
    """Each request has a number, in its answer and in every line that is logged about it.

    A front server may give it (X-Request-ID, 32 hex digits as nginx writes its $request_id); anything else is not believed.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-ID", "")
        request.number = given if KNOWN.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(request.number)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = request.number
        return response

    def process_exception(self, request, exception):
        """A deed that waited too long is undone; the visitor is told so and may try again."""
        return render(request, "503.html", {"number": request.number}, status=503) if has_given_up(exception) else None


def has_given_up(error: BaseException) -> bool:
    """Whether the database ended a statement because it waited or ran for too long."""
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "sqlstate", None) in GIVEN_UP or "database is locked" in str(error)


class ReplicaMiddleware:
    """Innermost: what a view reads for GET and HEAD may come from the standby. If that fails midway the view is asked once more, of the primary."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = reading.set(Reading() if request.method in ("GET", "HEAD") else None)
        try:
            return self.get_response(request)
        finally:
            reading.reset(token)

    def process_exception(self, request, exception):
        found = reading.get()
        if found is None or not found.usable or not isinstance(exception, DatabaseError | InterfaceError) or has_given_up(exception):
            return None
        standby.fail(exception)
        found.usable = False
        match = request.resolver_match
        return match.func(request, *match.args, **match.kwargs)
