"""整改台账: problems, what is done about them, and how they end."""

from .parts import Comment, Correction, Milestone
from .problem import (
    CLOSERS,
    ExtensionRequest,
    Measure,
    Numbering,
    Problem,
    ProblemQuerySet,
    Progress,
    StatusChange,
    Verification,
    awaits,
    awaits_closing,
    is_counted,
    is_late,
    is_soon,
    known_files,
)
from .rules import RuleMakingItem, RuleMakingItemQuerySet
from .saved import BulkDeed, SavedView

__all__ = [
    "CLOSERS", "BulkDeed", "Comment", "Correction", "ExtensionRequest", "Measure", "Milestone", "Numbering", "Problem", "ProblemQuerySet", "Progress", "RuleMakingItem",
    "RuleMakingItemQuerySet", "SavedView", "StatusChange", "Verification", "awaits", "awaits_closing", "is_counted", "is_late", "is_soon", "known_files",
]
