"""Statements written once give what their querysets give, each time for the values asked for."""

import datetime as dt

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from campaigns.current import ANY, CHOSEN, RUNNING
from campaigns.models import Campaign
from organizations.access import CADRE_OF, GRANTS_OF, READ, Access
from organizations.models import Cadre, RoleGrant
from organizations.statements import Statement
from tests.cast import TODAY


def fields(rows):
    return [(type(row), row.__dict__ | {"_state": None}) for row in rows]


def test_it_gives_the_rows_of_its_queryset_with_what_they_bring_along(cast):
    for user in (cast.office, cast.liaison, cast.cadre, cast.outsider, cast.auditor):
        plain = list(RoleGrant.objects.filter(user=user).in_force(TODAY).select_related("unit", "user__cadre__unit").only(*READ).order_by("role", "pk"))
        found = GRANTS_OF(user.pk, TODAY)
        assert fields(found) == fields(plain)
        with CaptureQueriesContext(connection) as queries:
            assert [(row.unit.path, row.user_id, row.user.cadre.unit.name if hasattr(row.user, "cadre") else "") for row in found] == [
                (row.unit.path, row.user_id, row.user.cadre.unit.name if hasattr(row.user, "cadre") else "") for row in plain
            ]
        assert not queries
        assert fields(CADRE_OF(user.pk)) == fields(Cadre.objects.filter(user=user).select_related("unit"))


def test_a_changed_row_is_read_anew(cast):
    assert [row.role for row in GRANTS_OF(cast.office.pk, TODAY)] == ["office"]
    RoleGrant.objects.filter(user=cast.office).update(until=TODAY - dt.timedelta(days=1))
    assert GRANTS_OF(cast.office.pk, TODAY) == [] and len(GRANTS_OF(cast.office.pk, TODAY - dt.timedelta(days=1))) == 1


def test_each_shape_has_its_own_text(cast):
    for user in (cast.office, cast.cadre, cast.outsider, cast.auditor):
        access, seen = Access.of(user), Campaign.objects.visible_to(user)
        assert RUNNING(access=access) == list(seen.running()[:1]) and ANY(access=access) == list(seen[:1])
        assert CHOSEN(cast.campaign.pk, access=access) == list(seen.filter(pk=cast.campaign.pk))
    assert CHOSEN(cast.campaign.pk, access=Access.of(cast.office)) and not CHOSEN(cast.campaign.pk, access=Access.of(cast.outsider))


def test_nothing_is_asked_when_nothing_can_match(cast):
    with CaptureQueriesContext(connection) as queries:
        assert Statement(Cadre, lambda pk: Cadre.objects.filter(pk=pk, user__in=[]))(1) == []
        assert CADRE_OF(10**30) == []
    assert not queries


def test_a_value_that_decides_the_text_is_refused(cast):
    with pytest.raises(ValueError, match="not every value"):
        Statement(Cadre, lambda pk: Cadre.objects.filter(Q(name="") if pk else Q()))(1)


def test_a_statement_written_once_is_not_written_again(cast):
    made = []
    statement = Statement(Cadre, lambda pk: made.append(pk) or Cadre.objects.filter(pk=pk))
    people = list(Cadre.objects.order_by("pk")[:3])
    assert [statement(person.pk) for person in people] == [[person] for person in people] and len(made) == 1


def test_a_text_that_holds_the_moment_it_was_written_is_refused(cast):
    with pytest.raises(ValueError, match="the moment it was written"):
        Statement(User, lambda pk: User.objects.filter(pk=pk, opened_at__lte=timezone.now()))(1)
