"""Deeds of supervision."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.versions import lock_version, move_on
from audit.log import record
from campaigns.models import Campaign
from ledger.actions import refuse_taking_in, report_problem
from ledger.models import Problem
from organizations.kept import touch
from organizations.models import Cadre, Unit

from .models import Cause, ClueCount, Finding, OrganIssue, RecordCount, Regulation, Suggestion, SupervisionRecord, Visit


def _refuse_future(held_on: dt.date | None, at: dt.datetime) -> None:
    if held_on and held_on > timezone.localdate(at):
        raise ValidationError({"held_on": _("日期不能晚于今天。")})


def _next_order(rows) -> int:
    return (rows.aggregate(last=Max("order"))["last"] or 0) + 1


@transaction.atomic
def record_supervision(campaign: Campaign, *, kind: str, level: str, cadre: Cadre, by, at: dt.datetime, **facts) -> SupervisionRecord:
    """Record an appraisal, a debriefing or a talk. `facts`: held_on, conducted_by, content, result."""
    entry = SupervisionRecord(campaign=campaign, kind=kind, level=level, cadre=cadre, entered_at=at, entered_by=by, **facts)
    entry.full_clean()
    _refuse_future(entry.held_on, at)
    entry.save()
    touch(cadre.unit.path, of=[RecordCount])
    record("supervision.record_supervision", by=by, at=at, subject=entry, kind=kind)
    return entry


@transaction.atomic
def record_visit(campaign: Campaign, *, unit: Unit, team: str, by, at: dt.datetime, **facts) -> Visit:
    """Record a visit. `facts`: held_on, form, summary."""
    visit = Visit(campaign=campaign, unit=unit, team=team, entered_at=at, entered_by=by, **facts)
    visit.full_clean()
    _refuse_future(visit.held_on, at)
    visit.save()
    record("supervision.record_visit", by=by, at=at, subject=visit)
    return visit


@transaction.atomic
def raise_finding(
    visit: Visit, *, text: str, by, at: dt.datetime, due_on: dt.date | None = None, to_ledger: bool = True, title: str = "",
    responsible_person: Cadre | None = None, into: Problem | None = None,
) -> Finding:
    """Feed back a finding; with `to_ledger` it becomes a problem of the unit, or goes under one of the campaign's open ones (`into`), linked both ways."""
    Visit.objects.select_for_update().get(pk=visit.pk)  # two findings at once get two numbers
    finding = Finding(visit=visit, order=_next_order(visit.findings), text=text, due_on=due_on, raised_at=at, raised_by=by)
    finding.full_clean()
    if into:
        refuse_taking_in(into, visit.campaign, by)
        finding.problem = into
    elif to_ledger:
        track = Problem.Track.DATED if due_on else Problem.Track.IMMEDIATE
        finding.problem = report_problem(
            visit.campaign, title=title or text.split("。")[0][:40], source=Problem.Source.VISIT, manifestation=text, track=track,
            due_on=due_on, level=Problem.Level.ORGAN, responsible_unit=visit.unit, responsible_person=responsible_person, by=by, at=at,
        )
    finding.save()
    record("supervision.raise_finding", by=by, at=at, subject=finding, to_ledger=to_ledger, **({"into": into.code} if into else {}))
    if responsible_person and responsible_person.user:
        # The visit itself is closed to a plain cadre, their own problem isn't.
        url = f"/ledger/problems/{finding.problem_id}/" if finding.problem_id and not into else ""
        send_notice([responsible_person.user], text=_("督导反馈：%(t)s") % {"t": finding}, url=url, at=at)
    return finding


@transaction.atomic
def count_clues(campaign: Campaign, *, period_start: dt.date, period_end: dt.date, by, at: dt.datetime, version: int | None = None, **counts: int) -> ClueCount:
    """Enter or correct the counts of a period: received, handling, enquiry, filed, concluded. Version 0: none were there to be read."""
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    row = ClueCount.objects.filter(campaign=campaign, period_start=period_start, period_end=period_end).first()
    row = row or ClueCount(campaign=campaign, period_start=period_start, period_end=period_end, version=0)
    move_on(row, version)
    for key, value in counts.items():
        setattr(row, key, value)
    row.entered_at, row.entered_by = at, by
    row.full_clean()
    row.save()
    record("supervision.count_clues", by=by, at=at, subject=row)
    return row


@transaction.atomic
def raise_organ_issue(campaign: Campaign, *, title: str, by, at: dt.datetime, description: str = "", causes: Iterable[str] = ()) -> OrganIssue:
    """Write down a problem of the system, with its causes in order."""
    issue = OrganIssue(campaign=campaign, order=_next_order(campaign.organ_issues), title=title, description=description, entered_at=at, entered_by=by)
    issue.full_clean()
    issue.save()
    Cause.objects.bulk_create([Cause(issue=issue, order=n, text=text) for n, text in enumerate((c for c in causes if c.strip()), 1)])
    record("supervision.raise_organ_issue", by=by, at=at, subject=issue)
    return issue


@transaction.atomic
def enter_regulation(campaign: Campaign, *, title: str, by, at: dt.datetime, **facts) -> Regulation:
    """Enter a rule in force. `facts`: issued_on, is_in_force, evaluation."""
    regulation = Regulation(campaign=campaign, title=title, entered_at=at, entered_by=by, **facts)
    regulation.full_clean()
    regulation.save()
    record("supervision.enter_regulation", by=by, at=at, subject=regulation)
    return regulation


@transaction.atomic
def make_suggestion(campaign: Campaign, *, addressee: str, topic: str, text: str, by, at: dt.datetime) -> Suggestion:
    """Suggest something to a superior organ."""
    suggestion = Suggestion(campaign=campaign, order=_next_order(campaign.suggestions), addressee=addressee, topic=topic, text=text, entered_at=at, entered_by=by)
    suggestion.full_clean()
    suggestion.save()
    record("supervision.make_suggestion", by=by, at=at, subject=suggestion)
    return suggestion


@transaction.atomic
def answer_suggestion(suggestion: Suggestion, *, reply: str, by, at: dt.datetime, version: int | None = None) -> Suggestion:
    """What the superior organ answered."""
    suggestion = lock_version(suggestion, version)
    suggestion.reply = reply
    suggestion.full_clean()
    suggestion.save(update_fields=["reply", "version"])
    record("supervision.answer_suggestion", by=by, at=at, subject=suggestion)
    return suggestion
