"""What every request passes: headers, sign-in, and the form's one-time token."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError, transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from . import sessions
from .kept import whose
from .models import SpentToken
from .pages import ask_to_sign_in

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; font-src 'self';"
    " object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


class ContentSecurityMiddleware:
    """No script, style, font or frame from anywhere but this site; pages with data are not kept by caches.

    An address with a NUL in it, which no browser sends and PostgreSQL can't look up, is a bad request.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)  # static files pass no other middleware that says so
        response.setdefault("Cache-Control", "no-store")
        return response

    def process_view(self, request, view, args, kwargs):
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("NUL in the query")


# What is open while a step is owed: the step's own pages, and the way out.
OPEN_PAGES = {
    "accounts:second_step": {"accounts:second_step", "accounts:sign_out"},
    "accounts:password_change": {"accounts:password_change", "accounts:sign_out"},
    "accounts:enrol": {"accounts:enrol", "accounts:confirm", "accounts:sign_out"},
}


def public(view):
    """Marks a view that needs no sign-in."""
    view.is_public = True
    return view


def keeps_refusals(view):
    """Marks a view whose refusals are written down (wrong passwords and codes): they stay when its form comes back."""
    view.keeps_refusals = True
    return view


class SignedInMiddleware:
    """Every view needs a signed-in account unless it is marked public, and a session whose time has not run out.

    First of all come, in this order, the second step, a password that is due, and taking the second factor into use.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if getattr(view, "is_public", False):
            return None
        now = timezone.now()
        if not request.user.is_authenticated:
            return ask_to_sign_in(request, whose(request))
        if sessions.has_run_out(request, now):
            return self._run_out(request, now)
        sessions.touch(request, now)
        owed = sessions.step_owed(request, now)
        if owed and request.resolver_match.view_name not in OPEN_PAGES[owed]:
            return self._lead_to(request, owed)
        return None

    @staticmethod
    def _run_out(request, now):
        user_pk = request.user.pk
        sessions.end_by_time(request, now)
        if request.method == "GET":
            messages.info(request, _("登录已超时，请重新登录。"))
        return ask_to_sign_in(request, user_pk)

    @staticmethod
    def _lead_to(request, owed: str):
        target = {"next": request.get_full_path()} if owed == "accounts:second_step" and request.method == "GET" else {}
        return redirect(reverse(owed) + (f"?{urlencode(target)}" if target else ""))


class OnceMiddleware:
    """A form with a one-time token does its deed once.

    The token is spent in the deed's own transaction; an answer that is not a redirect (the form came back with
    errors) gives it back, and takes back whatever was written unless the view keeps its refusals. A second submit of the same token waits for the first and is sent to its result.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        token = self._token(request)
        if token is None or getattr(view, "is_public", False):  # what a sign-in page writes (a refusal) is never taken back
            return None
        spent = SpentToken.objects.filter(token=token).first()
        if spent:
            return self._again(request, spent)
        try:
            return self._do(request, view, args, kwargs, token)
        except IntegrityError:
            spent = SpentToken.objects.filter(token=token).first()
            if spent is None:
                raise
            return self._again(request, spent)

    @staticmethod
    def _token(request):
        try:
            return uuid.UUID(request.POST.get("once", "")) if request.method == "POST" else None
        except ValueError:
            return None

    @staticmethod
    def _do(request, view, args, kwargs, token):
        user = request.user if request.user.is_authenticated else None
        with transaction.atomic():
            spent = SpentToken.objects.create(token=token, user=user, spent_at=timezone.now())
            response = view(request, *args, **kwargs)
            if response.status_code in (301, 302, 303):
                spent.location = response["Location"][:500]
                spent.save(update_fields=["location"])
            elif getattr(view, "keeps_refusals", False):
                spent.delete()
            else:
                transaction.set_rollback(True)
        return response

    @staticmethod
    def _again(request, spent):
        messages.info(request, _("刚才已经提交成功，没有重复办理。"))
        return redirect(spent.location or "reports:home")
