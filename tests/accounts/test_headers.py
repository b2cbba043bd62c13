"""What every answer carries, whoever gives it: pages, refusals, errors, redirects, static files."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as given
from django.test import Client
from django.test.utils import override_settings

from accounts.middleware import POLICY

from .desk import SIGN_IN, sign_in

EVERY = {
    "Content-Security-Policy": POLICY, "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}  # fmt: skip


def found(answer) -> dict[str, str]:
    return {name: answer.get(name, "") for name in EVERY}


@pytest.mark.parametrize(("method", "path", "status"), [
    ("get", SIGN_IN, 200), ("get", "/accounts/inbox/", 302), ("post", SIGN_IN, 403), ("get", "/no/such/page/", 404), ("get", "/accounts/sign-out/", 405),
    ("get", "/static/js/page.js", 200), ("get", "/static/no-such-file.js", 404), ("get", "/accounts/inbox/?a=%00", 400), ("options", SIGN_IN, 405),
])  # fmt: skip
def test_every_answer_carries_them(db, settings, method, path, status):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    answer = getattr(Client(enforce_csrf_checks=method == "post"), method)(path)
    assert (answer.status_code, found(answer)) == (status, EVERY)


@pytest.mark.parametrize(("path", "status"), [("/organizations/accounts/", 403), ("/ledger/problems/999999/", 404), ("/accounts/security/", 200), ("/organizations/roster/template/", 403)])
def test_pages_behind_the_door_carry_them_and_are_not_kept(cast, signed_in, path, status):
    answer = signed_in(cast.cadre).get(path)
    assert (answer.status_code, found(answer), "no-store" in answer["Cache-Control"]) == (status, EVERY, True)


def test_an_error_carries_them(db, monkeypatch):
    monkeypatch.setattr("accounts.views.SignInForm", None)
    answer = Client(raise_request_exception=False).get(SIGN_IN)
    assert (answer.status_code, found(answer)) == (500, EVERY)


def test_being_sent_to_https_carries_them(db, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get(SIGN_IN)
    assert (answer.status_code, answer["Location"], found(answer)) == (301, "https://testserver" + SIGN_IN, EVERY)


def test_static_files_may_be_kept(db, settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    assert "no-store" not in Client().get("/static/js/page.js")["Cache-Control"]


def test_cookies_are_for_this_site_and_no_script(man):
    client = Client()
    client.get(SIGN_IN)
    sign_in(client)
    for name in ("sessionid", "csrftoken"):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert client.cookies["sessionid"]["max-age"] == 8 * 3600


HTTPS = """
import os
os.environ["HTTPS"] = "1"
from rectification import settings as s
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS)
"""


def test_over_https_cookies_are_bound_to_this_host():
    told = subprocess.run([sys.executable, "-c", HTTPS], cwd=given.BASE_DIR, capture_output=True, text=True, check=True).stdout.split()
    assert told == ["__Host-sessionid", "__Host-csrftoken", "True", "True", "31536000"]


def test_host_cookies_work(man):
    with override_settings(SESSION_COOKIE_NAME="__Host-sessionid", CSRF_COOKIE_NAME="__Host-csrftoken", SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True):
        client = Client()
        assert client.post(SIGN_IN, {"username": "0107", "password": "Qing-he-4026-wen"}, secure=True).status_code == 302
        cookie = client.cookies["__Host-sessionid"]
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert client.get("/accounts/inbox/", secure=True).status_code == 200


@pytest.mark.parametrize(("name", "value"), [("PASSWORD_POLICY", "none"), ("PASSWORD_HASHER", "md5"), ("SECOND_FACTOR", "maybe")])
def test_a_setting_nobody_knows_is_refused_at_once(name, value):
    told = subprocess.run([sys.executable, "-c", "import rectification.settings"], cwd=given.BASE_DIR, env=os.environ | {name: value}, capture_output=True, text=True)
    assert told.returncode == 1 and f"{name}={value} is unknown" in told.stderr


def test_more_ways_to_sign_in_can_be_named():
    told = subprocess.run(
        [sys.executable, "-c", "from rectification.settings import AUTHENTICATION_BACKENDS as b; print(*b)"], cwd=given.BASE_DIR,
        env=os.environ | {"AUTH_BACKENDS": "office.ldap.Backend,office.oidc.Backend"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.split() == ["axes.backends.AxesStandaloneBackend", "accounts.backends.AccountBackend", "office.ldap.Backend", "office.oidc.Backend"]
