"""A campaign, its plan, its people, its papers."""

from .campaign import Campaign, NextStep, Phase, PlanItem, UnitTask
from .counts import CampaignCounts, DeliveryCount, SlipCount
from .group import GroupMember, LeadingGroup, WorkGroup
from .meeting import AgendaItem, Document, Instruction, Meeting
from .slip import Slip, SlipDelivery

__all__ = [
    "AgendaItem", "Campaign", "CampaignCounts", "DeliveryCount", "Document", "GroupMember", "Instruction", "LeadingGroup", "Meeting", "NextStep",
    "Phase", "PlanItem", "Slip", "SlipCount", "SlipDelivery", "UnitTask", "WorkGroup",
]
