"""各方面情况: how many answered 是 and 否, once counted and kept."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from organizations.access import requires
from organizations.models import STEP, Unit, access_of, within
from organizations.roles import Permission as P

from ..actions import countable, snapshot_refusal, take_snapshot
from ..models import AnswerSnapshot, Round


def _may_count(request, opened: Round) -> bool:
    return access_of(request.user).may_at(P.RUN_SELFCHECK, opened.campaign.unit.path, opened.campaign_id)


@requires(P.SEE_PROGRESS)
@require_GET
def round_answers(request, pk: int) -> HttpResponse:
    opened = get_object_or_404(Round.objects.visible_to(request.user).select_related("campaign__unit"), pk=pk)
    snapshot = AnswerSnapshot.objects.filter(round=opened).select_related("taken_by").first()
    if snapshot is None:
        can_count, today = _may_count(request, opened), timezone.localdate()
        total = countable(opened).tally(today, "round").first() if can_count else None
        return render(request, "selfcheck/round_answers_none.html", {"round": opened, "can_count": can_count, "refusal": snapshot_refusal(opened, today), "total": total})
    units = _units_in_scope(request, snapshot)
    unit = next((u for u in units if str(u["unit"]) == request.GET.get("unit")), units[0] if units else None)
    return render(request, "selfcheck/round_answers.html", {"round": opened, "snapshot": snapshot, "unit": unit, **(_around(snapshot, units, unit) if unit else {})})


def _units_in_scope(request, snapshot: AnswerSnapshot) -> list[dict]:
    """The units counted that lie in their scope now, in 机构序列 as it was then."""
    scope = within(access_of(request.user).paths(P.SEE_PROGRESS, snapshot.round.campaign_id), "path")
    seen = set(Unit.objects.filter(scope, pk__in=[unit["unit"] for unit in snapshot.units]).values_list("pk", flat=True))
    return [unit for unit in snapshot.units if unit["unit"] in seen]


def _around(snapshot: AnswerSnapshot, units: list[dict], unit: dict) -> dict:
    """The unit's own counts, the way up to it, and the units one step below it."""
    below = [other for other in units if other["path"][:-STEP] == unit["path"]]
    return {
        "above": [other for other in units if unit["path"].startswith(other["path"]) and other is not unit],
        "rows": [question | _cell(unit, question["key"]) for question in snapshot.questions],
        "below": [other | {"cells": [_cell(other, question["key"]) | question for question in snapshot.questions]} for other in below],
    }


def _cell(unit: dict, key: str) -> dict:
    """{"reports", "yes", "no"}; the latter None where they are kept back."""
    reports, yes = unit["counts"][key]
    return {"reports": reports, "yes": yes, "no": None if yes is None else reports - yes}


@requires(P.RUN_SELFCHECK)
@require_POST
def round_freeze(request, pk: int) -> HttpResponse:
    opened = get_object_or_404(Round.objects.visible_to(request.user).select_related("campaign__unit"), pk=pk)
    if not _may_count(request, opened):
        raise PermissionDenied
    try:
        take_snapshot(opened, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, refusal.messages[0])
    else:
        messages.success(request, _("已汇总。以后交来的报告不再计入。"))
    return redirect("selfcheck:round_answers", pk)
