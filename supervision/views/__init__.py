"""Pages of this room, by noun."""

from .clue import clue_form, clue_list
from .issue import issue_list, issue_new, regulation_new, suggestion_answer, suggestion_new
from .record import record_detail, record_list, record_new
from .visit import finding_new, visit_detail, visit_list, visit_new

__all__ = [
    "clue_form", "clue_list", "finding_new", "issue_list", "issue_new", "record_detail", "record_list", "record_new",
    "regulation_new", "suggestion_answer", "suggestion_new", "visit_detail", "visit_list", "visit_new",
]
