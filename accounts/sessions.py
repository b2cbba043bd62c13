"""What a session remembers of its sign-in: since when, when last used, when the password was last asked, the second step.

Times are seconds since 1970. Sessions that a test signs in by force have none of these marks and don't run out by them.
"""

import datetime as dt

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.utils.translation import gettext as _

from audit.where import client_address

from . import actions
from .agents import agent_words
from .models import SignIn, User
from .second_factor import must_use

SIGN_IN, SINCE, SEEN, PASSWORD_AT, SECOND_STEP = "sign_in", "since", "seen", "password_at", "second_step"
SEEN_EVERY = 60  # seconds: no page writes that it was seen more often


def begin(request, user: User, at: dt.datetime) -> None:
    """Sign in, under a new session key."""
    login(request, user)
    row = actions.sign_in(user, session_key=request.session.session_key, address=client_address(request)[:45], agent=agent_words(request.META.get("HTTP_USER_AGENT", "")), at=at)
    request.session.update({SIGN_IN: row.pk, SINCE: at.timestamp(), SEEN: at.timestamp(), PASSWORD_AT: at.timestamp()})


def row_of(request) -> SignIn | None:
    """The sign-in of this session."""
    return SignIn.objects.filter(pk=request.session.get(SIGN_IN), user=request.user.pk).first()


def leave(request, at: dt.datetime) -> None:
    """Sign out; the session is gone on the server too."""
    actions.sign_out(row_of(request), by=request.user, at=at)
    logout(request)


def has_run_out(request, at: dt.datetime) -> bool:
    """Unused for too long, or as old as a session may become."""
    since, seen = request.session.get(SINCE), request.session.get(SEEN)
    if since is None or seen is None:
        return False
    return at.timestamp() - seen >= settings.SESSION_IDLE.total_seconds() or at.timestamp() - since >= settings.SESSION_LONGEST.total_seconds()


def end_by_time(request, at: dt.datetime) -> None:
    """The session has reached its time: nobody's deed, so the log doesn't tell of it."""
    SignIn.objects.filter(pk=request.session.get(SIGN_IN), ended_at__isnull=True).update(ended_at=at, ended_by=_("超时"))
    logout(request)


def touch(request, at: dt.datetime) -> None:
    """Note that the session is in use. What a page fetches by itself (htmx) is nobody's deed."""
    seen = request.session.get(SEEN)
    if seen is None or at.timestamp() - seen < SEEN_EVERY or (request.method == "GET" and request.headers.get("HX-Request")):
        return
    request.session[SEEN] = at.timestamp()
    SignIn.objects.filter(pk=request.session.get(SIGN_IN)).update(last_seen_at=at)


def keep_after_password_change(request, at: dt.datetime) -> None:
    """The others have ended by the new password; this one goes on under a new key."""
    update_session_auth_hash(request, request.user)
    request.session[PASSWORD_AT] = at.timestamp()
    _follow(request)


def confirm_password(request, at: dt.datetime) -> None:
    request.session[PASSWORD_AT] = at.timestamp()


def password_is_recent(request, at: dt.datetime) -> bool:
    """Whether the password was asked a short while ago; always, when REAUTH_MINUTES is None."""
    if settings.REAUTH_MINUTES is None:
        return True
    return at.timestamp() - request.session.get(PASSWORD_AT, 0) < settings.REAUTH_MINUTES * 60


def confirm_second_step(request) -> None:
    """The mark names the enrolment it was made with: after a new one it counts no more."""
    request.session.cycle_key()
    request.session[SECOND_STEP] = request.user.second_factor_at.isoformat()
    _follow(request)


def _follow(request) -> None:
    SignIn.objects.filter(pk=request.session.get(SIGN_IN)).update(session_key=request.session.session_key)


# --- what somebody who has signed in has to do before anything else ---


def owes_password(request, at: dt.datetime) -> bool:
    return request.user.must_change_password or request.user.password_due(at)


def owes_second_step(request) -> bool:
    enrolled = request.user.second_factor_at
    return enrolled is not None and request.session.get(SECOND_STEP) != enrolled.isoformat()


def owes_enrolment(request) -> bool:
    return request.user.second_factor_at is None and must_use(request.user)


def step_owed(request, at: dt.datetime) -> str:
    """The name of the page that comes first; "" when the way is free.

    Who has only the password, perhaps one that was reset, sets no new one before the second factor is shown.
    """
    if owes_second_step(request):
        return "accounts:second_step"
    if owes_password(request, at):
        return "accounts:password_change"
    return "accounts:enrol" if owes_enrolment(request) else ""
