"""Problems in every state, brought there by the deeds themselves."""

import datetime as dt

from ledger import actions
from ledger.models import Problem
from tests.cast import NOW, TODAY

DAY = dt.timedelta(days=1)
S = Problem.Status


def reported(cast, *, title="谈话记录要素不全", unit=None, person=None, track="dated", due_on=TODAY + 10 * DAY, at=NOW, by=None, **facts) -> Problem:
    """A problem of the cadre in unit A, reported by the liaison."""
    return actions.report_problem(
        cast.campaign, title=title, source=facts.pop("source", "self_check"), manifestation="3 份谈话记录没有写明地点和被谈话人意见。",
        responsible_unit=unit or cast.unit_a, responsible_person=person if person is not None else cast.person(cast.cadre),
        track=track, due_on=due_on, by=by or cast.liaison, at=at, **facts,
    )


def opened(cast, *, verifier=None, register_at=None, **facts) -> Problem:
    problem = reported(cast, **facts)
    return actions.register_problem(problem, verifier=verifier, by=cast.office, at=register_at or facts.get("at", NOW))


def in_state(cast, state: str, **facts) -> Problem:
    """A problem that has come to this state the ordinary way."""
    at = facts.get("at", NOW)
    if state in (S.REPORTED, S.DISMISSED):
        problem = reported(cast, **facts)
        return problem if state == S.REPORTED else actions.dismiss_problem(problem, reason="经核实不存在", by=cast.office, at=at)
    problem = opened(cast, **facts)
    if state == S.MERGED:
        into = opened(cast, title="另一件", **{k: v for k, v in facts.items() if k != "title"})
        return actions.merge_problem(problem, into=into, by=cast.office, at=at)
    if state == S.DEFERRED:
        return actions.defer_problem(problem, until=at.date() + 5 * DAY, reason="等上级细则", by=cast.office, at=at)
    for deed in [submit, verify, close][: [S.OPEN, S.SUBMITTED, S.VERIFIED, S.CLOSED].index(state)]:
        problem = deed(cast, problem, at)
    return problem


def submit(cast, problem, at=NOW):
    return actions.submit_problem(problem, note="3 份记录已补正。", by=cast.cadre, at=at)


def verify(cast, problem, at=NOW):
    return actions.verify_problem(problem, opinion="材料齐全", by=cast.reviewer, at=at)


def close(cast, problem, at=NOW):
    return actions.close_problem(problem, outcome="done", by=cast.office, at=at)
