"""Forming the leading group."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.versions import lock_version, move_on
from audit.log import record
from organizations.models import Cadre, Unit

from ..models import Campaign, GroupMember, LeadingGroup, WorkGroup


@transaction.atomic
def form_leading_group(campaign: Campaign, *, name: str, by, at: dt.datetime, mandate: str = "", office_unit: Unit | None = None, version: int | None = None) -> LeadingGroup:
    """Form the leading group of a campaign, or change its name, mandate and office. Version 0: none was there to be read."""
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    group = LeadingGroup.objects.filter(campaign=campaign).first() or LeadingGroup(campaign=campaign, version=0)
    move_on(group, version)
    group.name, group.mandate, group.office_unit = name, mandate, office_unit
    group.full_clean()
    group.save()
    record("campaigns.form_leading_group", by=by, at=at, subject=group)
    return group


@transaction.atomic
def form_work_groups(group: LeadingGroup, *, names: list[str], by, at: dt.datetime, duties: dict[str, str] | None = None) -> tuple[list[WorkGroup], list[str]]:
    """Add subgroups in the order given; a name that stands twice is kept once.

    Returns the new subgroups and a Chinese warning for each name dropped.
    """
    LeadingGroup.objects.select_for_update().get(pk=group.pk)  # two hands at once don't found the same subgroup
    have = set(group.work_groups.values_list("name", flat=True))
    made, warnings = [], []
    for name in (n.strip() for n in names if n.strip()):
        if name in have:
            warnings.append(_("“%(name)s”重复列出，只保留一个。") % {"name": name})
            continue
        have.add(name)
        work_group = WorkGroup(leading_group=group, name=name, duties=(duties or {}).get(name, ""), order=len(have))
        work_group.full_clean()
        work_group.save()
        made.append(work_group)
    record("campaigns.form_work_groups", by=by, at=at, subject=group, names=[g.name for g in made], warnings=warnings)
    return made, warnings


@transaction.atomic
def change_work_group(work_group: WorkGroup, *, name: str, duties: str, by, at: dt.datetime, version: int | None = None) -> WorkGroup:
    """Rename a subgroup or write down its duties. Raises ValidationError when the name is taken."""
    work_group = lock_version(work_group, version)
    if WorkGroup.objects.filter(leading_group=work_group.leading_group_id, name=name).exclude(pk=work_group.pk).exists():
        raise ValidationError({"name": _("已经有“%(name)s”。") % {"name": name}})
    before = {"name": work_group.name, "duties": work_group.duties}
    work_group.name, work_group.duties = name, duties
    work_group.full_clean()
    work_group.save()
    record("campaigns.change_work_group", by=by, at=at, subject=work_group, before=before)
    return work_group


@transaction.atomic
def appoint_member(group: LeadingGroup, *, role: str, by, at: dt.datetime, cadre: Cadre | None = None, post_text: str = "", work_group: WorkGroup | None = None) -> GroupMember:
    """Appoint someone, or a post whose holder is not known yet. One of name and post is needed unless it is the head."""
    if cadre is None and not post_text and role != GroupMember.Role.HEAD:
        raise ValidationError(_("请填写姓名或单位职务。"))
    same_place = group.members.filter(work_group=work_group)
    if role == GroupMember.Role.HEAD and same_place.filter(role=role).exists():
        raise ValidationError({"role": _("已经有组长，请先从名单中移出原来的组长。")})
    if cadre is not None and same_place.filter(cadre=cadre, role=role).exists():
        raise ValidationError(_("%(name)s 已在名单中。"), params={"name": cadre})
    member = GroupMember(leading_group=group, work_group=work_group, role=role, cadre=cadre, post_text=post_text, order=same_place.count() + 1)
    member.full_clean()
    member.save()
    record("campaigns.appoint_member", by=by, at=at, subject=member)
    return member


@transaction.atomic
def release_member(member: GroupMember, *, by, at: dt.datetime) -> None:
    """Take someone off the list, e.g. to name a new head; the log keeps who it was."""
    record("campaigns.release_member", by=by, at=at, subject=member, role=member.role, post_text=member.post_text)
    member.delete()
