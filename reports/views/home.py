"""工作台: what to do next."""

from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.current import campaign_of
from ledger.models import Problem, StatusChange
from organizations.models import access_of
from organizations.roles import Permission as P
from selfcheck.models import SelfCheck

from ..duties import chase_problems, chase_reports, waiting_of
from ..figures import Scope
from ..tour import steps_for
from ..values import values


@require_GET
def home(request) -> HttpResponse:
    """Duties of the person, late ones first; for who chases others, what is missing by unit."""
    today, access, campaign = timezone.localdate(), access_of(request.user), campaign_of(request)
    duties = [{"duty": d, "late": d.is_late(today), "css": d.words(today)[0], "words": d.words(today)[1]} for d in waiting_of(request).duties()]
    chases = access.may(P.RUN_SELFCHECK) or access.may(P.REPORT_UNIT_TASKS)
    reports = chase_reports(request.user, campaign, today) if campaign and chases else []
    problems = chase_problems(request.user, campaign, today) if campaign and chases else []
    context = {
        "tour": steps_for(request.user, access),
        "duties": duties,
        "late": sum(d["late"] for d in duties),
        "chases": chases,
        "missing_reports": reports,
        "missing_total": sum(r.count for r in reports),
        "missing_round": _only_round(request.user, campaign, today) if reports else None,
        "late_problems": problems,
        "late_total": sum(r.count for r in problems),
        "phases": list(campaign.phases.on(today)) if campaign else [],
        "changes": _changes(request.user, campaign),
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


def _only_round(user, campaign, today) -> int | None:
    """The round all reports missing are of; none when they are of several."""
    rows = SelfCheck.objects.progress_visible_to(user).overdue(today).filter(round__campaign=campaign)
    rounds = list(rows.order_by().values_list("round", flat=True).distinct()[:2])
    return rounds[0] if len(rounds) == 1 else None


def _changes(user, campaign):
    """The latest step of each problem one sees."""
    if campaign is None:
        return []
    visible = Problem.objects.visible_to(user).filter(campaign=campaign)
    latest = StatusChange.objects.filter(problem__in=visible).order_by().values("problem").annotate(last=Max("pk")).values("last")
    return StatusChange.objects.filter(pk__in=latest).select_related("problem", "by").order_by("-at", "-pk")[:6]
