"""Deeds of the self-check."""

from .adoption import AT_ONCE, Adopted, adopt_checklist, difference_for, move_reports, to_move
from .checklists import (
    NOTICE,
    PLEDGE,
    SIX_ASPECTS,
    answered_keys,
    difference_to_last,
    discard_checklist,
    first_text,
    is_as_published,
    latest,
    new_key,
    publish_checklist,
    publish_draft,
    save_checklist,
    start_checklist,
    text_of,
)
from .hints import mark_texts, marks_holder, set_hint_aside
from .report import (
    MOVES,
    AnswerDraft,
    ItemDraft,
    autosave,
    gaps,
    read_body,
    save_draft,
    submit,
    take_body,
    take_notice,
    with_body,
)
from .retention import purge_due_reports, purge_reports
from .review import Talk, accept_report, attach_item, headline, return_report
from .rounds import (
    Urged,
    assign_reviewer,
    assign_reviewers,
    change_round,
    include_newcomers,
    newcomers,
    open_round,
    start_round,
    urge_missing,
    urge_title,
    urged_on,
)
from .snapshots import countable, snapshot_refusal, take_snapshot
from .unsealing import OPEN_TIME, approvers_of, ask_unsealing, decide_unsealing

__all__ = [
    "AT_ONCE", "MOVES", "NOTICE", "OPEN_TIME", "PLEDGE", "SIX_ASPECTS", "Adopted", "AnswerDraft", "ItemDraft", "Talk", "Urged", "accept_report",
    "adopt_checklist", "answered_keys", "approvers_of", "ask_unsealing", "assign_reviewer", "assign_reviewers", "attach_item", "autosave", "change_round", "countable",
    "decide_unsealing", "difference_for", "difference_to_last", "discard_checklist", "first_text", "gaps", "headline", "include_newcomers", "is_as_published",
    "latest", "mark_texts", "marks_holder", "move_reports", "new_key", "newcomers", "open_round", "publish_checklist", "publish_draft", "purge_due_reports",
    "purge_reports", "read_body", "return_report", "save_checklist", "save_draft", "set_hint_aside", "snapshot_refusal", "start_checklist", "start_round",
    "submit", "take_body", "take_notice", "take_snapshot", "text_of", "to_move", "urge_missing", "urge_title", "urged_on", "with_body",
]
