"""Pages of the self-check: rounds, reports, reviews."""

from .report import selfcheck_detail, selfcheck_edit
from .review import review_detail, review_list
from .round import checklist_detail, reviewer_assign, round_detail, round_list, round_new, round_urge

__all__ = [
    "checklist_detail", "review_detail", "review_list", "reviewer_assign", "round_detail", "round_list", "round_new",
    "round_urge", "selfcheck_detail", "selfcheck_edit",
]
