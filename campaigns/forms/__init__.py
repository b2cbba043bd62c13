"""What visitors of this room type."""

from .campaign import (
    AssignForm,
    CampaignForm,
    ItemChangeForm,
    ItemFinishForm,
    ItemForm,
    NextStepForm,
    PhaseForm,
    TaskFinishForm,
)
from .group import GroupForm, MemberForm, WorkGroupForm, WorkGroupsForm
from .meeting import DocumentForm, MeetingChangeForm, MeetingForm
from .slip import AcknowledgeForm, SlipForm

__all__ = [
    "AcknowledgeForm", "AssignForm", "CampaignForm", "DocumentForm", "GroupForm", "ItemChangeForm", "ItemFinishForm", "ItemForm",
    "MeetingChangeForm", "MeetingForm", "MemberForm", "NextStepForm", "PhaseForm", "SlipForm", "TaskFinishForm", "WorkGroupForm", "WorkGroupsForm",
]
