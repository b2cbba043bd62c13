"""Problems, deed by deed."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import Event
from ledger import actions
from ledger.models import ExtensionRequest, Measure, Problem, Progress, RuleMakingItem, StatusChange, Verification
from ledger.tasks import resume_deferred
from tests.cast import NOW, TODAY
from tests.ledger.plays import DAY, S, in_state, opened, reported, submit

LATER = NOW + dt.timedelta(hours=1)

# Each deed as somebody entitled does it, and the states it is allowed from.
DEEDS = {
    "register": (lambda c, p: actions.register_problem(p, by=c.office, at=LATER), {S.REPORTED}, S.OPEN),
    "dismiss": (lambda c, p: actions.dismiss_problem(p, reason="不实", by=c.office, at=LATER), {S.REPORTED}, S.DISMISSED),
    "merge": (lambda c, p: actions.merge_problem(p, into=reported(c, title="去处"), by=c.office, at=LATER), {S.REPORTED, S.OPEN, S.DEFERRED}, S.MERGED),
    "submit": (lambda c, p: actions.submit_problem(p, note="改好了", by=c.liaison, at=LATER), {S.OPEN}, S.SUBMITTED),
    "verify": (lambda c, p: actions.verify_problem(p, opinion="属实", by=c.reviewer, at=LATER), {S.SUBMITTED}, S.VERIFIED),
    "send_back": (lambda c, p: actions.send_back_problem(p, opinion="缺一份", by=c.reviewer, at=LATER), {S.SUBMITTED, S.VERIFIED}, S.OPEN),
    "close": (lambda c, p: actions.close_problem(p, outcome="done", by=c.office, at=LATER), {S.VERIFIED}, S.CLOSED),
    "close_at_once": (lambda c, p: actions.close_at_once(p, opinion="当场改好", by=c.office, at=LATER), {S.OPEN}, S.CLOSED),
    "defer": (lambda c, p: actions.defer_problem(p, until=TODAY + 9 * DAY, reason="等细则", by=c.office, at=LATER), {S.OPEN}, S.DEFERRED),
    "resume": (lambda c, p: actions.resume_problem(p, by=c.office, at=LATER), {S.DEFERRED}, S.OPEN),
}
OTHER_DEEDS = {
    "measure": (lambda c, p: actions.plan_measure(p, text="补正", by=c.liaison, at=LATER), set(S) - {S.CLOSED, S.DISMISSED, S.MERGED}),
    "progress": (lambda c, p: actions.report_progress(p, text="已补 1 份", made_on=TODAY, by=c.cadre, at=LATER), {S.OPEN}),
    "extension": (lambda c, p: actions.request_extension(p, reason="人手不足", until=TODAY + 30 * DAY, by=c.cadre, at=LATER), {S.OPEN}),
    "recur": (lambda c, p: actions.recur_problem(p, manifestation="又有 1 份", track="immediate", by=c.office, at=LATER), {S.CLOSED}),
}


def traces(problem: Problem) -> tuple:
    """What a refused deed must leave as it was."""
    return (
        Problem.objects.filter(pk=problem.pk).values().get(), Problem.objects.count(), StatusChange.objects.count(), Event.objects.count(),
        Verification.objects.count(), Measure.objects.count(), Progress.objects.count(), ExtensionRequest.objects.count(),
    )


@pytest.mark.parametrize("state", S.values)
@pytest.mark.parametrize("deed", DEEDS)
def test_moves_exactly_as_the_table_says(cast, deed, state):
    act, allowed, after = DEEDS[deed]
    problem = in_state(cast, state, track="immediate")
    if state in allowed:
        act(cast, problem)
        problem.refresh_from_db()
        assert problem.status == after
        last = problem.changes.last()
        assert (last.after, last.at, Event.objects.about(problem).filter(action="ledger.move_problem").exists()) == (after, LATER, True)
        return
    into = {"去处": reported(cast, title="去处")} if deed == "merge" else {}
    before = traces(problem)
    with pytest.raises(ValidationError):
        actions.merge_problem(problem, into=into["去处"], by=cast.office, at=LATER) if into else act(cast, problem)
    assert traces(problem) == before


@pytest.mark.parametrize("state", S.values)
@pytest.mark.parametrize("deed", OTHER_DEEDS)
def test_deeds_that_keep_the_state_have_their_states_too(cast, deed, state):
    act, allowed = OTHER_DEEDS[deed]
    problem = in_state(cast, state)
    before = traces(problem)
    if state in allowed:
        act(cast, problem)
        assert traces(problem)[1:] != before[1:]
        assert Problem.objects.get(pk=problem.pk).status == state
    else:
        with pytest.raises(ValidationError):
            act(cast, problem)
        assert traces(problem) == before


def test_every_move_of_the_table_is_tried():
    assert set(actions.MOVES) | {"close_at_once"} == set(DEEDS)
    assert {deed: starts for deed, (_act, starts, _to) in DEEDS.items() if deed in actions.MOVES} == {deed: starts for deed, (starts, _to) in actions.MOVES.items()}


# --- reporting and registering ----------------------------------------------


def test_report_problem_numbers_by_campaign_and_year(cast):
    first, second = reported(cast), reported(cast)
    next_year = reported(cast, at=NOW + 200 * DAY)
    assert [p.code for p in (first, second, next_year)] == ["2026-001", "2026-002", "2027-001"]
    assert (first.status, first.reported_at, first.reported_by) == (S.REPORTED, NOW, cast.liaison)
    assert list(first.changes.values_list("before", "after", "by")) == [("", "reported", cast.liaison.pk)]


def test_report_problem_keeps_measures_that_say_something(cast):
    problem = reported(cast, measures=["补正 3 份", " ", "每周抽查"])
    assert list(problem.measures.values_list("order", "text")) == [(1, "补正 3 份"), (2, "每周抽查")]


def test_report_problem_dated_without_a_day_is_refused(cast):
    with pytest.raises(ValidationError) as refusal:
        reported(cast, due_on=None)
    assert refusal.value.message_dict == {"due_on": ["选“限期整改”的，须填写整改时限。"]}
    assert not Problem.objects.exists()


def test_report_problem_with_its_owner_as_verifier_is_refused(cast):
    with pytest.raises(ValidationError, match="验收人不能是责任人本人"):
        reported(cast, verifier=cast.cadre)


def test_register_problem_fixes_who_and_when_and_tells_the_owner(cast):
    problem = reported(cast)
    actions.register_problem(
        problem, track="long_term", due_on=None, deadline_text="立行立改，长期坚持", lead_official=cast.person(cast.chief),
        verifier=cast.reviewer, acceptance_standard="连续 3 个月无缺项", by=cast.office, at=LATER,
    )
    problem.refresh_from_db()
    assert (problem.track, problem.due_on, problem.deadline_label, problem.verifier) == ("long_term", None, "立行立改，长期坚持", cast.reviewer)
    assert (problem.registered_at, problem.registered_by, problem.version) == (LATER, cast.office, 2)
    assert cast.cadre.notices.get().text == "有一件问题请您整改：谈话记录要素不全"


def test_register_problem_refused_leaves_the_row_the_caller_holds_alone(cast):
    problem = reported(cast)
    with pytest.raises(ValidationError, match="须填写整改时限"):
        actions.register_problem(problem, track="dated", due_on=None, by=cast.office, at=LATER)
    with pytest.raises(ValidationError, match="验收人不能是责任人本人"):
        actions.register_problem(problem, verifier=cast.cadre, by=cast.office, at=LATER)
    assert (problem.due_on, problem.verifier) == (TODAY + 10 * DAY, None)


# --- verifier ≠ owner ≠ submitter --------------------------------------------


def test_verify_problem_by_owner_or_submitter_is_refused(cast):
    problem = submit(cast, opened(cast))
    for deed in (actions.verify_problem, actions.send_back_problem):
        with pytest.raises(ValidationError, match="须由别人验收"):
            deed(problem, opinion="好", by=cast.cadre, at=LATER)
    other = actions.submit_problem(opened(cast), note="好了", by=cast.office, at=NOW)
    with pytest.raises(ValidationError, match="须由别人验收"):
        actions.verify_problem(other, opinion="好", by=cast.office, at=LATER)
    assert not Verification.objects.exists()


def test_verify_problem_looks_at_the_row_as_it_is_now(cast):
    before_submission = opened(cast)
    actions.submit_problem(before_submission, note="好了", by=cast.office, at=NOW)
    with pytest.raises(ValidationError, match="须由别人验收"):
        actions.verify_problem(before_submission, opinion="好", by=cast.office, at=LATER)


@pytest.mark.parametrize("deed", [
    lambda p, u: actions.close_problem(p, outcome="done", by=u, at=LATER),
    lambda p, u: actions.close_at_once(p, opinion="好", by=u, at=LATER),
    lambda p, u: actions.dismiss_problem(p, reason="不实", by=u, at=LATER),
    lambda p, u: actions.merge_problem(p, into=p, by=u, at=LATER),
    lambda p, u: actions.defer_problem(p, until=TODAY + 3 * DAY, reason="等", by=u, at=LATER),
])
def test_nobody_lets_themselves_off(cast, deed):
    problem = opened(cast, person=cast.person(cast.office), unit=cast.bureau, track="immediate")
    with pytest.raises(ValidationError) as refusal:
        deed(problem, cast.office)
    assert refusal.value.code == "own_problem"


def test_verify_and_send_back_keep_the_opinion(cast):
    problem = submit(cast, opened(cast))
    actions.send_back_problem(problem, opinion="第 2 份还缺地点", by=cast.reviewer, at=LATER)
    problem.refresh_from_db()
    assert (problem.status, problem.submitted_at, problem.submitted_by) == (S.OPEN, None, None)
    assert "验收未通过" in cast.cadre.notices.first().text
    actions.verify_problem(submit(cast, problem), opinion="齐了", by=cast.reviewer, at=LATER)
    assert list(problem.verifications.values_list("passed", "opinion", "verified_by")) == [(False, "第 2 份还缺地点", cast.reviewer.pk), (True, "齐了", cast.reviewer.pk)]


@pytest.mark.parametrize("state, deed, field", [
    (S.OPEN, lambda c, p: actions.submit_problem(p, note=" ", by=c.cadre, at=LATER), "note"),
    (S.SUBMITTED, lambda c, p: actions.verify_problem(p, opinion="", by=c.reviewer, at=LATER), "opinion"),
    (S.SUBMITTED, lambda c, p: actions.send_back_problem(p, opinion="", by=c.reviewer, at=LATER), "opinion"),
    (S.VERIFIED, lambda c, p: actions.close_problem(p, outcome="undone", by=c.office, at=LATER), "outcome"),
    (S.VERIFIED, lambda c, p: actions.close_problem(p, outcome="", by=c.office, at=LATER), "outcome"),
    (S.OPEN, lambda c, p: actions.close_at_once(p, opinion=" ", by=c.office, at=LATER), "opinion"),
    (S.REPORTED, lambda c, p: actions.dismiss_problem(p, reason=" ", by=c.office, at=LATER), "reason"),
    (S.OPEN, lambda c, p: actions.defer_problem(p, until=TODAY + DAY, reason="", by=c.office, at=LATER), "reason"),
    (S.OPEN, lambda c, p: actions.defer_problem(p, until=TODAY, reason="等", by=c.office, at=LATER), "until"),
    (S.OPEN, lambda c, p: actions.merge_problem(p, into=p, by=c.office, at=LATER), "into"),
    (S.OPEN, lambda c, p: actions.report_progress(p, text="好", made_on=TODAY + DAY, by=c.cadre, at=LATER), "made_on"),
    (S.OPEN, lambda c, p: actions.report_progress(p, text="", made_on=TODAY, by=c.cadre, at=LATER), "text"),
    (S.OPEN, lambda c, p: actions.plan_measure(p, text="", by=c.cadre, at=LATER), "text"),
])
def test_what_is_missing_is_told_at_its_field_and_nothing_is_written(cast, state, deed, field):
    problem = in_state(cast, state, track="immediate")
    before = traces(problem)
    with pytest.raises(ValidationError) as refusal:
        deed(cast, problem)
    assert set(refusal.value.message_dict) == {field}
    assert traces(problem) == before


# --- ends ---------------------------------------------------------------------


def test_close_problem_keeps_outcome_and_hand(cast):
    problem = in_state(cast, S.VERIFIED)
    actions.close_problem(problem, outcome="mostly", by=cast.office, at=LATER)
    problem.refresh_from_db()
    assert (problem.outcome, problem.closed_at, problem.closed_by) == ("mostly", LATER, cast.office)


def test_close_at_once_tells_all_three_steps(cast):
    problem = opened(cast, track="immediate")
    actions.close_at_once(problem, opinion="当场补正", by=cast.office, at=LATER)
    assert list(problem.changes.values_list("after", flat=True)) == ["reported", "open", "submitted", "verified", "closed"]
    problem.refresh_from_db()
    assert (problem.submitted_by, problem.closed_by, problem.verifications.get().verified_by) == (cast.cadre, cast.office, cast.office)


def test_close_at_once_of_a_dated_problem_is_refused(cast):
    with pytest.raises(ValidationError, match="立行立改"):
        actions.close_at_once(opened(cast), opinion="好", by=cast.office, at=LATER)


@pytest.mark.parametrize("state", [S.CLOSED, S.DISMISSED, S.MERGED])
def test_merge_problem_into_one_that_is_over_is_refused(cast, state):
    over, problem = in_state(cast, state), opened(cast)
    with pytest.raises(ValidationError, match="尚未办结"):
        actions.merge_problem(problem, into=over, by=cast.office, at=LATER)


def test_merge_problem_into_another_campaign_is_refused(cast):
    from campaigns.actions import launch_campaign

    elsewhere = launch_campaign(name="邻区教育整顿", workforce="干部", unit=cast.elsewhere, by=cast.outsider, at=NOW)
    foreign = actions.report_problem(elsewhere, title="外", source="talk", manifestation="外", responsible_unit=cast.elsewhere, track="immediate", by=cast.outsider, at=NOW)
    with pytest.raises(ValidationError, match="同一次教育整顿"):
        actions.merge_problem(opened(cast), into=foreign, by=cast.office, at=LATER)


def test_recur_problem_leaves_the_closed_one_closed(cast):
    closed = in_state(cast, S.CLOSED, aspect_key="improper_conduct", aspect_label="作风不正")
    before = Problem.objects.filter(pk=closed.pk).values().get()
    successor = actions.recur_problem(closed, manifestation="10 月又有 2 份", track="dated", due_on=TODAY + 40 * DAY, by=cast.office, at=LATER)
    assert Problem.objects.filter(pk=closed.pk).values().get() == before
    assert (successor.recurs, successor.status, successor.code, successor.aspect_label) == (closed, S.REPORTED, "2026-002", "作风不正")


def test_resume_due_problems_brings_back_those_whose_day_has_come(cast):
    due, later = opened(cast), opened(cast)
    actions.defer_problem(due, until=TODAY + 2 * DAY, reason="等", by=cast.office, at=NOW)
    actions.defer_problem(later, until=TODAY + 3 * DAY, reason="等", by=cast.office, at=NOW)
    assert actions.resume_due_problems(at=NOW + DAY) == 0
    assert actions.resume_due_problems(at=NOW + 2 * DAY) == 1
    due.refresh_from_db()
    assert (due.status, due.deferred_until, due.changes.last().by) == (S.OPEN, None, None)
    assert actions.resume_due_problems(at=NOW + 2 * DAY) == 0


def test_resume_deferred_is_the_daily_task(cast, monkeypatch):
    problem = opened(cast)
    actions.defer_problem(problem, until=TODAY + 2 * DAY, reason="等", by=cast.office, at=NOW)
    monkeypatch.setattr("ledger.tasks.timezone.now", lambda: NOW + 5 * DAY)
    assert resume_deferred({}, lambda percent, message="": None).message == "恢复 1 件"


# --- progress -------------------------------------------------------------------


def test_report_progress_keeps_the_day_it_tells_of_and_the_day_it_was_entered(cast):
    problem = opened(cast)
    pdf = SimpleUploadedFile("补正记录.pdf", b"%PDF-1.4 one")
    progress = actions.report_progress(problem, text="补正 3 份", made_on=TODAY - 3 * DAY, by=cast.cadre, at=NOW, uploads=[pdf])
    assert (progress.made_on, progress.entered_at, progress.entered_by) == (TODAY - 3 * DAY, NOW, cast.cadre)
    assert [f.name for f in problem.evidence.all()] == ["补正记录.pdf"]


def test_report_progress_with_a_false_file_writes_nothing(cast):
    problem = opened(cast)
    with pytest.raises(ValidationError, match="不接受"):
        actions.report_progress(problem, text="补正", made_on=TODAY, by=cast.cadre, at=NOW, uploads=[SimpleUploadedFile("记录.pdf", b"MZ")])
    assert not Progress.objects.exists()


# --- extensions -------------------------------------------------------------------


def test_request_extension_on_the_last_day_is_in_time(cast):
    problem = opened(cast, due_on=TODAY)
    request = actions.request_extension(problem, reason="等材料", until=TODAY + DAY, by=cast.cadre, at=NOW)
    assert (request.granted, request.until, request.requested_by) == (None, TODAY + DAY, cast.cadre)


def test_request_extension_after_the_day_is_refused(cast):
    with pytest.raises(ValidationError, match="时限已过"):
        actions.request_extension(opened(cast, due_on=TODAY), reason="忘了", until=TODAY + 9 * DAY, by=cast.cadre, at=NOW + DAY)


def test_request_extension_to_no_later_day_is_refused(cast):
    with pytest.raises(ValidationError) as refusal:
        actions.request_extension(opened(cast), reason="等", until=TODAY + 10 * DAY, by=cast.cadre, at=NOW)
    assert set(refusal.value.message_dict) == {"until"}


def test_request_extension_of_an_undated_problem_is_refused(cast):
    with pytest.raises(ValidationError, match="有时限"):
        actions.request_extension(opened(cast, track="long_term", due_on=None), reason="等", until=TODAY + DAY, by=cast.cadre, at=NOW)


def test_request_extension_twice_is_refused(cast):
    problem = opened(cast)
    actions.request_extension(problem, reason="等", until=TODAY + 20 * DAY, by=cast.cadre, at=NOW)
    with pytest.raises(ValidationError, match="等待批复"):
        actions.request_extension(problem, reason="等", until=TODAY + 30 * DAY, by=cast.liaison, at=NOW)


def asked(cast, **facts) -> ExtensionRequest:
    return actions.request_extension(opened(cast, **facts), reason="等材料", until=TODAY + 20 * DAY, by=cast.cadre, at=NOW)


def test_decide_extension_granted_moves_the_day_and_tells(cast):
    request = actions.decide_extension(asked(cast), granted=True, by=cast.office, at=LATER)
    problem = Problem.objects.get()
    assert (problem.due_on, problem.version, request.decided_at, request.decided_by) == (TODAY + 20 * DAY, 3, LATER, cast.office)
    assert "延期申请已批准" in cast.cadre.notices.first().text


def test_decide_extension_refused_keeps_the_day_and_needs_a_reason(cast):
    request = asked(cast)
    with pytest.raises(ValidationError, match="写明理由"):
        actions.decide_extension(request, granted=False, by=cast.office, at=LATER)
    actions.decide_extension(request, granted=False, opinion="材料已够", by=cast.office, at=LATER)
    assert Problem.objects.get().due_on == TODAY + 10 * DAY


def test_decide_extension_twice_is_refused(cast):
    request = asked(cast)
    actions.decide_extension(request, granted=True, by=cast.office, at=LATER)
    with pytest.raises(ValidationError, match="已经批复"):
        actions.decide_extension(request, granted=False, opinion="不", by=cast.office, at=LATER)


def test_decide_extension_of_ones_own_is_refused(cast):
    request = asked(cast)
    with pytest.raises(ValidationError, match="须由别人批复"):
        actions.decide_extension(request, granted=True, by=cast.cadre, at=LATER)
    for_boss = actions.request_extension(
        opened(cast, person=cast.person(cast.office), unit=cast.bureau), reason="代为申请", until=TODAY + 20 * DAY, by=cast.liaison, at=NOW
    )
    with pytest.raises(ValidationError, match="须由别人批复"):
        actions.decide_extension(for_boss, granted=True, by=cast.office, at=LATER)


def test_decide_extension_of_a_problem_that_is_over_cannot_move_its_day(cast):
    request = asked(cast)
    actions.merge_problem(request.problem, into=reported(cast), by=cast.office, at=NOW)
    with pytest.raises(ValidationError, match="已经办结"):
        actions.decide_extension(request, granted=True, by=cast.office, at=LATER)


# --- 建章立制 ---------------------------------------------------------------------


def test_plan_and_issue_rule(cast):
    problem = opened(cast)
    item = actions.plan_rule(cast.campaign, title="谈话记录规范", kind="new", unit=cast.unit_a, problems=[problem], by=cast.office, at=NOW)
    actions.issue_rule(item, issued_on=TODAY, document_number="云纪〔2026〕8号", by=cast.office, at=LATER)
    item.refresh_from_db()
    assert (item.issued_on, item.document_number, list(item.problems.all())) == (TODAY, "云纪〔2026〕8号", [problem])
    with pytest.raises(ValidationError, match="已登记印发"):
        actions.issue_rule(item, issued_on=TODAY, document_number="另一号", by=cast.office, at=LATER)


def test_issue_rule_in_the_future_is_refused(cast):
    item = actions.plan_rule(cast.campaign, title="谈话记录规范", kind="new", unit=cast.unit_a, by=cast.office, at=NOW)
    with pytest.raises(ValidationError, match="不能晚于今天"):
        actions.issue_rule(item, issued_on=TODAY + DAY, document_number="", by=cast.office, at=NOW)
    assert RuleMakingItem.objects.get().issued_on is None
