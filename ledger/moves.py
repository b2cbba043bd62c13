"""Who may do which move on a problem, and when: one table for the buttons and for the doors behind them."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from organizations.models import access_of
from organizations.roles import Permission as P

from . import actions
from .models import Problem

S = Problem.Status
NOT_OVER = {S.REPORTED, S.OPEN, S.SUBMITTED, S.VERIFIED, S.DEFERRED}


def starts(deed: str) -> set[str]:
    """The states from which the action itself allows the deed."""
    return actions.MOVES[deed][0]


def _holds(permission: P, user, problem: Problem) -> bool:
    return access_of(user).may_at(permission, problem.responsible_unit.path, problem.campaign_id)


def manages(user, problem: Problem) -> bool:
    """领导小组办公室."""
    return _holds(P.MANAGE_LEDGER, user, problem)


def works(user, problem: Problem) -> bool:
    """责任人本人, or whoever reports for the unit."""
    return problem.is_owned_by(user) or _holds(P.REPORT_PROBLEMS, user, problem)


def plans(user, problem: Problem) -> bool:
    return works(user, problem) or manages(user, problem)


def reports(user, problem: Problem) -> bool:
    return _holds(P.REPORT_PROBLEMS, user, problem) or manages(user, problem)


def verifies(user, problem: Problem) -> bool:
    """The named verifier, or whoever verifies for the unit."""
    return problem.verifier_id == user.pk or _holds(P.VERIFY_PROBLEMS, user, problem)


def nothing(problem: Problem, by, at: dt.datetime) -> None:
    """No further check."""


@dataclass(frozen=True)
class Move:
    """One deed on a problem. `name` is its view, its address and its template."""

    name: str
    label: str
    states: set[str]
    who: Callable[[object, Problem], bool]
    done: str  # what is said afterwards
    check: Callable = nothing  # the same function the action calls; raises ValidationError

    def is_for(self, user, problem: Problem) -> bool:
        """Whether the visitor holds the right; without it the answer is 403."""
        return self.who(user, problem)

    def refusal(self, user, problem: Problem, at: dt.datetime) -> str:
        """Why somebody who holds the right can't do it now; empty when they can."""
        if problem.status not in self.states:
            return _("“%(title)s”现在是“%(now)s”，不能办理“%(move)s”。") % {
                "title": problem.title, "now": problem.get_status_display(), "move": self.label,
            }
        try:
            self.check(problem, user, at)
        except ValidationError as refusal:
            return "".join(refusal.messages)
        return ""


TABLE = [
    Move("problem_register", _("确认立项"), starts("register"), manages, _("已确认立项，责任人会收到消息。")),
    Move("problem_dismiss", _("认定不成立"), starts("dismiss"), manages, _("已认定不成立。"), actions.refuse_own_problem),
    Move("extension_decide", _("批复延期"), NOT_OVER, manages, _("已批复，申请人会收到消息。"), actions.refuse_own_extension),
    Move("problem_submit", _("提请验收"), starts("submit"), works, _("已提请验收。")),
    Move("progress_new", _("填报进展"), {S.OPEN}, works, _("已填报进展。")),
    Move("problem_close_at_once", _("直接销号"), starts("submit"), manages, _("已核实并销号。"), actions.refuse_not_immediate),
    Move("problem_verify", _("验收通过"), starts("verify"), verifies, _("已验收通过，等待销号。"), actions.refuse_own_verification),
    Move("problem_send_back", _("退回整改"), starts("send_back"), verifies, _("已退回整改，责任人会收到消息。"), actions.refuse_own_verification),
    Move("problem_close", _("销号"), starts("close"), actions.closes, _("已销号。"), actions.refuse_closing),
    Move("problem_resume", _("恢复整改"), starts("resume"), manages, _("已恢复整改。")),
    Move("measure_new", _("增加整改措施"), NOT_OVER, plans, _("已增加整改措施。")),
    Move("milestone_new", _("设阶段节点"), {S.OPEN}, plans, _("已设阶段节点。")),
    Move("problem_change", _("更正问题要素"), actions.CHANGEABLE, manages, _("已更正，更正前的内容留在办理经过里。"), actions.refuse_own_problem),
    Move("extension_new", _("申请延期"), {S.OPEN}, works, _("已申请延期，等待批复。"), actions.refuse_extension),
    Move("problem_merge", _("并入另一件问题"), starts("merge"), manages, _("已并入。"), actions.refuse_own_problem),
    Move("problem_defer", _("暂缓整改"), starts("defer"), manages, _("已暂缓，到期自动恢复整改。"), actions.refuse_own_problem),
    Move("problem_recur", _("问题反弹，另立新号"), {S.CLOSED}, reports, _("已另立新号，原编号保持销号。")),
]
MOVES = {move.name: move for move in TABLE}

# The moves that carry a problem on from each state; the others stand under 其他可办事项.
ONWARD: dict[str, set[str]] = {
    S.REPORTED: {"problem_register", "problem_dismiss"},
    S.OPEN: {"extension_decide", "problem_submit", "progress_new", "problem_close_at_once"},
    S.SUBMITTED: {"problem_verify", "problem_send_back"},
    S.VERIFIED: {"problem_close", "problem_send_back"},
    S.DEFERRED: {"problem_resume"},
    S.CLOSED: set(),
    S.DISMISSED: set(),
    S.MERGED: set(),
}


def legal_moves(user, problem: Problem, at: dt.datetime) -> list[Move]:
    """What this visitor can do to this problem now, the likeliest first."""
    return [move for move in TABLE if move.is_for(user, problem) and not move.refusal(user, problem, at)]
