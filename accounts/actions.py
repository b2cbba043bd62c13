"""Deeds on accounts."""

import datetime as dt
from collections.abc import Iterable

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.log import record
from keys.actions import drop_key, key_for
from keys.suites import Unreadable

from .models import Authenticator, Notice, RecoveryCode, SignIn, User
from .passwords import random_word
from .second_factor import digest_of, must_use, takes

RECOVERY_CODES = 10
SIGN_INS_KEPT = dt.timedelta(days=180)


@transaction.atomic
def open_account(*, username: str, name: str, password: str | None, by: User | None, at: dt.datetime, is_demo: bool = False, must_change_password: bool = True) -> User:
    """Open an account. Without a password it can't sign in until one is set. Raises ValidationError."""
    if User.objects.filter(username=username).exists():
        raise ValidationError({"username": _("用户名“%(name)s”已被使用，请换一个。") % {"name": username}})
    user = User(username=username, name=name, opened_at=at, is_demo=is_demo, must_change_password=must_change_password)
    if password is not None:
        validate_password(password, user)
        user.password_set_at = at
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    record("accounts.open_account", by=by, at=at, subject=user, username=username)
    return user


@transaction.atomic
def set_password(user: User, *, password: str, by: User, at: dt.datetime, staying: SignIn | None = None) -> None:
    """Set a password; one set by somebody else must be changed at the next sign-in. Every sign-in but `staying` ends."""
    validate_password(password, user)
    user.set_password(password)
    user.must_change_password = by != user
    user.password_set_at = at
    user.save(update_fields=["password", "must_change_password", "password_set_at"])
    _end(user.sign_ins.all(), staying=staying, by=by, at=at)
    record("accounts.set_password", by=by, at=at, subject=user)


@transaction.atomic
def switch_account(user: User, *, active: bool, by: User, at: dt.datetime) -> None:
    """Enable or disable an account; nobody disables their own."""
    if user == by and not active:
        raise ValidationError(_("不能停用自己的账号，请由另一名管理员办理。"))
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        _end(user.sign_ins.all(), by=by, at=at)
    record("accounts.switch_account", by=by, at=at, subject=user, active=active)


# --- signing in and out ---


@transaction.atomic
def sign_in(user: User, *, session_key: str, address: str, agent: str, at: dt.datetime) -> SignIn:
    """Note a sign-in whose password was right; with ONE_SESSION the earlier ones end. Those of half a year ago are forgotten."""
    user.sign_ins.filter(at__lt=at - SIGN_INS_KEPT).delete()
    if settings.ONE_SESSION:
        _end(user.sign_ins.all(), by=user, at=at)
    row = SignIn.objects.create(user=user, session_key=session_key, at=at, last_seen_at=at, address=address, agent=agent)
    record("accounts.sign_in", by=user, at=at, subject=user)
    return row


@transaction.atomic
def refuse_sign_in(*, username: str, by: User | None = None, at: dt.datetime) -> None:
    """Note a password that was refused; `by` the one whose session it came from, if any."""
    record("accounts.sign_in_refused", by=by, at=at, result="refused", username=username.replace("\x00", "")[:40])


@transaction.atomic
def sign_out(row: SignIn | None, *, by: User, at: dt.datetime) -> None:
    """Leave of one's own accord."""
    if row is not None:
        _end(SignIn.objects.filter(pk=row.pk), by=by, at=at)
    record("accounts.sign_out", by=by, at=at, subject=by)


@transaction.atomic
def end_sign_ins(rows: Iterable[SignIn], *, by: User, at: dt.datetime) -> int:
    """End some sign-ins at once, from another desk; returns how many were still open."""
    ended = _end(SignIn.objects.filter(pk__in=[row.pk for row in rows]), by=by, at=at)
    record("accounts.end_sign_ins", by=by, at=at, subject=by, count=ended)
    return ended


def _end(rows, *, by: User | None, at: dt.datetime, staying: SignIn | None = None) -> int:
    """The sessions go, so the next request of each is a stranger's."""
    rows = rows.filter(ended_at__isnull=True).exclude(pk=staying.pk if staying else None)
    Session.objects.filter(session_key__in=list(rows.values_list("session_key", flat=True))).delete()
    return rows.update(ended_at=at, ended_by=str(by or _("系统"))[:40])


@transaction.atomic
def lock_account(*, username: str, address: str, limits: list[str], at: dt.datetime) -> None:
    """Note that signing in is locked after too many wrong passwords; `limits` says which counts are full."""
    user = User.objects.filter(username=username).first()
    record("accounts.lock_account", by=None, at=at, subject=user, username=username[:40], address=address, limits=limits)


@transaction.atomic
def unlock_account(user: User, *, by: User, at: dt.datetime) -> None:
    """Forget the account's wrong passwords and codes, so that its owner need not wait."""
    AccessAttempt.objects.filter(username=user.username).delete()
    Authenticator.objects.filter(user=user).update(throttling_failure_count=0, throttling_failure_timestamp=None)
    record("accounts.unlock_account", by=by, at=at, subject=user)


# --- the second factor ---


@transaction.atomic
def enrol_second_factor(user: User, *, key: str, code: str, at: dt.datetime) -> list[str]:
    """Take an authenticator into use once its code shows that it holds the key; returns the recovery codes, to be shown once."""
    if user.second_factor_at is not None:
        raise ValidationError(_("第二因素已经启用。换手机请先停用，再重新启用。"))
    device = _new_authenticator(user, key, at)
    if not device.verify_token(code):
        raise ValidationError({"code": _("验证码不对，请等下一个再填。总是不对的，请核对手机时间。")})
    user.second_factor_at = at
    user.save(update_fields=["second_factor_at"])
    record("accounts.enrol_second_factor", by=user, at=at, subject=user)
    return _new_codes(user)


def key_holder(user: User) -> str:
    """Under which name the keys room keeps the key of the account's authenticator."""
    return f"account:{user.username}"


def _new_authenticator(user: User, secret: str, at: dt.datetime) -> Authenticator:
    _forget_authenticator(user)
    try:
        device = Authenticator.objects.create(user=user, name="totp", key=key_for(key_holder(user), at=at))
        device.secret = secret
    except Unreadable as error:
        raise ValidationError(_("服务器上的密钥文件不全，现在不能启用。请告诉系统管理员。")) from error
    device.save(update_fields=["sealed_secret"])
    return device


def _forget_authenticator(user: User) -> None:
    """With its key, so that the next one is sealed by a new key even if this one was destroyed."""
    Authenticator.objects.filter(user=user).delete()
    drop_key(key_holder(user))


@transaction.atomic
def renew_recovery_codes(user: User, *, at: dt.datetime) -> list[str]:
    """Ten new recovery codes, to be shown once; the old ones are void."""
    if user.second_factor_at is None:
        raise ValidationError(_("还没有启用第二因素。"))
    record("accounts.renew_recovery_codes", by=user, at=at, subject=user)
    return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    user.recovery_codes.all().delete()
    codes = [random_word() for _i in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=digest_of(user, code)) for code in codes])
    return codes


@transaction.atomic
def pass_second_step(user: User, *, code: str, at: dt.datetime) -> str:
    """Whether a code or a recovery code is right: "totp", "recovery" or "". A recovery code is spent; so is a time step."""
    kind = takes(user, code)
    if kind:
        record("accounts.pass_second_step", by=user, at=at, subject=user, kind=kind)
    else:
        record("accounts.second_step_refused", by=user, at=at, subject=user)
    return kind


@transaction.atomic
def drop_second_factor(user: User, *, by: User | None, at: dt.datetime) -> None:
    """Turn the second factor off, or take it off an account whose phone is lost: then its sign-ins end too."""
    if user.second_factor_at is None:
        raise ValidationError(_("这个账号没有启用第二因素。"))
    if by == user and must_use(user):
        raise ValidationError(_("您的角色必须使用第二因素，不能停用。换手机请系统管理员解除后重新启用。"))
    _forget_authenticator(user)
    user.recovery_codes.all().delete()
    user.second_factor_at = None
    user.save(update_fields=["second_factor_at"])
    if by != user:
        _end(user.sign_ins.all(), by=by, at=at)
    record("accounts.drop_second_factor", by=by, at=at, subject=user)


# --- the inbox and the look of pages ---


def send_notice(users: Iterable[User], *, text: str, url: str = "", at: dt.datetime) -> int:
    """Put one message in each inbox; returns how many. Part of the deed that calls it, which is audited."""
    notices = [Notice(user=user, text=text[:300], url=url, sent_at=at) for user in users]
    Notice.objects.bulk_create(notices)
    return len(notices)


def read_notices(user: User, *, at: dt.datetime) -> int:
    """Mark everything in one's own inbox as read. Not audited: it changes nobody's work."""
    return user.notices.unread().update(read_at=at)


@transaction.atomic
def set_preferences(*, user: User, type_size: str, high_contrast: bool, letter_keys: bool, at: dt.datetime) -> None:
    """How pages look to this account, on every machine it signs in from. Raises ValidationError for an unknown size."""
    user.type_size = type_size
    user.high_contrast = high_contrast
    user.letter_keys = letter_keys
    user.clean_fields(exclude={f.name for f in User._meta.fields} - {"type_size", "high_contrast", "letter_keys"})
    user.save(update_fields=["type_size", "high_contrast", "letter_keys"])
    record("accounts.set_preferences", by=user, at=at, subject=user, type_size=type_size, high_contrast=high_contrast, letter_keys=letter_keys)


def end_tour(*, user: User, at: dt.datetime) -> None:
    """Put the introduction away; once is enough. Not audited: it changes nobody's work."""
    User.objects.filter(pk=user.pk, tour_ended_at__isnull=True).update(tour_ended_at=at)


def restart_tour(*, user: User) -> None:
    """Show the introduction on the home page again. Not audited: it changes nobody's work."""
    User.objects.filter(pk=user.pk).update(tour_ended_at=None)
