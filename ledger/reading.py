"""One problem with all that its page shows, in a number of queries that stays small: parts that a problem may lack are asked for only when it has some."""

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, prefetch_related_objects

from files.models import StoredFile

from .models import (
    Comment,
    Correction,
    ExtensionRequest,
    Measure,
    Milestone,
    Problem,
    Progress,
    RuleMakingItem,
    StatusChange,
)

HEAD = ("campaign", "responsible_unit", "responsible_person__user", "responsible_person__unit", "lead_official__unit", "verifier", "reported_by", "submitted_by")
# Parts that may be missing: name → the rows, and how they point to their problem.
ASIDE: dict[str, tuple[QuerySet, str]] = {"rule_making_items": (RuleMakingItem.objects.all(), "problems")}
MAYBE: dict[str, tuple[QuerySet, str]] = ASIDE | {
    "progress": (Progress.objects.select_related("entered_by").annotate(file_count=Count("files")), "problem"),
    "extensions": (ExtensionRequest.objects.select_related("requested_by", "decided_by"), "problem"),
    "milestones": (Milestone.objects.select_related("done_by"), "problem"),
    "comments": (Comment.objects.select_related("by"), "problem"),
    "corrections": (Correction.objects.select_related("by"), "problem"),
    "evidence": (StoredFile.objects.all(), "problems"),
}
MEASURES = Prefetch("measures", Measure.objects.select_related("owner__unit"))
CHANGES = Prefetch("changes", StatusChange.objects.select_related("by"))


def with_flags(rows: QuerySet[Problem], parts: dict[str, tuple[QuerySet, str]]) -> QuerySet[Problem]:
    """Problems that know which of these parts they have."""
    return rows.select_related(*HEAD).annotate(**{f"has_{name}": Exists(some.model._base_manager.filter(**{back: OuterRef("pk")})) for name, (some, back) in parts.items()})


def read_parts(problem: Problem, parts: dict[str, tuple[QuerySet, str]], *always: Prefetch) -> None:
    """Read what the problem has; an empty part costs nothing."""
    here = [Prefetch(name, some if getattr(problem, f"has_{name}") else some.none()) for name, (some, _back) in parts.items()]
    prefetch_related_objects([problem], *always, *here)
