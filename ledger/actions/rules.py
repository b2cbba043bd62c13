"""Deeds of 建章立制."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.versions import Conflict, move_on
from audit.log import record
from campaigns.models import Campaign
from organizations.models import Unit

from ..models import Problem, RuleMakingItem


@transaction.atomic
def plan_rule(campaign: Campaign, *, title: str, kind: str, unit: Unit, by, at: dt.datetime, problems: Iterable[Problem] = (), **facts) -> RuleMakingItem:
    """建章立制: plan a rule to make or revise. `facts`: planned_on, issued_on, document_number."""
    item = RuleMakingItem(campaign=campaign, title=title, kind=kind, unit=unit, entered_at=at, entered_by=by, **facts)
    item.full_clean()
    item.save()
    item.problems.set(problems)
    record("ledger.plan_rule", by=by, at=at, subject=item, kind=kind)
    return item


@transaction.atomic
def issue_rule(item: RuleMakingItem, *, issued_on: dt.date, document_number: str, by, at: dt.datetime, version: int | None = None) -> RuleMakingItem:
    """A planned rule is in force."""
    if issued_on > timezone.localdate(at):
        raise ValidationError({"issued_on": _("印发日期不能晚于今天。")})
    item = RuleMakingItem.objects.select_for_update().get(pk=item.pk)
    if item.issued_on is not None:
        raise Conflict(item, _("这项制度已登记印发，不能重复登记。"), is_final=True)
    move_on(item, version)
    item.issued_on, item.document_number = issued_on, document_number
    item.full_clean()
    item.save()
    record("ledger.issue_rule", by=by, at=at, subject=item)
    return item
