"""The leading group, its office and its subgroups."""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from accounts.undo import offer_undo
from organizations.access import requires
from organizations.models import Post
from organizations.roles import Permission as P

from ..actions import appoint_member, change_work_group, form_leading_group, form_work_groups, release_member
from ..current import may_plan, needed_campaign
from ..forms import GroupForm, MemberForm, WorkGroupForm, WorkGroupsForm
from ..models import Campaign, GroupMember, LeadingGroup


@requires(P.SEE_CAMPAIGN)
@require_GET
def group_detail(request) -> HttpResponse:
    campaign = needed_campaign(request)
    group = LeadingGroup.objects.filter(campaign=campaign).select_related("office_unit").first()
    members = _members(group) if group else []
    return render(request, "campaigns/group_detail.html", {
        "group": group, "can_plan": may_plan(request, campaign),
        "members": [m for m in members if m.work_group_id is None],
        "work_groups": _with_members(group, members) if group else [],
    })


def _members(group: LeadingGroup) -> list[GroupMember]:
    """Everybody on the list, heads first, each with the posts to print."""
    posts = Prefetch("cadre__posts", Post.objects.filter(until__isnull=True).select_related("unit"))
    rank = [GroupMember.Role.HEAD, GroupMember.Role.DEPUTY, GroupMember.Role.MEMBER]
    return sorted(group.members.select_related("cadre").prefetch_related(posts), key=lambda m: (rank.index(m.role), m.order, m.pk))


def _with_members(group: LeadingGroup, members: list[GroupMember]) -> list[dict]:
    return [
        {"row": work_group, "members": [m for m in members if m.work_group_id == work_group.pk]}
        for work_group in group.work_groups.all()
    ]


def _group(campaign: Campaign) -> LeadingGroup:
    return get_object_or_404(LeadingGroup.objects.select_related("campaign__unit"), campaign=campaign)


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def group_form(request) -> HttpResponse:
    campaign = needed_campaign(request, P.PLAN_CAMPAIGN)
    group = LeadingGroup.objects.filter(campaign=campaign).first()
    form = GroupForm(request.POST or None, row=group or LeadingGroup(campaign=campaign, version=0), campaign=campaign)
    if request.method == "POST" and form.is_valid() and attempt(form, form_leading_group, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("“%(name)s”已保存。") % {"name": form.result})
        return redirect("campaigns:group_detail")
    return render(request, "campaigns/group_form.html", {"form": form, "group": group}, status=form.status)


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def work_groups_form(request) -> HttpResponse:
    group = _group(needed_campaign(request, P.PLAN_CAMPAIGN))
    form = WorkGroupsForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and attempt(form, form_work_groups, group, **form.cleaned_data, by=request.user, at=timezone.now()):
        made, warnings = form.result
        messages.success(request, _("已设立 %(n)s 个下设组。") % {"n": len(made)})
        for warning in warnings:
            messages.warning(request, warning)
        return redirect("campaigns:group_detail")
    return render(request, "campaigns/work_groups_form.html", {"form": form, "group": group})


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def work_group_change(request, pk: int) -> HttpResponse:
    group = _group(needed_campaign(request, P.PLAN_CAMPAIGN))
    work_group = get_object_or_404(group.work_groups, pk=pk)
    form = WorkGroupForm(request.POST or None, row=work_group)
    if request.method == "POST" and form.is_valid() and attempt(form, change_work_group, work_group, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("“%(name)s”已修改。") % {"name": form.result})
        return redirect("campaigns:group_detail")
    return render(request, "campaigns/work_group_change.html", {
        "form": form, "work_group": work_group, "members": work_group.members.select_related("cadre"),
    }, status=form.status)


@requires(P.PLAN_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def member_new(request) -> HttpResponse:
    group = _group(needed_campaign(request, P.PLAN_CAMPAIGN))
    form = MemberForm(request.POST or None, initial={"work_group": request.GET.get("work_group")}, group=group)
    if request.method == "POST" and form.is_valid() and attempt(form, appoint_member, group, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已列入名单：%(member)s。") % {"member": form.result})
        return redirect("campaigns:group_detail")
    return render(request, "campaigns/member_new.html", {"form": form})


@requires(P.PLAN_CAMPAIGN)
@require_POST
def member_remove(request, pk: int) -> HttpResponse:
    group = _group(needed_campaign(request, P.PLAN_CAMPAIGN))
    member = get_object_or_404(group.members.select_related("cadre"), pk=pk)
    release_member(member, by=request.user, at=timezone.now())
    said = _("已从名单中移出：%(member)s。") % {"member": member}
    offer_undo(request, said, reverse("campaigns:member_new"), role=member.role, cadre=member.cadre and member.cadre.staff_no, post_text=member.post_text, work_group=member.work_group_id)
    return redirect("campaigns:group_detail")
