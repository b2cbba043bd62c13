"""The very first accounts are opened from the command line."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from audit.models import Event
from organizations.models import Unit


def printed(capsys) -> tuple[str, str]:
    """User name and password, on the last line."""
    name, password = capsys.readouterr().out.splitlines()[-1].split()
    return name, password


def test_the_first_administrator_of_an_empty_house(db, capsys):
    call_command("open_account", "XT01", "管知远", role="system_administrator", unit="Q", unit_name="云澜区纪检监察工委")
    name, password = printed(capsys)
    user = User.objects.get()
    grant = user.grants.get()
    assert (name, user.check_password(password), user.must_change_password, user.name) == ("XT01", True, True, "管知远")
    assert (grant.role, grant.unit.code, grant.unit.kind, grant.granted_by) == ("system_administrator", "Q", "organ", "系统")
    assert {e.actor_label for e in Event.objects.all()} == {"系统"}
    assert password not in str(list(Event.objects.values_list("detail", flat=True)))


def test_an_account_without_a_role(db, capsys):
    call_command("open_account", "0107", "单立人")
    assert printed(capsys)[0] == "0107"
    assert (User.objects.get().grants.count(), Unit.objects.count()) == (0, 0)


def test_a_role_over_a_unit_that_is_there(cast, capsys):
    call_command("open_account", "XT02", "管行远", role="system_administrator", unit="Q0101", unit_name="不用的名称")
    assert User.objects.get(username="XT02").grants.get().unit == cast.unit_a
    assert cast.unit_a.name == Unit.objects.get(code="Q0101").name


@pytest.mark.parametrize(("arguments", "words"), [
    ({"role": "system_administrator"}, "要一起写"), ({"unit": "Q"}, "要一起写"), ({"role": "system_administrator", "unit": "ZZ"}, "没有编码为“ZZ”的单位"),
])  # fmt: skip
def test_what_cannot_be_is_refused_and_leaves_nothing(db, arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("open_account", "XT01", "管知远", **arguments)
    assert (User.objects.count(), Unit.objects.count()) == (0, 0)


def test_a_taken_name_is_refused_and_sets_up_no_unit(cast):
    with pytest.raises(CommandError, match="已被使用"):
        call_command("open_account", "office", "重名", role="leader", unit="NEW", unit_name="新机关")
    assert not Unit.objects.filter(code="NEW").exists()
