"""A grant limited to one campaign opens nothing of another, wherever it is asked."""

import datetime as dt

import pytest
from django.utils import timezone

from campaigns.actions import launch_campaign, plan_item
from ledger.actions import report_problem
from ledger.models import Problem
from organizations.access import Access
from organizations.actions import grant_role
from organizations.roles import Permission as P
from organizations.roles import Role
from reports.actions import compose_briefing
from tests.cast import NOW, account


@pytest.fixture
def two(cast):
    """Two campaigns of the organ with a problem, a briefing and a task each; `guest` leads in the first only."""
    second = launch_campaign(name="回头看", workforce="纪检监察干部", unit=cast.organ, parent=cast.campaign, by=cast.office, at=NOW)
    found = {}
    for name, camp in (("first", cast.campaign), ("second", second)):
        problem = report_problem(camp, title=f"{name}的问题", source="other", manifestation="表现", responsible_unit=cast.unit_a, track="immediate", by=cast.office, at=NOW)
        briefing = compose_briefing(camp, kind="progress", title=f"{name}的汇报", as_of=NOW.date(), body="文", by=cast.office, at=NOW)
        plan_item(camp, task=f"{name}的任务", units=[cast.unit_a], by=cast.office, at=NOW)
        found[name] = {"campaign": camp, "problem": problem, "briefing": briefing}
    guest = account("guest", "来客")
    grant_role(guest, role=Role.LEADER, unit=cast.organ, campaign_id=cast.campaign.pk, by=None, at=NOW)
    return cast, guest, found


def test_rows_of_the_other_campaign_are_not_there(two, signed_in):
    _cast, guest, found = two
    client = signed_in(guest)
    for name, status in (("first", 200), ("second", 404)):
        rows = found[name]
        pages = [f"/ledger/problems/{rows['problem'].pk}/", f"/reports/briefings/{rows['briefing'].pk}/"]
        assert [client.get(path).status_code for path in pages] == [status, status]
    assert [problem.title for problem in Problem.objects.visible_to(guest)] == ["first的问题"]
    pages = "".join(client.get(path).content.decode() for path in ("/ledger/problems/", "/campaigns/list/", "/reports/briefings/", "/search/?q=的问题", "/search/?q=的汇报", "/"))
    assert "first的问题" in pages and "second的" not in pages and "回头看" not in pages


def test_the_other_campaign_can_be_neither_seen_nor_chosen(two, signed_in):
    _cast, guest, found = two
    client = signed_in(guest)
    assert client.post(f"/campaigns/{found['second']['campaign'].pk}/choose/").status_code == 404


def test_access_tells_the_campaigns_apart(two):
    cast, guest, found = two
    access = Access.of(guest)
    first, second = found["first"]["campaign"].pk, found["second"]["campaign"].pk
    assert (access.may_at(P.SEE_LEDGER, cast.organ.path, first), access.may_at(P.SEE_LEDGER, cast.organ.path, second)) == (True, False)
    assert (access.paths(P.SEE_LEDGER, first), access.paths(P.SEE_LEDGER, second), access.paths_for_all(P.SEE_LEDGER)) == ([cast.organ.path], [], [])
    assert access.campaigns(P.SEE_LEDGER) == [first]


def test_the_same_role_may_be_held_for_all_and_for_one(two):
    cast, guest, _found = two
    grant_role(guest, role=Role.LEADER, unit=cast.unit_a, by=None, at=NOW)
    assert {problem.title for problem in Problem.objects.visible_to(guest)} == {"first的问题", "second的问题"}


def test_the_form_offers_the_campaigns_of_ones_scope(two, signed_in):
    cast, _guest, found = two
    client = signed_in(cast.security)
    page = client.get(f"/organizations/accounts/{cast.cadre.pk}/grants/new/").content.decode()
    assert "回头看" in page and "云澜区干部队伍教育整顿" in page
    sent = {"role": "reviewer", "unit": cast.unit_a.pk, "campaign_id": found["second"]["campaign"].pk, "until": (timezone.localdate() + dt.timedelta(days=3)).isoformat()}
    assert client.post(f"/organizations/accounts/{cast.cadre.pk}/grants/new/", sent).status_code == 302
    assert cast.cadre.grants.get().campaign_id == found["second"]["campaign"].pk
    assert "回头看" in client.get(f"/organizations/accounts/{cast.cadre.pk}/").content.decode()
    launch_campaign(name="邻区的教育整顿", workforce="干部", unit=cast.elsewhere, by=cast.outsider, at=NOW)
    assert "邻区的教育整顿" not in client.get(f"/organizations/accounts/{cast.cadre.pk}/grants/new/").content.decode()
