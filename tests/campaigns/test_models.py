"""Walls of the tables, and the words and sums rows give."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from campaigns.actions import assign_task, finish_task, issue_slip, launch_campaign, plan_item, record_meeting
from campaigns.models import (
    AgendaItem,
    Campaign,
    GroupMember,
    Meeting,
    NextStep,
    Phase,
    PlanItem,
    Slip,
    SlipDelivery,
    UnitTask,
    WorkGroup,
)
from organizations.models import Cadre
from tests.cast import NOW, TODAY

DAY = dt.timedelta(days=1)
BY = {"at": NOW}


def refused(make):
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def test_two_phases_never_share_a_place_in_the_order(cast):
    Phase.objects.create(campaign=cast.campaign, kind="learning", label="甲", order=1)
    refused(lambda: Phase.objects.create(campaign=cast.campaign, kind="learning", label="乙", order=1))


def test_a_phase_never_ends_before_it_starts(cast):
    refused(lambda: Phase.objects.create(campaign=cast.campaign, kind="learning", label="甲", order=1, starts_on=TODAY, ends_on=TODAY - DAY))


def test_phases_may_overlap_and_may_lack_dates(cast):
    for order, (start, end) in enumerate([(TODAY, TODAY + 9 * DAY), (TODAY + DAY, None), (None, TODAY), (None, None)], 1):
        Phase.objects.create(campaign=cast.campaign, kind="learning", label=f"第{order}", order=order, starts_on=start, ends_on=end)
    assert list(Phase.objects.on(TODAY + DAY).values_list("order", flat=True)) == [1, 2]


def test_plan_numbers_are_unique_in_a_campaign(cast):
    PlanItem.objects.create(campaign=cast.campaign, number=1, task="甲")
    refused(lambda: PlanItem.objects.create(campaign=cast.campaign, number=1, task="乙"))


def test_a_plan_line_is_done_by_somebody_or_not_at_all(cast):
    refused(lambda: PlanItem.objects.create(campaign=cast.campaign, number=1, task="甲", done_on=TODAY))
    refused(lambda: PlanItem.objects.create(campaign=cast.campaign, number=1, task="甲", done_by=cast.office))


def test_a_unit_has_a_task_once_and_its_end_has_a_doer(cast):
    item = PlanItem.objects.create(campaign=cast.campaign, number=1, task="甲")
    UnitTask.objects.create(item=item, unit=cast.unit_a)
    refused(lambda: UnitTask.objects.create(item=item, unit=cast.unit_a))
    refused(lambda: UnitTask.objects.create(item=item, unit=cast.unit_b, done_at=NOW))
    refused(lambda: UnitTask.objects.create(item=item, unit=cast.unit_b, done_by=cast.office))


def test_next_steps_agenda_and_groups_keep_their_places(cast, group):
    NextStep.objects.create(campaign=cast.campaign, order=1, text="甲")
    refused(lambda: NextStep.objects.create(campaign=cast.campaign, order=1, text="乙"))
    meeting = Meeting.objects.create(campaign=cast.campaign, kind="party", organ="区党工委", title="会", entered_at=NOW)
    AgendaItem.objects.create(meeting=meeting, order=1, kind="relay")
    refused(lambda: AgendaItem.objects.create(meeting=meeting, order=1, kind="approve"))
    WorkGroup.objects.create(leading_group=group, name="教育培训组", order=1)
    refused(lambda: WorkGroup.objects.create(leading_group=group, name="教育培训组", order=2))


def test_one_person_has_one_place_of_a_kind_in_a_subgroup(cast, group):
    team = WorkGroup.objects.create(leading_group=group, name="综合协调组", order=1)
    place = {"leading_group": group, "work_group": team, "role": "member", "cadre": cast.person(cast.cadre)}
    GroupMember.objects.create(**place)
    refused(lambda: GroupMember.objects.create(**place))
    GroupMember.objects.create(**place | {"cadre": None, "post_text": "街道纪工委书记"})
    GroupMember.objects.create(**place | {"cadre": None, "post_text": "街道纪工委书记"})


def test_slip_numbers_deliveries_and_signatures(cast):
    facts = {"campaign": cast.campaign, "year": 2026, "number": 1, "title": "单", "content": "文", "issued_at": NOW}
    slip = Slip.objects.create(kind="prompt", **facts)
    refused(lambda: Slip.objects.create(kind="prompt", **facts))
    Slip.objects.create(kind="urge", **facts)
    SlipDelivery.objects.create(slip=slip, cadre=cast.person(cast.cadre))
    refused(lambda: SlipDelivery.objects.create(slip=slip, cadre=cast.person(cast.cadre)))
    refused(lambda: SlipDelivery.objects.create(slip=slip, cadre=cast.person(cast.chief), acknowledged_at=NOW))
    refused(lambda: SlipDelivery.objects.create(slip=slip, cadre=cast.person(cast.chief), acknowledged_by=cast.chief))


def test_unknown_kinds_are_refused(cast):
    with pytest.raises(ValidationError):
        Phase(campaign=cast.campaign, kind="vacation", label="甲", order=1).full_clean()


@pytest.fixture
def five(cast):
    """One plan line in each of the five ways to stand, the borders included."""
    facts = [("逾期", TODAY - DAY), ("今天", TODAY), ("第七天", TODAY + 7 * DAY), ("第八天", TODAY + 8 * DAY), ("未定", None)]
    for task, due_on in facts:
        plan_item(cast.campaign, task=task, due_on=due_on, by=cast.office, **BY)
    PlanItem.objects.create(campaign=cast.campaign, number=9, task="办结", due_on=TODAY - DAY, done_on=TODAY, done_by=cast.office)
    return cast.campaign.plan_items


def test_every_plan_line_stands_in_one_view(five):
    views = {view: [i.task for i in five.standing(view, TODAY)] for view in ("overdue", "soon", "later", "undated", "done")}
    assert views == {"overdue": ["逾期"], "soon": ["今天", "第七天"], "later": ["第八天"], "undated": ["未定"], "done": ["办结"]}
    assert five.counted(TODAY) == {"all": 6, "overdue": 1, "soon": 2, "later": 1, "undated": 1, "done": 1}
    assert five.standing("nonsense", TODAY).count() == 6
    assert [i.task for i in five.overdue(TODAY)] == ["逾期"]
    assert [i.task for i in five.due_soon(TODAY, days=0)] == ["今天"]


def test_a_line_is_overdue_the_day_after_its_day(five):
    item = five.get(task="今天")
    assert (item.is_overdue(TODAY), item.is_overdue(TODAY + DAY)) == (False, True)
    assert not five.get(task="办结").is_overdue(TODAY + DAY)
    assert not five.get(task="未定").is_overdue(TODAY + DAY)


def test_tasks_are_counted_by_unit_in_the_order_of_the_tree(cast, item):
    finish_task(UnitTask.objects.get(item=item, unit=cast.unit_b), note="已办", by=cast.stranger, **BY)
    late = plan_item(cast.campaign, task="迟", due_on=TODAY - DAY, by=cast.office, **BY)
    assign_task(late, units=[cast.unit_a], by=cast.office, **BY)
    rows = UnitTask.objects.by_unit(TODAY)
    assert [(r["unit__name"], r["assigned"], r["done"], r["late"]) for r in rows] == [("纪检监察科", 2, 0, 1), ("石桥街道纪工委", 1, 1, 0)]


def test_plan_lines_carry_their_units_progress(cast, item):
    finish_task(UnitTask.objects.get(item=item, unit=cast.unit_b), note="已办", by=cast.stranger, **BY)
    plan_item(cast.campaign, task="没有分解", by=cast.office, **BY)
    assert [(i.number, i.assigned, i.reported) for i in cast.campaign.plan_items.with_tasks()] == [(1, 2, 1), (2, 0, 0)]


def who_sees(cast, rows) -> list[str]:
    people = [who for who in vars(cast) if hasattr(getattr(cast, who), "username")]
    return [who for who in people if rows.visible_to(getattr(cast, who)).exists()]


SUBGROUPS = ["coordination", "training", "publicity", "inspection"]
EVERYBODY_HERE = ["director", "office", "reviewer", "supervisor", "clues", "chief", "liaison", "cadre", "colleague", "stranger", *SUBGROUPS]


def test_who_sees_a_campaign_and_its_papers(cast, item, deed):
    record_meeting(cast.campaign, kind="party", organ="区党工委", title="会", **deed)
    Phase.objects.create(campaign=cast.campaign, kind="learning", label="甲", order=1)
    for rows in (Campaign.objects, PlanItem.objects, Meeting.objects, Phase.objects):
        assert who_sees(cast, rows) == EVERYBODY_HERE


def test_who_sees_a_units_task(cast, item):
    tasks = UnitTask.objects.filter(unit=cast.unit_a)
    assert who_sees(cast, tasks) == ["director", "office", "supervisor", "liaison", *SUBGROUPS]


def test_a_slip_is_seen_by_its_receivers_and_those_who_follow_it_up(cast, deed):
    issue_slip(cast.campaign, title="单", content="文", cadres=[cast.person(cast.cadre)], **deed)
    assert who_sees(cast, Slip.objects) == ["director", "office", "reviewer", "supervisor", "liaison", "cadre", "coordination", "training", "inspection"]
    assert who_sees(cast, SlipDelivery.objects) == ["director", "office", "reviewer", "supervisor", "liaison", "cadre", "coordination", "training", "inspection"]


def test_slips_are_counted_by_unit_and_by_slip(cast, deed):
    slip = issue_slip(cast.campaign, title="单", content="文", cadres=Cadre.objects.filter(user__in=[cast.cadre, cast.liaison, cast.stranger]), **deed)
    SlipDelivery.objects.filter(cadre__user=cast.cadre).update(acknowledged_at=NOW, acknowledged_by=cast.cadre)
    assert [(r["cadre__unit__name"], r["sent"], r["signed"]) for r in slip.deliveries.by_unit()] == [("纪检监察科", 2, 1), ("石桥街道纪工委", 1, 0)]
    assert list(slip.deliveries.by_slip()) == [{"slip": slip.pk, "sent": 3, "signed": 1}]
    assert [slip.deliveries.standing(view).count() for view in ("waiting", "signed", "all")] == [2, 1, 3]
    assert slip.deliveries.waiting().count() == 2


def test_the_newest_running_campaign_comes_first(cast, deed):
    second = launch_campaign(name="回头看", workforce="纪检监察干部", unit=cast.organ, parent=cast.campaign, by=cast.office, at=NOW + DAY)
    assert list(Campaign.objects.running()) == [second, cast.campaign]
    Campaign.objects.filter(pk=second.pk).update(closed_on=TODAY)
    assert list(Campaign.objects.running()) == [cast.campaign]
    assert list(cast.campaign.units()) == [cast.organ, cast.bureau, cast.unit_a, cast.unit_b]
    assert list(cast.campaign.rounds.all()) == [second]


def test_days_between_meetings_and_late_entry(cast):
    def meeting(**facts):
        return Meeting(campaign=cast.campaign, kind="party", organ="区党工委", title="会", entered_at=NOW, **facts)

    first = meeting(held_on=TODAY - 9 * DAY)
    assert meeting(held_on=TODAY, follows=first).days_after_followed() == 9
    assert meeting(follows=first, same_day_as_followed=True).days_after_followed() == 0
    assert meeting(follows=first).days_after_followed() is None
    assert meeting(held_on=TODAY, follows=meeting()).days_after_followed() is None
    assert meeting(held_on=TODAY).days_after_followed() is None
    assert [meeting(held_on=TODAY - n * DAY).is_late_entry(TODAY) for n in (3, 4)] == [False, True]
    assert not meeting().is_late_entry(TODAY)


def test_rows_say_what_they_are(cast, item, group):
    assert str(item.unit_tasks.get(unit=cast.unit_a)) == "纪检监察科：开展警示教育"
    assert item.owner_label == "赵念安"
    assert PlanItem(owner_text="各街道纪工委书记").owner_label == "各街道纪工委书记"
    assert str(GroupMember(role="member", post_text="纪检监察室副主任")) == "成员 纪检监察室副主任"
    assert str(Slip(year=2026, number=4, title="自查")) == "〔2026〕4 号 自查"
