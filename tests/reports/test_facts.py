"""Sentences from rows: tested word by word, for the sentence is what gets printed."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F

from campaigns.actions import appoint_member, form_leading_group, form_work_groups, plan_phase, record_meeting
from campaigns.models import Campaign, Meeting
from learning.actions import distribute_material, hold_activity, hold_session
from reports.compose import PLACE, Composer
from reports.facts import FACTS, PARTS, Fact, listed
from reports.figures import Scope
from reports.material import Material
from reports.outlines import OUTLINES
from reports.reading import read_all
from supervision.actions import make_suggestion, raise_organ_issue
from tests.cast import NOW, TODAY


def says(cast, text: str) -> str:
    """The text with everything filled in."""
    return "".join(run.text for run in Composer(Scope(cast.campaign), TODAY).runs(text))


def test_every_fact_speaks_when_nothing_is_entered(cast):
    said = {name: says(cast, "{{" + name + "}}") for name in FACTS}
    assert [name for name, words in said.items() if "{{" in words] == []


@pytest.mark.parametrize(("parts", "text"), [([], ""), (["甲"], "甲"), (["甲", "乙"], "甲和乙"), (["甲", "乙", "丙"], "甲、乙和丙")])
def test_listed(parts, text):
    assert listed(parts) == text


def test_meeting_chain_with_known_dates_computes_at_once(cast):
    city = record_meeting(cast.campaign, kind="superior", organ="市纪委", title="市部署会议", held_on=dt.date(2026, 6, 1), by=cast.office, at=NOW)
    record_meeting(cast.campaign, kind="committee", organ="工委", title="工委会议", follows=city, held_on=dt.date(2026, 6, 3), agenda=[{"kind": "relay", "text": "会议精神"}], by=cast.office, at=NOW)
    assert says(cast, "{{meeting_chain}}") == "6月1日，市部署会议之后，6月3日，工委第一时间召开会议，传达学习会议精神"


def test_a_meeting_long_after_is_not_called_at_once(cast):
    city = record_meeting(cast.campaign, kind="superior", organ="市纪委", title="市部署会议", held_on=dt.date(2026, 6, 1), by=cast.office, at=NOW)
    record_meeting(cast.campaign, kind="committee", organ="工委", title="工委会议", follows=city, held_on=dt.date(2026, 7, 3), agenda=[{"kind": "mobilize"}], by=cast.office, at=NOW)
    assert "第一时间" not in says(cast, "{{meeting_chain}}")


def test_leading_group_counts_distinct_groups_and_prints_blanks(cast):
    group = form_leading_group(cast.campaign, name="领导小组", mandate="统筹推进", office_unit=cast.bureau, by=cast.office, at=NOW)
    form_work_groups(group, names=["综合组", "宣传组", "综合组"], by=cast.office, at=NOW)
    appoint_member(group, role="head", by=cast.office, at=NOW)
    appoint_member(group, role="deputy", cadre=cast.person(cast.director), post_text="主任", by=cast.office, at=NOW)
    appoint_member(group, role="member", post_text="街道纪工委书记", by=cast.office, at=NOW)
    assert says(cast, "{{leading_group}}") == (
        "成立领导小组，负责统筹推进。领导小组由××任组长，由主任赵念安任副组长，街道纪工委书记任成员。领导小组办公室设在纪检监察室，下设综合组、宣传组2个组。"
    )


def test_another_organ_names_its_phases_as_it_likes(cast):
    for n, label in enumerate(["动员学习", "剖析讨论", "整改提高"]):
        plan_phase(cast.campaign, kind="learning", label=label, starts_on=dt.date(2026, 2, 21) + dt.timedelta(days=n), by=cast.office, at=NOW)
    assert says(cast, "聚焦{{phase_names}}{{phases|cn}}个环节") == "聚焦动员学习、剖析讨论、整改提高三个环节"


def test_discipline_materials_are_those_studied_not_those_handed_out(cast):
    studied = distribute_material(cast.campaign, kind="document", category="law", title="监察法", by=cast.office, at=NOW)
    distribute_material(cast.campaign, kind="document", category="law", title="宪法", by=cast.office, at=NOW)
    hold_session(cast.campaign, unit=cast.organ, title="学法", topics=[studied], held_on=TODAY, is_held=True, by=cast.office, at=NOW)
    assert says(cast, "{{discipline_materials}}") == "《监察法》"


def test_an_undated_visit_prints_the_blank_an_undated_film_none(cast):
    hold_activity(cast.campaign, category="warning", kind="base_visit", title="警示教育", places="教育基地", participants="干部", by=cast.office, at=NOW)
    hold_activity(cast.campaign, category="warning", kind="film", title="警示片", participants="干部", by=cast.office, at=NOW)
    assert says(cast, "{{activities_told}}") == "×月×日，组织干部到教育基地，开展警示教育。组织干部集中观看警示片。"


def test_parts_are_numbered_headings_and_paragraphs(cast):
    raise_organ_issue(cast.campaign, title="机构不健全", description="只有一个室。", causes=["一方面，人少。", "另一方面，兼职。"], by=cast.office, at=NOW)
    make_suggestion(cast.campaign, addressee="上级", topic="人员", text="增加编制。", by=cast.office, at=NOW)
    blocks = Composer(Scope(cast.campaign), TODAY).blocks("# 问题\n@机构制度问题\n@几点建议\n# 打算\n@下一步打算\n努力。")
    assert [(b.style, b.text) for b in blocks] == [
        ("h1", "一、问题"),
        ("h2", "（一）机构不健全。只有一个室。一方面，人少。另一方面，兼职。"),
        ("p", "几点建议：一是增加编制。"),
        ("h1", "二、打算"),
        ("p", "努力。"),
    ]
    assert [r.font for r in blocks[1].runs] == ["kai", "fang"]


def test_typed_text_is_never_taken_for_markup(cast):
    assert says(cast, "<b>甲</b> & {乙}") == "<b>甲</b> & {乙}"


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_fact_reads_and_names_what_it_declares(demo_entered, db, name, django_assert_num_queries):
    known, material = FACTS[name], Material(Scope(Campaign.objects.select_related("unit").get()), TODAY)
    material.gather(figures=known.figures, lists=known.lists)
    with django_assert_num_queries(0):
        words = known.tell(material)
    assert {place[1] for place in PLACE.finditer(words)} <= set(known.figures)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_part_reads_what_it_declares(demo_entered, db, name, django_assert_num_queries):
    material = Material(Scope(Campaign.objects.get()), TODAY)
    material.gather(lists=PARTS[name].lists)
    with django_assert_num_queries(0):
        assert PARTS[name].tell(material)


def test_a_whole_report_is_read_in_two_statements(demo_entered, db, django_assert_num_queries):
    campaign = Campaign.objects.select_related("unit").get()
    with django_assert_num_queries(2):
        Composer(Scope(campaign), TODAY).blocks(OUTLINES["progress"])


def test_lists_keep_their_order_and_their_types(cast, django_assert_num_queries):
    day = dt.date(2026, 6, 3)
    first = record_meeting(cast.campaign, kind="superior", organ="市纪委", title="甲", by=cast.office, at=NOW)
    second = record_meeting(cast.campaign, kind="committee", organ="工委", title="乙", follows=first, held_on=day, same_day_as_followed=True, by=cast.office, at=NOW)
    own = Meeting.objects.filter(campaign=cast.campaign)
    with django_assert_num_queries(1):
        found = read_all({
            "backwards": (own.order_by("-pk"), ("title", "held_on", "follows_id", "same_day_as_followed")),
            "forwards": (own.annotate(words=F("organ")), ("words",)),
            "none": (Meeting.objects.none(), ("title",)),
        })
    assert [(m.pk, m.title, m.held_on, m.follows_id, m.same_day_as_followed) for m in found["backwards"]] == [
        (second.pk, "乙", day, first.pk, True), (first.pk, "甲", None, None, False),
    ]
    assert [(m, m.words) for m in found["forwards"]] == [(first, "市纪委"), (second, "工委")]
    assert found["none"] == []
    assert read_all({}) == {}


def test_a_fact_that_names_itself_ends(cast, monkeypatch):
    monkeypatch.setitem(FACTS, "loop", Fact(lambda material: "{{loop}}"))
    with pytest.raises(ValidationError, match="loop"):
        says(cast, "{{loop}}")
