"""Sensitive deeds ask for the password again when it was typed a while ago."""

from functools import wraps

from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from . import kept, sessions
from .pages import confirm_page


def recently_signed_in(view):
    """The view runs if this session's password was asked in the last REAUTH_MINUTES; else it is asked first.

    A GET comes back to its address. What a POST brought is kept on the page and sent again by its sender. Put it below the
    decorators that refuse: who may not do the deed isn't asked.
    """

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if sessions.password_is_recent(request, timezone.now()):
            return view(request, *args, **kwargs)
        if request.method == "POST":
            return confirm_page(request, held=kept.keep(request, request.user.pk), target=request.path)
        return redirect(f"{reverse('accounts:confirm')}?{urlencode({'next': request.get_full_path()})}")

    return guarded
