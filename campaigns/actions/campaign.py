"""Launching, planning, handing tasks to units."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.models import User
from accounts.versions import Conflict, lock_version, move_on
from audit.log import record
from files.actions import store_file
from organizations.models import RoleGrant, Unit
from organizations.roles import Role

from ..models import Campaign, NextStep, Phase, PlanItem, UnitTask


@transaction.atomic
def launch_campaign(*, name: str, workforce: str, unit: Unit, by, at: dt.datetime, region: str = "区", parent: Campaign | None = None, as_of_word: str = Campaign.AsOfWord.JIEZHI, is_demo: bool = False) -> Campaign:
    """Open a campaign run by `unit` for everything below it."""
    campaign = Campaign(name=name, workforce=workforce, unit=unit, region=region, parent=parent, as_of_word=as_of_word, opened_at=at, opened_by=by, is_demo=is_demo)
    campaign.full_clean()
    campaign.save()
    record("campaigns.launch_campaign", by=by, at=at, subject=campaign)
    return campaign


@transaction.atomic
def plan_phase(campaign: Campaign, *, kind: str, label: str, by, at: dt.datetime, starts_on: dt.date | None = None, ends_on: dt.date | None = None, runs_throughout: bool = False, goal: str = "") -> Phase:
    """Add a phase after the others; dates may be unknown and may overlap."""
    order = (campaign.phases.aggregate(last=Max("order"))["last"] or 0) + 1
    phase = Phase(campaign=campaign, kind=kind, label=label, order=order, starts_on=starts_on, ends_on=ends_on, runs_throughout=runs_throughout, goal=goal)
    phase.full_clean()
    phase.save()
    record("campaigns.plan_phase", by=by, at=at, subject=phase, campaign=campaign.pk)
    return phase


@transaction.atomic
def change_phase(phase: Phase, *, by, at: dt.datetime, version: int | None = None, **facts) -> Phase:
    """Change label, dates or goal of a phase; the log keeps what it was."""
    phase = lock_version(phase, version)
    before = {key: getattr(phase, key) for key in facts}
    for key, value in facts.items():
        setattr(phase, key, value)
    phase.full_clean()
    phase.save()
    record("campaigns.change_phase", by=by, at=at, subject=phase, before=before, after=facts)
    return phase


@transaction.atomic
def plan_item(campaign: Campaign, *, task: str, by, at: dt.datetime, units: Iterable[Unit] = (), **facts) -> PlanItem:
    """Add a line to the 计划安排 and hand it to units. `facts`: phase, when_text, due_on, place, owner, owner_text, work_group."""
    number = (campaign.plan_items.aggregate(last=Max("number"))["last"] or 0) + 1
    item = PlanItem(campaign=campaign, number=number, task=task, **facts)
    item.full_clean()
    item.save()
    record("campaigns.plan_item", by=by, at=at, subject=item, number=number)
    units = list(units)
    if units:
        assign_task(item, units=units, by=by, at=at)
    return item


@transaction.atomic
def change_plan_item(item: PlanItem, *, by, at: dt.datetime, version: int | None = None, **facts) -> PlanItem:
    """Change a plan line. A new deadline goes for the units too, where the task is open and has no deadline of its own."""
    current = lock_version(item, version)
    before = {key: str(getattr(current, key)) for key in facts}
    old_due = current.due_on
    for key, value in facts.items():
        setattr(current, key, value)
    current.full_clean()
    current.save()
    if current.due_on != old_due:
        current.unit_tasks.filter(done_at__isnull=True, due_on=old_due).update(due_on=current.due_on)
    record("campaigns.change_plan_item", by=by, at=at, subject=current, before=before)
    return current


@transaction.atomic
def finish_plan_item(item: PlanItem, *, done_on: dt.date, by, at: dt.datetime, version: int | None = None) -> PlanItem:
    """Mark a plan line as done; not before it happened, not twice, not with unit tasks open."""
    item = PlanItem.objects.select_for_update().get(pk=item.pk)
    if item.done_on:
        raise Conflict(item, _("这一项已经办结。"), is_final=True)
    move_on(item, version)
    if done_on > timezone.localdate(at):
        raise ValidationError(_("完成日期不能晚于今天。"))
    waiting = item.unit_tasks.filter(done_at__isnull=True).count()
    if waiting:
        raise ValidationError(_("还有 %(n)s 个单位没有报完成，请先催办。"), params={"n": waiting})
    item.done_on, item.done_by = done_on, by
    item.save()
    record("campaigns.finish_plan_item", by=by, at=at, subject=item, done_on=done_on)
    return item


@transaction.atomic
def assign_task(item: PlanItem, *, units: Iterable[Unit], by, at: dt.datetime, due_on: dt.date | None = None) -> int:
    """Hand a plan line to units that don't have it yet, and tell their liaisons; returns how many were new."""
    PlanItem.objects.select_for_update().get(pk=item.pk)  # two hands at once don't give a unit the same task twice
    have = set(item.unit_tasks.values_list("unit_id", flat=True))
    new = [unit for unit in units if unit.pk not in have]
    UnitTask.objects.bulk_create([UnitTask(item=item, unit=unit, due_on=due_on or item.due_on) for unit in new])
    liaisons = User.objects.filter(pk__in=RoleGrant.objects.in_force(timezone.localdate(at)).filter(role=Role.LIAISON, unit__in=new).values("user"))
    send_notice(liaisons, text=_("新任务：%(task)s") % {"task": item.task}, url=f"/campaigns/items/{item.pk}/", at=at)
    record("campaigns.assign_task", by=by, at=at, subject=item, units=[unit.code for unit in new])
    return len(new)


@transaction.atomic
def finish_task(task: UnitTask, *, note: str, by, at: dt.datetime, uploads: Iterable = (), version: int | None = None) -> UnitTask:
    """A unit reports its task as done, with a sentence and, if it likes, files."""
    task = UnitTask.objects.select_for_update().get(pk=task.pk)
    if task.done_at:
        raise Conflict(task, _("这项任务已经报过完成。"), is_final=True)
    move_on(task, version)
    if not note.strip():
        raise ValidationError({"note": _("请用一两句话写明完成情况。")})
    task.note, task.done_at, task.done_by = note, at, by
    task.save()
    task.evidence.add(*[store_file(upload, by=by, at=at) for upload in uploads])
    record("campaigns.finish_task", by=by, at=at, subject=task)
    return task


@transaction.atomic
def add_next_step(campaign: Campaign, *, text: str, by, at: dt.datetime, items: Iterable[PlanItem] = ()) -> NextStep:
    """Add a 下一步打算, linked to plan lines if there are any."""
    order = (campaign.next_steps.aggregate(last=Max("order"))["last"] or 0) + 1
    step = NextStep(campaign=campaign, order=order, text=text)
    step.full_clean()
    step.save()
    step.items.set(items)
    record("campaigns.add_next_step", by=by, at=at, subject=step)
    return step
