"""Reading preferences: how pages look to oneself, and the introduction brought back."""

import pytest
from django.core.exceptions import ValidationError

from accounts.actions import end_tour, restart_tour, set_preferences
from accounts.models import User
from audit.models import Event
from tests.cast import NOW, account

PAGE = "/accounts/preferences/"


@pytest.fixture
def man(db) -> User:
    return account("0107", "单立人")


def looks(user: User) -> tuple[str, bool, bool]:
    return User.objects.values_list("type_size", "high_contrast", "letter_keys").get(pk=user.pk)


def test_everybody_begins_with_the_standard_look(man):
    assert looks(man) == ("standard", False, True)


def test_set_preferences_is_recorded_as_ones_own_deed(man):
    set_preferences(user=man, type_size="larger", high_contrast=True, letter_keys=False, at=NOW)
    event = Event.objects.get()
    assert looks(man) == ("larger", True, False)
    assert (event.action, event.actor_label, event.detail) == ("accounts.set_preferences", "单立人", {"type_size": "larger", "high_contrast": True, "letter_keys": False})


def test_set_preferences_refuses_an_unknown_size_and_records_nothing(man):
    with pytest.raises(ValidationError):
        set_preferences(user=man, type_size="huge", high_contrast=True, letter_keys=False, at=NOW)
    assert (looks(man), Event.objects.count()) == (("standard", False, True), 0)


def test_the_page_shows_what_is_set(signed_in, man):
    set_preferences(user=man, type_size="large", high_contrast=True, letter_keys=False, at=NOW)
    form = signed_in(man).get(PAGE).context["form"]
    assert (form["type_size"].value(), form["high_contrast"].value()) == ("large", True)


def test_the_page_changes_ones_own_look_only(signed_in, man):
    other = account("0108", "何其芳")
    answer = signed_in(man).post(PAGE, {"type_size": "larger", "high_contrast": "on", "letter_keys": "on"})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert (looks(man), looks(other)) == (("larger", True, True), ("standard", False, True))
    signed_in(man).post(PAGE, {"type_size": "standard"})
    assert looks(man) == ("standard", False, False)


@pytest.mark.parametrize("sent", ["huge", ""])
def test_the_page_refuses_an_unknown_size(signed_in, man, sent):
    answer = signed_in(man).post(PAGE, {"type_size": sent})
    assert answer.status_code == 200
    assert 'class="error-summary"' in answer.content.decode()
    assert looks(man) == ("standard", False, True)


def test_the_page_leads_to_the_password_and_brings_the_tour_back(signed_in, man):
    page = signed_in(man).get(PAGE).content.decode()
    assert '<a href="/accounts/password/">修改密码</a>' in page
    assert "重新查看使用引导" not in page  # it stands on the home page still
    end_tour(user=man, at=NOW)
    assert '<button class="btn">重新查看使用引导</button>' in signed_in(man).get(PAGE).content.decode()
    restart_tour(user=man)
    assert "重新查看使用引导" not in signed_in(man).get(PAGE).content.decode()
