"""Pages of this room, by noun."""

from .campaign import (
    campaign_choose,
    campaign_detail,
    campaign_list,
    campaign_new,
    next_step_new,
    phase_change,
    phase_new,
)
from .document import document_change, document_file, document_list, document_new
from .group import group_detail, group_form, member_new, member_remove, work_group_change, work_groups_form
from .meeting import meeting_change, meeting_detail, meeting_list, meeting_new
from .plan import item_change, item_detail, item_finish, item_new, plan_export, task_assign
from .slip import slip_acknowledge, slip_detail, slip_list, slip_new
from .task import task_file, task_finish, task_list, unit_list

__all__ = [
    "campaign_choose", "campaign_detail", "campaign_list", "campaign_new", "document_change", "document_file", "document_list", "document_new",
    "group_detail", "group_form", "item_change", "item_detail", "item_finish", "item_new", "meeting_change", "meeting_detail", "meeting_list",
    "meeting_new", "member_new", "member_remove", "next_step_new", "phase_change", "phase_new", "plan_export", "slip_acknowledge", "slip_detail",
    "slip_list", "slip_new", "task_assign", "task_file", "task_finish", "task_list", "unit_list", "work_group_change", "work_groups_form",
]
