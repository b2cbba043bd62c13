"""Deeds on problems. Every change of state goes through one table and one door."""

from .change import CHANGEABLE, change_problem
from .parts import add_comment, add_milestone, tick_milestone
from .problem import (
    MOVES,
    close_at_once,
    close_problem,
    decide_extension,
    defer_problem,
    dismiss_problem,
    export_problems,
    fetch_file,
    merge_problem,
    note_editor,
    owner_of,
    plan_measure,
    recur_problem,
    refuse_own_verifier,
    register_problem,
    report_problem,
    report_progress,
    request_extension,
    resume_due_problems,
    resume_problem,
    send_back_problem,
    submit_problem,
    tell,
    verify_problem,
)
from .refusals import (
    closers,
    closes,
    refuse_closing,
    refuse_extension,
    refuse_not_immediate,
    refuse_own_extension,
    refuse_own_problem,
    refuse_own_verification,
    refuse_taking_in,
    verifiers_at,
    why_not_verify,
)
from .rules import issue_rule, plan_rule

__all__ = [
    "CHANGEABLE", "MOVES", "add_comment", "add_milestone", "change_problem", "close_at_once", "close_problem", "closers", "closes",
    "decide_extension", "defer_problem", "dismiss_problem", "export_problems", "fetch_file", "issue_rule", "merge_problem", "note_editor", "owner_of",
    "plan_measure", "plan_rule", "recur_problem", "refuse_closing", "refuse_extension", "refuse_not_immediate", "refuse_own_extension",
    "refuse_own_problem", "refuse_own_verification", "refuse_own_verifier", "refuse_taking_in", "register_problem", "report_problem", "report_progress",
    "request_extension", "resume_due_problems", "resume_problem", "send_back_problem", "submit_problem", "tell", "tick_milestone", "verifiers_at",
    "verify_problem", "why_not_verify",
]
