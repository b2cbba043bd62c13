"""Pages of the self-check: rounds, reports, reviews."""

from .answers import round_answers, round_freeze
from .checklist import (
    checklist_adopt,
    checklist_detail,
    checklist_discard,
    checklist_edit,
    checklist_list,
    checklist_new,
    checklist_preview,
    checklist_publish,
)
from .hints import round_hints
from .report import selfcheck_autosave, selfcheck_detail, selfcheck_edit
from .review import review_detail, review_list
from .round import (
    reviewer_assign,
    round_change,
    round_detail,
    round_extend,
    round_list,
    round_new,
    round_urge,
)
from .unsealing import unsealing_decide, unsealing_list, unsealing_new

__all__ = [
    "checklist_adopt", "checklist_detail", "checklist_discard", "checklist_edit", "checklist_list", "checklist_new", "checklist_preview", "checklist_publish",
    "review_detail", "review_list", "reviewer_assign", "round_answers", "round_change", "round_detail", "round_extend", "round_freeze", "round_hints", "round_list", "round_new",
    "round_urge", "selfcheck_autosave", "selfcheck_detail", "selfcheck_edit", "unsealing_decide", "unsealing_list", "unsealing_new",
]
