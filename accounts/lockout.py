"""Wrong passwords: how many are borne, and the lock after that. Settings SIGN_IN_LIMITS, SIGN_IN_*."""

import ipaddress

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import QueryDict
from django.utils import timezone

from audit.where import client_address

from .actions import lock_account


def address(request) -> str | None:
    """Where the request comes from, if that is an address at all: PostgreSQL stores nothing else."""
    try:
        return str(ipaddress.ip_address(client_address(request)))
    except ValueError:
        return None


class Lockout(AxesDatabaseHandler):
    """Several limits at once: few for one account from one address, more for one address and for one account.

    So nobody guesses over many names or from many desks, and nobody locks his colleagues out by a handful of tries each.
    """

    def get_failures(self, request, credentials=None) -> int:
        """How many of the limits are reached; AXES_FAILURE_LIMIT is one of them."""
        return len(self._reached(request, credentials))

    def _reached(self, request, credentials) -> list[tuple[str, ...]]:
        found = zip(settings.SIGN_IN_LIMITS.items(), self.get_user_attempts(request, credentials), strict=True)
        return [names for (names, limit), attempts in found if (attempts.aggregate(n=Sum("failures_since_start"))["n"] or 0) >= limit]

    def user_login_failed(self, sender, credentials, request=None, **kwargs) -> None:
        """Counts the failure without keeping anything of what was sent; the one that locks is recorded."""
        was_locked, sent = request.axes_locked_out, (request.GET, request.POST)
        request.GET = request.POST = QueryDict()
        try:
            super().user_login_failed(sender, credentials, request, **kwargs)
        finally:
            request.GET, request.POST = sent
        if request.axes_locked_out and not was_locked:
            lock_account(
                username=str(credentials.get("username", "")), address=request.axes_ip_address or "",
                limits=["+".join(names) for names in self._reached(request, credentials)], at=timezone.now(),
            )  # fmt: skip

    def reset_user_attempts(self, request, credentials=None) -> int:
        """After a success only this account's failures from this address go: else one's own password buys new guesses at others'."""
        return AccessAttempt.objects.filter(username=credentials["username"], ip_address=request.axes_ip_address).delete()[0]


def locked_answer(request, answer, credentials):
    """The form has said it already; the status says it to machines."""
    answer.status_code = settings.AXES_HTTP_RESPONSE_CODE
    return answer


def is_locked(user) -> bool:
    """Whether signing in to the account is locked just now, from anywhere."""
    recent = AccessAttempt.objects.filter(username=user.username, attempt_time__gte=timezone.now() - settings.AXES_COOLOFF_TIME)
    counts = list(recent.order_by().values_list("ip_address").annotate(n=Sum("failures_since_start")).values_list("n", flat=True))
    limits = settings.SIGN_IN_LIMITS
    return max(counts, default=0) >= limits[("username", "ip_address")] or sum(counts) >= limits[("username",)]
