"""Deeds on units, cadres and roles, exit by exit."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from audit.models import Event
from organizations.access import Access
from organizations.actions import (
    assign_duty,
    change_cadre,
    change_unit,
    enter_cadre,
    grant_role,
    link_account,
    open_staff_account,
    open_unit,
    revoke_role,
    withdraw_duty,
)
from organizations.models import Cadre, DutyAssignment, RoleGrant, Unit
from organizations.roles import Role
from tests.cast import NOW, TODAY, account

PASSWORD = "kq7-m2x-a3b-9cd"


def events(action: str) -> list[dict]:
    return [e.detail for e in Event.objects.filter(action=f"organizations.{action}").order_by("pk")]


@pytest.fixture
def man(cast) -> Cadre:
    return enter_cadre(staff_no="0107", name="单立人", unit=cast.unit_a, post="科员", concurrent_posts=("内勤", "联络员"), political_status="中共党员", by=cast.office, at=NOW)


def held(cadre: Cadre) -> list[tuple]:
    return [(p.title, p.is_concurrent, p.unit.code) for p in cadre.posts.filter(until=None).select_related("unit")]


def test_open_unit_is_the_last_child(cast):
    unit = open_unit(code="J02", name="松陵街道纪工委", parent=cast.organ, kind="street", by=cast.office, at=NOW)
    assert (unit.path, unit.depth) == (cast.organ.path + "0003", 2)
    assert Event.objects.get(action="organizations.open_unit", subject_id=str(unit.pk)).actor_label == "沈若川"


def test_open_unit_with_a_taken_code_is_refused(cast):
    with pytest.raises(ValidationError) as refusal:
        open_unit(code="J01", name="又一个", parent=cast.organ, by=cast.office, at=NOW)
    assert set(refusal.value.message_dict) == {"code"}


def test_change_unit_keeps_code_and_place(cast):
    changed = change_unit(cast.unit_a, name="纪检监察一科", short_name="一科", kind="section", authorised_posts=4, closed_on=None, by=cast.office, at=NOW)
    assert (changed.code, changed.name, str(changed), changed.authorised_posts) == ("Q0101", "纪检监察一科", "一科", 4)
    assert events("change_unit") == [{"changed": {"name": ["纪检监察科", "纪检监察一科"], "short_name": ["", "一科"], "authorised_posts": ["3", "4"]}}]


def test_change_unit_without_a_change_writes_nothing(cast):
    change_unit(cast.unit_a, name="纪检监察科", short_name="", kind="section", authorised_posts=3, closed_on=None, by=cast.office, at=NOW)
    assert events("change_unit") == []


def test_change_unit_closes_only_an_empty_one(cast):
    with pytest.raises(ValidationError, match="名册上还有干部"):
        change_unit(cast.unit_a, closed_on=TODAY, by=cast.office, at=NOW)
    with pytest.raises(ValidationError, match="还有未撤销的下级"):
        change_unit(cast.organ, closed_on=TODAY, by=cast.office, at=NOW)
    empty = open_unit(code="J09", name="空街道", parent=cast.organ, by=None, at=NOW)
    change_unit(empty, closed_on=TODAY, by=cast.office, at=NOW)
    assert Unit.objects.open_on(TODAY).filter(pk=empty.pk).count() == 0


def test_assign_duty_once_and_withdraw_duty(cast):
    duty = assign_duty(duty="干部监督", unit=cast.unit_a, by=cast.office, at=NOW)
    assert str(duty) == "干部监督：纪检监察科"
    with pytest.raises(ValidationError, match="不用重复登记"):
        assign_duty(duty="干部监督", unit=cast.unit_a, by=cast.office, at=NOW)
    withdraw_duty(duty, by=cast.office, at=NOW)
    assert not DutyAssignment.objects.exists()
    assert Event.objects.get(action="organizations.withdraw_duty").subject_label == "干部监督：纪检监察科"


def test_enter_cadre_writes_pinyin_and_posts(cast, man):
    assert (man.name_pinyin, held(man)) == ("shan li ren", [("科员", False, "Q0101"), ("内勤", True, "Q0101"), ("联络员", True, "Q0101")])


def test_enter_cadre_with_a_taken_number_is_refused(cast, man):
    with pytest.raises(ValidationError) as refusal:
        enter_cadre(staff_no="0107", name="别人", unit=cast.unit_a, by=cast.office, at=NOW)
    assert set(refusal.value.message_dict) == {"staff_no"}


def test_change_cadre_ends_posts_no_longer_held(cast, man):
    change_cadre(man, post="副科长", concurrent_posts=("内勤",), name="单立仁", on_duty=False, by=cast.office, at=NOW)
    man.refresh_from_db()
    assert (man.name, man.name_pinyin, man.on_duty) == ("单立仁", "shan li ren", False)
    assert held(man) == [("副科长", False, "Q0101"), ("内勤", True, "Q0101")]
    assert [(p.title, p.until) for p in man.posts.exclude(until=None)] == [("科员", TODAY), ("联络员", TODAY)]
    assert events("change_cadre") == [{"changed": {"name": ["单立人", "单立仁"], "on_duty": ["True", "False"], "posts": ["科员、内勤、联络员", "副科长、内勤"]}}]


def test_change_cadre_moves_with_new_posts(cast, man):
    change_cadre(man, post="科员", concurrent_posts=(), unit=cast.unit_b, by=cast.office, at=NOW)
    assert held(man) == [("科员", False, "J01")]
    assert man.posts.filter(unit=cast.unit_a, until=TODAY).count() == 3


def test_change_cadre_records_leaving(cast, man):
    day = TODAY - dt.timedelta(days=3)
    change_cadre(man, post="科员", concurrent_posts=(), left_on=day, by=cast.office, at=NOW)
    assert (held(man), set(man.posts.values_list("until", flat=True))) == ([], {day})
    assert not Cadre.objects.present().filter(pk=man.pk).exists()


def test_change_cadre_leaving_tomorrow_is_refused(cast, man):
    with pytest.raises(ValidationError, match="不能晚于今天"):
        change_cadre(man, post="科员", concurrent_posts=(), left_on=TODAY + dt.timedelta(days=1), by=cast.office, at=NOW)


def test_change_cadre_ends_a_post_that_was_to_begin_later_on_its_own_day(cast, man):
    later = TODAY + dt.timedelta(days=30)
    man.posts.filter(title="科员").update(since=later)
    change_cadre(man, post="", concurrent_posts=("内勤", "联络员"), by=cast.office, at=NOW)
    assert man.posts.get(title="科员").until == later


def test_change_cadre_without_a_change_writes_nothing(cast, man):
    change_cadre(man, post="科员", concurrent_posts=("内勤", "联络员"), name="单立人", unit=cast.unit_a, by=cast.office, at=NOW)
    assert events("change_cadre") == []


def test_grant_role_and_revoke_role(cast):
    grant = grant_role(cast.chief, role=Role.REVIEWER, unit=cast.bureau, by=cast.administrator, at=NOW)
    assert (str(grant), grant.granted_by) == ("唐克勤：审核人（纪检监察室）", "管知远")
    with pytest.raises(ValidationError, match="不用重复授权"):
        grant_role(cast.chief, role=Role.REVIEWER, unit=cast.bureau, by=cast.administrator, at=NOW)
    revoke_role(grant, by=cast.administrator, at=NOW)
    assert not RoleGrant.objects.filter(user=cast.chief).exists()
    assert events("revoke_role") == [{"role": "reviewer", "unit": "Q01"}]


def test_grant_role_to_oneself_is_refused(cast):
    with pytest.raises(ValidationError, match="不能给自己授权"):
        grant_role(cast.administrator, role=Role.REVIEWER, unit=cast.organ, by=cast.administrator, at=NOW)


def test_revoke_role_of_ones_own_administration_is_refused(cast):
    with pytest.raises(ValidationError, match="不能收回自己"):
        revoke_role(RoleGrant.objects.get(user=cast.administrator), by=cast.administrator, at=NOW)


def test_link_account_to_somebody_else_is_refused(cast, man):
    with pytest.raises(ValidationError, match="另一名干部"):
        link_account(man, user=cast.cadre, by=cast.administrator, at=NOW)
    with pytest.raises(ValidationError, match="已经有账号“cadre”"):
        link_account(cast.person(cast.cadre), user=account("second", "第二个"), by=cast.administrator, at=NOW)


def test_open_staff_account_for_a_cadre(cast, man):
    user = open_staff_account(username="0107", name="单立人", password=PASSWORD, cadre=man, role=Role.LIAISON, unit=cast.unit_a, by=cast.administrator, at=NOW)
    assert (user.cadre, user.must_change_password, user.check_password(PASSWORD), user.grants.get().role) == (man, True, True, "liaison")


def test_open_staff_account_off_the_roster_waits_for_its_role(cast):
    user = open_staff_account(username="guest", name="来客", password=PASSWORD, by=cast.administrator, at=NOW)
    assert (user.grants.count(), Access.of(user).is_cadre) == (0, False)


def test_open_staff_account_is_all_or_nothing(cast):
    with pytest.raises(ValidationError, match="已经有账号"):
        open_staff_account(username="again", name="林知夏", password=PASSWORD, cadre=cast.person(cast.cadre), by=cast.administrator, at=NOW)
    assert not User.objects.filter(username="again").exists()
