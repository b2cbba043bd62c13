"""划转: a unit takes what hangs on it along, and who sees it changes with its place."""

import pytest
from django.core.exceptions import ValidationError

from audit.models import Event
from ledger.actions import report_problem
from ledger.models import Problem
from organizations.actions import grant_role, move_unit, open_unit
from organizations.models import Cadre, Unit
from organizations.roles import Role
from tests.cast import NOW, account


@pytest.fixture
def problem(cast):
    return report_problem(cast.campaign, title="问题", source="other", manifestation="表现", responsible_unit=cast.unit_a, track="immediate", by=cast.office, at=NOW)


def sees(user, problem) -> bool:
    from accounts.models import User

    return Problem.objects.visible_to(User.objects.get(pk=user.pk)).filter(pk=problem.pk).exists()


def test_rows_move_with_the_unit(cast, problem):
    head = account("head", "室主任")
    grant_role(head, role=Role.LEADER, unit=cast.bureau, by=None, at=NOW)
    street = account("street", "街道书记")
    grant_role(street, role=Role.LEADER, unit=cast.unit_b, by=None, at=NOW)
    assert (sees(head, problem), sees(street, problem), sees(cast.liaison, problem)) == (True, False, True)
    moved = move_unit(cast.unit_a, parent=cast.unit_b, by=cast.office, at=NOW)
    assert (sees(head, problem), sees(street, problem), sees(cast.liaison, problem)) == (False, True, True)
    assert moved.path.startswith(cast.unit_b.path) and moved.parent == cast.unit_b
    assert Cadre.objects.under(cast.unit_b).filter(user=cast.cadre).exists()
    assert Event.objects.get(action="organizations.move_unit").detail == {"old": "纪检监察室", "new": "石桥街道纪工委", "units": 1}


def test_the_whole_subtree_moves(cast):
    below = open_unit(code="Q010101", name="一组", parent=cast.unit_a, by=None, at=NOW)
    before = {u.pk for u in Unit.objects.under(cast.bureau)}
    move_unit(cast.bureau, parent=cast.unit_b, by=None, at=NOW)
    after = {u.pk: u for u in Unit.objects.under(cast.unit_b)}
    assert set(after) == before | {cast.unit_b.pk}
    assert after[below.pk].path == after[cast.unit_a.pk].path + "0001"
    assert all(after[u.pk].path.startswith(after[u.parent_id].path) for u in after.values() if u.pk != cast.unit_b.pk)


def test_back_again_and_a_new_unit_find_free_places(cast):
    move_unit(cast.unit_a, parent=cast.unit_b, by=None, at=NOW)
    other = open_unit(code="Q0102", name="二科", parent=cast.bureau, by=None, at=NOW)
    move_unit(cast.unit_a, parent=cast.bureau, by=None, at=NOW)
    paths = list(Unit.objects.values_list("path", flat=True))
    assert len(paths) == len(set(paths)) and Unit.objects.get(pk=cast.unit_a.pk).path > other.path


@pytest.mark.parametrize(("unit", "parent", "words"), [("bureau", "unit_a", "不能划转到本单位"), ("unit_a", "unit_a", "不能划转到本单位"), ("unit_a", "bureau", "已经在")])
def test_what_would_break_the_tree_is_refused(cast, unit, parent, words):
    before = list(Unit.objects.values_list("pk", "path", "parent"))
    with pytest.raises(ValidationError, match=words):
        move_unit(getattr(cast, unit), parent=getattr(cast, parent), by=None, at=NOW)
    assert list(Unit.objects.values_list("pk", "path", "parent")) == before


def test_the_page_moves_within_ones_scope_only(cast, signed_in):
    address = f"/organizations/units/{cast.unit_a.pk}/move/"
    client = signed_in(cast.office)
    page = client.get(address).content.decode()
    assert "石桥街道纪工委" in page and "邻区纪检监察工委" not in page
    seen = {"version": cast.unit_a.version}
    assert client.post(address, seen | {"parent": cast.elsewhere.pk}).status_code == 200
    assert client.post(address, seen | {"parent": cast.unit_b.pk}).status_code == 302
    assert Unit.objects.get(pk=cast.unit_a.pk).parent == cast.unit_b
