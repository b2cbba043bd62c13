"""A page that saves by itself: nothing kept twice, nothing overwritten, nothing lost when an answer goes astray."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from accounts.versions import Conflict
from audit.models import Event
from selfcheck.actions import ItemDraft, autosave, save_draft, submit
from selfcheck.models import SelfCheck

HERE, THERE = "a" * 32, "b" * 32


@pytest.fixture
def keep(cast, stage):
    """keep(text, page, saves, version): the page's own save; says the report as it is then."""
    at = timezone.now()

    def _keep(text, *, page=HERE, saves=1, version=None, after=0):
        report = stage.report(cast.cadre)
        facts = {"version": report.version if version is None else version, "page": page, "saves": saves}
        autosave(report, answers=stage.answers("improper_conduct"), statement=text, by=cast.cadre, at=at + dt.timedelta(minutes=after), **facts)
        return stage.report(cast.cadre)

    return _keep


def test_autosave_keeps_what_was_typed(keep, stage, cast):
    report = keep("写了一半")
    assert (report.status, report.statement, report.page, report.page_saves) == ("draft", "写了一半", HERE, 1)
    assert report.answers.get(exists=True).items.get().manifestation == "以电话代替上门走访。"


def test_autosave_whose_answer_got_lost_goes_on_without_a_conflict(keep, stage, cast):
    before = stage.report(cast.cadre).version
    keep("第一句", version=before)
    assert keep("第一句，第二句", saves=2, version=before).statement == "第一句，第二句"


def rows(report) -> tuple[list, list]:
    """The keys of its answers and of their items."""
    answers = list(report.answers.order_by("pk").values_list("pk", flat=True))
    return answers, list(report.answers.order_by("items").filter(items__isnull=False).values_list("items", flat=True))


def test_a_save_that_changes_words_alone_leaves_the_rows_of_answers(keep, stage, cast):
    before = rows(keep("第一句"))
    report = keep("第一句，第二句", saves=2)
    assert report.statement == "第一句，第二句" and rows(report) == before and all(before)


@pytest.mark.parametrize("change", [
    lambda draft: setattr(draft, "exists", None), lambda draft: draft.items.clear(), lambda draft: draft.items.append(ItemDraft("另一件")),
    lambda draft: setattr(draft.items[0], "track", "long_term"), lambda draft: setattr(draft.items[0], "due_on", dt.date(2026, 12, 1)),
], ids=["answer", "no item", "one more", "way", "deadline"])  # fmt: skip
def test_a_save_that_changes_an_answer_is_kept_in_its_rows(keep, stage, cast, change):
    report, drafts = keep("第一句"), stage.answers("improper_conduct")
    draft = next(draft for draft in drafts.values() if draft.exists)
    change(draft)
    autosave(report, answers=drafts, statement="第一句", by=cast.cadre, at=timezone.now(), version=report.version, page=HERE, saves=2)
    now = {answer.question_id: answer for answer in stage.report(cast.cadre).answers.all()}
    said = {pk: (draft.exists, [(item.manifestation, item.track, item.due_on) for item in draft.items]) for pk, draft in drafts.items()}
    assert {pk: (one.exists, [(item.manifestation, item.track, item.due_on) for item in one.items.all()]) for pk, one in now.items()} == said


def test_autosave_that_arrives_late_or_twice_changes_nothing(keep, stage, cast):
    before = stage.report(cast.cadre).version
    keep("第一句", version=before)
    newer = keep("第一句，第二句", saves=2, version=before)
    for late in (1, 2):
        report = keep("过时的", saves=late, version=before)
        assert (report.statement, report.version) == ("第一句，第二句", newer.version)


def test_autosave_of_a_second_device_is_told(keep, stage, cast):
    before = stage.report(cast.cadre).version
    keep("这台写的", version=before)
    with pytest.raises(Conflict):
        keep("那台写的", page=THERE, version=before)
    assert stage.report(cast.cadre).statement == "这台写的"


def test_autosave_after_the_button_saved_elsewhere_is_told(keep, stage, cast):
    page_open = keep("自动保存的").version
    save_draft(stage.report(cast.cadre), answers=stage.answers(), statement="按钮保存的", by=cast.cadre, at=timezone.now())
    with pytest.raises(Conflict):
        keep("还在写的", saves=2, version=page_open)
    assert stage.report(cast.cadre).statement == "按钮保存的"


def test_save_draft_of_the_page_that_saved_last_needs_no_newer_version(keep, stage, cast):
    before = stage.report(cast.cadre).version
    keep("自动保存的", version=before)
    saved = save_draft(stage.report(cast.cadre), answers=stage.answers(), statement="按钮保存的", version=before, page=HERE, by=cast.cadre, at=timezone.now())
    assert (saved.statement, saved.page) == ("按钮保存的", "")


def test_submit_of_the_page_that_saved_last_needs_no_newer_version(keep, stage, cast):
    before = stage.report(cast.cadre).version
    keep("自动保存的", version=before)
    handed_in = submit(stage.report(cast.cadre), answers=stage.answers(), statement="", pledged=True, version=before, page=HERE, by=cast.cadre, at=timezone.now())
    assert (handed_in.status, handed_in.page, handed_in.page_saves) == ("submitted", "", 0)


def test_autosave_of_a_report_handed_in_is_refused(keep, stage, cast):
    stage.hand_in(cast.cadre)
    with pytest.raises(Exception, match="待审核"):
        keep("晚了")


def test_autosave_writes_one_line_a_sitting(keep):
    for n in range(1, 6):
        keep("字" * n, saves=n, after=n)
    assert Event.objects.filter(action="selfcheck.autosave").count() == 1
    keep("下午", saves=6, after=120)
    assert Event.objects.filter(action="selfcheck.autosave").count() == 2


# --- the page -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def post(cast, stage, signed_in):
    report = stage.report(cast.cadre)
    client = signed_in(cast.cadre)

    def _post(**typed):
        body = {f"q{pk}": "no" for pk in stage.q.values()} | {"version": report.version, "page": HERE, "saves": 1, "statement": ""}
        return client.post(f"/selfcheck/{report.pk}/autosave/", body | typed)

    return _post


def test_selfcheck_autosave_answers_with_the_version_to_go_on_from(post, stage, cast):
    answer = post(statement="写了一半")
    now = stage.report(cast.cadre)
    assert answer.status_code == 200 and "已自动保存" in answer.content.decode()
    assert f'id="report-version" value="{now.version}" hx-swap-oob="true"' in answer.content.decode()
    assert now.statement == "写了一半"


def test_selfcheck_autosave_of_a_second_device_offers_both_texts(post, stage, cast):
    post(statement="这台写的")
    answer = post(statement="那台写的", page=THERE)
    assert answer.status_code == 409
    assert "刚才在别处保存过" in answer.content.decode() and "对照两处的内容" in answer.content.decode()
    assert stage.report(cast.cadre).statement == "这台写的"


def test_selfcheck_autosave_of_what_cannot_be_saved_says_so(post, stage, cast):
    q = f"q{stage.q['improper_conduct']}"
    answer = post(**{q: "yes", f"{q}-items": 1, f"{q}-1-due_on": "下个月"})
    assert answer.status_code == 422 and "有 1 处填写有误" in answer.content.decode()
    assert SelfCheck.objects.get(pk=stage.report(cast.cadre).pk).status == "pending"


def test_selfcheck_autosave_is_the_authors_alone(stage, cast, signed_in):
    url = f"/selfcheck/{stage.report(cast.cadre).pk}/autosave/"
    assert {who: signed_in(getattr(cast, who)).post(url, {"page": uuid.uuid4().hex}).status_code for who in ("reviewer", "office", "colleague", "stranger", "administrator")} == {
        "reviewer": 404, "office": 404, "colleague": 404, "stranger": 404, "administrator": 403,
    }


def test_selfcheck_autosave_comes_after_the_notice(post, stage, cast):
    SelfCheck.objects.filter(pk=stage.report(cast.cadre).pk).update(noticed_at=None)
    answer = post(statement="没看告知")
    assert answer.status_code == 409 and "请先阅读填写告知" in answer.content.decode()
    assert stage.report(cast.cadre).status == "pending"
