"""A man with a password, and time that passes."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import User

from .desk import man_with_password


@pytest.fixture
def man(db) -> User:
    return man_with_password()


@pytest.fixture
def later(monkeypatch):
    """`later(minutes=31)`: the platform is told a later time."""
    real = timezone.now

    def go(**delta) -> dt.datetime:
        for clock in ("django.utils.timezone.now", "axes.handlers.proxy.now"):
            monkeypatch.setattr(clock, lambda: real() + dt.timedelta(**delta))
        return timezone.now()

    return go
