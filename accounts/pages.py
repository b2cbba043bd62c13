"""Pages that several ways lead to: sign-in, the password again, and what was kept meanwhile."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure

from . import kept, sessions
from .forms import CodeForm, ConfirmForm, SignInForm


def safe_next(request) -> str:
    """Where the visitor wanted to go, if it is on this site; else home."""
    target = request.POST.get("next", "")
    return target if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()) else resolve_url(settings.LOGIN_REDIRECT_URL)


def ask_to_sign_in(request, user_pk: int | None) -> HttpResponse:
    """The way to the sign-in page; a filled-in form of somebody known is kept on a page of its own that says so."""
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    held = kept.keep(request, user_pk) if user_pk is not None else None
    if held is None:
        return redirect_to_login(resolve_url(settings.LOGIN_REDIRECT_URL))
    return sign_in_page(request, SignInForm(request), held=held, status=401)


def sign_in_page(request, form, *, target: str = "", held: kept.Kept | None = None, status: int = 200) -> HttpResponse:
    return render(request, "accounts/sign_in.html", {"form": form, "next": target, "held": held}, status=status)


def second_step_page(request, *, form=None, target: str = "", held: kept.Kept | None = None, status: int = 200) -> HttpResponse:
    return render(request, "accounts/second_step.html", {"form": form or CodeForm(), "next": target, "held": held}, status=status)


def confirm_page(request, *, form=None, target: str = "", held: kept.Kept | None = None) -> HttpResponse:
    return render(request, "accounts/confirm.html", {"form": form or ConfirmForm(request), "next": target, "held": held})


def go_on(request, held: kept.Kept | None) -> HttpResponse:
    """After the password or the second step: to where one wanted, or to what was kept."""
    if held is None:
        return redirect(safe_next(request))
    if held.user_pk != request.user.pk:
        messages.warning(request, _("刚才没有提交的内容是用另一个账号填写的，没有保留。"))
        return redirect(settings.LOGIN_REDIRECT_URL)
    if sessions.owes_second_step(request):
        return second_step_page(request, held=held)
    return resume_page(request, held)


def resume_page(request, held: kept.Kept, status: int = 200) -> HttpResponse:
    """What was kept, to be sent again by who wrote it."""
    owed = sessions.step_owed(request, timezone.now())
    return render(request, "accounts/resume.html", {"held": held, "owed": owed and reverse(owed)}, status=status)


def csrf_failed(request, reason: str = "") -> HttpResponse:
    """A form whose token is older than the latest sign-in, in another window, is kept like a late one; the rest is refused.

    Only our own pages know the owner's mark and the signed text, so no other site can bring somebody here.
    """
    held, pk = kept.read(request.POST.get("kept", "")), kept.whose(request)
    if held is None and pk is not None:
        held = kept.keep(request, pk)
    if held is not None and held.token and not request.user.is_authenticated:
        return sign_in_page(request, SignInForm(request), held=held, status=403)
    if held is not None and held.token and held.user_pk == request.user.pk:
        return resume_page(request, held, status=403)
    return csrf_failure(request, reason)
