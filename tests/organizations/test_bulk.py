"""Many rows at once: what is looked up, what is written, and who is held fast meanwhile."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from organizations.actions import enter_cadre, import_roster
from organizations.bulk import fresh_keys, insert_rows
from organizations.models import Cadre, Post
from organizations.sheets import RosterResource
from tests.cast import NOW, enter
from tests.organizations.sheetmaker import row
from tests.organizations.test_sheets import check, read, take_in, xlsx


def facts(cadre: Cadre) -> dict:
    """Every column of a cadre but the keys, and every one of the posts but the keys."""
    held = [{name: value for name, value in post.items() if name not in ("id", "cadre_id")} for post in cadre.posts.order_by("pk").values()]
    return {name: value for name, value in Cadre.objects.filter(pk=cadre.pk).values()[0].items() if name not in ("id", "staff_no")} | {"posts": held}


def test_one_of_finds_them_all_in_one_statement(cast, django_assert_num_queries):
    take_in(row(), row(工号='o"b,{ r\\'))
    with django_assert_num_queries(1):
        found = Cadre.objects.filter(staff_no__one_of={"0107", 'o"b,{ r\\', *(f"X{n}" for n in range(40_000))}).values_list("staff_no", flat=True)
        assert sorted(found) == ["0107", 'o"b,{ r\\']
    assert Cadre.objects.filter(staff_no__one_of=set()).count() == 0
    assert Post.objects.filter(cadre__staff_no__one_of={"0107"}).count() == 3


@pytest.mark.parametrize("name", ["单立人", "欧阳行远", "阿卜杜拉·买买提", "Smith"])
def test_an_imported_newcomer_is_the_same_as_one_entered_by_hand(cast, name):
    """Each column: nothing of the ORM fills what the fast way leaves out."""
    entered = enter_cadre(
        staff_no="0106", name=name, unit=cast.unit_a, post="科员", concurrent_posts=("内勤", "联络员"), political_status="中共党员", category="两专干部", on_duty=False, by=None, at=NOW,
    )  # fmt: skip
    take_in(row(姓名=name, 在岗="否"))
    assert facts(Cadre.objects.get(staff_no="0107")) == facts(entered)


def test_fresh_keys_are_given_to_nobody_else(cast):
    """Not even when whoever had the last of them is gone."""
    take_in(row(), row(工号="0108"))
    last = Cadre.objects.latest("pk")
    keys = [Cadre.objects.get(staff_no="0107").pk, last.pk]
    Post.objects.filter(cadre=last).delete()
    last.delete()
    with transaction.atomic():
        keys += (drawn := fresh_keys(Cadre, 3))
        insert_rows(Cadre, ["id", "staff_no", "name", "name_pinyin", "name_initials", "unit", "political_status", "category", "on_establishment", "on_duty", "is_demo", "version"], [
            (key, f"011{n}", "单立人", "shan li ren", "slr", cast.unit_a.pk, "", "", True, True, False, 1) for n, key in enumerate(drawn)
        ])  # fmt: skip
    keys.append(enter_cadre(staff_no="0120", name="单立人", unit=cast.unit_a, by=None, at=NOW).pk)
    assert len(drawn) == 3 and keys == sorted(set(keys))
    assert list(fresh_keys(Cadre, 0)) == []


def test_a_row_without_what_it_needs_is_refused(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Cadre, ["staff_no", "name", "unit"], [("0107", "单立人", cast.unit_a.pk)])


def test_somebody_entered_after_the_look_is_not_written_over(cast):
    plan = check(row(), row(工号="0108"))
    enter_cadre(staff_no="0108", name="另一人", unit=cast.unit_b, by=None, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        import_roster(plan, by=None, at=NOW)
    assert (Cadre.objects.get(staff_no="0108").name, Cadre.objects.filter(staff_no="0107").exists()) == ("另一人", False)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="tools/test.sh runs it on PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_who_is_changed_is_held_fast_and_nobody_else():
    enter()
    held: dict[str, bool] = {}

    def look() -> None:
        for staff_no in ("cadre", "colleague"):
            try:
                with transaction.atomic():
                    Cadre.objects.select_for_update(nowait=True).get(staff_no=staff_no)
                held[staff_no] = False
            except OperationalError:
                held[staff_no] = True
        connection.close()

    changed = row(工号="cadre", 姓名="林知夏", 职务="副科长")
    same = row(工号="colleague", 姓名="许望舒", 职务="", 兼任职务="", 政治面貌="", 人员类别="")
    with transaction.atomic():
        plan = RosterResource(at=NOW).check(read(xlsx(changed, same)), lock=True)
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert ([line.staff_no for line, _cadre in plan.changed], plan.unchanged, held) == (["cadre"], 1, {"cadre": True, "colleague": False})
