"""Forms for the leading group."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.forms import PageForm, PageModelForm, VersionedForm
from organizations.choosing import UnitField
from organizations.models import Cadre, Unit

from ..models import Campaign, GroupMember, LeadingGroup, WorkGroup
from .fields import CadreField

NAME_LENGTH = WorkGroup._meta.get_field("name").max_length


class GroupForm(VersionedForm, PageModelForm):
    """The leading group as it stands, or a new one."""

    office_unit = UnitField(label=lazy("办公室设在"), required=False, queryset=Unit.objects.none(), help_text=lazy("承担日常工作的单位"))

    class Meta:
        model = LeadingGroup
        fields = ["name", "mandate", "office_unit"]

    def __init__(self, *args, campaign: Campaign, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["office_unit"].queryset = campaign.units().open_on(timezone.localdate())


class WorkGroupsForm(PageForm):
    """Names as they stand in the paper: one per line, or after one another."""

    names = forms.CharField(label=lazy("组名"), widget=forms.Textarea(attrs={"rows": 6}), help_text=lazy("每行一个，或用“、”“，”隔开，可以整段粘贴；重复的只保留一个"))

    def clean_names(self) -> list[str]:
        names = [name.strip() for name in re.split(r"[\n、，,；;]", self.cleaned_data["names"]) if name.strip()]
        for name in names:
            if len(name) > NAME_LENGTH:
                raise ValidationError(_("“%(name)s…”超过 %(n)s 个字，请检查是否漏了分隔。"), params={"name": name[:10], "n": NAME_LENGTH})
        return names


class WorkGroupForm(VersionedForm, PageModelForm):
    class Meta:
        model = WorkGroup
        fields = ["name", "duties"]


class MemberForm(PageModelForm):
    """A person, a post, or both."""

    cadre = CadreField(label=lazy("姓名"), required=False, help_text=lazy("写姓名或工号；还没有定人的可以空着，只写职务"))

    class Meta:
        model = GroupMember
        fields = ["role", "cadre", "post_text", "work_group"]
        help_texts = {"post_text": lazy("如“纪检监察室副主任”；空着就用名册里的职务")}

    def __init__(self, *args, group: LeadingGroup, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cadre"].among(Cadre.objects.under(group.campaign.unit).serving())
        self.fields["work_group"].queryset = group.work_groups.all()
        self.fields["work_group"].empty_label = _("领导小组本身")
