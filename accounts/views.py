"""Sign-in, one's own password, one's inbox."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.log import record

from . import actions
from .forms import OwnPasswordForm, SignInForm
from .middleware import public


@public
@require_http_methods(["GET", "POST"])
def sign_in(request) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        with transaction.atomic():
            record("accounts.sign_in", by=form.get_user(), at=timezone.now(), subject=form.get_user())
        return redirect(_safe_next(request))
    if request.method == "POST":
        with transaction.atomic():
            record("accounts.sign_in_refused", by=None, at=timezone.now(), username=request.POST.get("username", "").replace("\x00", "")[:40])
    return render(request, "accounts/sign_in.html", {"form": form, "next": request.GET.get("next", "")})


def _safe_next(request) -> str:
    """Where the visitor wanted to go, if it is on this site."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return target
    return settings.LOGIN_REDIRECT_URL


@public
@require_POST
def sign_out(request) -> HttpResponse:
    """Also for a session that ran out meanwhile: nothing is left to do then."""
    if request.user.is_authenticated:
        with transaction.atomic():
            record("accounts.sign_out", by=request.user, at=timezone.now(), subject=request.user)
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@require_http_methods(["GET", "POST"])
def password_change(request) -> HttpResponse:
    form = OwnPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.set_password(request.user, password=form.cleaned_data["new_password1"], by=request.user, at=timezone.now())
        update_session_auth_hash(request, request.user)
        messages.success(request, _("密码已修改。"))
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/password_change.html", {"form": form})


@require_GET
def inbox(request) -> HttpResponse:
    notices = request.user.notices.all()[:100]
    return render(request, "accounts/inbox.html", {"notices": notices, "unread": request.user.notices.unread().count()})


@require_POST
def inbox_read(request) -> HttpResponse:
    actions.read_notices(request.user, at=timezone.now())
    return redirect("accounts:inbox")
