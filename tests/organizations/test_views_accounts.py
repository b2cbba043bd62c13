"""Accounts and grants on the screen."""

import re

import pytest

from accounts.models import User
from audit.models import Event
from organizations.actions import enter_cadre, grant_role
from organizations.models import RoleGrant
from organizations.roles import Role
from tests.cast import NOW, account
from tests.organizations.test_views import ONCE, text, url


@pytest.fixture
def admin(cast, signed_in):
    return signed_in(cast.administrator)


@pytest.fixture
def keeper(cast, client):
    """The security administrator's client: roles are granted there."""
    guard = type(client)()
    guard.force_login(cast.security)
    return guard


@pytest.fixture
def newcomer(cast):
    return enter_cadre(staff_no="0107", name="单立人", unit=cast.unit_a, by=None, at=NOW)


def shown(client, response) -> str:
    """The password on the page after a redirect."""
    page = client.get(response["Location"]).content.decode()
    return re.search(r'id="password" value="([^"]+)"', page)[1]


# --- who may ---


def test_pages_need_the_permission(cast, signed_in):
    grant = RoleGrant.objects.get(user=cast.liaison)
    for who in (cast.office, cast.director, cast.cadre):
        client = signed_in(who)
        for name, args in [("account_list", []), ("account_new", []), *((n, [cast.liaison.pk]) for n in ("account_detail", "account_reset", "account_password", "grant_new")), ("grant_revoke", [grant.pk])]:
            assert client.get(url(name, *args)).status_code == 403
        assert client.post(url("account_switch", cast.liaison.pk), {"active": "no"}).status_code == 403


def test_accounts_of_another_organ_are_not_there(cast, admin, keeper):
    grant = RoleGrant.objects.get(user=cast.outsider)
    for name in ("account_detail", "account_reset", "account_password"):
        assert admin.get(url(name, cast.outsider.pk)).status_code == 404
    assert admin.post(url("account_switch", cast.outsider.pk), {"active": "no"}).status_code == 404
    assert keeper.get(url("grant_new", cast.outsider.pk)).status_code == 404
    assert keeper.post(url("grant_revoke", grant.pk)).status_code == 404
    for client in (admin, keeper):
        assert "outsider" not in text(client.get(url("account_list")))


def test_an_account_with_two_grants_is_one_account(cast, admin):
    grant_role(cast.liaison, role=Role.REVIEWER, unit=cast.unit_a, by=cast.administrator, at=NOW)
    assert admin.get(url("account_detail", cast.liaison.pk)).status_code == 200
    accounts = admin.get(url("account_list")).context["page"].object_list
    assert sorted(a.username for a in accounts) == sorted({a.username for a in accounts})


def test_an_account_with_wider_powers_can_be_read_but_not_taken_over(cast, signed_in):
    lesser, guard = account("lesser", "科管理员"), account("guard", "科安全员")
    grant_role(lesser, role=Role.SYSTEM_ADMINISTRATOR, unit=cast.unit_a, by=None, at=NOW)
    grant_role(guard, role=Role.SECURITY_ADMINISTRATOR, unit=cast.unit_a, by=None, at=NOW)
    grant_role(cast.colleague, role=Role.LEADER, unit=cast.organ, by=None, at=NOW)
    client = signed_in(lesser)
    page = text(client.get(url("account_detail", cast.colleague.pk)))
    assert "请上一级管理员办理" in page and "重置密码" not in page
    assert client.post(url("account_reset", cast.colleague.pk)).status_code == 403
    assert client.post(url("account_switch", cast.colleague.pk), {"active": "no"}).status_code == 403
    client = signed_in(guard)
    assert "请上一级安全管理员办理" in text(client.get(url("account_detail", cast.colleague.pk)))
    assert client.post(url("grant_new", cast.colleague.pk)).status_code == 403
    leader = RoleGrant.objects.get(user=cast.colleague)
    assert client.post(url("grant_revoke", leader.pk)).status_code == 403


# --- the list ---


def test_account_list_filters_and_counts(cast, admin):
    User.objects.filter(username="cadre").update(is_active=False)
    User.objects.filter(username="chief").update(must_change_password=True)
    page = admin.get(url("account_list"))
    assert page.context["counts"] == {"all": 17, "on": 16, "off": 1, "first": 1}
    assert "17 个账号" in text(page) and "1 个还没有改初始密码" in text(page) and "联络员（纪检监察科）" in text(page)

    def found(**query):
        return [u.username for u in admin.get(url("account_list", **query)).context["page"]]

    assert found(state="off") == ["cadre"]
    assert found(state="first") == ["chief"]
    assert found(role="liaison") == ["liaison", "stranger"]
    assert found(q="沈") == ["office"]
    assert found(q="SUP") == ["supervisor"]
    assert found(q="没有") == []


def test_account_list_holds_its_query_count(cast, admin, django_assert_max_num_queries):
    with django_assert_max_num_queries(15) as few:
        admin.get(url("account_list"))
    for n in range(30):
        grant_role(account(f"u{n:02}", f"用户{n}"), role=Role.LIAISON, unit=cast.unit_b, by=None, at=NOW)
    with django_assert_max_num_queries(15) as many:
        page = admin.get(url("account_list"))
    assert (len(many), len(page.context["page"]), page.context["page"].paginator.count) == (len(few), 30, 47)


# --- opening, resetting, switching ---


def test_account_new_for_a_cadre_shows_the_password_once(cast, admin, newcomer):
    response = admin.post(url("account_new"), {"staff_no": "0107"} | ONCE)
    again = admin.post(url("account_new"), {"staff_no": "0107"} | ONCE)
    user = User.objects.get(username="0107")
    assert response["Location"] == again["Location"] == url("account_password", user.pk)
    password = shown(admin, response)
    user.refresh_from_db()
    assert (user.check_password(password), user.must_change_password, user.name, user.cadre) == (True, True, "单立人", newcomer)
    second = admin.get(url("account_password", user.pk), follow=True)
    assert password not in second.content.decode() and "初始密码只显示一次" in text(second)
    assert password not in str(list(Event.objects.values_list("detail", flat=True)))


def test_account_new_with_a_role_needs_its_scope(cast, admin, settings):
    """Only where the three administrators are one person are both on one page."""
    settings.SEPARATE_ADMINISTRATORS = False
    grant_role(cast.administrator, role=Role.SECURITY_ADMINISTRATOR, unit=cast.organ, by=None, at=NOW)
    assert "角色和范围要一起选" in text(admin.post(url("account_new"), {"username": "xunshi", "name": "督导员", "role": "supervisor"}))
    assert not User.objects.filter(username="xunshi").exists()
    admin.post(url("account_new"), {"username": "xunshi", "name": "督导员", "role": "supervisor", "unit": cast.organ.pk})
    assert User.objects.get(username="xunshi").grants.get().unit == cast.organ


@pytest.mark.parametrize(("data", "words"), [
    ({"staff_no": "outsider"}, "没有工号“outsider”的在册干部"), ({"staff_no": "cadre"}, "已有账号“cadre”"), ({"username": ""}, "请填写用户名"),
    ({"username": "office", "name": "重名", "role": "leader", "unit": "organ"}, "用户名“office”已被使用"),
])  # fmt: skip
def test_account_new_refuses_with_a_reason(cast, admin, data, words):
    count = User.objects.count()
    data = {k: cast.organ.pk if v == "organ" else v for k, v in data.items()}
    assert words in text(admin.post(url("account_new"), data))
    assert User.objects.count() == count


def test_account_new_over_another_organ_is_refused(cast, admin, settings):
    settings.SEPARATE_ADMINISTRATORS = False
    grant_role(cast.administrator, role=Role.SECURITY_ADMINISTRATOR, unit=cast.organ, by=None, at=NOW)
    admin.post(url("account_new"), {"username": "xunshi", "name": "督导员", "role": "supervisor", "unit": cast.elsewhere.pk})
    assert not User.objects.filter(username="xunshi").exists()


def test_account_reset_gives_a_new_password_and_ends_sessions(cast, admin, client):
    other = type(client)()
    other.force_login(cast.cadre)
    assert "原密码立即失效" in text(admin.get(url("account_reset", cast.cadre.pk)))
    password = shown(admin, admin.post(url("account_reset", cast.cadre.pk), ONCE))
    cast.cadre.refresh_from_db()
    assert (cast.cadre.check_password(password), cast.cadre.must_change_password) == (True, True)
    assert "sign-in" in other.get("/accounts/inbox/")["Location"]


def test_account_reset_of_oneself_is_the_password_page(cast, admin):
    assert admin.post(url("account_reset", cast.administrator.pk))["Location"] == "/accounts/password/"


def test_a_password_is_shown_only_for_its_own_account(cast, admin):
    admin.post(url("account_reset", cast.cadre.pk))
    assert admin.get(url("account_password", cast.liaison.pk))["Location"] == url("account_detail", cast.liaison.pk)


def test_account_switch_off_and_on(cast, admin, client):
    other = type(client)()
    other.force_login(cast.cadre)
    assert "立即退出登录" in text(admin.post(url("account_switch", cast.cadre.pk), {"active": "no"} | ONCE, follow=True))
    assert "sign-in" in other.get("/accounts/inbox/")["Location"]
    assert "停用" in text(admin.get(url("account_list", state="off")))
    admin.post(url("account_switch", cast.cadre.pk), {"active": "yes"})
    cast.cadre.refresh_from_db()
    assert cast.cadre.is_active
    assert admin.get(url("account_switch", cast.cadre.pk)).status_code == 405


def test_account_switch_of_oneself_is_refused(cast, admin):
    assert "不能停用自己的账号" in text(admin.post(url("account_switch", cast.administrator.pk), {"active": "no"}, follow=True))
    cast.administrator.refresh_from_db()
    assert cast.administrator.is_active


# --- grants ---


def test_grant_new_and_revoke_work_from_the_next_request(cast, admin, keeper, client):
    other = type(client)()
    other.force_login(cast.chief)
    assert other.get(url("unit_list")).status_code == 403
    for _i in range(2):
        keeper.post(url("grant_new", cast.chief.pk), {"role": "leader", "unit": cast.organ.pk, "since": "", "until": ""} | ONCE)
    grant = RoleGrant.objects.get(user=cast.chief)
    assert (grant.role, grant.unit, grant.granted_by) == ("leader", cast.organ, "闵知白")
    assert other.get(url("unit_list")).status_code == 200
    assert "领导" in text(admin.get(url("account_detail", cast.chief.pk)))
    assert "收回唐克勤的“领导”" in text(keeper.get(url("grant_revoke", grant.pk)))
    assert RoleGrant.objects.filter(pk=grant.pk).exists()
    keeper.post(url("grant_revoke", grant.pk))
    assert other.get(url("unit_list")).status_code == 403


def test_grant_new_refuses_twice_and_backwards(cast, keeper):
    data = {"role": "liaison", "unit": cast.unit_a.pk, "since": "2026-09-01", "until": "2026-08-01"}
    page = text(keeper.post(url("grant_new", cast.cadre.pk), data))
    assert "截止日期早于起始日期" in page and 'value="2026-09-01"' in page
    assert "不用重复授权" in text(keeper.post(url("grant_new", cast.liaison.pk), {"role": "liaison", "unit": cast.unit_a.pk}))


def test_grant_new_to_oneself_or_over_another_organ_is_refused(cast, keeper):
    before = RoleGrant.objects.count()
    assert "不能给自己授权" in text(keeper.post(url("grant_new", cast.security.pk), {"role": "reviewer", "unit": cast.organ.pk}))
    keeper.post(url("grant_new", cast.cadre.pk), {"role": "leader", "unit": cast.elsewhere.pk})
    assert RoleGrant.objects.count() == before


def test_grant_revoke_of_ones_own_administration_is_refused(cast, keeper):
    grant = RoleGrant.objects.get(user=cast.security)
    assert "不能收回自己的管理员授权" in text(keeper.post(url("grant_revoke", grant.pk)))
    assert RoleGrant.objects.filter(pk=grant.pk).exists()


def test_account_detail_of_oneself_offers_no_deeds(cast, admin):
    page = text(admin.get(url("account_detail", cast.administrator.pk)))
    assert "这是您自己的账号" in page and "重置密码" not in page
