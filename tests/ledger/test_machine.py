"""Random lives of problems, through the actions and the database; what must always hold is looked at after every step.

A few hundred steps in the suite, the same ones each time; `HYPOTHESIS_STEPS=10000 pytest tests/ledger/test_machine.py` takes new ones.
"""

import datetime as dt
import os

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from audit.models import Event
from ledger import actions
from ledger.models import (
    AspectCount,
    ClosedCount,
    Comment,
    Correction,
    ExtensionRequest,
    Measure,
    Milestone,
    Numbering,
    Problem,
    ProblemCount,
    Progress,
    RegisteredCount,
    StatusChange,
    Verification,
)
from organizations.kept import build
from tests.cast import NOW, enter
from tests.ledger import plays

STEPS = int(os.environ.get("HYPOTHESIS_STEPS", "300"))
LIFE = 60  # steps of one life at most; it begins with three problems at work
S = Problem.Status
PEOPLE = ["office", "director", "reviewer", "liaison", "cadre", "colleague", "chief", "inspection"]
PAIRS = ("registered", "submitted", "edited", "closed")
PARTS = (Measure, Progress, Verification, StatusChange, ExtensionRequest, Milestone, Comment, Correction)

which, who, days = st.integers(0, 10**6), st.sampled_from(PEOPLE), st.integers(-2, 40)
word = st.sampled_from(["3 份已补正", "还差一份", "立行立改，长期坚持", "材料齐全", "经核实不存在", " "])
track, seriousness = st.sampled_from(Problem.Track.values), st.sampled_from(Problem.Seriousness.values)


class Ledger(RuleBasedStateMachine):
    """Anybody tries anything on any problem; what is refused leaves everything as it was."""

    cast = None  # set by the test
    taken = 0  # steps of all lives
    done = 0  # and how many were no refusals

    def __init__(self):
        super().__init__()
        self.life = transaction.atomic()
        self.life.__enter__()
        self.now, self.numbers, self.closed = NOW, [], {}

    def teardown(self):
        transaction.set_rollback(True)
        self.life.__exit__(None, None, None)

    @initialize()
    def three_are_at_work(self):
        build(at=timezone.now())
        for verifier in (None, self.cast.reviewer, self.cast.chief):
            problem = plays.opened(self.cast, verifier=verifier, track="immediate")
            self.numbers.append((problem.year, problem.number))

    # --- helpers --------------------------------------------------------------------------------------------------------

    def user(self, name: str):
        return getattr(self.cast, name)

    def day(self, n: int) -> dt.date:
        return timezone.localdate(self.now) + dt.timedelta(days=n)

    def one(self, n: int, *states: str) -> Problem | None:
        """Some problem; three times of four one in these states, if there is any, so that lives go on."""
        rows = list(Problem.objects.order_by("pk"))
        fit = [problem for problem in rows if problem.status in states and n % 4 != 3]
        return (fit or rows)[n // 4 % len(fit or rows)] if rows else None

    def do(self, deed, *args, by: str, **facts):
        """Its result, or None when it was refused, and then nothing has changed."""
        type(self).taken += 1
        self.now += dt.timedelta(minutes=7)
        if args and args[0] is None:
            return None
        before = traces()
        try:
            result = deed(*args, by=self.user(by), at=self.now, **facts)
        except ValidationError as refusal:
            assert traces() == before and "".join(refusal.messages)
            return None
        type(self).done += 1
        return result

    def numbered(self, problem: Problem | None) -> None:
        if problem:
            code = (problem.year, problem.number)
            assert code not in self.numbers and all(code[1] > number for year, number in self.numbers if year == code[0])
            self.numbers.append(code)

    # --- deeds ----------------------------------------------------------------------------------------------------------

    @rule(by=who, track=track, due=st.none() | days, person=who, seriousness=seriousness)
    def report(self, by, track, due, person, seriousness):
        self.numbered(self.do(
            actions.report_problem, self.cast.campaign, by=by, title="谈话记录要素不全", source="other", manifestation="3 份没有地点。", responsible_unit=self.cast.unit_a,
            responsible_person=self.cast.person(self.user(person)) if person != "inspection" else None, track=track, due_on=self.day(due) if due is not None else None,
            seriousness=seriousness, measures=["补正"],
        ))

    @rule(n=which, by=who, verifier=st.none() | who, track=track, due=days)
    def register(self, n, by, verifier, track, due):
        self.do(actions.register_problem, self.one(n, S.REPORTED), by=by, verifier=self.user(verifier) if verifier else None, track=track, due_on=self.day(due))

    @rule(n=which, by=who, text=word)
    def dismiss(self, n, by, text):
        self.do(actions.dismiss_problem, self.one(n, S.REPORTED), by=by, reason=text)

    @rule(n=which, into=which, by=who)
    def merge(self, n, into, by):
        self.do(actions.merge_problem, self.one(n, S.OPEN, S.REPORTED, S.DEFERRED), by=by, into=self.one(into))

    @rule(n=which, by=who, due=days)
    def measure(self, n, by, due):
        self.do(actions.plan_measure, self.one(n), by=by, text="每周抽查", due_on=self.day(due))

    @rule(n=which, by=who, made=days, content=st.binary(max_size=1))
    def progress(self, n, by, made, content):
        self.do(actions.report_progress, self.one(n, S.OPEN), by=by, text="补了 1 份", made_on=self.day(made), uploads=[SimpleUploadedFile("补正.pdf", b"%PDF-1.4 " + content)])

    @rule(n=which, by=who, due=days)
    def milestone(self, n, by, due):
        self.do(actions.add_milestone, self.one(n, S.OPEN), by=by, text="清单报办公室", due_on=self.day(due))

    @rule(n=which, by=who, done=st.booleans())
    def tick(self, n, by, done):
        milestones = list(Milestone.objects.order_by("pk"))
        self.do(actions.tick_milestone, milestones[n % len(milestones)] if milestones else None, by=by, done=done)

    @rule(n=which, by=who)
    def comment(self, n, by):
        self.do(actions.add_comment, self.one(n), by=by, text="请抓紧")

    @rule(n=which, by=who, seriousness=seriousness, person=who, title=word)
    def change(self, n, by, seriousness, person, title):
        self.do(actions.change_problem, self.one(n, S.OPEN, S.REPORTED, S.DEFERRED), by=by, seriousness=seriousness, responsible_person=self.cast.person(self.user(person)) if person != "inspection" else None, title=title)

    @rule(n=which, by=who, note=word)
    def submit(self, n, by, note):
        self.do(actions.submit_problem, self.one(n, S.OPEN), by=by, note=note)

    @rule(n=which, by=who, opinion=word)
    def verify(self, n, by, opinion):
        problem, user = self.one(n, S.SUBMITTED), self.user(by)
        moved = self.do(actions.verify_problem, problem, by=by, opinion=opinion)
        if moved:
            assert user.pk not in (problem.submitted_by_id, problem.edited_by_id) and not problem.is_owned_by(user)

    @rule(n=which, by=who, opinion=word)
    def send_back(self, n, by, opinion):
        self.do(actions.send_back_problem, self.one(n, S.SUBMITTED, S.VERIFIED), by=by, opinion=opinion)

    @rule(n=which, by=who, outcome=st.sampled_from(Problem.Outcome.values))
    def close(self, n, by, outcome):
        moved = self.do(actions.close_problem, self.one(n, S.VERIFIED), by=by, outcome=outcome)
        if moved:
            assert actions.closes(self.user(by), moved) and not moved.is_owned_by(self.user(by))

    @rule(n=which, by=who, opinion=word)
    def close_at_once(self, n, by, opinion):
        self.do(actions.close_at_once, self.one(n, S.OPEN), by=by, opinion=opinion)

    @rule(n=which, by=who, until=days, reason=word)
    def defer(self, n, by, until, reason):
        self.do(actions.defer_problem, self.one(n, S.OPEN), by=by, until=self.day(until), reason=reason)

    @rule(n=which, by=who)
    def resume(self, n, by):
        self.do(actions.resume_problem, self.one(n, S.DEFERRED), by=by)

    @rule(pause=st.integers(1, 30))
    def a_morning(self, pause):
        """Days pass, and what was deferred until then comes back by itself."""
        type(self).taken += 1
        self.now += dt.timedelta(days=pause)
        actions.resume_due_problems(at=self.now)
        assert not Problem.objects.filter(status=S.DEFERRED, deferred_until__lte=self.day(0)).exists()

    @rule(n=which, by=who, until=days)
    def ask_extension(self, n, by, until):
        self.do(actions.request_extension, self.one(n, S.OPEN), by=by, until=self.day(until), reason="等材料")

    @rule(n=which, by=who, granted=st.booleans(), opinion=word)
    def decide_extension(self, n, by, granted, opinion):
        requests = list(ExtensionRequest.objects.order_by("pk"))
        self.do(actions.decide_extension, requests[n % len(requests)] if requests else None, by=by, granted=granted, opinion=opinion)

    @rule(n=which, by=who, track=track)
    def recur(self, n, by, track):
        self.numbered(self.do(actions.recur_problem, self.one(n, S.CLOSED), by=by, manifestation="又有 2 份", track=track))

    @rule(n=which)
    def a_row_is_lost(self, n):
        """Not by any deed: somebody at the database. Its number is gone for good."""
        type(self).taken += 1
        problem = self.one(n)
        if problem and problem.status == S.REPORTED and not Problem.objects.filter(merged_into=problem).exists():
            problem.delete()
            build(at=timezone.now())  # as the night does

    # --- what always holds ----------------------------------------------------------------------------------------------

    @invariant()
    def parts_add_up(self):
        office, today = self.cast.office, self.day(0)
        tally = Problem.objects.tally(office, today)
        assert tally["all"] == tally["counted"] + tally["reported"] + tally["dismissed"] + tally["merged"]
        assert tally["counted"] == tally["closed"] + tally["not_closed"]
        assert tally["all"] == sum(n for _status, n in Problem.objects.order_by().values_list("status").annotate(n=Count("pk")))
        assert tally["overdue"] + tally["soon"] <= tally["not_closed"]

    @invariant()
    def kept_counts_are_right(self):
        assert not any(build(at=timezone.now(), kinds=(ProblemCount, AspectCount, RegisteredCount, ClosedCount)).values())

    @invariant()
    def rows_are_whole(self):
        rows = {row["id"]: row for row in Problem.objects.values()}
        for row in rows.values():
            for pair in PAIRS:
                assert (row[f"{pair}_at"] is None) == (row[f"{pair}_by_id"] is None), (pair, row)
            assert (row["status"] == S.CLOSED) == (row["outcome"] != "") == (row["closed_at"] is not None)
            assert (row["status"] == S.MERGED) == (row["merged_into_id"] is not None)
            assert row["registered_at"] is not None or row["status"] in (S.REPORTED, S.DISMISSED, S.MERGED)
            assert row["recurs_id"] is None or rows[row["recurs_id"]]["status"] == S.CLOSED
            for link in ("merged_into_id", "recurs_id"):
                assert not runs_in_a_circle(rows, row["id"], link)
        assert len({(row["year"], row["number"]) for row in rows.values()}) == len(rows)
        assert all(row.last == max(number for year, number in self.numbers if year == row.year) for row in Numbering.objects.filter(campaign=self.cast.campaign))

    @invariant()
    def histories_are_unbroken(self):
        last: dict[int, str] = {}
        for pk, before, after in StatusChange.objects.order_by("at", "pk").values_list("problem", "before", "after"):
            assert before == last.get(pk, "")
            last[pk] = after
        assert last == dict(Problem.objects.values_list("pk", "status"))

    @invariant()
    def what_is_closed_never_changes(self):
        for row in Problem.objects.filter(status=S.CLOSED).values():
            parts = [list(model.objects.filter(problem=row["id"]).order_by("pk").values()) for model in PARTS]
            evidence = sorted(Problem.evidence.through.objects.filter(problem=row["id"]).values_list("storedfile", flat=True))
            assert self.closed.setdefault(row["id"], (row, parts, evidence)) == (row, parts, evidence)
        assert set(self.closed) <= set(Problem.objects.filter(status=S.CLOSED).values_list("pk", flat=True))


def runs_in_a_circle(rows: dict[int, dict], start: int, link: str) -> bool:
    seen, here = {start}, rows[start][link]
    while here is not None and here not in seen:
        seen.add(here)
        here = rows[here][link]
    return here is not None


def traces() -> tuple:
    return (
        list(Problem.objects.order_by("pk").values()), [model.objects.count() for model in PARTS], Event.objects.count(),
        Milestone.objects.filter(done_at__isnull=False).count(), ExtensionRequest.objects.filter(granted__isnull=False).count(),
        list(Numbering.objects.order_by("pk").values()),
    )


@pytest.mark.django_db
def test_a_ledger_holds_whatever_is_tried():
    Ledger.cast, Ledger.taken, Ledger.done = enter(), 0, 0
    lives = settings(
        max_examples=-(-STEPS // (LIFE - 10)), stateful_step_count=LIFE, deadline=None, database=None, derandomize=STEPS < 1000, suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Ledger, settings=lives)
    assert Ledger.taken >= STEPS * 0.9 and Ledger.done > Ledger.taken / 10, (Ledger.taken, Ledger.done)
    print(f"{Ledger.taken} steps, {Ledger.done} of them done, the others refused")
