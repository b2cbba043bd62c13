"""整改台账: problems, what is done about them, and how they end."""

from .counts import AspectCount, ClosedCount, ProblemCount, RegisteredCount, WeekCounts
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
    awaits_another,
    awaits_closing,
    is_counted,
    is_late,
    is_soon,
    known_files,
)
from .rules import RuleMakingItem, RuleMakingItemQuerySet
from .saved import BulkDeed, SavedView

__all__ = [
    "CLOSERS",
    "AspectCount",
    "BulkDeed",
    "ClosedCount",
    "Comment",
    "Correction",
    "ExtensionRequest",
    "Measure",
    "Milestone",
    "Numbering",
    "Problem",
    "ProblemCount",
    "ProblemQuerySet",
    "Progress",
    "RegisteredCount",
    "RuleMakingItem",
    "RuleMakingItemQuerySet",
    "SavedView",
    "StatusChange",
    "Verification",
    "WeekCounts",
    "awaits",
    "awaits_another",
    "awaits_closing",
    "is_counted",
    "is_late",
    "is_soon",
    "known_files",
]
