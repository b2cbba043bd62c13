"""Many counts by one statement, and how far what waits is counted."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from ledger.models import Problem
from organizations.models import RoleGrant, access_of
from organizations.statements import is_moment
from reports import duties
from reports.counting import count_all
from tests.cast import TODAY
from tests.ledger.plays import S, in_state, reported


def test_counts_are_those_of_count_and_no_further_than_asked(cast):
    for _n in range(3):
        reported(cast)
    in_state(cast, S.CLOSED)
    rows = {"all": Problem.objects.all(), "reported": Problem.objects.filter(status=S.REPORTED), "none": Problem.objects.none()}
    with CaptureQueriesContext(connection) as queries:
        assert count_all(rows) == {key: found.count() for key, found in rows.items()} == {"all": 4, "reported": 3, "none": 0}
        assert count_all(rows, most=2) == {"all": 3, "reported": 3, "none": 0}
    assert len(queries) == 2 + 2  # the two counts beside, and one statement each


def test_what_waits_is_counted_so_far_and_said_so(cast, signed_in, monkeypatch):
    for _n in range(4):
        reported(cast)
    assert "确认新报问题 4 件" in signed_in(cast.office).get("/").content.decode()
    monkeypatch.setattr(duties, "MOST", 2)
    monkeypatch.setattr(duties, "waiting_counting", duties.waiting_counting.__wrapped__)  # what was written before counts further
    html = signed_in(cast.office).get("/").content.decode()
    assert "确认新报问题 超过 2 件" in html and "确认新报问题 4 件" not in html


def test_nothing_is_looked_up_to_write_what_counts_for_somebody(cast):
    """Else what was found then would decide what is counted later."""
    for user in (cast.office, cast.reviewer, cast.director, cast.liaison, cast.cadre, cast.auditor):
        access, campaign = access_of(user), Campaign.objects.select_related("unit").get(pk=cast.campaign.pk)
        with CaptureQueriesContext(connection) as queries:
            written = duties.waiting_counting.__wrapped__(user, access, campaign, TODAY, None, campaign.unit.path)
        assert not queries, user
        assert not any(map(is_moment, written.params)), "it would be kept with the moment it was written"


def test_what_waits_is_counted_anew_on_each_page(cast, signed_in):
    assert "确认新报问题" not in signed_in(cast.office).get("/").content.decode()
    reported(cast)
    assert "确认新报问题 1 件" in signed_in(cast.office).get("/").content.decode()
    RoleGrant.objects.filter(user=cast.office).delete()
    assert "确认新报问题" not in signed_in(cast.office).get("/").content.decode()
