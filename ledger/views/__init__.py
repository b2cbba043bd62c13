"""Pages of this room."""

from .parts import comment_new, milestone_tick
from .problems import problem_board, problem_detail, problem_export, problem_file, problem_list, problem_new
from .rules import rule_issue, rule_list, rule_new

__all__ = [
    "comment_new", "milestone_tick",
    "problem_board", "problem_detail", "problem_export", "problem_file", "problem_list", "problem_new",
    "rule_issue", "rule_list", "rule_new",
]
