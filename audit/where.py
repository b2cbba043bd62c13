"""Where a request comes from."""

from contextvars import ContextVar

from django.conf import settings

here: ContextVar[str] = ContextVar("audit_here", default="")  # the address whose request is being answered; none in jobs


def client_address(request) -> str:
    """The visitor's network address. A forwarded address is believed only from a front server named in TRUSTED_PROXIES:

    the last address in X-Forwarded-For, which that server itself wrote; what stands before it anybody may invent.
    """
    nearest = request.META.get("REMOTE_ADDR", "")
    if nearest not in settings.TRUSTED_PROXIES:
        return nearest
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip()
    return forwarded or nearest
