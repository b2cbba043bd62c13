"""The whole table: every state × every deed × everybody, through the views. What is not allowed is told and leaves no trace.

The views are called without middleware, and what they would render is asked for its errors only: nearly 4,000 tries in a sitting.
"""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone

from ledger import actions
from ledger.models import Milestone, Problem
from ledger.moves import MOVES
from ledger.views import moves, parts
from organizations.actions import grant_role
from organizations.roles import Role
from tests.cast import enter, person
from tests.ledger import plays
from tests.ledger.plays import DAY, S

# The play: the cadre (owner) answers for it, the editor was the last to report on it, the submitter handed it in, the chief is its
# named verifier without a role. Editor and submitter sit in the office, so that nothing but their part in this problem stops them.
OFFICE = {"office", "editor", "submitter"}
WORKING = {"cadre", "liaison"} | OFFICE  # the owner, and who reports for the unit
VERIFYING = {"office", "reviewer", "inspection", "chief"}  # not the editor, not the submitter
SEEING = WORKING | VERIFYING | {"director", "supervisor", "coordination"}
OTHERS = {"clues", "colleague", "stranger", "outsider", "administrator", "security", "auditor", "training", "publicity"}
EVERYBODY = sorted(SEEING | OTHERS)

AT_WORK = {S.REPORTED: S.REPORTED, S.OPEN: S.OPEN, S.SUBMITTED: S.SUBMITTED, S.VERIFIED: S.VERIFIED, S.DEFERRED: S.DEFERRED}

# deed → (its action, from which state to which, who)
TABLE = {
    "problem_register": ("register_problem", {S.REPORTED: S.OPEN}, OFFICE),
    "problem_dismiss": ("dismiss_problem", {S.REPORTED: S.DISMISSED}, OFFICE),
    "problem_merge": ("merge_problem", {S.REPORTED: S.MERGED, S.OPEN: S.MERGED, S.DEFERRED: S.MERGED}, OFFICE),
    "problem_change": ("change_problem", {S.REPORTED: S.REPORTED, S.OPEN: S.OPEN, S.DEFERRED: S.DEFERRED}, OFFICE),
    "problem_defer": ("defer_problem", {S.OPEN: S.DEFERRED}, OFFICE),
    "problem_resume": ("resume_problem", {S.DEFERRED: S.OPEN}, OFFICE),
    "measure_new": ("plan_measure", AT_WORK, WORKING),
    "milestone_new": ("add_milestone", {S.OPEN: S.OPEN}, WORKING),
    "milestone_tick": ("tick_milestone", {S.OPEN: S.OPEN}, WORKING),
    "progress_new": ("report_progress", {S.OPEN: S.OPEN}, WORKING),
    "comment_new": ("add_comment", AT_WORK, SEEING),
    "extension_new": ("request_extension", {S.OPEN: S.OPEN}, WORKING),
    "extension_decide": ("decide_extension", {S.OPEN: S.OPEN, S.SUBMITTED: S.SUBMITTED, S.VERIFIED: S.VERIFIED, S.DEFERRED: S.DEFERRED}, OFFICE),
    "problem_submit": ("submit_problem", {S.OPEN: S.SUBMITTED}, WORKING),
    "problem_verify": ("verify_problem", {S.SUBMITTED: S.VERIFIED}, VERIFYING),
    "problem_send_back": ("send_back_problem", {S.SUBMITTED: S.OPEN, S.VERIFIED: S.OPEN}, VERIFYING),
    "problem_close": ("close_problem", {S.VERIFIED: S.CLOSED}, OFFICE | {"liaison"}),  # an ordinary one; see CLOSING
    "problem_close_at_once": ("close_at_once", {S.OPEN: S.CLOSED}, OFFICE - {"editor"}),
    "problem_recur": ("recur_problem", {S.CLOSED: S.CLOSED}, OFFICE | {"liaison"}),
}
# 销号 by seriousness, of a verified problem; and in one act, of an open one.
CLOSING = {
    "ordinary": {"problem_close": OFFICE | {"liaison"}, "problem_close_at_once": OFFICE - {"editor"}},
    "major": {"problem_close": OFFICE, "problem_close_at_once": OFFICE - {"editor"}},
    "severe": {"problem_close": {"director"}, "problem_close_at_once": set()},
}
# What somebody of the office may still do to a problem of their own.
OWN = {"problem_register", "problem_resume", "measure_new", "milestone_new", "milestone_tick", "progress_new", "comment_new", "extension_new", "problem_submit", "problem_recur"}


class Stage:
    """The people, and a problem in each state; every try is undone."""

    def __init__(self):
        self.cast, self.now = enter(), timezone.now()
        self.today = timezone.localdate(self.now)
        for name in ("editor", "submitter"):
            setattr(self.cast, name, person(name, name, self.cast.bureau))
            grant_role(getattr(self.cast, name), role=Role.OFFICE, unit=self.cast.organ, by=None, at=self.now)
        self.into = plays.opened(self.cast, title="去处", at=self.now, due_on=self.today + 30 * DAY)

    def problem(self, state: str, owner: str = "cadre", *, asked: bool = False, **facts) -> Problem:
        """A 立行立改 problem with a day, brought to this state by the people of the play."""
        cast, now = self.cast, self.now
        facts = {"person": cast.person(getattr(cast, owner)), "track": "immediate", "due_on": self.today + 10 * DAY, "at": now} | facts
        if state in (S.REPORTED, S.DISMISSED, S.MERGED):
            problem = plays.reported(cast, verifier=cast.chief, **facts)
            if state == S.DISMISSED:
                return actions.dismiss_problem(problem, reason="不实", by=cast.director, at=now)
            return problem if state == S.REPORTED else actions.merge_problem(problem, into=self.into, by=cast.director, at=now)
        problem = plays.opened(cast, verifier=cast.chief, **facts)
        milestone = actions.add_milestone(problem, text="第一步", due_on=self.today, by=cast.liaison, at=now)
        assert milestone.order == 1
        actions.report_progress(problem, text="改了一半", made_on=self.today, by=cast.editor, at=now)
        if asked:
            actions.request_extension(problem, reason="等材料", until=self.today + 20 * DAY, by=cast.liaison, at=now)
        if state == S.DEFERRED:
            return actions.defer_problem(problem, until=self.today + DAY, reason="等细则", by=cast.director, at=now)
        if state != S.OPEN:
            problem = actions.submit_problem(problem, note="好了", by=cast.submitter, at=now)
        if state in (S.VERIFIED, S.CLOSED):
            problem = actions.verify_problem(problem, opinion="属实", by=cast.reviewer, at=now)
        if state == S.CLOSED:
            problem = actions.close_problem(problem, outcome="done", by=cast.submitter, at=now)
        return Problem.objects.get(pk=problem.pk)

    def typed(self, deed: str, problem: Problem) -> dict:
        """What a page of this deed would send, all of it in order."""
        later = str(self.today + 15 * DAY)
        return {"version": problem.version} | {
            "problem_register": {"track": "dated", "due_on": later, "seriousness": "ordinary"},
            "problem_dismiss": {"reason": "不实"},
            "problem_merge": {"into": self.into.pk},
            "problem_change": {"title": "改过的标题", "manifestation": "改过的表现", "seriousness": "ordinary", "responsible_unit": problem.responsible_unit_id},
            "problem_defer": {"until": later, "reason": "等细则"},
            "measure_new": {"text": "措施"},
            "milestone_new": {"text": "第二步", "due_on": str(self.today + DAY)},
            "milestone_tick": {"done": "yes"},
            "progress_new": {"text": "进展", "made_on": str(self.today)},
            "comment_new": {"text": "请抓紧"},
            "extension_new": {"until": later, "reason": "等材料"},
            "extension_decide": {"granted": "yes"},
            "problem_submit": {"note": "好了"},
            "problem_verify": {"opinion": "属实"},
            "problem_send_back": {"opinion": "还差一份"},
            "problem_close": {"outcome": "done"},
            "problem_close_at_once": {"opinion": "当场改好"},
            "problem_recur": {"manifestation": "又有", "track": "immediate"},
        }.get(deed, {})

    def address(self, deed: str, problem: Problem) -> str:
        tick = [Milestone.objects.filter(problem=problem).values_list("pk", flat=True).first() or 0] if deed == "milestone_tick" else []
        return reverse(f"ledger:{deed}", args=[problem.pk, *tick])

    def post(self, deed: str, problem: Problem, who: str) -> tuple[int, str]:
        """What the view answers, and what it says."""
        address = self.address(deed, problem)
        request, view = RequestFactory().post(address, self.typed(deed, problem)), resolve(address)
        request.user, request.session, request._messages = getattr(self.cast, who), {}, Told()
        try:
            answer = view.func(request, *view.args, **view.kwargs)
        except PermissionDenied:
            return 403, "403"
        except Http404:
            return 404, "404"
        return answer.status_code, answer.content.decode() + "".join(request._messages)

    def attempt(self, deed: str, problem: Problem, who: str) -> str:
        """The state afterwards when it was done, "refused" when it was told and left no trace, else what went wrong. Undone again."""
        before = traces(problem)
        with transaction.atomic():
            answer, said = self.post(deed, problem, who)
            after, status = traces(problem), Problem.objects.values_list("status", flat=True).get(pk=problem.pk)
            transaction.set_rollback(True)
        if after == before:
            return "refused" if said else f"nothing said: {answer}"
        return status if answer == 302 else f"trace left: {answer}"


class Told(list):
    """Where messages to the visitor go."""

    def add(self, level, message, extra_tags=""):
        self.append(str(message))


def errors_only(request, template, context, status=200):
    return HttpResponse(" ".join(error for errors in context["form"].errors.values() for error in errors), status=status)


COUNTED = [m._meta.db_table for m in apps.get_app_config("ledger").get_models(include_auto_created=True)] + ["accounts_notice"]


def traces(problem: Problem) -> tuple:
    """How many rows every table of the ledger, the log and the inboxes hold, and the problem itself, in one statement."""
    counts = ", ".join(f"(SELECT COUNT(*) FROM {table})" for table in COUNTED)
    done = "(SELECT COUNT(*) FROM ledger_milestone WHERE done_at IS NOT NULL), (SELECT COUNT(*) FROM audit_event)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}, {done}, status, version, edited_at FROM ledger_problem WHERE id = %s", [problem.pk])
        return cursor.fetchone()


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        for room in (moves, parts):
            patch.setattr(room, "render", errors_only)
        yield Stage()
        transaction.set_rollback(True)


def expected(deed: str, state: str, who: str) -> str:
    _action, states, people = TABLE[deed]
    return states[state] if state in states and who in people else "refused"


@pytest.mark.parametrize("state", S.values)
def test_everybody_does_what_the_table_says_and_nothing_else(stage, db, state):
    plain, asked = stage.problem(state), stage.problem(state, asked=True)
    found = {
        (deed, who): stage.attempt(deed, asked if deed == "extension_decide" else plain, who) for deed in TABLE for who in EVERYBODY
    }
    assert found == {(deed, who): expected(deed, state, who) for deed in TABLE for who in EVERYBODY}


@pytest.mark.parametrize("seriousness", CLOSING)
def test_who_closes_goes_by_seriousness(stage, db, seriousness):
    of = {"problem_close": stage.problem(S.VERIFIED, seriousness=seriousness), "problem_close_at_once": stage.problem(S.OPEN, seriousness=seriousness)}
    found = {deed: {who for who in EVERYBODY if stage.attempt(deed, problem, who) == S.CLOSED} for deed, problem in of.items()}
    assert found == CLOSING[seriousness]


@pytest.mark.parametrize("state", S.values)
def test_nobody_of_the_office_lets_themselves_off(stage, db, state):
    problem, asked = stage.problem(state, "office"), stage.problem(state, "office", asked=True)
    found = {deed: stage.attempt(deed, asked if deed == "extension_decide" else problem, "office") for deed in TABLE}
    assert found == {deed: expected(deed, state, "office") if deed in OWN else "refused" for deed in TABLE}


# --- nothing is left out -----------------------------------------------------------------------------------------------

NO_DEED_ON_ONE = {
    "report_problem": "makes one", "resume_due_problems": "calls resume_problem", "export_problems": "reads", "fetch_file": "reads",
    "plan_rule": "of rules", "issue_rule": "of rules", "keep_view": "of filters", "rename_view": "of filters", "drop_view": "of filters",
    "ask_bulk": "asks each row's own deed", "assign_problem": "of chosen rows: test_bulk", "remind_owner": "of chosen rows: test_bulk",
}


def test_every_action_and_every_move_is_in_the_table():
    deeds = set()
    for path in (Path(settings.BASE_DIR) / "ledger" / "actions").glob("*.py"):
        functions = [one for one in ast.parse(path.read_text()).body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")]
        deeds |= {one.name for one in functions if "at" in {argument.arg for argument in one.args.kwonlyargs}}
    assert deeds == {action for action, _states, _who in TABLE.values()} | set(NO_DEED_ON_ONE)
    assert set(TABLE) == set(MOVES) | {"milestone_tick", "comment_new"}


def test_the_table_names_everybody_of_the_cast(stage):
    people = {name for name, value in vars(stage.cast).items() if hasattr(value, "username")}
    assert set(EVERYBODY) == people
