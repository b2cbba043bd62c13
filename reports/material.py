"""What sentences are told from: figures counted and rows read, each once and together."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, F, Model, OuterRef, QuerySet

from campaigns.models import (
    AgendaItem,
    Document,
    GroupMember,
    Instruction,
    LeadingGroup,
    Meeting,
    NextStep,
    Phase,
    WorkGroup,
)
from learning.models import EducationActivity, StudyMaterial, StudySession
from ledger.models import Problem
from organizations.models import DutyAssignment, Unit
from supervision.models import Cause, OrganIssue, Suggestion

from .figures import Scope, figure
from .reading import read_all
from .values import values

List = Callable[[Scope, dt.date], QuerySet]


def _of_campaign(model: type[Model], campaign: str = "campaign") -> List:
    return lambda s, d: model.objects.filter(**{campaign: s.campaign})


def _agenda_papers(scope: Scope, as_of: dt.date) -> QuerySet:
    papers = AgendaItem.documents.through.objects.filter(agendaitem__meeting__campaign=scope.campaign)
    return papers.annotate(title=F("document__title"), short_title=F("document__short_title")).order_by("document_id")


def _leading_group(scope: Scope, as_of: dt.date) -> QuerySet:
    return LeadingGroup.objects.filter(campaign=scope.campaign).annotate(office=F("office_unit__name"), office_short=F("office_unit__short_name"))


def _members(scope: Scope, as_of: dt.date) -> QuerySet:
    """Of the group itself, not of its subgroups."""
    return GroupMember.objects.filter(leading_group__campaign=scope.campaign, work_group__isnull=True).annotate(person=F("cadre__name"))


def _materials(scope: Scope, as_of: dt.date) -> QuerySet:
    """`was_studied`: it stood on the programme of a session held by then."""
    held = StudySession.objects.held(as_of).filter(campaign=scope.campaign, topics=OuterRef("pk"))
    return StudyMaterial.objects.filter(campaign=scope.campaign).annotate(was_studied=Exists(held))


def _parts_of_organ(scope: Scope, as_of: dt.date) -> QuerySet:
    return Unit.objects.under(scope.campaign.unit).open_on(as_of).filter(kind__in=[Unit.Kind.OFFICE, Unit.Kind.SECTION])


def _duties(scope: Scope, as_of: dt.date) -> QuerySet:
    return DutyAssignment.objects.filter(unit__in=_parts_of_organ(scope, as_of), duty="干部监督")


# Each list: its rows, and the columns told of.
LISTS: dict[str, tuple[List, tuple[str, ...]]] = {
    "meetings": (_of_campaign(Meeting), ("kind", "organ", "title", "held_on", "follows_id", "same_day_as_followed")),
    "agenda": (_of_campaign(AgendaItem, "meeting__campaign"), ("meeting_id", "kind", "text")),
    "agenda_papers": (_agenda_papers, ("agendaitem_id", "title", "short_title")),
    "instructions": (_of_campaign(Instruction, "meeting__campaign"), ("meeting_id", "speaker_post", "text")),
    "documents": (_of_campaign(Document), ("kind", "title", "short_title")),
    "phases": (_of_campaign(Phase), ("label",)),
    "phases_now": (lambda s, d: Phase.objects.filter(campaign=s.campaign).on(d), ("label",)),
    "leading_group": (_leading_group, ("name", "mandate", "office", "office_short")),
    "members": (_members, ("role", "post_text", "person")),
    "work_groups": (_of_campaign(WorkGroup, "leading_group__campaign"), ("name",)),
    "materials": (_materials, ("title", "category", "is_sample", "was_studied")),
    "activities": (lambda s, d: EducationActivity.objects.held(d).filter(campaign=s.campaign), ("kind", "title", "places", "held_on", "participants")),
    "aspects": (lambda s, d: figure("aspects").rows(s, d), ("label",)),
    "rectified_as_found": (lambda s, d: Problem.objects.filter(campaign=s.campaign, rectified_as_found=True), ()),
    "parts_of_organ": (_parts_of_organ, ("name", "short_name", "kind", "authorised_posts")),
    "duties": (_duties, ("unit_id", "is_dedicated")),
    "organ_issues": (_of_campaign(OrganIssue), ("title", "description")),
    "causes": (_of_campaign(Cause, "issue__campaign"), ("issue_id", "text")),
    "suggestions": (_of_campaign(Suggestion), ("text",)),
    "next_steps": (_of_campaign(NextStep), ("text",)),
}


@dataclass
class Material:
    """Figures and lists of a scope and day. What was gathered is there; what was not is fetched when first asked for."""

    scope: Scope
    as_of: dt.date
    counts: dict[str, int] = field(default_factory=dict)
    lists: dict[str, list] = field(default_factory=dict)

    def gather(self, *, figures: Iterable[str] = (), lists: Iterable[str] = ()) -> None:
        """Count the figures in one statement and read the lists in another, but for what is there already."""
        self.counts |= values([key for key in figures if key not in self.counts], self.scope, self.as_of, self.counts)
        missing = [name for name in dict.fromkeys(lists) if name not in self.lists]
        self.lists |= read_all({name: (LISTS[name][0](self.scope, self.as_of), LISTS[name][1]) for name in missing})

    def figure(self, key: str):
        """A figure's value: a number, or None for a rate of nothing."""
        if key not in self.counts:
            self.gather(figures=[key])
        return self.counts[key]

    def rows(self, name: str) -> list:
        if name not in self.lists:
            self.gather(lists=[name])
        return self.lists[name]
