"""What visitors of this room type."""

from .campaign import (
    AssignForm,
    CampaignForm,
    ItemChangeForm,
    ItemFinishForm,
    ItemForm,
    NextStepForm,
    PhaseChangeForm,
    PhaseForm,
    TaskFinishForm,
)
from .group import GroupForm, MemberForm, WorkGroupForm, WorkGroupsForm
from .meeting import DocumentChangeForm, DocumentForm, MeetingChangeForm, MeetingForm
from .slip import AcknowledgeForm, SlipForm

__all__ = [
    "AcknowledgeForm", "AssignForm", "CampaignForm", "DocumentChangeForm", "DocumentForm", "GroupForm", "ItemChangeForm", "ItemFinishForm", "ItemForm",
    "MeetingChangeForm", "MeetingForm", "MemberForm", "NextStepForm", "PhaseChangeForm", "PhaseForm", "SlipForm", "TaskFinishForm", "WorkGroupForm", "WorkGroupsForm",
]
