"""Units, cadres and scopes: what the rows may not be, and who sees which."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from files.models import StoredFile
from organizations.access import Access, accounts_visible_to, may_manage_account
from organizations.actions import change_cadre, enter_cadre, grant_role, open_unit
from organizations.models import Cadre, DutyAssignment, Post, RoleGrant, RosterImport, Unit, path_step
from organizations.pinyin import letters_of, name_pinyin, reading_of, syllables
from organizations.roles import ROLE_PERMISSIONS, Permission, Role
from tests.cast import NOW, TODAY, account


def refused(make) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def names(cadres) -> list[str]:
    return [c.name for c in cadres.in_order()]


@pytest.mark.parametrize(("position", "step"), [(1, "0001"), (35, "000z"), (36, "0010"), (36**4 - 1, "zzzz")])
def test_path_steps_sort_like_their_positions(position, step):
    assert path_step(position) == step


def test_path_step_refuses_more_siblings_than_fit():
    with pytest.raises(ValidationError, match="单位过多"):
        path_step(36**4)


def test_units_stand_in_the_order_of_their_tree(cast):
    assert [(u.name, u.depth) for u in Unit.objects.all()] == [
        ("云澜区纪检监察工委", 1), ("纪检监察室", 2), ("纪检监察科", 3), ("石桥街道纪工委", 2), ("邻区纪检监察工委", 1),
    ]  # fmt: skip


def test_under_is_the_unit_and_everything_below(cast):
    assert [u.name for u in Unit.objects.under(cast.bureau)] == ["纪检监察室", "纪检监察科"]


def test_a_unit_is_not_its_own_parent(cast):
    refused(lambda: Unit.objects.filter(pk=cast.organ.pk).update(parent=cast.organ))


def test_a_unit_code_and_a_staff_number_are_taken_once(cast):
    refused(lambda: Unit.objects.filter(pk=cast.unit_b.pk).update(code="Q"))
    refused(lambda: Cadre.objects.filter(user=cast.cadre).update(staff_no="office"))


def test_a_duty_is_carried_by_a_unit_once(cast):
    DutyAssignment.objects.create(duty="干部监督", unit=cast.unit_a)
    refused(lambda: DutyAssignment.objects.create(duty="干部监督", unit=cast.unit_a))


def test_posts_and_grants_end_after_they_begin(cast):
    day = NOW.date()
    before = day - dt.timedelta(days=1)
    refused(lambda: Post.objects.create(cadre=cast.person(cast.cadre), unit=cast.unit_a, title="科员", since=day, until=before))
    refused(lambda: RoleGrant.objects.filter(user=cast.office).update(since=day, until=before))


def test_a_role_over_a_unit_is_granted_once(cast):
    refused(lambda: RoleGrant.objects.create(user=cast.office, role=Role.OFFICE, unit=cast.organ, granted_at=NOW, granted_by="x"))


def test_an_import_is_done_with_its_time_and_confirmed_by_somebody(cast):
    stored = StoredFile.objects.create(name="名册.xlsx", sha256="0" * 64, size=1, media_type="x", content="x", stored_at=NOW, stored_by="x")
    facts = {"file": stored, "uploaded_at": NOW, "uploaded_by": cast.office}
    refused(lambda: RosterImport.objects.create(state="done", **facts))
    refused(lambda: RosterImport.objects.create(state="queued", confirmed_at=NOW, **facts))
    refused(lambda: RosterImport.objects.create(state="checked", done_at=NOW, **facts))


@pytest.mark.parametrize(("name", "pinyin"), [("单立人", "shan li ren"), ("吕本中", "lv ben zhong"), ("尉迟恭", "yuchi gong"), ("曾巩", "zeng gong"), ("林知夏", "lin zhi xia")])
def test_surnames_have_readings_of_their_own(name, pinyin):
    assert name_pinyin(name) == pinyin


@pytest.mark.parametrize("text", [
    "", "林知夏", "重庆", "朝阳", "长乐未央", "单于朝阳", "乐山大佛重阳", "阿卜杜拉·买买提", "A组重庆2026年", "（重）阳", "张　三", "〇一", "𠮷田", "\ue000",
])  # fmt: skip
def test_a_text_is_read_as_by_the_library(text):
    letters = lazy_pinyin(text, style=Style.FIRST_LETTER, errors=list)
    assert list(syllables(text)) == lazy_pinyin(text)
    assert letters_of(text) == [sign.lower() if sign.isascii() and sign.isalnum() else "" for sign in letters]


@given(st.lists(st.sampled_from([*"重长乐朝阳行会单曾王知夏·A1 （", "重庆", "长安", "银行", "音乐", "买买提"]), max_size=8).map("".join))
def test_any_text_is_read_as_by_the_library(text):
    assert list(syllables(text)) == lazy_pinyin(text)


@given(st.lists(st.sampled_from([*"单重长乐朝阳行曾王诶知夏·A1 ", "尉迟", "重庆", "朝阳"]), max_size=5).map("".join))
def test_a_name_is_read_at_once_as_in_two_ways(name):
    assert reading_of(name) == (name_pinyin(name), "".join(letters_of(name, person=True)))


@pytest.mark.parametrize("text", ["知夏", "lzx", "LZ", "linzhixia", "linzh", "cad"])
def test_found_by_name_pinyin_initials_and_number(cast, text):
    assert names(Cadre.objects.found_by(text)) == ["林知夏"]


@pytest.mark.parametrize("text", ["lx", "zhixia", "l.*x", "林 知", "夏知"])
def test_found_by_doesnt_skip_syllables_or_read_patterns(cast, text):
    assert names(Cadre.objects.found_by(text)) == []


def test_visible_to_is_the_scope_and_oneself(cast):
    assert names(Cadre.objects.visible_to(cast.liaison)) == ["林知夏", "陆青禾", "许望舒"]
    assert names(Cadre.objects.visible_to(cast.cadre)) == ["林知夏"]
    assert names(Cadre.objects.visible_to(cast.outsider)) == ["邻若水"]
    assert names(Cadre.objects.visible_to(cast.clues)) == []
    assert set(Unit.objects.visible_to(cast.cadre)) == {cast.unit_a}


def test_in_scope_needs_the_permission_itself(cast):
    assert set(Unit.objects.in_scope(cast.liaison, Permission.SEE_ORGANIZATIONS)) == {cast.unit_a}
    assert not Unit.objects.in_scope(cast.liaison, Permission.IMPORT_ROSTER)
    assert set(Cadre.objects.in_scope(cast.office, Permission.IMPORT_ROSTER)) == set(Cadre.objects.exclude(unit=cast.elsewhere))


def test_serving_leaves_out_who_left_and_who_is_off(cast):
    cadre, colleague = cast.person(cast.cadre), cast.person(cast.colleague)
    change_cadre(cadre, post="", concurrent_posts=(), left_on=NOW.date(), by=cast.office, at=NOW)
    change_cadre(colleague, post="", concurrent_posts=(), on_duty=False, by=cast.office, at=NOW)
    assert names(Cadre.objects.serving().under(cast.unit_a)) == ["陆青禾"]
    assert names(Cadre.objects.present().under(cast.unit_a)) == ["陆青禾", "许望舒"]


def test_access_counts_only_grants_in_force(cast):
    grant_role(cast.chief, role=Role.LEADER, unit=cast.organ, since=dt.date(2999, 1, 1), by=cast.administrator, at=NOW)
    grant_role(cast.colleague, role=Role.LEADER, unit=cast.organ, until=dt.date(2000, 1, 1), by=cast.administrator, at=NOW)
    assert Access.of(cast.chief).paths(Permission.SEE_FIGURES) == Access.of(cast.colleague).paths(Permission.SEE_FIGURES) == []
    assert Access.of(cast.director).paths(Permission.SEE_FIGURES) == [cast.organ.path]


def test_access_keeps_the_outermost_subtrees(cast):
    grant_role(cast.office, role=Role.LIAISON, unit=cast.unit_a, by=cast.administrator, at=NOW)
    assert Access.of(cast.office).paths(Permission.SEE_LEDGER) == [cast.organ.path]


def test_access_of_one_who_left_is_no_cadres(cast):
    change_cadre(cast.person(cast.cadre), post="", concurrent_posts=(), left_on=NOW.date(), by=cast.office, at=NOW)
    fresh = type(cast.cadre).objects.get(pk=cast.cadre.pk)
    assert (Access.of(fresh).is_cadre, Access.of(fresh).may(Permission.SEE_CAMPAIGN), Access.of(fresh).role_labels) == (False, False, [])


def test_only_the_clues_and_leaders_see_clue_counts_and_no_administrator_reads_reports():
    assert {r for r, ps in ROLE_PERMISSIONS.items() if Permission.SEE_CLUE_COUNTS in ps} == {Role.CLUES, Role.LEADER}
    assert not ROLE_PERMISSIONS[Role.SYSTEM_ADMINISTRATOR] & {Permission.REVIEW_SELFCHECK, Permission.SEE_LEDGER, Permission.SEE_PROGRESS}


def test_accounts_visible_to_are_those_of_the_scope(cast):
    lone = account("lone", "新来的")
    seen = set(accounts_visible_to(cast.administrator).values_list("username", flat=True))
    assert seen == {"director", "office", "reviewer", "supervisor", "clues", "chief", "liaison", "cadre", "colleague", "stranger", "administrator", "security", "auditor", "coordination", "training", "publicity", "inspection", "lone"}
    assert not accounts_visible_to(cast.office)
    assert may_manage_account(cast.administrator, lone)


def test_an_account_with_power_outside_the_scope_isnt_managed(cast):
    keeper = account("keeper", "科管理员")
    grant_role(keeper, role=Role.SYSTEM_ADMINISTRATOR, unit=cast.unit_a, by=cast.administrator, at=NOW)
    grant_role(cast.colleague, role=Role.LEADER, unit=cast.organ, by=cast.administrator, at=NOW)
    assert set(accounts_visible_to(keeper)) == {cast.liaison, cast.cadre, cast.colleague, keeper}
    assert may_manage_account(keeper, cast.cadre)
    assert not may_manage_account(keeper, cast.colleague)


def test_held_posts_come_main_first(cast):
    cadre = enter_cadre(staff_no="0107", name="单立人", unit=cast.unit_a, post="科长", concurrent_posts=("内勤",), by=None, at=NOW)
    open_unit(code="Z", name="又一科", parent=cast.organ, by=None, at=NOW)
    held = Cadre.objects.with_posts().get(pk=cadre.pk).held
    assert [(p.title, p.is_concurrent, str(p)) for p in held] == [("科长", False, "纪检监察科科长"), ("内勤", True, "纪检监察科内勤")]


def test_categories_are_those_that_occur_among_the_present_of_the_scope(cast):
    assert Cadre.objects.categories() == []
    for user, category in [(cast.cadre, "两专"), (cast.colleague, "行政"), (cast.chief, "两专"), (cast.stranger, "参公")]:
        Cadre.objects.filter(user=user).update(category=category)
    assert sorted(Cadre.objects.categories()) == sorted(["两专", "行政", "参公"])
    assert sorted(Cadre.objects.under(cast.unit_a).categories()) == sorted(["两专", "行政"])
    Cadre.objects.filter(user=cast.colleague).update(left_on=TODAY)
    assert Cadre.objects.under(cast.unit_a).categories() == ["两专"] and Cadre.objects.visible_to(cast.cadre).categories() == ["两专"]


def test_among_finds_what_in_finds(cast):
    units = [cast.unit_a.pk, cast.unit_b.pk]
    for keys in (units, units[:1], []):
        assert set(Cadre.objects.filter(unit__among=keys)) == set(Cadre.objects.filter(unit__in=keys))
        assert set(Cadre.objects.exclude(unit__among=keys)) == set(Cadre.objects.exclude(unit__in=keys))
