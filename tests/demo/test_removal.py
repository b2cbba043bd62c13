"""The demo goes as it came: all of it, and nothing else."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import Event
from demo.actions import accounts, enter_demo, is_entered, remove_demo
from organizations.models import Cadre, Unit


def dump() -> dict[str, list]:
    """Every row of every table but the log and what Django keeps for itself."""
    skipped = {"audit.event", "contenttypes.contenttype", "auth.permission", "auth.group", "sessions.session"}
    return {
        m._meta.label: sorted(str(row) for row in m.objects.values_list())
        for m in apps.get_models(include_auto_created=True)
        if m._meta.label_lower not in skipped
    }


def test_remove_takes_everything_of_the_demo_and_nothing_else(cast):
    before, events = dump(), Event.objects.count()
    enter_demo(at=timezone.now())
    assert dump() != before
    assert remove_demo(at=timezone.now()) > 700
    assert dump() == before
    assert Event.objects.count() > events  # the log only grows
    assert not is_entered()


def test_remove_refuses_when_own_rows_hang_on_demo_people(cast):
    enter_demo(at=timezone.now())
    before = dump()
    own = Cadre.objects.get(user=cast.cadre)
    own.unit = Unit.objects.get(code="YL11")
    own.save()
    with pytest.raises(ValidationError, match="自行录入的数据"):
        remove_demo(at=timezone.now())
    own.unit = cast.unit_a
    own.save()
    assert dump() == before


def test_remove_twice_is_refused(db):
    with pytest.raises(CommandError, match="没有演示数据"):
        call_command("demo", remove=True)


def test_accounts_without_a_demo_are_none(db):
    assert accounts() == []
