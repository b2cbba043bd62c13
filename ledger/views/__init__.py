"""Pages of this room."""

from .problems import problem_detail, problem_export, problem_file, problem_list, problem_new
from .rules import rule_issue, rule_list, rule_new

__all__ = [
    "problem_detail", "problem_export", "problem_file", "problem_list", "problem_new",
    "rule_issue", "rule_list", "rule_new",
]
