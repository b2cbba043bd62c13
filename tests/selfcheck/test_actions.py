"""The self-check, deed by deed."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from ledger.models import Problem
from ledger.origins import Origin, origins_of
from selfcheck.actions import (
    AnswerDraft,
    ItemDraft,
    Urged,
    accept_report,
    assign_reviewer,
    assign_reviewers,
    attach_item,
    autosave,
    open_round,
    publish_checklist,
    read_body,
    return_report,
    save_draft,
    start_round,
    submit,
    urge_missing,
)
from selfcheck.actions.rounds import REVIEW_TIME
from selfcheck.models import AnswerItem, SelfCheck
from tests.cast import NOW, TODAY
from tests.ledger import plays

DUE = TODAY + dt.timedelta(days=5)


@pytest.fixture
def opened(cast):
    checklist = publish_checklist(cast.campaign, name="六个方面", by=cast.office, at=NOW)
    return open_round(
        cast.campaign, title="第一轮", checklist=checklist, due_on=DUE, content="对照检查内容，从严从实开展自查自纠。",
        reviewers={cast.organ.path: cast.reviewer}, by=cast.office, at=NOW,
    )


def mine(cast, opened) -> SelfCheck:
    return SelfCheck.objects.get(round=opened, cadre__user=cast.cadre)


def all_no(opened) -> dict[int, AnswerDraft]:
    return {q.pk: AnswerDraft(exists=False) for q in opened.checklist.questions.all()}


def one_yes(opened) -> dict[int, AnswerDraft]:
    answers = all_no(opened)
    key = opened.checklist.questions.get(key="improper_conduct").pk
    answers[key] = AnswerDraft(exists=True, items=[ItemDraft("以电话代替上门走访。与群众见面少。", "图省事", "每月上门不少于 4 户", "dated", DUE)])
    return answers


def test_open_round_gives_every_serving_cadre_one_form_and_one_slip(cast, opened):
    assert opened.selfchecks.count() == 8
    assert opened.slip.deliveries.count() == 8
    assert opened.slip.reference == "〔2026〕1 号"
    assert mine(cast, opened).reviewer == cast.reviewer


def test_open_round_gives_a_reviewer_nobody_to_review_himself(cast, opened):
    assert SelfCheck.objects.get(round=opened, cadre__user=cast.reviewer).reviewer is None


def test_open_round_twice_is_refused(cast, opened):
    with pytest.raises(ValidationError, match="已经发起过"):
        open_round(cast.campaign, title="第一轮", checklist=opened.checklist, due_on=DUE, content="再来", reviewers={}, by=cast.office, at=NOW)


def test_save_draft_keeps_what_was_typed(cast, opened):
    saved = save_draft(mine(cast, opened), answers=one_yes(opened), statement="无", by=cast.cadre, at=NOW)
    item = saved.answers.get(exists=True).items.get()
    assert (saved.status, saved.statement, item.manifestation, item.due_on) == ("draft", "无", "以电话代替上门走访。与群众见面少。", DUE)


def test_save_draft_from_an_older_copy_is_told(cast, opened):
    report = mine(cast, opened)
    save_draft(report, answers=all_no(opened), statement="", by=cast.cadre, at=NOW, version=report.version)
    with pytest.raises(ValidationError) as refusal:
        save_draft(report, answers=all_no(opened), statement="", by=cast.cadre, at=NOW, version=report.version)
    assert refusal.value.code == "conflict"


def test_save_draft_by_somebody_else_is_refused(cast, opened):
    with pytest.raises(ValidationError, match="本人填写"):
        save_draft(mine(cast, opened), answers=all_no(opened), statement="", by=cast.colleague, at=NOW)
    report = mine(cast, opened)
    with pytest.raises(ValidationError, match="本人填写"):
        autosave(report, answers=all_no(opened), statement="别人写的", by=cast.colleague, at=NOW, version=report.version, page="1", saves=1)


def test_submit_names_every_gap_and_changes_nothing(cast, opened):
    answers = all_no(opened)
    keys = list(answers)
    answers[keys[0]] = AnswerDraft()
    answers[keys[1]] = AnswerDraft(exists=True, items=[ItemDraft(manifestation="有", track="dated")])
    with pytest.raises(ValidationError) as refusal:
        submit(mine(cast, opened), answers=answers, statement="", pledged=False, by=cast.cadre, at=NOW)
    assert set(refusal.value.message_dict) == {
        f"q{keys[0]}", f"q{keys[1]}-1-cause", f"q{keys[1]}-1-measure", f"q{keys[1]}-1-due_on", "pledge",
    }
    assert mine(cast, opened).status == "pending"
    assert not Event.objects.filter(action="selfcheck.submit").exists()


def test_submit_keeps_the_commitment_and_tells_the_reviewer(cast, opened):
    report = submit(mine(cast, opened), answers=one_yes(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    assert (report.status, report.submitted_at, report.submitted_by) == ("submitted", NOW, cast.cadre)
    assert report.commitment.text == opened.checklist.pledge
    assert "林知夏提交了自查报告" in cast.reviewer.notices.first().text


def test_submit_twice_is_refused(cast, opened):
    report = submit(mine(cast, opened), answers=all_no(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    with pytest.raises(ValidationError, match="待审核"):
        submit(report, answers=all_no(opened), statement="", pledged=True, by=cast.cadre, at=NOW)


def test_return_report_needs_a_reason_and_sets_a_new_date(cast, opened):
    report = submit(mine(cast, opened), answers=one_yes(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    with pytest.raises(ValidationError, match="怎样补正"):
        return_report(report, comment=" ", due_on=DUE, by=cast.reviewer, at=NOW)
    later = DUE + dt.timedelta(days=3)
    report = return_report(report, comment="第四方面措施再具体一些", due_on=later, by=cast.reviewer, at=NOW)
    assert (report.status, report.due_on, report.return_comment) == ("returned", later, "第四方面措施再具体一些")


def test_accept_report_enters_each_item_in_the_ledger_once(cast, opened):
    report = submit(mine(cast, opened), answers=one_yes(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    accept_report(report, by=cast.reviewer, at=NOW)
    problem = Problem.objects.get()
    assert (problem.title, problem.status, problem.source, problem.aspect_label) == ("以电话代替上门走访", "reported", "self_check", "作风不正")
    assert (problem.responsible_person, problem.due_on) == (cast.person(cast.cadre), DUE)
    assert problem.answer_items.get().answer.selfcheck == report
    with pytest.raises(ValidationError, match="已通过"):
        accept_report(report, by=cast.reviewer, at=NOW)
    assert Problem.objects.count() == 1


@pytest.mark.parametrize(("words", "title"), [
    ("。以句号开头的。第二句", "以句号开头的"), ("。。。", "。。。"), ("\n \n。\n第二行", "第二行"), ("　。 全角空格", "全角空格"), ("①②③", "①②③"), ("x" * 41, "x" * 39 + "…"),
])  # fmt: skip
def test_accept_report_finds_a_title_in_whatever_could_be_handed_in(cast, opened, words, title):
    answers = one_yes(opened)
    next(draft for draft in answers.values() if draft.exists).items[0].manifestation = words
    report = submit(mine(cast, opened), answers=answers, statement="", pledged=True, by=cast.cadre, at=NOW)
    accept_report(report, by=cast.reviewer, at=NOW)
    assert (Problem.objects.get().title, Problem.objects.get().manifestation) == (title, words)


def test_accept_report_puts_items_under_an_open_problem_instead_of_new_ones(cast, opened):
    """Two people's answers share one problem of the unit; their words stay where they are."""
    shared = plays.opened(cast, title="上门走访少", person=cast.person(cast.chief))
    for who in (cast.cadre, cast.colleague):
        report = submit(SelfCheck.objects.get(round=opened, cadre__user=who), answers=one_yes(opened), statement="", pledged=True, by=who, at=NOW)
        item = AnswerItem.objects.get(answer__selfcheck=report)
        accept_report(report, into={item.pk: shared}, by=cast.reviewer, at=NOW)
    assert Problem.objects.get() == shared and shared.answer_items.count() == 2
    assert "以电话代替" not in shared.manifestation and shared.status == "open"
    assert [event.detail for event in Event.objects.filter(action="selfcheck.attach_item")] == [{"problem": shared.code}] * 2
    SelfCheck.objects.filter(reviewer__isnull=False).update(review_until=timezone.localdate())
    origins = {who: origins_of([shared], getattr(cast, who))[shared.pk] for who in ("cadre", "reviewer", "office")}
    mine, theirs = (SelfCheck.objects.get(round=opened, cadre__user=who).pk for who in (cast.cadre, cast.colleague))
    label = "自查自纠报告（第一轮）"
    assert origins == {
        "cadre": [Origin(label, f"/selfcheck/{mine}/"), Origin(label)],
        "reviewer": [Origin(label, f"/selfcheck/reviews/{mine}/"), Origin(label, f"/selfcheck/reviews/{theirs}/")],
        "office": [Origin(label)],
    }


def test_accept_report_into_what_it_may_not_go_into_is_refused_whole(cast, opened):
    report = submit(mine(cast, opened), answers=one_yes(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    item = AnswerItem.objects.get(answer__selfcheck=report)
    hidden = plays.opened(cast, unit=cast.elsewhere, person=cast.person(cast.outsider))
    for target in (plays.in_state(cast, "submitted"), plays.in_state(cast, "closed"), hidden):
        with pytest.raises(ValidationError, match="尚未提请验收的问题"):
            accept_report(report, into={item.pk: target}, by=cast.reviewer, at=NOW)
    with pytest.raises(ValidationError, match="不在这份报告里"):
        accept_report(report, into={item.pk + 1000: plays.opened(cast)}, by=cast.reviewer, at=NOW)
    assert mine(cast, opened).status == "submitted" and not AnswerItem.objects.filter(problem__isnull=False).exists()


def test_attach_item_is_the_reviewers_once_and_after_acceptance(cast, opened):
    report = submit(mine(cast, opened), answers=one_yes(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    item, shared = AnswerItem.objects.get(answer__selfcheck=report), plays.opened(cast)
    with pytest.raises(ValidationError, match="已通过、选“是”且尚未列入台账"):
        attach_item(item, shared, by=cast.reviewer, at=NOW)
    with pytest.raises(ValidationError, match="指定由别人审核"):
        attach_item(item, shared, by=cast.office, at=NOW)
    accept_report(report, into={item.pk: shared}, by=cast.reviewer, at=NOW)
    with pytest.raises(ValidationError, match="尚未列入台账"):
        attach_item(item, plays.opened(cast), by=cast.reviewer, at=NOW)
    assert AnswerItem.objects.get().problem == shared


def test_accept_report_by_another_than_the_named_reviewer_is_refused(cast, opened):
    report = submit(mine(cast, opened), answers=all_no(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    with pytest.raises(ValidationError, match="指定由别人审核"):
        accept_report(report, by=cast.office, at=NOW)


def test_return_report_by_another_than_the_named_reviewer_is_refused(cast, opened):
    report = submit(mine(cast, opened), answers=all_no(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    with pytest.raises(ValidationError, match="指定由别人审核"):
        return_report(report, comment="请补正", due_on=DUE, by=cast.office, at=NOW)
    assert mine(cast, opened).status == "submitted"


def test_bodies_are_visible_to_author_and_named_reviewer_only(cast, opened):
    report = submit(mine(cast, opened), answers=all_no(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    SelfCheck.objects.filter(reviewer__isnull=False).update(review_until=timezone.localdate())  # the play is set in the past
    sees = [who for who in vars(cast) if hasattr(getattr(cast, who), "username") and SelfCheck.objects.visible_to(getattr(cast, who)).filter(pk=report.pk).exists()]
    assert sees == ["reviewer", "cadre"]


def test_start_round_publishes_the_first_checklist_on_the_way(cast):
    started = start_round(cast.campaign, title="第一轮", due_on=DUE, content="对照检查。", reviewer=cast.reviewer, by=cast.office, at=NOW)
    assert (started.checklist.number, started.checklist.aspects.count()) == (1, 6)
    assert mine(cast, started).reviewer == cast.reviewer
    again = start_round(cast.campaign, title="回头看", due_on=DUE, content="再查。", reviewer=cast.reviewer, by=cast.office, at=NOW)
    assert again.checklist == started.checklist


def test_save_draft_keeps_what_was_typed_under_a_no(cast, opened):
    answers = one_yes(opened)
    key = opened.checklist.questions.get(key="improper_conduct").pk
    answers[key].exists = False
    saved = save_draft(mine(cast, opened), answers=answers, statement="", by=cast.cadre, at=NOW)
    assert saved.answers.get(question=key).items.count() == 1


def test_submit_leaves_what_was_typed_under_a_no_behind(cast, opened):
    answers = one_yes(opened)
    key = opened.checklist.questions.get(key="improper_conduct").pk
    answers[key].exists = False
    handed_in = submit(mine(cast, opened), answers=answers, statement="", pledged=True, by=cast.cadre, at=NOW)
    assert handed_in.answers.get(question=key).items.count() == 0


def test_assign_reviewer_not_the_author_and_not_after_acceptance(cast, opened):
    own = SelfCheck.objects.get(round=opened, cadre__user=cast.reviewer)
    with pytest.raises(ValidationError, match="不能是本人"):
        assign_reviewer(own, reviewer=cast.reviewer, by=cast.office, at=NOW)
    report = submit(mine(cast, opened), answers=all_no(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    report = accept_report(report, by=cast.reviewer, at=NOW)
    with pytest.raises(ValidationError, match="已通过审核"):
        assign_reviewer(report, reviewer=cast.chief, by=cast.office, at=NOW)


def test_assign_reviewer_of_a_submitted_report_tells_the_new_one(cast, opened):
    report = submit(mine(cast, opened), answers=all_no(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    assert assign_reviewer(report, reviewer=cast.chief, by=cast.office, at=NOW).reviewer == cast.chief
    assert cast.chief.notices.first().url == f"/selfcheck/reviews/{report.pk}/"


def test_assign_reviewers_takes_all_that_are_free_but_the_own(cast, opened):
    opened.selfchecks.update(reviewer=None, review_until=None)
    assert assign_reviewers(opened, rows=opened.selfchecks.all(), reviewer=cast.chief, by=cast.office, at=NOW) == 7
    assert opened.selfchecks.get(reviewer__isnull=True).cadre.user == cast.chief
    with pytest.raises(ValidationError, match="没有可以指定的报告"):
        assign_reviewers(opened, rows=opened.selfchecks.all(), reviewer=cast.chief, by=cast.office, at=NOW)
    assert Event.objects.get(action="selfcheck.assign_reviewers").detail == {"reviewer": "唐克勤", "reports": 7, "until": (DUE + REVIEW_TIME).isoformat()}


def test_urge_missing_reaches_everybody_missing_once_a_day(cast, opened):
    submit(mine(cast, opened), answers=all_no(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    assert urge_missing(opened, by=cast.office, at=NOW, units=[cast.unit_b]) == Urged(sent=1, skipped=0)
    assert urge_missing(opened, by=cast.office, at=NOW) == Urged(sent=6, skipped=1)
    with pytest.raises(ValidationError, match="7 人今天都已催过"):
        urge_missing(opened, by=cast.office, at=NOW)
    assert urge_missing(opened, by=cast.office, at=NOW + dt.timedelta(days=1)) == Urged(sent=7, skipped=0)
    slips = cast.campaign.slips.filter(kind="urge")
    assert [slip.deliveries.count() for slip in slips.order_by("number")] == [1, 6, 7]
    assert not slips.filter(deliveries__cadre__user=cast.cadre).exists()
    assert "〔2026〕1 号" in cast.stranger.notices.filter(text__contains="催交").last().text


def test_urge_missing_includes_returned_reports_and_refuses_when_all_are_in(cast, opened):
    SelfCheck.objects.filter(round=opened).exclude(cadre__user=cast.cadre).delete()
    report = submit(mine(cast, opened), answers=all_no(opened), statement="", pledged=True, by=cast.cadre, at=NOW)
    with pytest.raises(ValidationError, match="都已交齐"):
        urge_missing(opened, by=cast.office, at=NOW)
    return_report(report, comment="请补正", due_on=DUE, by=cast.reviewer, at=NOW)
    assert urge_missing(opened, by=cast.office, at=NOW).sent == 1


def test_read_body_is_logged_for_others_only(cast, opened):
    report = mine(cast, opened)
    read_body(report, by=cast.cadre, at=NOW)
    read_body(report, by=cast.reviewer, at=NOW)
    assert [event.actor_label for event in Event.objects.filter(action="selfcheck.read_body")] == ["何书言"]
