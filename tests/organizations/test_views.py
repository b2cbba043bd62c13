"""Units and cadres on the screen."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from organizations.actions import assign_duty, change_cadre, enter_cadre, grant_role, open_unit
from organizations.kept import build
from organizations.models import Cadre, DutyAssignment, Unit
from organizations.roles import Role
from tests.cast import NOW

ONCE = {"once": "5e1c62c8-0a43-4e5c-9a4e-6cbb6d5a1f01"}


def url(name: str, *args, **query) -> str:
    address = reverse(f"organizations:{name}", args=args)
    return address + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")


def text(response) -> str:
    """The page without the white space between its words."""
    return " ".join(response.content.decode().split())


@pytest.fixture
def office(cast, signed_in):
    return signed_in(cast.office)


@pytest.fixture
def crowd(cast):
    """40 more people and 30 more units."""
    for n in range(30):
        open_unit(code=f"X{n:02}", name=f"第{n}街道纪工委", parent=cast.organ, authorised_posts=2, by=None, at=NOW)
    home = Unit.objects.get(code="X05")
    return [enter_cadre(staff_no=f"N{n:02}", name=f"王{'甲乙丙丁'[n % 4]}", unit=home, post="科员", category="两专", on_duty=n % 2 == 0, by=None, at=NOW) for n in range(40)]


# --- who may ---

PAGES = [("unit_list", []), ("unit_detail", ["unit_a"]), ("cadre_list", []), ("cadre_detail", ["cadre"])]
WRITING = [
    ("unit_new", []), ("unit_change", ["unit_a"]), ("duty_new", ["unit_a"]), ("cadre_new", []), ("cadre_change", ["cadre"]), ("roster_import", []), ("roster_template", []),
]  # fmt: skip


def address(cast, name: str, args: list[str]) -> str:
    rows = {"unit_a": lambda: cast.unit_a.pk, "cadre": lambda: cast.person(cast.cadre).pk}
    return url(name, *(rows[a]() for a in args))


@pytest.mark.parametrize(("name", "args"), PAGES + WRITING)
def test_pages_open_for_the_office(cast, office, name, args):
    assert office.get(address(cast, name, args)).status_code == 200


@pytest.mark.parametrize(("name", "args"), WRITING)
def test_writing_needs_the_roster_permission(cast, signed_in, name, args):
    for who in (cast.liaison, cast.director, cast.cadre):
        assert signed_in(who).get(address(cast, name, args)).status_code == 403


@pytest.mark.parametrize("name", ["unit_list", "cadre_list"])
def test_lists_need_the_permission_to_see_organizations(cast, signed_in, name):
    assert signed_in(cast.cadre).get(url(name)).status_code == 403
    assert signed_in(cast.clues).get(url(name)).status_code == 403


@pytest.mark.parametrize(("name", "args"), [p for p in PAGES + WRITING if p[1]])
def test_rows_of_another_organ_are_not_there(cast, signed_in, name, args):
    assert signed_in(cast.outsider).get(address(cast, name, args)).status_code == 404


def test_a_liaison_sees_no_other_unit(cast, signed_in):
    client = signed_in(cast.liaison)
    assert client.get(url("unit_detail", cast.unit_b.pk)).status_code == 404
    assert "石桥街道纪工委" not in text(client.get(url("unit_list")))
    assert client.get(url("cadre_detail", cast.person(cast.stranger).pk)).status_code == 404


def test_a_cadre_reads_their_own_entry_only(cast, signed_in):
    client = signed_in(cast.cadre)
    page = text(client.get(url("cadre_detail", cast.person(cast.cadre).pk)))
    assert "纪检监察科" in page and "修改名册信息" not in page and "账号和授权" not in page
    assert client.get(url("cadre_detail", cast.person(cast.colleague).pk)).status_code == 404


# --- units ---


def rows_of(response) -> list[tuple]:
    return [(r.unit.code, r.indent, r.established, r.below["established"], r.on_duty, r.below["on_duty"]) for r in response.context["rows"]]


def test_unit_list_counts_own_and_below(cast, office):
    change_cadre(cast.person(cast.cadre), post="", concurrent_posts=(), on_duty=False, by=None, at=NOW)
    change_cadre(cast.person(cast.colleague), post="", concurrent_posts=(), left_on=NOW.date(), by=None, at=NOW)
    page = office.get(url("unit_list"))
    assert rows_of(page) == [("Q", 0, 0, 7, 0, 6), ("Q01", 1, 4, 6, 4, 5), ("Q0101", 2, 2, 2, 1, 1), ("J01", 1, 1, 1, 1, 1)]
    assert page.context["totals"] == {"roster": 7, "established": 7, "on_duty": 6, "posts": 3, "posts_unknown": 3}
    assert "在编 7 人、在岗 6 人" in text(page) and "3 个未填" in text(page)


def test_unit_list_totals_add_up_to_the_roots(cast, office, crowd):
    page = office.get(url("unit_list"))
    assert page.context["totals"]["on_duty"] == page.context["rows"][0].below["on_duty"] == 8 + 20


def test_the_numbers_of_the_tree_open_as_many_people(cast, office, crowd):
    for row in office.get(url("unit_list")).context["rows"]:
        for n, query in [(row.established, {"own": 1, "standing": "establishment"}), (row.below["on_duty"], {"standing": "duty"})]:
            assert office.get(url("cadre_list", unit=row.unit.pk, **query)).context["page"].paginator.count == n


def test_who_carries_oversight_is_answered_or_asked_for(cast, office):
    assert "还没有写明哪个单位承担“干部监督”" in text(office.get(url("unit_list")))
    assign_duty(duty="干部监督", unit=cast.unit_a, note="由纪检监察科兼办", by=None, at=NOW)
    page = text(office.get(url("unit_list")))
    assert "还没有写明" not in page and "由纪检监察科兼办" in page


def queries(client, address: str, capture) -> int:
    with capture() as context:
        assert client.get(address).status_code == 200
    return len(context)


@pytest.mark.parametrize("name", ["unit_list", "cadre_list"])
def test_lists_hold_their_query_count(cast, office, name, django_assert_max_num_queries, request):
    with django_assert_max_num_queries(15) as few:
        office.get(url(name))
    request.getfixturevalue("crowd")
    with django_assert_max_num_queries(15) as many:
        office.get(url(name))
    assert len(many) == len(few)


def test_unit_detail_shows_people_duties_and_children(cast, office):
    assign_duty(duty="案件审理", unit=cast.bureau, is_dedicated=True, by=None, at=NOW)
    page = text(office.get(url("unit_detail", cast.bureau.pk)))
    for words in ("赵念安", "主任", "案件审理", "专门机构", "纪检监察科", "云澜区纪检监察工委"):
        assert words in page


def test_unit_detail_holds_its_query_count(cast, office, crowd, django_assert_max_num_queries):
    with django_assert_max_num_queries(15) as few:
        office.get(url("unit_detail", cast.unit_a.pk))
    with django_assert_max_num_queries(15) as many:
        page = office.get(url("unit_detail", crowd[0].unit_id))
    assert len(many) == len(few)
    assert "共 40 人，这里列出前 30 人" in text(page)


def test_unit_new(cast, office):
    data = {"parent": cast.organ.pk, "code": "J02", "name": "松陵街道纪工委", "short_name": "", "kind": "street", "authorised_posts": "3"} | ONCE
    first, again = office.post(url("unit_new"), data), office.post(url("unit_new"), data)
    unit = Unit.objects.get(code="J02")
    assert (first["Location"], again["Location"], unit.parent) == (url("unit_detail", unit.pk), url("unit_detail", unit.pk), cast.organ)


def test_unit_new_gives_back_what_was_typed(cast, office):
    page = office.post(url("unit_new"), {"parent": cast.organ.pk, "code": "J01", "name": "又一街道", "kind": "street"})
    assert "这个编码已被别的单位使用" in text(page) and 'value="又一街道"' in text(page)
    assert Unit.objects.count() == 5


def test_unit_new_below_somebody_elses_unit_is_refused(cast, office):
    office.post(url("unit_new"), {"parent": cast.elsewhere.pk, "code": "J02", "name": "x", "kind": "street"})
    office.post(url("unit_new"), {"parent": "", "code": "J02", "name": "x", "kind": "street"})
    assert not Unit.objects.filter(code="J02").exists()


def test_unit_change(cast, office):
    office.post(url("unit_change", cast.unit_a.pk), {"name": "纪检监察一科", "short_name": "", "kind": "section", "authorised_posts": "", "closed_on": "", "version": 1} | ONCE)
    cast.unit_a.refresh_from_db()
    assert (cast.unit_a.name, cast.unit_a.authorised_posts, cast.unit_a.code) == ("纪检监察一科", None, "Q0101")


def test_unit_change_says_why_a_unit_cant_close(cast, office):
    page = office.post(url("unit_change", cast.unit_a.pk), {"name": "改名", "kind": "section", "closed_on": "2026-09-01", "version": 1})
    assert "名册上还有干部" in text(page) and 'value="改名"' in text(page)
    cast.unit_a.refresh_from_db()
    assert (cast.unit_a.name, cast.unit_a.closed_on) == ("纪检监察科", None)


def test_who_sees_a_unit_but_keeps_the_roster_of_another_changes_nothing_of_it(cast, signed_in):
    for role, unit in [("leader", cast.organ), ("office", cast.unit_b)]:
        grant_role(cast.stranger, role=role, unit=unit, by=None, at=NOW)
    theirs, own = (assign_duty(duty="干部监督", unit=unit, by=None, at=NOW) for unit in (cast.unit_a, cast.unit_b))
    client = signed_in(cast.stranger)
    assert client.get(url("unit_detail", cast.unit_a.pk)).status_code == 200
    assert client.get(url("duty_new", cast.unit_a.pk)).status_code == client.get(url("unit_change", cast.unit_a.pk)).status_code == 403
    assert client.post(url("duty_withdraw", theirs.pk), ONCE).status_code == 403 and DutyAssignment.objects.filter(pk=theirs.pk).exists()
    assert client.post(url("duty_withdraw", own.pk), ONCE).status_code == 302 and not DutyAssignment.objects.filter(pk=own.pk).exists()


def test_duty_new_and_withdraw(cast, office):
    data = {"duty": "干部监督", "note": "兼办"} | ONCE
    for _i in range(2):
        assert office.post(url("duty_new", cast.unit_a.pk), data)["Location"] == url("unit_detail", cast.unit_a.pk)
    duty = DutyAssignment.objects.get()
    assert (duty.duty, duty.is_dedicated, duty.note) == ("干部监督", False, "兼办")
    assert "不用重复登记" in text(office.post(url("duty_new", cast.unit_a.pk), {"duty": "干部监督"}))
    assert office.get(url("duty_withdraw", duty.pk)).status_code == 405
    office.post(url("duty_withdraw", duty.pk))
    assert not DutyAssignment.objects.exists()


def test_duty_withdraw_of_another_organ_is_not_there(cast, signed_in):
    duty = assign_duty(duty="干部监督", unit=cast.unit_a, by=None, at=NOW)
    assert signed_in(cast.outsider).post(url("duty_withdraw", duty.pk)).status_code == 404
    assert signed_in(cast.liaison).post(url("duty_withdraw", duty.pk)).status_code == 403
    assert DutyAssignment.objects.count() == 1


# --- cadres ---


def found(client, **query) -> list[str]:
    return [c.name for c in client.get(url("cadre_list", **query)).context["page"]]


def test_cadre_list_filters(cast, office, crowd):
    home = crowd[0].unit_id
    assert found(office, q="lzx") == ["林知夏"]
    assert found(office, unit=cast.bureau.pk) == ["何书言", "沈若川", "唐克勤", "赵念安", "林知夏", "陆青禾", "许望舒"]
    assert found(office, unit=cast.bureau.pk, own=1) == ["何书言", "沈若川", "唐克勤", "赵念安"]
    assert office.get(url("cadre_list", unit=home, standing="off_duty")).context["page"].paginator.count == 20
    assert office.get(url("cadre_list", category="两专")).context["counts"] == {"number": 40, "established": 40, "on_duty": 20}
    assert found(office, q="邻若水") == []


@pytest.mark.parametrize("query", [{"unit": "x"}, {"unit": 99999}, {"standing": "x"}, {"page": "x"}, {"page": 99}, {"q": "%25"}])
def test_cadre_list_stands_odd_addresses(office, query):
    assert office.get(url("cadre_list", **query)).status_code == 200


def test_cadre_list_has_thirty_a_page_and_keeps_the_filter(cast, office, crowd):
    page = office.get(url("cadre_list", category="两专"))
    assert (len(page.context["page"]), page.context["page"].paginator.num_pages) == (30, 2)
    assert "category=%E4%B8%A4%E4%B8%93&amp;page=2" in text(page)


def test_cadre_list_keeps_those_who_left_apart(cast, office):
    change_cadre(cast.person(cast.cadre), post="", concurrent_posts=(), left_on=NOW.date(), by=None, at=NOW)
    assert found(office, q="林") == []
    assert found(office, left=1) == ["林知夏"]


def test_cadre_new(cast, office):
    data = {"staff_no": "0107", "name": "单立人", "unit": cast.unit_a.pk, "post": "科员", "concurrent_posts": "内勤，联络员", "political_status": "", "category": "两专", "on_establishment": "on"} | ONCE
    for _i in range(2):
        cadre_url = office.post(url("cadre_new"), data)["Location"]
    man = Cadre.objects.get(staff_no="0107")
    assert (cadre_url, man.on_establishment, man.on_duty, man.category) == (url("cadre_detail", man.pk), True, False, "两专")
    assert [(p.title, p.is_concurrent) for p in man.posts.all()] == [("科员", False), ("内勤", True), ("联络员", True)]


def test_cadre_new_gives_back_what_was_typed(cast, office):
    page = text(office.post(url("cadre_new"), {"staff_no": "cadre", "name": "另一人", "unit": cast.unit_a.pk, "post": "科员"}))
    assert "这个工号已在名册中" in page and 'value="另一人"' in page
    assert Cadre.objects.filter(name="另一人").count() == 0


def test_cadre_new_into_another_organ_is_refused(cast, office):
    office.post(url("cadre_new"), {"staff_no": "0107", "name": "单立人", "unit": cast.elsewhere.pk})
    assert not Cadre.objects.filter(staff_no="0107").exists()


def changed(cast, **data) -> dict:
    return {"version": 1, "name": "林知夏", "unit": cast.unit_a.pk, "post": "", "concurrent_posts": "", "political_status": "", "category": "", "on_establishment": "on", "on_duty": "on", "left_on": ""} | data


def test_cadre_change_moves_and_names_a_post(cast, office):
    pk = cast.person(cast.cadre).pk
    assert office.post(url("cadre_change", pk), changed(cast, unit=cast.unit_b.pk, post="纪检员"))["Location"] == url("cadre_detail", pk)
    assert "石桥街道纪工委" in text(office.get(url("cadre_detail", pk))) and "纪检员" in text(office.get(url("cadre_change", pk)))


def test_cadre_change_records_leaving_and_points_at_the_account(cast, signed_in):
    pk, today = cast.person(cast.cadre).pk, timezone.localdate()
    client = signed_in(cast.administrator)
    page = client.post(url("cadre_change", pk), changed(cast, left_on=(today + dt.timedelta(days=1)).isoformat()))
    assert "不能晚于今天" in text(page)
    client.post(url("cadre_change", pk), changed(cast, left_on=today.isoformat()))
    page = text(client.get(url("cadre_detail", pk)))
    assert "离任，不计入在编在岗" in page and "账号仍能登录" in page
    assert Cadre.objects.get(pk=pk).left_on == today


def test_cadre_change_beyond_the_scope_is_refused(cast, office):
    pk = cast.person(cast.cadre).pk
    office.post(url("cadre_change", pk), changed(cast, unit=cast.elsewhere.pk))
    assert Cadre.objects.get(pk=pk).unit == cast.unit_a


def test_cadre_detail_shows_grants_to_who_manages_accounts(cast, signed_in):
    pk = cast.person(cast.liaison).pk
    assert "联络员（纪检监察科）" in text(signed_in(cast.administrator).get(url("cadre_detail", pk)))
    assert "账号和授权" not in text(signed_in(cast.office).get(url("cadre_detail", pk)))


def test_no_get_writes(cast, office):
    before = Event.objects.count()
    for name, args in PAGES + WRITING:
        office.get(address(cast, name, args))
    assert Event.objects.count() == before


# --- a wide scope ---


@pytest.fixture
def wide(cast, monkeypatch):
    """Two units are a wide scope here, and counts are kept."""
    build(at=timezone.now())
    enter_cadre(staff_no="later", name="后来人", unit=cast.unit_b, by=None, at=timezone.now(), on_establishment=False)
    monkeypatch.setattr("organizations.breadth.WIDE", 2)


def test_unit_list_of_a_wide_scope_holds_its_upper_units_with_all_that_is_below(cast, signed_in, wide, monkeypatch):
    client = signed_in(cast.office)
    seen = client.get("/organizations/units/").context["tree"]
    monkeypatch.setattr("organizations.breadth.WIDE", 80)
    whole = client.get("/organizations/units/").context["tree"]
    upper = [row for row in whole.rows if row.unit.depth <= 2]
    assert [(row.unit, row.established, row.below, row.indent) for row in seen.rows] == [(row.unit, row.established, row.below, row.indent) for row in upper]
    assert seen.rows[0].below == {"roster": 9, "established": 8, "on_duty": 9} and seen.totals == whole.totals and seen.count == whole.count == 4
    assert (seen.is_wide, whole.is_wide) == (True, False)


def test_unit_detail_of_a_wide_unit_holds_its_children(cast, signed_in, wide):
    context = signed_in(cast.office).get(f"/organizations/units/{cast.organ.pk}/").context
    assert context["row"].below["roster"] == 9 and [(row.unit, row.below["roster"]) for row in context["children"]] == [(cast.bureau, 7), (cast.unit_b, 2)]


@pytest.mark.parametrize("query", [{}, {"unit": "bureau"}, {"left": 1}, {"standing": "establishment"}, {"q": "林"}])
def test_cadre_list_of_a_wide_scope_says_the_same(cast, signed_in, wide, monkeypatch, query):
    client, asked = signed_in(cast.office), query | ({"unit": cast.bureau.pk} if "unit" in query else {})

    def head():
        context = client.get("/organizations/cadres/", asked).context
        return context["present"], context["left"], context["counts"], context["page"].paginator.count, [cadre.name for cadre in context["page"]]

    kept = head()
    monkeypatch.setattr("organizations.breadth.WIDE", 80)
    assert kept == head() and kept[0] == 9


def test_an_office_further_down_changes_nothing_of_what_it_only_sees(cast, signed_in):
    grant_role(cast.director, role=Role.OFFICE, unit=cast.unit_b, by=None, at=NOW)
    client, person = signed_in(cast.director), cast.person(cast.cadre)
    for address in (url("cadre_change", person.pk), url("unit_change", cast.unit_a.pk)):
        assert client.get(address).status_code == 403
        assert client.post(address, {"name": "改名", "version": 1} | ONCE).status_code == 403
    assert cast.person(cast.cadre).name == "林知夏"
