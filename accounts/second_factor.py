"""The second factor: who must have one, and whether what was typed is right. A code of RFC 6238, or a recovery code."""

import base64
import datetime as dt
import unicodedata

import segno
from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from keys.suites import Unreadable

from .models import Authenticator, RecoveryCode, User

DRAFT_SALT = "accounts.second_factor"
DRAFT_SECONDS = 30 * 60  # a shown key can be confirmed for so long


def must_use(user: User) -> bool:
    """Whether the account may not go without one. Demo accounts may: they are meant to be tried with a password only."""
    if user.is_demo or settings.SECOND_FACTOR == "off":
        return False
    return settings.SECOND_FACTOR == "all" or import_string(settings.SECOND_FACTOR_RULE)(user)


def normal(code: str) -> str:
    """As codes are kept: “KQ7 m2x-…” → kq7m2x…, full-width digits as digits."""
    return "".join(c for c in unicodedata.normalize("NFKC", code).lower() if c.isalnum())


def digest_of(user: User, code: str) -> str:
    """What is kept of a recovery code. It has 59 random bits, so a fast digest with the secret key is enough."""
    return salted_hmac("accounts.recovery_code", f"{user.pk}:{normal(code)}", algorithm="sha256").hexdigest()


def takes(user: User, code: str) -> str:
    """“totp” or “recovery” when the code is right, and then it is spent; "" when not, or while one has to wait.

    Call it in a transaction: the row is held, so that of two who come with the same code one is refused.
    """
    device = _devices(user).select_for_update(of=("self",)).first()
    if device is None or not device.verify_is_allowed()[0]:
        return ""
    if RecoveryCode.objects.filter(user=user, digest=digest_of(user, code)).delete()[0]:
        device.throttle_reset()
        return "recovery"
    try:
        return "totp" if device.verify_token(normal(code)) else ""
    except Unreadable:  # no code is right any more; recovery codes still are, and are not to be guessed either
        device.throttle_increment()
        return ""


def _devices(user: User) -> QuerySet:
    return Authenticator.objects.select_related("key").filter(user=user, confirmed=True)


def is_lost(user: User) -> bool:
    """Whether the authenticator's secret can't be read any more: its key is destroyed, or its master key not at hand."""
    device = _devices(user).first()
    try:
        return device is not None and not device.bin_key
    except Unreadable:
        return True


def seconds_to_wait(user: User, now: dt.datetime) -> int:
    """After wrong codes: how long none is looked at."""
    device = _devices(user).first()
    allowed, why = device.verify_is_allowed() if device else (True, None)
    return 0 if allowed else max(1, round((why["locked_until"] - now).total_seconds()))


# --- the key while it is being taken into use: it stands on the page only, signed, and nowhere on the server ---


def new_draft(user: User) -> str:
    return signing.dumps({"user": user.pk, "key": random_hex(20)}, salt=DRAFT_SALT)


def key_of(draft: str, user: User) -> str | None:
    """The key of a draft made for this user and not too long ago."""
    try:
        found = signing.loads(draft, salt=DRAFT_SALT, max_age=DRAFT_SECONDS)
    except signing.BadSignature:
        return None
    return found["key"] if found["user"] == user.pk else None


def secret_words(key: str) -> str:
    """The key as one types it by hand, in fours."""
    secret = base64.b32encode(bytes.fromhex(key)).decode()
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def picture(user: User, key: str) -> SafeString:
    """The key as a QR code, SVG without styles or scripts; black on white whatever the page's inks."""
    code = segno.make(TOTPDevice(user=user, key=key).config_url, error="m", micro=False)
    return mark_safe(code.svg_inline(omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None))
