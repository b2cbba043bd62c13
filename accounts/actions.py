"""Deeds on accounts."""

import datetime as dt
from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.log import record

from .models import Notice, User


@transaction.atomic
def open_account(*, username: str, name: str, password: str | None, by: User | None, at: dt.datetime, is_demo: bool = False, must_change_password: bool = True) -> User:
    """Open an account. Without a password it can't sign in until one is set. Raises ValidationError."""
    if User.objects.filter(username=username).exists():
        raise ValidationError({"username": _("用户名“%(name)s”已被使用，请换一个。") % {"name": username}})
    user = User(username=username, name=name, opened_at=at, is_demo=is_demo, must_change_password=must_change_password)
    if password is not None:
        validate_password(password, user)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    record("accounts.open_account", by=by, at=at, subject=user, username=username)
    return user


@transaction.atomic
def set_password(user: User, *, password: str, by: User, at: dt.datetime) -> None:
    """Set a password; one set by somebody else must be changed at the next sign-in."""
    validate_password(password, user)
    user.set_password(password)
    user.must_change_password = by != user
    user.save(update_fields=["password", "must_change_password"])
    record("accounts.set_password", by=by, at=at, subject=user)


@transaction.atomic
def switch_account(user: User, *, active: bool, by: User, at: dt.datetime) -> None:
    """Enable or disable an account; nobody disables their own."""
    if user == by and not active:
        raise ValidationError(_("不能停用自己的账号，请由另一名管理员办理。"))
    user.is_active = active
    user.save(update_fields=["is_active"])
    record("accounts.switch_account", by=by, at=at, subject=user, active=active)


def send_notice(users: Iterable[User], *, text: str, url: str = "", at: dt.datetime) -> int:
    """Put one message in each inbox; returns how many. Part of the deed that calls it, which is audited."""
    notices = [Notice(user=user, text=text[:300], url=url, sent_at=at) for user in users]
    Notice.objects.bulk_create(notices)
    return len(notices)


def read_notices(user: User, *, at: dt.datetime) -> int:
    """Mark everything in one's own inbox as read. Not audited: it changes nobody's work."""
    return user.notices.unread().update(read_at=at)
