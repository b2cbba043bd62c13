"""到期销毁: contents go on their day with the keys, the rest stays; and the round that says so."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from jobs.registry import DAILY
from keys.models import DataKey
from selfcheck.actions import accept_report, change_round, purge_due_reports, start_round, submit
from selfcheck.models import SEALED, Answer, Round, SelfCheck

DAY = dt.timedelta(days=1)


def keep(opened, until) -> None:
    Round.objects.filter(pk=opened.pk).update(keep_until=until)


@pytest.fixture
def accepted(cast, stage):
    return accept_report(stage.hand_in(cast.cadre, "improper_conduct"), opinion="同意", by=cast.reviewer, at=timezone.now())


def test_purge_waits_for_the_day_to_be_over(cast, stage, accepted):
    keep(stage.round, stage.due + DAY)
    assert purge_due_reports(at=timezone.now() + 6 * DAY) == 0
    assert SelfCheck.objects.get(pk=accepted.pk).opinion == "同意"


def test_purge_empties_the_report_and_leaves_what_was_done(cast, stage, accepted):
    keep(stage.round, stage.due + DAY)
    after = timezone.now() + 8 * DAY
    assert purge_due_reports(at=after) == stage.round.selfchecks.count()
    report = SelfCheck.objects.get(pk=accepted.pk)
    assert [getattr(report, column) for column in SEALED] == [""] * len(SEALED)
    assert (report.key, report.purged_at, report.status, report.accepted_by, report.body.items) == (None, after, "accepted", cast.reviewer, {})
    assert not Answer.objects.filter(selfcheck=report).exists()
    assert not DataKey.objects.filter(holder="cadre:cadre").exists()
    assert cast.campaign.problems.get().manifestation == "以电话代替上门走访。"  # the ledger is a record of its own
    assert Event.objects.filter(action="selfcheck.purge_report").count() == stage.round.selfchecks.count()
    assert purge_due_reports(at=after) == 0


def test_purge_keeps_the_key_while_another_report_needs_it(cast, stage, accepted, today):
    keep(stage.round, stage.due + DAY)
    second = start_round(cast.campaign, title="第二轮", due_on=today + 30 * DAY, content="查", reviewer=cast.reviewer, by=cast.office, at=timezone.now())
    later = submit(SelfCheck.objects.get(round=second, cadre__user=cast.cadre), answers=stage.answers(), statement="还在", pledged=True, by=cast.cadre, at=timezone.now())
    purge_due_reports(at=timezone.now() + 8 * DAY)
    assert SelfCheck.objects.get(pk=later.pk).statement == "还在"


def test_purged_author_writes_the_next_report_with_a_new_key(cast, stage, accepted, today):
    keep(stage.round, stage.due + DAY)
    purge_due_reports(at=timezone.now() + 8 * DAY)
    second = start_round(cast.campaign, title="第二轮", due_on=today + 30 * DAY, content="查", reviewer=cast.reviewer, by=cast.office, at=timezone.now())
    again = submit(SelfCheck.objects.get(round=second, cadre__user=cast.cadre), answers=stage.answers(), statement="新写的", pledged=True, by=cast.cadre, at=timezone.now())
    assert SelfCheck.objects.get(pk=again.pk).statement == "新写的"


def test_purged_report_says_so_to_its_author(cast, stage, accepted, signed_in):
    keep(stage.round, stage.due + DAY)
    purge_due_reports(at=timezone.now() + 8 * DAY)
    text = signed_in(cast.cadre).get(f"/selfcheck/{accepted.pk}/").content.decode()
    assert "按期销毁" in text and "还没有填写" not in text


def test_a_purged_report_with_words_is_refused_by_the_database(stage, cast, accepted):
    with pytest.raises(IntegrityError), transaction.atomic():
        SelfCheck.objects.filter(pk=accepted.pk).update(purged_at=timezone.now())


def test_purge_holds_its_queries_but_for_the_log(cast, stage, accepted, django_assert_max_num_queries):
    keep(stage.round, stage.due + DAY)
    with django_assert_max_num_queries(60) as asked:
        purge_due_reports(at=timezone.now() + 8 * DAY)
    assert sum("selfcheck_selfcheck" in query["sql"] and query["sql"].startswith("UPDATE") for query in asked.captured_queries) == 1


def test_purge_is_done_every_day():
    assert "selfcheck.purge_reports" in DAILY


# --- the round --------------------------------------------------------------------------------------------------------------


def test_change_round_moves_the_deadline_of_who_has_not_handed_in(cast, stage, today):
    handed_in = stage.hand_in(cast.cadre)
    change_round(stage.round, due_on=today + 20 * DAY, needs_talk=True, keep_until=today + 900 * DAY, by=cast.office, at=timezone.now())
    assert {stage.report(cast.colleague).due_on, Round.objects.get().due_on} == {today + 20 * DAY}
    assert stage.report(cast.colleague).review_until == today + 80 * DAY
    assert SelfCheck.objects.get(pk=handed_in.pk).due_on == stage.due


def test_change_round_keeps_contents_at_least_until_the_deadline(cast, stage, today):
    with pytest.raises(ValidationError, match="须晚于提交时限"):
        change_round(stage.round, due_on=today + 20 * DAY, needs_talk=False, keep_until=today + 20 * DAY, by=cast.office, at=timezone.now())
    assert Round.objects.get().due_on == stage.due


def test_round_change_page(cast, stage, signed_in, today):
    client, url = signed_in(cast.office), f"/selfcheck/rounds/{stage.round.pk}/change/"
    assert "内容保存至" in client.get(url).content.decode()
    assert "时限不能早于今天" in client.post(url, {"due_on": "2020-01-01", "version": 1}).content.decode()
    client.post(url, {"due_on": today + 9 * DAY, "keep_until": today + 400 * DAY, "version": 1})
    assert "到期自动销毁" in client.get(f"/selfcheck/rounds/{stage.round.pk}/").content.decode()
    assert signed_in(cast.chief).get(url).status_code == 403
