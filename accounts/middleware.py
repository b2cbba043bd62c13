"""What every request passes: headers, sign-in, and the form's one-time token."""

import uuid

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError, transaction
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import SpentToken

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
        response.setdefault("Cache-Control", "no-store")
        return response

    def process_view(self, request, view, args, kwargs):
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("NUL in the query")


FIRST_PAGES = {"accounts:password_change", "accounts:sign_out"}  # open to an account whose first password still stands


def public(view):
    """Marks a view that needs no sign-in."""
    view.is_public = True
    return view


class SignedInMiddleware:
    """Every view needs a signed-in account unless it is marked public; a first password is changed first."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if getattr(view, "is_public", False):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.user.must_change_password and request.resolver_match.view_name not in FIRST_PAGES:
            return redirect("accounts:password_change")
        return None


class OnceMiddleware:
    """A form with a one-time token does its deed once.

    The token is spent in the deed's own transaction; an answer that is not a redirect (the form came back with
    errors) gives it back. A second submit of the same token waits for the first and is sent to its result.
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
            else:
                transaction.set_rollback(True)
        return response

    @staticmethod
    def _again(request, spent):
        messages.info(request, _("刚才已经提交成功，没有重复办理。"))
        return redirect(spent.location or "reports:home")
