"""Pages for machines: is it alive, is it ready, how is it doing; and the one for what went wrong."""

import ipaddress
import sys

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from accounts.middleware import public
from audit.where import client_address

from .metrics import page
from .middleware import try_again
from .readiness import look


@public
@require_safe
def health(request) -> JsonResponse:
    """The process answers. Nothing else is asked: a database that is down is no reason to kill it."""
    return JsonResponse({"status": "ok"})


@public
@require_safe
def readiness(request) -> JsonResponse:
    status, parts = look()
    return JsonResponse({"status": status, "parts": parts}, status=503 if status == "not ready" else 200)


@public
@require_safe
def metrics(request) -> HttpResponse:
    """For the addresses in METRICS_FROM."""
    if not may_read_metrics(request):
        return HttpResponse("这个地址不能读取指标。请在 METRICS_FROM 中登记。\n", content_type="text/plain; charset=utf-8", status=403)
    return HttpResponse(page(), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request) -> bool:
    """A forwarded request of a front server that isn't trusted is nobody's we know, though it may come from this machine."""
    if "X-Forwarded-For" in request.headers and request.META.get("REMOTE_ADDR") not in settings.TRUSTED_PROXIES:
        return False
    try:
        address = ipaddress.ip_address(client_address(request))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_FROM)


def server_error(request) -> HttpResponse:
    """What no middleware was asked about: a deed with a one-time token is done, and committed, before the views' own turn (OnceMiddleware)."""
    return try_again(request, sys.exc_info()[1]) or defaults.server_error(request)
