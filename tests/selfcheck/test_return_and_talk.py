"""Sent back item by item and what changed since; the talk before an acceptance; whom a round reaches, later comers included."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from ledger import actions as ledger
from selfcheck.actions import (
    Talk,
    accept_report,
    include_newcomers,
    newcomers,
    return_report,
    start_round,
    submit,
    with_body,
)
from selfcheck.before import changes
from selfcheck.models import Round, SelfCheck
from tests.cast import person

DAY = dt.timedelta(days=1)


@pytest.fixture
def sent_back(cast, stage, today):
    """sent_back(remarks, comment) → a report with one 是, sent back."""

    def _sent_back(remarks=None, comment=""):
        report = stage.hand_in(cast.cadre, "improper_conduct")
        return return_report(report, comment=comment, remarks=remarks, due_on=today + DAY, by=cast.reviewer, at=timezone.now())

    return _sent_back


def again(cast, stage, report, *keys, statement="") -> SelfCheck:
    submit(report, answers=stage.answers(*keys), statement=statement, pledged=True, by=cast.cadre, at=timezone.now())
    return SelfCheck.objects.prefetch_related(with_body()).get(pk=report.pk)


def test_return_report_with_a_remark_alone_is_enough(sent_back):
    report = sent_back({"improper_conduct": "写具体一些", "belief_loss": "  "})
    assert (report.status, report.remarks) == ("returned", {"improper_conduct": "写具体一些"})
    assert "写具体一些" not in report.sealed_remarks
    assert "以电话代替上门走访" in report.before_text and "以电话代替上门走访" not in report.sealed_before


def test_return_report_with_neither_comment_nor_remark_is_refused(cast, stage, sent_back):
    with pytest.raises(ValidationError, match="或者在要补正的那一项下面写意见"):
        sent_back({"improper_conduct": " "})
    assert stage.report(cast.cadre).status == "submitted"


def test_changes_say_which_answers_differ_and_how_they_stood(cast, stage, sent_back):
    found = changes(again(cast, stage, sent_back({"improper_conduct": "改"}), "belief_loss", statement="补充说明"))
    assert {key: (str(was.mark), [item["manifestation"] for item in was.items]) for key, was in found.answers.items()} == {
        "improper_conduct": ("是", ["以电话代替上门走访。"]), "belief_loss": ("否", []),
    }
    assert str(found.answers["improper_conduct"].items[0]["track"]) == "限期整改" and found.answers["improper_conduct"].items[0]["due_on"] == stage.due
    assert found.statement.text == ""


def test_changes_of_a_report_sent_in_again_as_it_was_are_empty(cast, stage, sent_back):
    found = changes(again(cast, stage, sent_back({"improper_conduct": "改"}), "improper_conduct"))
    assert found is not None and not found


def test_changes_of_a_report_never_sent_back_are_none(cast, stage):
    assert changes(stage.hand_in(cast.cadre)) is None


def test_review_detail_returns_with_a_remark_which_the_author_sees_at_its_place(cast, stage, signed_in, today):
    report, client = stage.hand_in(cast.cadre, "improper_conduct"), signed_in(cast.reviewer)
    client.get(f"/selfcheck/reviews/{report.pk}/")
    sent = {"do": "return", "version": report.version, "comment": "", "due_on": today + DAY, f"remark-{stage.q['improper_conduct']}": "次数写清楚"}
    assert client.post(f"/selfcheck/reviews/{report.pk}/", sent).status_code == 302
    text = signed_in(cast.cadre).get(f"/selfcheck/{report.pk}/edit/").content.decode()
    place = text.index(f'id="aspect-{stage.q["improper_conduct"]}"')
    assert place < text.index("审核人对这一项的意见") < text.index("次数写清楚") < text.index("以电话代替上门走访。")
    again(cast, stage, stage.report(cast.cadre))
    seen = signed_in(cast.reviewer).get(f"/selfcheck/reviews/{report.pk}/").content.decode()
    assert "退回后改了 1 个方面" in seen and "次数写清楚" in seen and "以电话代替上门走访。" in seen


def test_review_detail_says_that_nothing_was_changed(cast, stage, sent_back, signed_in):
    report = again(cast, stage, sent_back({"improper_conduct": "改"}), "improper_conduct")
    text = signed_in(cast.reviewer).get(f"/selfcheck/reviews/{report.pk}/").content.decode()
    assert "退回后内容没有改动" in text and "退回后这一项没有改" in text


def test_review_detail_holds_its_query_count(cast, stage, sent_back, signed_in, django_assert_max_num_queries):
    report = again(cast, stage, sent_back({"improper_conduct": "改"}), *stage.q)
    client = signed_in(cast.reviewer)
    client.get(f"/selfcheck/reviews/{report.pk}/")
    with django_assert_max_num_queries(16):
        client.get(f"/selfcheck/reviews/{report.pk}/")


# --- under a problem that is there already ---


def test_review_detail_puts_an_item_under_a_problem_that_is_there(cast, stage, signed_in):
    there = ledger.report_problem(
        cast.campaign, title="走访不到位", source="talk", manifestation="谈话中说到", responsible_unit=cast.unit_a, responsible_person=cast.person(cast.cadre),
        track="immediate", by=cast.office, at=timezone.now(),
    )
    others = ledger.report_problem(
        cast.campaign, title="别人的问题", source="talk", manifestation="谈话中说到", responsible_unit=cast.unit_a, responsible_person=cast.person(cast.colleague),
        track="immediate", by=cast.office, at=timezone.now(),
    )
    report, client = stage.hand_in(cast.cadre, "improper_conduct", "belief_loss"), signed_in(cast.reviewer)
    url = f"/selfcheck/reviews/{report.pk}/"
    page = client.get(url).content.decode()
    assert page.count("列为新问题") == 2 and page.count("走访不到位") == 2 and "别人的问题" not in page
    first = report.answers.get(question__key="improper_conduct").items.get()
    refused = client.post(url, {"do": "accept", "version": report.version, f"into-{first.pk}": others.pk})
    assert refused.status_code == 200 and stage.report(cast.cadre).status == "submitted"
    assert client.post(url, {"do": "accept", "version": report.version, f"into-{first.pk}": there.pk}).status_code == 302
    assert set(cast.campaign.problems.values_list("title", flat=True)) == {"走访不到位", "别人的问题", "以电话代替上门走访"}
    first.refresh_from_db()
    assert first.problem == there


# --- 谈心谈话 -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def talked(cast, stage):
    Round.objects.filter(pk=stage.round.pk).update(needs_talk=True)
    return stage.hand_in(cast.cadre)


def test_accept_report_of_a_round_with_talks_needs_one(cast, talked, today):
    with pytest.raises(ValidationError, match="先谈心谈话"):
        accept_report(talked, by=cast.reviewer, at=timezone.now())
    with pytest.raises(ValidationError, match="不能晚于今天"):
        accept_report(talked, talk=Talk(today + DAY, "何书言"), by=cast.reviewer, at=timezone.now())
    accepted = accept_report(talked, talk=Talk(today, "何书言", "认识到位"), by=cast.reviewer, at=timezone.now())
    assert (accepted.status, accepted.talked_on, accepted.talker, accepted.talk_opinion) == ("accepted", today, "何书言", "认识到位")
    assert "认识到位" not in accepted.sealed_talk_opinion


def test_review_detail_asks_for_the_talk_and_keeps_what_was_typed(cast, talked, signed_in, today):
    url, client = f"/selfcheck/reviews/{talked.pk}/", signed_in(cast.reviewer)
    assert "谈话日期" in client.get(url).content.decode()
    refused = client.post(url, {"do": "accept", "version": talked.version, "comment": "留住", "talked_on": "", "talker": "何书言"})
    assert refused.status_code == 200 and "先谈心谈话" in refused.content.decode() and "留住" in refused.content.decode()
    assert client.post(url, {"do": "accept", "version": talked.version, "talked_on": today, "talker": "何书言", "talk_opinion": "认识到位"}).status_code == 302
    assert "由何书言谈心谈话" in client.get(f"/selfcheck/{talked.pk}/").content.decode()


def test_review_detail_without_talks_does_not_ask(cast, stage, signed_in):
    assert "谈话日期" not in signed_in(cast.reviewer).get(f"/selfcheck/reviews/{stage.hand_in(cast.cadre).pk}/").content.decode()


def test_talked_on_and_talker_go_together(cast, stage, today):
    with pytest.raises(IntegrityError), transaction.atomic():
        SelfCheck.objects.filter(pk=stage.report(cast.cadre).pk).update(talked_on=today)


# --- 范围 and 补发 ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def section(cast, today):
    """A round over one unit only."""
    return start_round(cast.campaign, title="只查一个科", due_on=today + DAY, content="查", reviewer=cast.reviewer, units=[cast.unit_a], by=cast.office, at=timezone.now())


def test_start_round_over_one_unit_leaves_the_others_alone(section):
    assert set(section.selfchecks.values_list("cadre__user__username", flat=True)) == {"liaison", "cadre", "colleague"}
    assert list(newcomers(section)) == []


def test_include_newcomers_hands_out_to_who_came_later_and_once(cast, section, today):
    late = person("late", "后来人", cast.unit_a)
    person("elsewhere-late", "别处来的", cast.unit_b)
    assert [cadre.user for cadre in newcomers(section)] == [late]
    facts = {"due_on": today + 3 * DAY, "reviewer": cast.reviewer, "by": cast.office, "at": timezone.now()}
    assert include_newcomers(section, **facts) == 1
    report = section.selfchecks.get(cadre__user=late)
    assert (report.due_on, report.reviewer, report.status, report.cadre.slips.count()) == (today + 3 * DAY, cast.reviewer, "pending", 1)
    with pytest.raises(ValidationError, match="没有要补发的人"):
        include_newcomers(section, **facts)
    assert section.selfchecks.count() == 4


def test_round_extend_shows_who_and_hands_out(cast, section, signed_in, today):
    person("late", "后来人", cast.unit_a)
    client = signed_in(cast.office)
    assert "补发 1 人" in client.get(f"/selfcheck/rounds/{section.pk}/").content.decode()
    url = f"/selfcheck/rounds/{section.pk}/newcomers/"
    assert "后来人（纪检监察科）" in client.get(url).content.decode()
    answer = client.post(url, {"due_on": today + DAY, "reviewer": ""}, follow=True)
    assert "已补发 1 人" in answer.content.decode()
    assert "没有要补发的人" in client.get(url).content.decode()


def test_round_new_over_chosen_units(cast, signed_in, today):
    client = signed_in(cast.office)
    sent = {"title": "街道", "due_on": today + DAY, "content": "查", "reviewer": cast.reviewer.pk, "reach": "units"}
    assert "请至少选一个单位" in client.post("/selfcheck/rounds/new/", sent).content.decode()
    client.post("/selfcheck/rounds/new/", sent | {"units": [cast.unit_b.pk], "needs_talk": "on"})
    made = Round.objects.get(title="街道")
    assert (list(made.units.all()), made.needs_talk, made.selfchecks.count()) == ([cast.unit_b], True, 1)
