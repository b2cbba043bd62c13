"""A power ends with its grant and with its holder's service: no page, no list of choices, no message is left behind."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.actions import assign_task, plan_item
from ledger.forms import verifiers_at
from organizations.models import Cadre, RoleGrant
from selfcheck.forms import reviewers_of

DAY = dt.timedelta(days=1)


def end_grant(user):
    RoleGrant.objects.filter(user=user).update(until=timezone.localdate() - DAY)


def leave(user):
    Cadre.objects.filter(user=user).update(left_on=timezone.localdate())


def status(user, address: str) -> int:
    client = Client()
    client.force_login(user)
    return client.get(address).status_code


ENDS = pytest.mark.parametrize("end", [end_grant, leave])


@ENDS
def test_pages_close(cast, end):
    addresses = ["/organizations/cadres/", "/ledger/rules/", "/campaigns/items/new/"]
    assert [status(cast.office, a) for a in addresses] == [200, 200, 200]
    end(cast.office)
    assert [status(cast.office, a) for a in addresses] == [403, 403, 403]


def test_who_left_is_no_cadre_either(cast):
    leave(cast.cadre)
    assert [status(cast.cadre, a) for a in ("/campaigns/", "/ledger/problems/", "/selfcheck/", "/")] == [403, 403, 403, 200]


@ENDS
def test_nobody_is_offered_as_verifier_or_reviewer_any_more(cast, end):
    assert cast.reviewer in verifiers_at(cast.unit_a.path, cast.campaign) and cast.reviewer in reviewers_of(cast.campaign)
    end(cast.reviewer)
    assert cast.reviewer not in verifiers_at(cast.unit_a.path, cast.campaign) and cast.reviewer not in reviewers_of(cast.campaign)
    assert cast.office in verifiers_at(cast.unit_a.path, cast.campaign)


@ENDS
def test_no_message_reaches_who_held_the_role(cast, end):
    end(cast.liaison)
    item = plan_item(cast.campaign, task="报送情况", by=cast.office, at=timezone.now())
    assign_task(item, units=[cast.unit_a, cast.unit_b], by=cast.office, at=timezone.now())
    assert (cast.liaison.notices.count(), cast.stranger.notices.count()) == (0, 1)


def test_accounts_off_the_roster_keep_their_roles(cast):
    assert [status(cast.supervisor, "/supervision/"), status(cast.auditor, "/audit/")] == [200, 200]
