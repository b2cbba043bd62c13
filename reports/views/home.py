"""工作台: what to do next."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.current import campaign_of
from ledger.listing import LONG, in_units, own_of
from ledger.models import Problem, StatusChange
from organizations.breadth import Breadth, breadth_of, units_named
from organizations.models import access_of, scope_paths
from organizations.roles import Permission as P

from ..duties import ChaseRow, chase_problems, chase_reports, waiting_of
from ..figures import Scope
from ..tour import steps_for
from ..values import values

CHANGES, RECENT = 6, dt.timedelta(days=30)


@require_GET
def home(request) -> HttpResponse:
    """Duties of the person, late ones first; for who chases others, what is missing by unit."""
    today, access, campaign = timezone.localdate(), access_of(request.user), campaign_of(request)
    duties = [{"duty": d, "late": d.is_late(today), "css": d.words(today)[0], "words": d.words(today)[1]} for d in waiting_of(request).duties()]
    chases = access.may(P.RUN_SELFCHECK) or access.may(P.REPORT_UNIT_TASKS)
    follows, ledger = _breadths(request.user, campaign)
    reports = chase_reports(follows, campaign, today) if campaign and chases else []
    problems = chase_problems(ledger, campaign, today) if campaign and chases else []
    context = {
        "tour": steps_for(request.user, access),
        "duties": duties,
        "late": sum(d["late"] for d in duties),
        "chases": chases,
        "missing_reports": reports,
        "missing_total": sum(r.count for r in reports),
        "missing_round": _only_round(reports, campaign) if reports else None,
        "late_problems": problems,
        "late_total": sum(r.count for r in problems),
        "phases": list(campaign.phases.on(today)) if campaign else [],
        "changes": _changes(request.user, campaign, ledger, today),
        "notices": request.user.notices.all()[:5],
        "can_round": access.may(P.RUN_SELFCHECK),
        "can_launch": access.may(P.PLAN_CAMPAIGN),
        "can_administer": any(access.may(one) for one in (P.MANAGE_ACCOUNTS, P.GRANT_ROLES, P.SEE_AUDIT)),
        "keeps_accounts": access.may(P.MANAGE_ACCOUNTS), "grants_roles": access.may(P.GRANT_ROLES), "sees_log": access.may(P.SEE_AUDIT),
        "v": _standing(campaign, today) if campaign and not chases and access.may_at(P.SEE_FIGURES, campaign.unit.path, campaign.pk) else {},
    }
    return render(request, "reports/home.html", context)


def _standing(campaign, today) -> dict:
    """Where the campaign stands, for who reads figures and does not chase: each opens to its rows."""
    return values(["selfcheck_due", "selfcheck_submitted", "problems", "problems_closed", "problems_overdue", "sessions"], Scope(campaign), today)


def _breadths(user, campaign) -> tuple[Breadth, Breadth]:
    """Whose reports one follows, and whose problems; most often the same units."""
    if campaign is None:
        return Breadth([], []), Breadth([], [])
    follows = breadth_of(scope_paths(user, P.SEE_PROGRESS, campaign.pk))
    return follows, breadth_of(scope_paths(user, P.SEE_LEDGER, campaign.pk), follows)


def _only_round(reports: list[ChaseRow], campaign) -> int | None:
    """The round all reports missing are of; none when they may be of several."""
    rounds = frozenset().union(*(row.rounds for row in reports)) or campaign.rounds_of_selfcheck.values_list("pk", flat=True)[:2]
    return next(iter(rounds)) if len(rounds) == 1 else None


def _changes(user, campaign, ledger: Breadth, today: dt.date) -> list[StatusChange]:
    """The latest step of each problem one sees, of the last weeks."""
    if campaign is None:
        return []
    since = timezone.make_aware(dt.datetime.combine(today - RECENT, dt.time()))
    seen = in_units(ledger.paths, units_named(ledger.paths) if ledger.is_wide else ledger.units)
    moved = Problem.objects.filter(seen | own_of(user), campaign=campaign, moved_at__gte=since).order_by("-moved_at").values_list("pk", flat=True)
    steps = StatusChange.objects.filter(problem__in=list(moved[:CHANGES])).select_related("problem", "by").defer(*(f"problem__{name}" for name in LONG)).order_by("-at", "-pk")
    latest: dict[int, StatusChange] = {}
    for step in steps:
        latest.setdefault(step.problem_id, step)
    return list(latest.values())
