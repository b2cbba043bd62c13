"""查阅: two people, a reason, a day, and the author is told."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Notice
from audit.models import Event
from organizations.actions import grant_role
from organizations.roles import Role
from selfcheck.actions import OPEN_TIME, ask_unsealing, decide_unsealing
from selfcheck.models import SelfCheck, Unsealing
from tests.cast import NOW

WORDS = "以电话代替上门走访。"


@pytest.fixture
def report(cast, stage) -> SelfCheck:
    return stage.hand_in(cast.cadre, "improper_conduct")


@pytest.fixture
def asked(cast, report) -> Unsealing:
    return ask_unsealing(report, reason="核对信访反映", by=cast.office, at=timezone.now())


def grant(asked, by, at=None) -> Unsealing:
    return decide_unsealing(asked, granted=True, opinion="", by=by, at=at or timezone.now())


def test_granted_it_opens_to_who_asked_for_a_day_and_the_author_is_told(cast, report, asked, client):
    address = f"/selfcheck/{report.pk}/"
    client.force_login(cast.office)
    assert client.get(address).status_code == 404
    granted = grant(asked, cast.director)
    assert granted.until - granted.decided_at == OPEN_TIME
    assert WORDS in client.get(address).content.decode()
    client.force_login(cast.director)
    assert client.get(address).status_code == 404  # who granted reads nothing
    client.force_login(cast.cadre)
    page = client.get(address).content.decode()
    assert "沈若川（经批准查阅）" in page
    told = Notice.objects.filter(user=cast.cadre).latest("pk").text
    assert told == "经赵念安批准，沈若川将查阅您的自查报告。原因：核对信访反映"
    event = Event.objects.about(report).get(action="selfcheck.read_body", actor_id=cast.office.pk)
    assert event.detail == {"unsealing": asked.pk}


def test_after_a_day_it_is_closed_again(cast, report, asked, client):
    grant(asked, cast.director, at=timezone.now() - OPEN_TIME - dt.timedelta(seconds=1))
    client.force_login(cast.office)
    assert client.get(f"/selfcheck/{report.pk}/").status_code == 404


@pytest.mark.parametrize("who", ["office", "cadre"])
def test_who_asked_and_the_author_cannot_grant(cast, asked, who):
    with pytest.raises(ValidationError, match="须由另一人办理"):
        grant(asked, getattr(cast, who))
    with pytest.raises(IntegrityError), transaction.atomic():
        Unsealing.objects.filter(pk=asked.pk).update(state="granted", decided_by=cast.office, decided_at=timezone.now(), until=timezone.now())


def test_decided_once(cast, asked):
    decide_unsealing(asked, granted=False, opinion="依据不足", by=cast.director, at=timezone.now())
    with pytest.raises(ValidationError, match="已由赵念安办理：不同意"):
        grant(asked, cast.director)
    assert Notice.objects.filter(user=cast.office).latest("pk").text == "查阅申请没有批准：依据不足"
    assert not Notice.objects.filter(user=cast.cadre, text__contains="查阅").exists()


def test_a_refusal_needs_its_reason(cast, asked):
    with pytest.raises(ValidationError, match="写明原因"):
        decide_unsealing(asked, granted=False, opinion=" ", by=cast.director, at=timezone.now())
    asked.refresh_from_db()
    assert asked.state == "asked"


def test_not_twice_not_ones_own_not_unfinished(cast, stage, report, asked):
    for row, by, words in [(report, cast.office, "不用重复申请"), (report, cast.cadre, "本人的报告不用申请"), (stage.report(cast.colleague), cast.office, "还没有提交")]:
        with pytest.raises(ValidationError, match=words):
            ask_unsealing(row, reason="核对", by=by, at=timezone.now())
    assert Unsealing.objects.count() == 1


def test_a_request_nobody_could_decide_is_told_at_once(cast, stage):
    """The only leader's own report: neither they nor who asks may agree."""
    report = stage.hand_in(cast.director, "improper_conduct")
    with pytest.raises(ValidationError, match="没有可以批准的人"):
        ask_unsealing(report, reason="核对", by=cast.office, at=timezone.now())
    assert Unsealing.objects.count() == 0


def test_a_request_reaches_who_may_decide(cast, asked):
    assert [n.user for n in Notice.objects.filter(url=f"/selfcheck/unsealings/{asked.pk}/decide/")] == [cast.director]


def test_pages_ask_decide_and_read(cast, report, signed_in):
    office = signed_in(cast.office)
    assert "申请查阅" in office.get(f"/selfcheck/rounds/{report.round_id}/").content.decode()
    answer = office.post(f"/selfcheck/{report.pk}/unseal/", {"reason": ""})
    assert "请填写" in answer.content.decode()
    assert office.post(f"/selfcheck/{report.pk}/unseal/", {"reason": "核对"})["Location"] == "/selfcheck/unsealings/"
    asked = Unsealing.objects.get()
    director = signed_in(cast.director)
    assert "1 项查阅申请等您审批" in director.get("/selfcheck/unsealings/").content.decode()
    page = director.get(f"/selfcheck/unsealings/{asked.pk}/decide/").content.decode()
    assert "核对" in page and WORDS not in page
    assert director.post(f"/selfcheck/unsealings/{asked.pk}/decide/", {"do": "grant", "opinion": ""}).status_code == 302
    assert f'href="/selfcheck/{report.pk}/"' in signed_in(cast.office).get("/selfcheck/unsealings/").content.decode()


def test_a_leader_further_down_is_listed_none_about_others_people(cast, asked, signed_in):
    grant_role(cast.stranger, role=Role.LEADER, unit=cast.unit_b, by=None, at=NOW)
    page = signed_in(cast.stranger).get("/selfcheck/unsealings/")
    assert page.status_code == 200 and "林知夏" not in page.content.decode()
    assert "林知夏" in signed_in(cast.director).get("/selfcheck/unsealings/").content.decode()


def test_list_holds_its_query_count(cast, stage, signed_in, django_assert_max_num_queries):
    for user in (cast.cadre, cast.colleague, cast.chief, cast.liaison):
        ask_unsealing(stage.hand_in(user, "improper_conduct"), reason="核对", by=cast.office, at=timezone.now())
    client = signed_in(cast.director)
    client.get("/selfcheck/unsealings/")
    with django_assert_max_num_queries(14):
        client.get("/selfcheck/unsealings/")
