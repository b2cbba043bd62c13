"""Rounds: opening one, who has handed in, urging, who reviews."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from accounts.templatetags.page import day
from campaigns.current import campaign_of, needed_campaign
from campaigns.views.replies import MOST_DIGITS, chosen_id
from organizations.access import requires
from organizations.models import Unit, access_of, reach
from organizations.roles import Permission as P

from ..actions import (
    assign_reviewer,
    assign_reviewers,
    change_round,
    include_newcomers,
    latest,
    newcomers,
    start_round,
    urge_missing,
    urged_on,
)
from ..coverage import Coverage, coverage_of_rounds
from ..forms import NewcomersForm, ReviewerForm, RoundChangeForm, RoundForm
from ..models import Round, SelfCheck

PER_PAGE = 30
MOST_LISTED = 50  # newcomers shown by name
NAMED = 8  # names of a unit's missing reports before “等 N 人”
VIEWS = [
    ("", gettext_lazy("全部")), ("missing", gettext_lazy("未交")), ("overdue", gettext_lazy("逾期未交")), ("returned", gettext_lazy("退回补正")),
    ("handed_in", gettext_lazy("已提交")), ("submitted", gettext_lazy("待审核")), ("accepted", gettext_lazy("已通过")), ("unassigned", gettext_lazy("没有审核人")),
]


@requires(P.SEE_CAMPAIGN)
@require_GET
def round_list(request) -> HttpResponse:
    campaign, access, today = campaign_of(request), access_of(request.user), timezone.localdate()
    mine = SelfCheck.objects.filter(cadre__user=request.user, round__campaign=campaign).select_related("cadre", "round", "reviewer")
    follows = access.may(P.SEE_PROGRESS)
    rounds = list(campaign.rounds_of_selfcheck.all()) if campaign and follows else []
    coverage = coverage_of_rounds(request.user, campaign, today) if rounds else {}
    return render(request, "selfcheck/round_list.html", {
        "reports": sorted(mine, key=lambda report: (report.is_handed_in, -report.round_id)),
        "todo": sum(not report.is_handed_in for report in mine),
        "rounds": [(opened, coverage.get(opened.pk)) for opened in rounds],
        "follows": follows,
        "reviews": access.may(P.REVIEW_SELFCHECK),
        "waiting": SelfCheck.objects.for_review_by(request.user).count() if access.may(P.REVIEW_SELFCHECK) else 0,
        "unseals": access.may(P.ASK_UNSEALING) or access.may(P.APPROVE_UNSEALING),
        "can_open": bool(campaign) and access.may_at(P.RUN_SELFCHECK, campaign.unit.path, campaign.pk),
    })


@requires(P.RUN_SELFCHECK)
@require_http_methods(["GET", "POST"])
def round_new(request) -> HttpResponse:
    campaign = needed_campaign(request, P.RUN_SELFCHECK)
    form = RoundForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid() and attempt(form, start_round, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已发起%(round)s，工作提示单%(slip)s已发出。") % {"round": form.result, "slip": form.result.slip.reference})
        return redirect("selfcheck:round_detail", form.result.pk)
    return render(request, "selfcheck/round_new.html", {"form": form, "checklist": latest(campaign)})


@requires(P.SEE_PROGRESS)
@require_GET
def round_detail(request, pk: int) -> HttpResponse:
    opened = get_object_or_404(Round.objects.visible_to(request.user).with_newest().select_related("campaign__unit", "checklist", "slip"), pk=pk)
    today, can_run = timezone.localdate(), _may_run(request, opened)
    coverage = Coverage(opened, request.user, today, asked=chosen_id(request, "unit"), alone="alone" in request.GET)
    status, total = request.GET.get("status", ""), coverage.total
    people = coverage.people(status)
    return render(request, "selfcheck/round_detail.html", {
        "round": opened, "coverage": coverage, "total": total, "status": status, "can_run": can_run, "can_ask": access_of(request.user).may(P.ASK_UNSEALING),
        "may_see_hints": access_of(request.user).may(P.RUN_SELFCHECK) and total.get("handed_in", 0),
        "units": coverage.units if coverage.is_wide else _with_names(coverage.units, coverage.missing, today),
        "views": [(key, label, coverage.count(key)) for key, label in VIEWS],
        "page": None if people is None else _page(people, coverage.count(status), request.GET.get("page")),
        "urged": urged_on(opened, today).count() if can_run else 0,
        "newcomers": newcomers(opened).count() if can_run and not coverage.scope.is_wide else None,
        "reminder": _reminder(opened, [report for report in coverage.missing if not coverage.chosen or report.cadre.unit_id == coverage.chosen["pk"]]),
        "versions": coverage.rows.by_version() if opened.is_mixed else [],
    })


def _page(people: QuerySet[SelfCheck], count: int, number) -> Page:
    paginator = Paginator(people, PER_PAGE)
    paginator.count = count
    return paginator.get_page(number)


def _may_run(request, opened: Round) -> bool:
    return access_of(request.user).may_at(P.RUN_SELFCHECK, opened.campaign.unit.path, opened.campaign_id)


def _with_names(units: list[dict], missing: list[SelfCheck], today) -> list[dict]:
    """The units in 机构序列, each with who is still missing: the first few by name."""
    names: dict[int, list] = {}
    for report in missing:
        names.setdefault(report.cadre.unit_id, []).append({"name": report.cadre.name, "is_returned": report.status == SelfCheck.Status.RETURNED, "is_late": report.is_overdue(today)})
    return [unit | {"names": names.get(unit["pk"], [])[:NAMED], "rest": max(len(names.get(unit["pk"], [])) - NAMED, 0)} for unit in units]


def _reminder(opened: Round, missing: list[SelfCheck]) -> str:
    """A text to paste into a message: who is asked, unit by unit."""
    names: dict[str, list[str]] = {}
    for report in missing:
        names.setdefault(str(report.cadre.unit), []).append(report.cadre.name)
    if not names:
        return ""
    lines = [f"{unit}：{'、'.join(people)}" for unit, people in names.items()]
    head = _("请还没有提交%(round)s的同志抓紧填写提交，时限 %(day)s：") % {"round": opened, "day": day(opened.due_on)}
    return "\n".join([head, *lines])


@requires(P.RUN_SELFCHECK)
@require_POST
def round_urge(request, pk: int) -> HttpResponse:
    opened = get_object_or_404(Round.objects.visible_to(request.user).select_related("campaign__unit"), pk=pk)
    if not _may_run(request, opened):
        raise PermissionDenied
    asked = request.POST.get("unit", "")
    units = Unit.objects.filter(pk=asked if asked.isdecimal() and len(asked) < MOST_DIGITS else None) if asked else None
    try:
        urged = urge_missing(opened, by=request.user, at=timezone.now(), units=units)
    except ValidationError as refusal:
        messages.warning(request, refusal.messages[0])
    else:
        skipped = _("，%(n)s 人今天已催过，没有重复发") % {"n": urged.skipped} if urged.skipped else ""
        messages.success(request, _("已发督办单催办 %(n)s 人%(skipped)s。") % {"n": urged.sent, "skipped": skipped})
    return redirect(f"{reverse('selfcheck:round_detail', args=[pk])}?status=missing")


@requires(P.RUN_SELFCHECK)
@require_http_methods(["GET", "POST"])
def round_change(request, pk: int) -> HttpResponse:
    opened = get_object_or_404(Round.objects.visible_to(request.user).select_related("campaign__unit"), pk=pk)
    if not _may_run(request, opened):
        raise PermissionDenied
    form = RoundChangeForm(request.POST or None, row=opened)
    if request.method == "POST" and form.is_valid() and attempt(form, change_round, opened, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已修改%(round)s。") % {"round": opened})
        return redirect("selfcheck:round_detail", pk)
    return render(request, "selfcheck/round_change.html", {"round": opened, "form": form}, status=form.status)


@requires(P.RUN_SELFCHECK)
@require_http_methods(["GET", "POST"])
def round_extend(request, pk: int) -> HttpResponse:
    """补发 to those who came after the round was opened."""
    opened = get_object_or_404(Round.objects.visible_to(request.user).select_related("campaign__unit"), pk=pk)
    if not _may_run(request, opened):
        raise PermissionDenied
    form = NewcomersForm(request.POST or None, campaign=opened.campaign, initial={"due_on": max(opened.due_on, timezone.localdate())})
    if request.method == "POST" and form.is_valid() and attempt(form, include_newcomers, opened, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已补发 %(n)s 人，工作提示单已发出。") % {"n": form.result})
        return redirect("selfcheck:round_detail", pk)
    people = newcomers(opened).order_by("unit__path", "name_pinyin")
    return render(request, "selfcheck/round_extend.html", {"round": opened, "form": form, "people": people[:MOST_LISTED], "count": people.count()})


@requires(P.RUN_SELFCHECK)
@require_http_methods(["GET", "POST"])
def reviewer_assign(request, pk: int) -> HttpResponse:
    opened = get_object_or_404(Round.objects.visible_to(request.user).select_related("campaign__unit"), pk=pk)
    if not _may_run(request, opened):
        raise PermissionDenied
    in_charge = reach(request.user, P.RUN_SELFCHECK, unit="cadre__unit__path", campaign="round__campaign")
    rows = opened.selfchecks.filter(in_charge).exclude(status=SelfCheck.Status.ACCEPTED).select_related("cadre__unit", "reviewer")
    free = rows.in_pile("unassigned", timezone.localdate())
    form = ReviewerForm(request.POST or None, campaign=opened.campaign, reports=rows, unassigned=free.count(), initial={"report": request.GET.get("report")})
    if request.method == "POST" and form.is_valid() and _assign(request, opened, form, free):
        return redirect("selfcheck:round_detail", pk)
    return render(request, "selfcheck/reviewer_assign.html", {"round": opened, "form": form})


def _assign(request, opened: Round, form: ReviewerForm, free: QuerySet[SelfCheck]) -> bool:
    report, who = form.cleaned_data["report"], {"reviewer": form.cleaned_data["reviewer"], "until": form.cleaned_data["until"], "by": request.user, "at": timezone.now()}
    if report is None and attempt(form, assign_reviewers, opened, rows=free, **who):
        messages.success(request, _("已指定%(who)s审核 %(n)s 份报告。") % {"who": who["reviewer"], "n": form.result})
        return True
    if report is not None and attempt(form, assign_reviewer, report, **who):
        messages.success(request, _("已指定%(who)s审核%(author)s的报告。") % {"who": who["reviewer"], "author": report.cadre})
        return True
    return False
