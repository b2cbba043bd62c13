"""Deeds on a campaign."""

from .campaign import (
    add_next_step,
    assign_task,
    change_phase,
    change_plan_item,
    finish_plan_item,
    finish_task,
    launch_campaign,
    plan_item,
    plan_phase,
)
from .group import appoint_member, change_work_group, form_leading_group, form_work_groups, release_member
from .meeting import change_document, change_meeting, file_document, record_meeting
from .slip import acknowledge_slip, issue_slip, read_slip

__all__ = [
    "acknowledge_slip", "add_next_step", "appoint_member", "assign_task", "change_document", "change_meeting", "change_phase", "change_plan_item",
    "change_work_group", "file_document", "finish_plan_item", "finish_task", "form_leading_group", "form_work_groups", "issue_slip",
    "launch_campaign", "plan_item", "plan_phase", "read_slip", "record_meeting", "release_member",
]
