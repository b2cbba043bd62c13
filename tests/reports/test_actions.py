"""Briefings, deed by deed."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.models import Event
from jobs.models import Job
from jobs.runner import run_pending
from reports import actions
from reports.actions import (
    compose_briefing,
    document_of,
    edit_briefing,
    issue_briefing,
    latest,
    restore_version,
    return_briefing,
    submit_briefing,
)
from reports.document import plain_text
from reports.models import Briefing
from tests.cast import NOW, TODAY


@pytest.fixture
def draft(cast) -> Briefing:
    return compose_briefing(cast.campaign, kind="progress", title="进展情况汇报", as_of=TODAY, body="共有{{cadres_total}}人。", by=cast.office, at=NOW)


def issued(draft, cast) -> Briefing:
    submit_briefing(draft, by=cast.office, at=NOW)
    return issue_briefing(draft, signer="赵念安", by=cast.director, at=NOW)


@pytest.mark.parametrize("kind", Briefing.Kind.values)
def test_compose_from_every_outline_prints_blanks_for_what_is_not_known(cast, kind):
    briefing = compose_briefing(cast.campaign, kind=kind, title="汇报", as_of=TODAY, by=cast.office, at=NOW)
    text = plain_text(document_of(briefing))
    assert "自查自纠尚未发起" in text
    assert "{{" not in text


def test_compose_as_of_tomorrow_is_refused(cast):
    with pytest.raises(ValidationError, match="不能晚于今天"):
        compose_briefing(cast.campaign, kind="progress", title="汇报", as_of=TODAY + dt.timedelta(days=1), by=cast.office, at=NOW)
    assert not Briefing.objects.exists()


@pytest.mark.parametrize(("body", "message"), [("{{no_such}}", "no_such"), ("@没有的段落", "没有名为“@没有的段落”")])
def test_an_unknown_name_in_the_text_is_told_and_nothing_is_saved(cast, draft, body, message):
    with pytest.raises(ValidationError, match=message):
        edit_briefing(draft, body=body, version=1, by=cast.office, at=NOW)
    assert latest(draft).body == "共有{{cadres_total}}人。"


def test_edit_keeps_every_version(cast, draft):
    edit_briefing(draft, body="第二版，{{cadres_total}}人。", version=1, by=cast.office, at=NOW)
    assert [(v.number, v.body) for v in draft.versions.all()] == [(2, "第二版，{{cadres_total}}人。"), (1, "共有{{cadres_total}}人。")]
    again = restore_version(Briefing.objects.get(pk=draft.pk), number=1, by=cast.office, at=NOW)
    assert (latest(again).number, latest(again).body) == (3, "共有{{cadres_total}}人。")


def test_edit_from_an_older_copy_is_told(cast, draft):
    edit_briefing(draft, body="甲写的", version=1, by=cast.office, at=NOW)
    with pytest.raises(ValidationError) as refusal:
        edit_briefing(draft, body="乙写的", version=1, by=cast.office, at=NOW)
    assert refusal.value.code == "conflict"
    assert latest(draft).body == "甲写的"


def test_numbers_follow_the_day_and_leave_the_prose(cast, draft):
    assert plain_text(document_of(draft)).endswith("共有8人。")


def test_issue_freezes_text_numbers_and_hash(cast, draft):
    done = issued(draft, cast)
    before = document_of(done)
    cast.person(cast.cadre).delete()
    again = Briefing.objects.get(pk=draft.pk)
    assert document_of(again) == before
    version = again.issued_version
    assert version.facts["cadres_total"]["value"] == "8"
    assert len(version.sha256) == 64
    assert (again.status, again.issued_by, again.signer) == ("issued", cast.director, "赵念安")


MOVES = {
    "submit": lambda b, cast: submit_briefing(b, by=cast.office, at=NOW),
    "return": lambda b, cast: return_briefing(b, reason="改标题", by=cast.director, at=NOW),
    "issue": lambda b, cast: issue_briefing(b, by=cast.director, at=NOW),
    "edit": lambda b, cast: edit_briefing(b, body="x", version=b.version, by=cast.office, at=NOW),
}


@pytest.mark.parametrize(("state", "allowed"), [("draft", {"submit", "edit"}), ("submitted", {"return", "issue"}), ("issued", set())])
@pytest.mark.parametrize("move", sorted(MOVES))
def test_every_move_from_every_state(cast, draft, state, allowed, move):
    if state != "draft":
        submit_briefing(draft, by=cast.office, at=NOW)
    if state == "issued":
        issue_briefing(draft, by=cast.director, at=NOW)
    now = Briefing.objects.get(pk=draft.pk)
    events = Event.objects.count()
    if move in allowed:
        MOVES[move](now, cast)
        assert Event.objects.count() == events + 1
    else:
        with pytest.raises(ValidationError):
            MOVES[move](now, cast)
        after = Briefing.objects.get(pk=draft.pk)
        assert (after.status, after.version, Event.objects.count()) == (now.status, now.version, events)


def test_return_needs_a_reason(cast, draft):
    submit_briefing(draft, by=cast.office, at=NOW)
    with pytest.raises(ValidationError, match="要改什么"):
        return_briefing(draft, reason=" ", by=cast.director, at=NOW)


def test_submit_tells_the_leader(cast, draft):
    submit_briefing(draft, by=cast.office, at=NOW)
    assert cast.director.notices.get().text == "请您审签：进展情况汇报"


def test_a_number_is_used_once(cast, draft):
    with pytest.raises(ValidationError, match="reports_briefing_number"):
        for _n in range(2):
            compose_briefing(cast.campaign, kind="progress", title="文", as_of=TODAY, number="云纪工发〔2026〕1号", body="文", by=cast.office, at=NOW)


def test_issued_needs_who_when_and_version(draft):
    with pytest.raises(IntegrityError), transaction.atomic():
        Briefing.objects.filter(pk=draft.pk).update(status="issued")


@pytest.mark.parametrize("fmt", sorted(actions.FORMATS))
def test_the_job_makes_the_file(cast, draft, fmt):
    job = actions.ask_file(draft, fmt=fmt, by=cast.director, at=NOW)
    assert run_pending() == 1
    job.refresh_from_db()
    assert (job.status, job.percent, job.result_name) == ("done", 100, f"进展情况汇报（截至2026-09-18）.{fmt}")
    assert len(job.result.read()) > 500


def test_a_job_for_a_text_that_cannot_be_composed_says_why(cast, draft):
    draft.versions.update(body="{{gone}}")
    actions.ask_file(draft, fmt="pdf", by=cast.office, at=NOW)
    run_pending()
    job = Job.objects.get()
    assert (job.status, bool(job.result)) == ("failed", False)
    assert "gone" in job.message
