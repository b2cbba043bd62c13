"""What every request passes first: its number, its line in the log, an answer when the database gives up on it."""

import logging
import re
import time
import uuid

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string

from . import metrics
from .here import request_id, user_pk
from .replica import Reading, reading, standby

logger = logging.getLogger("operations.request")
KNOWN = re.compile(r"[0-9a-f]{32}")
GIVEN_UP = {"57014", "55P03"}  # PostgreSQL: statement_timeout, lock_timeout
GOING_AWAY = {"57P01", "57P02", "57P03"}  # it is being stopped, has crashed, or is not up yet
RETRY_AFTER = "30"  # seconds


class RequestMiddleware:
    """Each request has a number, in its answer and in every line that is logged about it; and is counted and timed.

    A front server may give the number (X-Request-ID, 32 hex digits as nginx writes its $request_id); anything else is not believed.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-ID", "")
        request.number = given if KNOWN.fullmatch(given) else uuid.uuid4().hex
        tokens, start = (request_id.set(request.number), user_pk.set(None)), time.monotonic()
        try:
            response = self.get_response(request)
            self._note(request, response, time.monotonic() - start)
        finally:
            request_id.reset(tokens[0])
            user_pk.reset(tokens[1])
        response["X-Request-ID"] = request.number
        return response

    def process_view(self, request, view, args, kwargs):
        """Whoever has been asked for by now is known to the log's lines; nobody is asked for its sake."""
        user_pk.set(_known_user(request))

    @staticmethod
    def _note(request, response, seconds: float) -> None:
        view = request.resolver_match.view_name if getattr(request, "resolver_match", None) else "none"
        metrics.note(request.method, view, response.status_code, seconds)
        user_pk.set(_known_user(request))
        size = -1 if response.streaming else len(response.content)
        logger.info("request", extra={"method": request.method, "view": view, "status": response.status_code, "ms": round(seconds * 1000, 1), "bytes": size})

    def process_exception(self, request, exception):
        """A deed that waited too long is undone; the visitor is told so and may try again. So they are when the database is away."""
        return try_again(request, exception)


def _known_user(request) -> int | None:
    """The key of who is signed in, if the session was looked at already."""
    return getattr(getattr(request, "_cached_user", None), "pk", None)


def try_again(request, error: BaseException | None) -> HttpResponse | None:
    """The answer to what is no fault of the request and may go well a little later; None for any other error."""
    if has_given_up(error):
        metrics.GIVEN_UP.inc()
        return _unavailable(request, is_away=False)
    return _unavailable(request, is_away=True) if is_away(error) else None


def _unavailable(request, *, is_away: bool) -> HttpResponse:
    text = render_to_string("503.html", {"number": request.number, "is_away": is_away})  # nothing of a page's frame, which asks the database
    return HttpResponse(text, status=503, headers={"Retry-After": RETRY_AFTER})


def has_given_up(error: BaseException | None) -> bool:
    """Whether the database ended a statement because it waited or ran for too long."""
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "sqlstate", None) in GIVEN_UP or "database is locked" in str(error)


def is_away(error: BaseException | None) -> bool:
    """Whether PostgreSQL doesn't answer, or has closed the connection. What was under way may have been done or not."""
    if not isinstance(error, OperationalError | InterfaceError) or not hasattr(error.__cause__, "sqlstate"):
        return False
    state = error.__cause__.sqlstate  # none when the library itself found the connection broken
    return state is None or state.startswith("08") or state in GOING_AWAY


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
