"""Somebody at a desk, signing in with both factors."""

import re

from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP

from accounts import actions
from accounts.models import Authenticator, User
from tests.cast import account

SIGN_IN, PASSWORD, NEW = "/accounts/sign-in/", "Qing-he-4026-wen", "Chang-le-4027-an"
KEY = "3132333435363738393031323334353637383930"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.0.0 Safari/537.36"


def man_with_password(username: str = "0107", name: str = "单立人") -> User:
    user = account(username, name)
    user.set_password(PASSWORD)
    user.password_set_at = timezone.now()
    user.save()
    return user


def sign_in(client: Client, username: str = "0107", password: str = PASSWORD, **more):
    return client.post(SIGN_IN, {"username": username, "password": password} | more)


def words(answer) -> str:
    return " ".join(answer.content.decode().split())


def refusal(answer) -> str:
    """What the error summary of a page says."""
    found = re.search(r'<div class="error-summary" role="alert"[^>]*>(.*?)</div>', words(answer))
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


def code_now(user: User, steps: int = 0) -> str:
    """What the authenticator shows now, or some steps of half a minute off."""
    device = Authenticator.objects.get(user=user)
    clock = TOTP(device.bin_key, drift=steps)
    return f"{clock.token():06}"


def forget_codes_used(user: User) -> None:
    """As if half a minute had passed: the same code counts again."""
    Authenticator.objects.filter(user=user).update(last_t=-1, throttling_failure_count=0, throttling_failure_timestamp=None)


def enrolled(user: User) -> list[str]:
    """The user with an authenticator; returns the recovery codes."""
    codes = actions.enrol_second_factor(user, key=KEY, code=f"{TOTP(bytes.fromhex(KEY)).token():06}", at=timezone.now())
    forget_codes_used(user)
    return codes
