"""移交工作: every open item of a leaver goes to a successor in one recorded act; nobody judges their own case."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Notice
from audit.models import Event
from campaigns.actions import plan_item
from campaigns.models import PlanItem
from ledger.actions import close_at_once, register_problem, report_problem
from ledger.models import Problem
from organizations.actions import grant_role, hand_over
from organizations.roles import Role
from organizations.shares import open_items
from selfcheck.actions import start_round
from selfcheck.models import SelfCheck
from tests.cast import NOW

TODAY = timezone.localdate()


@pytest.fixture
def busy(cast):
    """何书言 reviews and verifies; 林知夏 answers for two problems, one of them closed, and for a line of the plan."""
    def problem(title):
        reported = report_problem(cast.campaign, title=title, source="other", manifestation="表现", measures=["改"], responsible_unit=cast.unit_a, responsible_person=cast.person(cast.cadre), track="immediate", by=cast.office, at=NOW)
        return register_problem(reported, verifier=cast.reviewer, by=cast.office, at=NOW)

    going, over = problem("还在改"), close_at_once(problem("改好了"), opinion="已改", by=cast.office, at=NOW)
    item = plan_item(cast.campaign, task="报送", owner=cast.person(cast.cadre), by=cast.office, at=NOW)
    opened = start_round(cast.campaign, title="第一轮", due_on=TODAY + dt.timedelta(days=3), content="请自查", reviewer=cast.reviewer, by=cast.office, at=NOW)
    return {"going": going, "over": over, "item": item, "round": opened}


def test_what_is_open_goes_over_and_what_is_closed_stays(cast, busy):
    leaver, successor = cast.person(cast.cadre), cast.person(cast.colleague)
    assert {str(label): n for label, n in open_items(leaver)} == {"计划安排的负责人": 1, "整改责任人": 1}
    done = hand_over(leaver, successor=successor, by=cast.office, at=NOW)
    assert (done.count, done.left) == (2, 0)
    assert Problem.objects.get(pk=busy["going"].pk).responsible_person == successor
    assert Problem.objects.get(pk=busy["over"].pk).responsible_person == leaver
    assert PlanItem.objects.get(pk=busy["item"].pk).owner == successor
    assert Problem.objects.get(pk=busy["going"].pk).version == busy["going"].version + 1
    event = Event.objects.get(action="organizations.hand_over")
    assert event.detail == {"successor": "许望舒", "moved": {"计划安排的负责人": ["报送"], "整改责任人": [f"问题 {busy['going'].code}"]}, "left": 0}
    assert "还在改" not in str(event.detail)  # the log has readers who see no ledger
    assert Notice.objects.filter(user=cast.colleague).latest("pk").text == "林知夏 的 2 项工作已移交给您，请到工作台查看"


def test_nobody_reviews_or_verifies_their_own(cast, busy):
    done = hand_over(cast.person(cast.reviewer), successor=cast.person(cast.cadre), by=cast.office, at=NOW)
    own = SelfCheck.objects.get(cadre__user=cast.cadre)
    assert (own.reviewer, Problem.objects.get(pk=busy["going"].pk).verifier) == (cast.reviewer, cast.reviewer)
    assert done.left == 2
    assert set(SelfCheck.objects.exclude(cadre__user__in=[cast.cadre, cast.reviewer]).values_list("reviewer", flat=True)) == {cast.cadre.pk}


def test_roles_pass_on_when_asked_and_administrators_do_not(cast, busy):
    hand_over(cast.person(cast.reviewer), successor=cast.person(cast.colleague), with_roles=True, by=cast.security, at=NOW)
    assert [g.role for g in cast.colleague.grants.all()] == [Role.REVIEWER]
    assert not cast.reviewer.grants.exists()


@pytest.mark.parametrize(("successor", "words"), [("cadre", "不能是本人"), ("gone", "已离任")])
def test_who_cannot_take_over(cast, busy, successor, words):
    cast.person(cast.colleague).__class__.objects.filter(user=cast.colleague).update(left_on=TODAY)
    person = cast.person(cast.cadre if successor == "cadre" else cast.colleague)
    with pytest.raises(ValidationError, match=words):
        hand_over(cast.person(cast.cadre), successor=person, by=cast.office, at=NOW)
    assert Problem.objects.get(pk=busy["going"].pk).responsible_person == cast.person(cast.cadre)


def test_nothing_open_is_told(cast):
    with pytest.raises(ValidationError, match="没有未办完的事项"):
        hand_over(cast.person(cast.chief), successor=cast.person(cast.colleague), by=cast.office, at=NOW)


def test_the_page_shows_counts_and_no_contents(cast, busy, signed_in):
    address = f"/organizations/cadres/{cast.person(cast.cadre).pk}/hand-over/"
    for user, offered in ((cast.security, True), (cast.office, False)):
        page = signed_in(user).get(address).content.decode()
        assert "整改责任人" in page and "还在改" not in page
        assert ('name="with_roles"' in page) == offered
    client = signed_in(cast.office)
    assert "没有工号“nobody”的在册干部" in client.post(address, {"staff_no": "nobody"}).content.decode()
    answer = client.post(address, {"staff_no": "colleague"}, follow=True)
    assert "已将 2 项移交给 许望舒" in answer.content.decode()


def test_who_plans_elsewhere_hands_over_nobody_they_only_see(cast, busy, signed_in):
    grant_role(cast.director, role=Role.COORDINATION, unit=cast.unit_b, by=None, at=NOW)
    client, address = signed_in(cast.director), f"/organizations/cadres/{cast.person(cast.cadre).pk}/hand-over/"
    assert client.get(address).status_code == 403
    assert client.post(address, {"staff_no": "colleague"}).status_code == 403
    assert not Event.objects.filter(action="organizations.hand_over").exists()
