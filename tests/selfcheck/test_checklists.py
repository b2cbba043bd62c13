"""The checklist's deeds: draft, publication for good, and a running round that takes up a newer version."""

import datetime as dt
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Notice
from accounts.versions import Conflict
from audit.models import Event
from jobs.models import Job
from jobs.runner import claim, run
from keys.actions import destroy_key
from selfcheck.actions import (
    AnswerDraft,
    ItemDraft,
    accept_report,
    adopt_checklist,
    adoption,
    answered_keys,
    difference_to_last,
    discard_checklist,
    first_text,
    is_as_published,
    latest,
    new_key,
    open_round,
    publish_checklist,
    publish_draft,
    return_report,
    save_checklist,
    save_draft,
    start_checklist,
    start_round,
    submit,
    text_of,
)
from selfcheck.checklist_diff import (
    AspectText,
    QuestionText,
    shifted_aspect,
    shifted_question,
    with_aspect,
    with_question,
    without_aspect,
    without_question,
)
from selfcheck.checks import check_published
from selfcheck.models import Answer, Aspect, ChecklistVersion, Question, SelfCheck
from selfcheck.report_form import ReportForm
from selfcheck.triggers import install, missing, remove

MORE = QuestionText("question_1", "是否在报告中隐瞒？", "写次数", "排班表", "normal")


def deed(cast) -> dict:
    return {"by": cast.office, "at": timezone.now()}


def published(cast, change) -> ChecklistVersion:
    """The next version: the last one's text, changed."""
    draft = start_checklist(cast.campaign, **deed(cast))
    return publish_draft(save_checklist(draft, text=change(text_of(draft)), **deed(cast)), **deed(cast))


def grown(text):
    """Reworded, one question more, the notice as it was."""
    first = text.aspects[0]
    return replace(text, pledge="新承诺", aspects=(replace(first, questions=(*first.questions, MORE)), *text.aspects[1:]))


def said(report: SelfCheck) -> dict:
    """The whole report by question key: answers, sealed words, ways and deadlines."""
    fresh = SelfCheck.objects.select_related("key").get(pk=report.pk)
    texts = {Question.objects.get(pk=int(pk)).key: words for pk, words in fresh.body.items.items()}
    rows = {
        answer.question.key: (answer.exists, [(item.manifestation, item.cause, item.measure, item.track, item.due_on) for item in answer.items.all()])
        for answer in Answer.objects.filter(selfcheck=report).select_related("question", "selfcheck__key").prefetch_related("items")
    }
    return {"statement": fresh.statement, "texts": texts, "rows": {key: row for key, row in rows.items() if row != (None, [])}}


# --- draft and publication ---------------------------------------------------------------------------------------------


def test_a_first_draft_has_the_six_aspects_and_the_next_the_last_versions_text(cast):
    draft = start_checklist(cast.campaign, **deed(cast))
    assert (text_of(draft), draft.number, draft.is_draft, str(draft)) == (first_text(), None, True, "六个方面检查清单（草稿）")
    assert latest(cast.campaign) is None
    first = publish_draft(draft, **deed(cast))
    assert (first.number, first.published_by, first.content_hash, str(first)) == (1, cast.office, first_text().digest, "六个方面检查清单（第 1 版）")
    second = published(cast, grown)
    assert (second.number, latest(cast.campaign), is_as_published(first), is_as_published(second)) == (2, second, True, True)
    assert text_of(start_checklist(cast.campaign, **deed(cast))) == text_of(second)
    assert list(Event.objects.filter(action__startswith="selfcheck.").order_by("pk").values_list("action", flat=True)) == [
        "selfcheck.start_checklist", "selfcheck.publish_checklist", "selfcheck.start_checklist", "selfcheck.save_checklist", "selfcheck.publish_checklist", "selfcheck.start_checklist",
    ]  # fmt: skip


def test_the_text_comes_back_as_it_was_saved(cast):
    draft = start_checklist(cast.campaign, **deed(cast))
    text = shifted_aspect(with_question(with_aspect(grown(first_text()), "aspect_1"), "aspect_1", "question_2"), "aspect_1", -1)
    assert text_of(save_checklist(draft, text=text, **deed(cast))) == text
    assert list(draft.questions.values_list("order", flat=True)) == list(range(1, 9))


def test_one_draft_a_campaign(cast):
    start_checklist(cast.campaign, **deed(cast))
    for again in (lambda: start_checklist(cast.campaign, **deed(cast)), lambda: publish_checklist(cast.campaign, name="又一版", **deed(cast))):
        with pytest.raises(ValidationError, match="已经有一份检查清单草稿"):
            again()
    with pytest.raises(IntegrityError), transaction.atomic():
        ChecklistVersion.objects.create(campaign=cast.campaign, name="另一份", pledge="承诺")


def test_a_draft_opens_no_round(cast):
    draft = start_checklist(cast.campaign, **deed(cast))
    with pytest.raises(ValidationError, match="检查清单还是草稿，请先发布"):
        open_round(cast.campaign, title="第一轮", checklist=draft, due_on=timezone.localdate(), content="请自查", reviewers={}, **deed(cast))
    with pytest.raises(ValidationError, match="已经有一份检查清单草稿"):
        start_round(cast.campaign, title="第一轮", due_on=timezone.localdate(), content="请自查", reviewer=cast.reviewer, **deed(cast))


def test_two_editors_the_second_is_told(cast):
    draft = start_checklist(cast.campaign, **deed(cast))
    save_checklist(draft, text=grown(first_text()), version=1, **deed(cast))
    for late in (
        lambda: save_checklist(draft, text=first_text(), version=1, **deed(cast)), lambda: discard_checklist(draft, version=1, **deed(cast)),
        lambda: publish_draft(draft, version=1, **deed(cast)),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            late()
    assert text_of(cast.campaign.checklists.get()) == grown(first_text())


def test_a_draft_given_up_is_gone_and_nothing_else(cast, stage):
    draft = start_checklist(cast.campaign, **deed(cast))
    discard_checklist(draft, **deed(cast))
    assert list(cast.campaign.checklists.all()) == [stage.round.checklist]
    with pytest.raises(ValidationError, match="这份草稿刚才已经放弃"):
        save_checklist(draft, text=first_text(), **deed(cast))


@pytest.mark.parametrize(("change", "sentence"), [
    (lambda text: text, "草稿与第 1 版一样，不用发布"),
    (lambda text: replace(text, aspects=()), "还没有一个方面"),
    (lambda text: with_aspect(text, "aspect_1"), "还没有问题"),
    (lambda text: with_question(text, "belief_loss", "question_1"), "还没有写文字"),
])  # fmt: skip
def test_a_draft_with_gaps_or_nothing_new_is_not_published(cast, stage, change, sentence):
    with pytest.raises(ValidationError, match=sentence):
        published(cast, change)


def test_the_difference_asks_what_was_answered(cast, stage):
    draft = save_checklist(start_checklist(cast.campaign, **deed(cast)), text=without_aspect(first_text(), "belief_loss"), **deed(cast))
    assert difference_to_last(draft).kind == "compatible"
    stage.hand_in(cast.cadre)
    assert (difference_to_last(draft).kind, len(answered_keys(cast.campaign))) == ("incompatible", 6)


def test_keys_are_never_given_twice(cast, stage):
    assert new_key(cast.campaign, "question", first_text()) == "question_1"
    published(cast, grown)
    published(cast, lambda text: without_question(text, "question_1"))
    assert new_key(cast.campaign, "question", first_text()) == "question_2"
    assert new_key(cast.campaign, "question", with_question(first_text(), "belief_loss", "question_9")) == "question_10"
    assert new_key(cast.campaign, "aspect", first_text()) == "aspect_1"


# --- published is for good ---------------------------------------------------------------------------------------------


def test_no_deed_changes_a_published_version(cast, stage):
    for late in (
        lambda: save_checklist(stage.round.checklist, text=grown(first_text()), **deed(cast)), lambda: discard_checklist(stage.round.checklist, **deed(cast)),
        lambda: publish_draft(stage.round.checklist, **deed(cast)),
    ):  # fmt: skip
        with pytest.raises(ValidationError, match="已经发布，不能再改"):
            late()
    assert is_as_published(stage.round.checklist)


@contextmanager
def refused():
    with pytest.raises(DatabaseError, match="a published checklist does not change"), transaction.atomic():
        yield


def test_the_database_refuses_too(cast, stage):
    version = stage.round.checklist
    draft = start_checklist(cast.campaign, **deed(cast))
    aspect = version.aspects.first()
    with refused():
        version.questions.update(text="改过的问题")
    with refused():
        version.aspects.update(label="改过的方面")
    with refused():
        ChecklistVersion.objects.filter(pk=version.pk).update(notice="改过的告知")
    with refused():
        ChecklistVersion.objects.filter(pk=version.pk).update(published_at=None, published_by=None, number=None, content_hash="")
    with refused():
        Question.objects.create(version=version, aspect=aspect, key="more", text="多出来的", order=99)
    with refused():
        Aspect.objects.create(version=version, key="more", label="多出来的", order=99)
    with refused():
        draft.questions.update(version=version)
    draft.questions.update(help="草稿可以改")
    assert is_as_published(version)


def test_versions_in_use_stay(cast, stage):
    stage.hand_in(cast.cadre)
    for row in (stage.round.checklist, Question.objects.get(pk=stage.q["belief_loss"])):
        with pytest.raises(ProtectedError):
            row.delete()


def test_what_was_changed_behind_the_system_is_found(cast, stage):
    assert (missing(connection), check_published(databases=["default"])) == ([], [])
    connection.check_constraints()  # PostgreSQL alters no table with rows still to be checked
    remove(connection)
    stage.round.checklist.questions.filter(key="belief_loss").update(text="改过的问题")
    assert not is_as_published(stage.round.checklist)
    assert [error.id for error in check_published(databases=["default"])] == ["selfcheck.E001", "selfcheck.E002"]
    connection.check_constraints()
    install(connection)
    assert [error.id for error in check_published(databases=["default"])] == ["selfcheck.E002"]


@pytest.mark.parametrize("change", [{"number": None}, {"content_hash": ""}, {"published_at": None}])
def test_published_says_when_as_which_and_what(cast, stage, change):
    whole = {"campaign": cast.campaign, "name": "清单", "pledge": "承诺", "number": 7, "published_at": timezone.now(), "content_hash": "x"}
    with pytest.raises(IntegrityError), transaction.atomic():
        ChecklistVersion.objects.create(**whole | change)


# --- a running round takes up a newer version --------------------------------------------------------------------------


def test_open_reports_move_and_what_was_handed_in_stays(cast, stage):
    handed_in = stage.hand_in(cast.liaison, "belief_loss")
    accepted = accept_report(stage.hand_in(cast.chief), by=cast.reviewer, at=timezone.now())
    returned = return_report(stage.hand_in(cast.colleague, "abuse_of_power"), comment="补时间", due_on=stage.due, by=cast.reviewer, at=timezone.now())
    draft = save_draft(stage.report(cast.cadre), answers=stage.answers("improper_conduct"), statement="另有说明", by=cast.cadre, at=timezone.now())
    before = {report.pk: said(report) for report in (handed_in, accepted, returned, draft)}
    old, new = stage.round.checklist, published(cast, grown)
    done = adopt_checklist(stage.round, checklist=new, **deed(cast))
    assert (done.moved, done.left, done.job) == (6, 0, None)
    assert {report.pk: said(report) for report in (handed_in, accepted, returned, draft)} == before
    assert [stage.report(user).checklist for user in (cast.liaison, cast.chief, cast.colleague, cast.cadre, cast.stranger)] == [old, old, new, new, new]
    assert stage.round.selfchecks.by_version() == [(1, 2), (2, 6)]
    stage.round.refresh_from_db()
    assert stage.round.checklist == new
    event = Event.objects.get(action="selfcheck.adopt_checklist")
    assert event.detail == {"before": "第 1 版", "after": "第 2 版", "reports": 6}
    told = set(Notice.objects.filter(text__contains="检查清单换成了第 2 版").values_list("user", flat=True))
    assert told == {cast.cadre.pk, cast.colleague.pk}


def test_the_new_question_stands_unanswered_and_keeps_from_submitting(cast, stage):
    save_draft(stage.report(cast.cadre), answers=stage.answers(), statement="", by=cast.cadre, at=timezone.now())
    new = published(cast, grown)
    adopt_checklist(stage.round, checklist=new, **deed(cast))
    report, asked = stage.report(cast.cadre), {q.key: q.pk for q in new.questions.all()}
    assert report.answers.get(question__key="question_1").exists is None
    answers = {pk: AnswerDraft(False) for key, pk in asked.items() if key != "question_1"}
    with pytest.raises(ValidationError) as refusal:
        submit(report, answers=answers, statement="", pledged=True, by=cast.cadre, at=timezone.now())
    assert refusal.value.message_dict == {f"q{asked['question_1']}": ["信仰缺失（2）：请选择“是”或“否”"]}
    done = submit(report, answers=answers | {asked["question_1"]: AnswerDraft(False)}, statement="", pledged=True, by=cast.cadre, at=timezone.now())
    assert done.commitment.text == "新承诺"


def test_the_form_of_a_moved_report_has_its_words_under_the_new_names(cast, stage):
    save_draft(stage.report(cast.cadre), answers=stage.answers("improper_conduct"), statement="另有说明", by=cast.cadre, at=timezone.now())
    new = published(cast, grown)
    adopt_checklist(stage.round, checklist=new, **deed(cast))
    form = ReportForm(report=stage.report(cast.cadre))
    name = f"q{new.questions.get(key='improper_conduct').pk}"
    assert [part.title for part in form.parts][:3] == ["一、信仰缺失（1）", "一、信仰缺失（2）", "二、政治动摇"]
    assert (form[name].value(), form[f"{name}-1-manifestation"].value(), form["statement"].value()) == ("yes", "以电话代替上门走访。", "另有说明")
    assert (form[f"{name}-1-due_on"].value(), form[form.parts[1].name].value()) == (stage.due.isoformat(), "")


def test_a_changed_notice_is_read_again_and_an_unchanged_one_is_not(cast, stage):
    save_draft(stage.report(cast.cadre), answers=stage.answers(), statement="", by=cast.cadre, at=timezone.now())
    adopt_checklist(stage.round, checklist=published(cast, grown), **deed(cast))
    assert (stage.report(cast.cadre).owes_notice, stage.report(cast.cadre).was_moved) == (False, True)
    adopt_checklist(stage.round, checklist=published(cast, lambda text: replace(text, notice="新的告知")), **deed(cast))
    assert [stage.report(user).owes_notice for user in (cast.cadre, cast.stranger)] == [True, True]


def test_an_incompatible_version_is_refused_and_nothing_changed(cast, stage):
    save_draft(stage.report(cast.cadre), answers=stage.answers("belief_loss"), statement="", by=cast.cadre, at=timezone.now())
    new = published(cast, lambda text: without_aspect(text, "belief_loss"))
    before = list(SelfCheck.objects.order_by("pk").values()), list(Answer.objects.order_by("pk").values())
    with pytest.raises(ValidationError, match="不能换用第 2 版：删去问题“是否存在信仰缺失方面的问题？”，已经有人回答"):
        adopt_checklist(stage.round, checklist=new, **deed(cast))
    stage.round.refresh_from_db()
    assert (stage.round.checklist.number, (list(SelfCheck.objects.order_by("pk").values()), list(Answer.objects.order_by("pk").values()))) == (1, before)


def test_only_a_newer_published_version_of_the_same_campaign(cast, stage):
    first, new = stage.round.checklist, published(cast, grown)
    draft = start_checklist(cast.campaign, **deed(cast))
    adopt_checklist(stage.round, checklist=new, **deed(cast))
    for checklist, sentence in ((draft, "已经发布的检查清单"), (first, "不能换回旧版"), (new, "这一轮已经在用第 2 版")):
        with pytest.raises(ValidationError, match=sentence):
            adopt_checklist(stage.round, checklist=checklist, **deed(cast))


def test_one_sent_back_later_follows_when_asked_again(cast, stage):
    stage.hand_in(cast.cadre, "belief_loss")
    new = published(cast, grown)
    adopt_checklist(stage.round, checklist=new, **deed(cast))
    report = return_report(stage.report(cast.cadre), comment="补", due_on=stage.due, by=cast.reviewer, at=timezone.now())
    assert report.checklist.number == 1
    before = said(report)
    assert adopt_checklist(stage.round, checklist=new, **deed(cast)).moved == 1
    assert (stage.report(cast.cadre).checklist, said(report)) == (new, before)


def test_one_whose_key_is_destroyed_is_left_as_it_is(cast, stage):
    save_draft(stage.report(cast.cadre), answers=stage.answers("belief_loss"), statement="", by=cast.cadre, at=timezone.now())
    destroy_key("cadre:cadre", reason="保存期满", **deed(cast))
    before = SelfCheck.objects.values().get(pk=stage.report(cast.cadre).pk)
    done = adopt_checklist(stage.round, checklist=published(cast, grown), **deed(cast))
    assert (done.moved, done.left) == (7, 1)
    assert SelfCheck.objects.values().get(pk=before["id"]) == before


def test_a_blank_answer_to_a_removed_question_goes(cast, stage):
    some = {stage.q["belief_loss"]: AnswerDraft(None), stage.q["integrity_lapse"]: AnswerDraft(True, [ItemDraft("事", "因", "改", "long_term")])}
    save_draft(stage.report(cast.cadre), answers=some, statement="", by=cast.cadre, at=timezone.now())
    adopt_checklist(stage.round, checklist=published(cast, lambda text: without_aspect(text, "belief_loss")), **deed(cast))
    assert set(stage.report(cast.cadre).answers.values_list("question__key", "exists")) == {
        ("integrity_lapse", True), *((key, None) for key in ("political_wavering", "principle_abandonment", "improper_conduct", "abuse_of_power")),
    }  # fmt: skip


def test_many_go_as_a_job_in_batches(cast, stage, monkeypatch):
    monkeypatch.setattr(adoption, "AT_ONCE", 3)
    save_draft(stage.report(cast.cadre), answers=stage.answers("belief_loss"), statement="", by=cast.cadre, at=timezone.now())
    before, new = said(stage.report(cast.cadre)), published(cast, grown)
    done = adopt_checklist(stage.round, checklist=new, **deed(cast))
    assert (done.job.args, stage.round.selfchecks.by_version()) == ({"round": stage.round.pk, "checklist": new.pk}, [(1, 8)])
    run(claim("test", now=timezone.now()))
    job = Job.objects.get()
    assert (job.status, job.message, stage.round.selfchecks.by_version()) == ("done", "8 份没有提交的报告已换用第 2 版，0 份留在原来的版本。", [(2, 8)])
    assert said(stage.report(cast.cadre)) == before


def test_moving_asks_the_same_number_of_queries_for_one_and_for_many(cast, stage, django_assert_max_num_queries):
    for user in (cast.cadre, cast.colleague, cast.liaison, cast.chief):
        save_draft(stage.report(user), answers=stage.answers("belief_loss"), statement="", by=user, at=timezone.now())
    new = published(cast, grown)
    with django_assert_max_num_queries(36):
        adopt_checklist(stage.round, checklist=new, **deed(cast))


# --- whatever is changed, no word is lost ------------------------------------------------------------------------------

letters = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=12)


@st.composite
def edits(draw):
    """One change that keeps every answer: what an editor may do to any line of any checklist."""
    what, which, words, step = draw(st.sampled_from(["reword", "help", "label", "move", "shift", "add", "aspect", "raise", "notice", "pledge"])), draw(st.integers(0, 20)), draw(letters), draw(st.sampled_from([-1, 1]))

    def edit(text, n: int):
        asked = list(text.questions)
        key, aspect = asked[which % len(asked)], text.aspects[which % len(text.aspects)]
        change = {"reword": {"text": words}, "help": {"help": words, "evidence": words}, "raise": {"sensitivity": "sensitive"}}.get(what)
        if change:
            return replace(text, aspects=tuple(replace(one, questions=tuple(replace(q, **change) if q.key == key else q for q in one.questions)) for one in text.aspects))
        return {
            "label": lambda: replace(text, aspects=tuple(replace(one, label=words) if one == aspect else one for one in text.aspects)),
            "move": lambda: shifted_aspect(text, aspect.key, step),
            "shift": lambda: shifted_question(text, key, step),
            "add": lambda: replace(text, aspects=tuple(replace(one, questions=(*one.questions, QuestionText(f"new_{n}", words))) if one == aspect else one for one in text.aspects)),
            "aspect": lambda: replace(text, aspects=(*text.aspects, AspectText(f"part_{n}", words, (QuestionText(f"new_{n}", words),)))),
            "notice": lambda: replace(text, notice=words),
            "pledge": lambda: replace(text, pledge=words),
        }[what]()

    return edit


items = st.builds(ItemDraft, letters, letters, letters, st.sampled_from(["immediate", "dated", "long_term", ""]), st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2027, 1, 1)))
answers = st.lists(st.builds(AnswerDraft, st.sampled_from([True, False, None]), st.lists(items, max_size=3)), min_size=6, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_answers=answers, statement=letters, rounds_of_edits=st.lists(st.lists(edits(), min_size=1, max_size=4), min_size=1, max_size=3))
def test_no_answer_and_no_sealed_word_is_lost(cast, stage, given_answers, statement, rounds_of_edits):
    with transaction.atomic():
        typed = dict(zip(stage.q.values(), given_answers, strict=True))
        report = save_draft(stage.report(cast.cadre), answers=typed, statement=statement, by=cast.cadre, at=timezone.now())
        before, counter = said(report), 0
        for some in rounds_of_edits:
            draft = start_checklist(cast.campaign, **deed(cast))
            text = text_of(draft)
            for edit in some:
                counter += 1
                text = edit(text, counter)
            text = replace(text, aspects=tuple(one for one in text.aspects if one.questions))
            if text == text_of(draft):
                discard_checklist(draft, **deed(cast))
                continue
            new = publish_draft(save_checklist(draft, text=text, **deed(cast)), **deed(cast))
            adopt_checklist(stage.round, checklist=new, **deed(cast))
            assert (said(report), stage.report(cast.cadre).checklist) == (before, new)
            assert set(stage.report(cast.cadre).answers.values_list("question__version", flat=True)) == {new.pk}
        transaction.set_rollback(True)
