"""The introduction on the home page: whose steps, that they lead somewhere, that it ends once and comes back."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions import end_tour, restart_tour
from accounts.models import User
from audit.models import Event
from organizations.actions import grant_role
from organizations.models import access_of
from organizations.roles import Role
from reports.tour import CADRE, STEPS, steps_for
from tests.cast import NOW, account

WHO = {
    "office": Role.OFFICE, "director": Role.LEADER, "liaison": Role.LIAISON, "reviewer": Role.REVIEWER,
    "supervisor": Role.SUPERVISOR, "clues": Role.CLUES, "administrator": Role.SYSTEM_ADMINISTRATOR, "cadre": None,
}  # fmt: skip
BUTTON = '<button class="btn btn-sm">知道了，不再显示</button>'


def ended(user: User) -> dt.datetime | None:
    return User.objects.values_list("tour_ended_at", flat=True).get(pk=user.pk)


def test_every_role_has_three_steps():
    assert {role: len(steps) for role, steps in STEPS.items()} == dict.fromkeys(Role.values, 3)
    assert len(CADRE) == 3


@pytest.mark.parametrize("who", WHO)
def test_home_shows_the_steps_of_ones_role(cast, signed_in, who):
    user, role = getattr(cast, who), WHO[who]
    answer = signed_in(user).get("/")
    assert answer.context["tour"] == (STEPS[role] if role else CADRE)
    page = answer.content.decode()
    tour = page[page.index('aria-label="使用引导"'):].partition("</section>")[0]
    assert tour.count("<li>") == 3 and BUTTON in tour


@pytest.mark.parametrize("who", WHO)
def test_every_step_leads_to_a_page_the_person_may_open(cast, signed_in, who):
    user = getattr(cast, who)
    steps = steps_for(user, access_of(user))
    client = signed_in(user)
    assert {step.url: client.get(reverse(step.url), follow=True).status_code for step in steps} == {step.url: 200 for step in steps}


def test_who_holds_two_roles_is_shown_the_first(cast):
    grant_role(cast.reviewer, role=Role.OFFICE, unit=cast.organ, by=None, at=NOW)
    user = User.objects.get(pk=cast.reviewer.pk)
    assert steps_for(user, access_of(user)) == STEPS[Role.OFFICE]


def test_who_may_do_nothing_is_shown_nothing(db, signed_in):
    nobody = account("nobody", "外来人")
    assert signed_in(nobody).get("/").context["tour"] == []
    assert "使用引导" not in signed_in(nobody).get("/").content.decode()


def test_the_button_puts_the_tour_away_for_oneself(cast, signed_in):
    before = Event.objects.count()
    answer = signed_in(cast.cadre).post("/accounts/tour/end/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert BUTTON not in signed_in(cast.cadre).get("/").content.decode()
    assert (ended(cast.cadre) is None, ended(cast.colleague)) == (False, None)
    assert Event.objects.count() == before


def test_to_end_it_twice_keeps_the_first_time(cast):
    later = NOW + dt.timedelta(hours=1)
    end_tour(user=cast.cadre, at=NOW)
    end_tour(user=cast.cadre, at=later)
    assert timezone.localtime(ended(cast.cadre)) == NOW


def test_it_comes_back_and_ends_again(cast, signed_in):
    end_tour(user=cast.cadre, at=NOW)
    assert signed_in(cast.cadre).post("/accounts/tour/restart/")["Location"] == "/"
    assert ended(cast.cadre) is None
    assert BUTTON in signed_in(cast.cadre).get("/").content.decode()
    restart_tour(user=cast.cadre)  # twice is the same as once
    assert ended(cast.cadre) is None
