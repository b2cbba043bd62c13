"""What another organ wrote shows nowhere; what one's own people typed shows as text, never as markup."""

import datetime as dt

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from campaigns import actions as campaigns
from campaigns.models import Campaign
from learning.actions import distribute_material, hold_session
from ledger.actions import register_problem, report_problem
from organizations.actions import enter_cadre, open_unit
from supervision.actions import make_suggestion, record_visit
from tests.access.test_access import TABLE, WHO, client_of
from tests.access.world import addresses
from tests.cast import Cast, enter

CANARY = "金丝雀"
MARKUP = '<img src=x onerror="alert(1)">'


def plant_elsewhere(cast: Cast) -> None:
    """A unit, a person, a campaign and one of several things in the neighbouring organ, all named after the bird."""
    deed = {"by": cast.outsider, "at": timezone.now()}
    unit = open_unit(code="CANARY", name=f"{CANARY}街道纪工委", parent=cast.elsewhere, **deed)
    person = enter_cadre(staff_no="CANARY1", name=f"{CANARY}甲", unit=unit, post=f"{CANARY}书记", **deed)
    camp = campaigns.launch_campaign(name=f"{CANARY}教育整顿", workforce="干部", unit=cast.elsewhere, **deed)
    campaigns.plan_item(camp, task=f"{CANARY}任务", owner=person, units=[unit], **deed)
    campaigns.record_meeting(camp, kind="other", organ=CANARY, title=f"{CANARY}会议", **deed)
    campaigns.file_document(camp, kind="notice", title=f"{CANARY}通知", **deed)
    campaigns.issue_slip(camp, title=f"{CANARY}提示", content=CANARY, cadres=[person], **deed)
    material = distribute_material(camp, kind="document", category="theory", title=f"{CANARY}材料", **deed)
    hold_session(camp, unit=unit, title=f"{CANARY}学习", topics=[material], is_held=True, **deed)
    problem = report_problem(camp, title=f"{CANARY}问题", source="other", manifestation=CANARY, responsible_unit=unit, responsible_person=person, track="immediate", **deed)
    register_problem(problem, **deed)
    record_visit(camp, unit=unit, team=f"{CANARY}督导组", **deed)
    make_suggestion(camp, addressee=CANARY, topic=CANARY, text=CANARY, **deed)


def type_markup(cast: Cast) -> None:
    """One's own people type markup wherever there is a field for text."""
    deed = {"by": cast.office, "at": timezone.now()}
    camp = cast.campaign
    Campaign.objects.filter(pk=camp.pk).update(name=MARKUP[:80])
    person = enter_cadre(staff_no="X1", name=MARKUP, unit=cast.unit_a, post=MARKUP, **deed)
    campaigns.plan_item(camp, task=MARKUP, place=MARKUP, owner=person, when_text=MARKUP, **deed)
    campaigns.record_meeting(camp, kind="other", organ=MARKUP, title=MARKUP, agenda=[{"kind": "relay", "text": MARKUP}], instructions=[{"speaker_post": MARKUP, "text": MARKUP}], **deed)
    campaigns.issue_slip(camp, title=MARKUP, content=MARKUP, cadres=[cast.person(cast.cadre), cast.person(cast.office)], **deed)
    hold_session(camp, unit=cast.organ, title=MARKUP, place=MARKUP, host=MARKUP, held_on=timezone.localdate() + dt.timedelta(days=1), **deed)
    problem = report_problem(camp, title=MARKUP, source="other", manifestation=MARKUP, cause=MARKUP, measures=[MARKUP], responsible_unit=cast.unit_a, responsible_person=cast.person(cast.cadre), track="immediate", **deed)
    register_problem(problem, **deed)
    make_suggestion(camp, addressee=MARKUP, topic=MARKUP, text=MARKUP, **deed)


@pytest.fixture(scope="module")
def planted(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        cast = enter()
        where = addresses(cast)
        plant_elsewhere(cast)
        type_markup(cast)
        yield cast, where
        transaction.set_rollback(True)


def pages(client: Client, where: dict[str, str], column: int) -> dict[str, str]:
    """The text of every page the person gets."""
    found = {}
    for name, address in where.items():
        if TABLE[name][column] == "+":
            answer = client.get(address)
            found[name] = b"".join(answer).decode(errors="ignore") if answer.streaming else answer.content.decode(errors="ignore")
    return found


@pytest.mark.parametrize("who", [w for w in WHO if w not in ("outsider", "visitor")])
def test_nothing_of_another_organ_shows(planted, db, who):
    cast, where = planted
    shown = pages(client_of(cast, who), where, WHO.index(who))
    assert [name for name, text in shown.items() if CANARY in text] == []


def test_the_canary_sings_at_home(planted, db):
    cast, where = planted
    shown = pages(client_of(cast, "outsider"), where, WHO.index("outsider"))
    assert CANARY in shown["campaigns:campaign_list"] and CANARY in shown["organizations:cadre_list"]


@pytest.mark.parametrize("who", ["office", "director", "cadre"])
def test_what_is_typed_is_text(planted, db, who):
    cast, where = planted
    shown = pages(client_of(cast, who), where, WHO.index(who))
    assert [name for name, text in shown.items() if "<img src=x" in text] == []
    assert any("&lt;img src=x" in text for text in shown.values())


@pytest.mark.parametrize("query", ["unit=99999999999999999999", "unit=-1", "unit=%00", "page=99999999999999999999", "page=x", "status=%27%3B--", "open=nothing", "as_of=0000-00-00", "q=%25_%5C"])
def test_an_odd_address_breaks_no_page(planted, db, query):
    cast, where = planted
    client = client_of(cast, "office")
    lists = [name for name, row in TABLE.items() if row[WHO.index("office")] == "+" and "?" not in where[name]]
    broken = {name: status for name in lists if (status := client.get(f"{where[name]}?{query}").status_code) not in (200, 302, 400, 404)}
    assert broken == {}
