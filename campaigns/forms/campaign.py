"""Forms for a campaign, its phases, its plan and the units' tasks."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.forms import PageForm, PageModelForm, RowsField, VersionedForm
from organizations.choosing import UnitField, UnitsField
from organizations.models import Cadre, Unit, scope_paths, within
from organizations.roles import Permission

from ..models import Campaign, Phase, PlanItem, UnitTask, WorkGroup
from .fields import CadreField, FilesField


class CampaignForm(PageModelForm):
    """Open a campaign at a unit where one may plan."""

    unit = UnitField(label=lazy("组织单位"), queryset=Unit.objects.none(), empty_label=lazy("请选择"), help_text=lazy("本级和全部下级单位参加"))

    class Meta:
        model = Campaign
        fields = ["name", "workforce", "unit", "region", "parent", "as_of_word"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["unit"].queryset = Unit.objects.filter(within(scope_paths(user, Permission.PLAN_CAMPAIGN), "path")).open_on(today)
        self.fields["parent"].queryset = Campaign.objects.visible_to(user)
        self.fields["parent"].help_text = lazy("“回头看”等第二轮在这里选上一轮")


class PhaseForm(PageModelForm):
    class Meta:
        model = Phase
        fields = ["label", "kind", "starts_on", "ends_on", "runs_throughout", "goal"]
        help_texts = {"starts_on": lazy("没有定的可以空着，显示“时间待定”")}

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("starts_on"), cleaned.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", _("结束日期不能早于开始日期 %(d)s。") % {"d": start.isoformat()})
        return cleaned


class PhaseChangeForm(VersionedForm, PhaseForm):
    """A phase as it stands, to be changed."""


class ItemForm(PageModelForm):
    """A line of the plan; its four named columns first."""

    owner = CadreField(label=lazy("负责人"), required=False)

    class Meta:
        model = PlanItem
        fields = ["task", "when_text", "place", "owner", "owner_text", "due_on", "phase", "work_group"]
        widgets = {"task": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"owner_text": lazy("没有定到人的，写职务，如“各街道纪工委书记”")}

    def __init__(self, *args, campaign: Campaign, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].among(Cadre.objects.under(campaign.unit).serving())
        self.fields["phase"].queryset = campaign.phases.all()
        self.fields["work_group"].queryset = WorkGroup.objects.filter(leading_group__campaign=campaign)


class ItemChangeForm(VersionedForm, ItemForm):
    """The same line as it stands, to be changed."""


class ItemFinishForm(VersionedForm, PageForm):
    done_on = forms.DateField(label=lazy("完成日期"))

    def stored(self, row: PlanItem) -> dict:
        return {"done_on": row.done_on} if row.done_on else {}


class AssignForm(PageForm):
    """To which units a plan line goes."""

    reach = forms.ChoiceField(label=lazy("分解到"), choices=[("all", lazy("全部参加单位")), ("chosen", lazy("选中的单位"))], widget=forms.RadioSelect, initial="chosen")
    units = UnitsField(label=lazy("单位"), queryset=Unit.objects.none(), required=False, help_text=lazy("分解到选中的单位时，在这里勾选"))
    due_on = forms.DateField(label=lazy("完成时限"), required=False, help_text=lazy("空着就用这一项的时限"))

    def __init__(self, *args, item: PlanItem, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["units"].queryset = item.campaign.units().open_on(today).exclude(tasks__item=item)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("reach") == "all":
            cleaned["units"] = self.fields["units"].queryset
        elif "units" in cleaned and not cleaned["units"]:
            self.add_error("units", _("请至少选一个单位，或改选“全部参加单位”。"))
        return cleaned


class TaskFinishForm(VersionedForm, PageForm):
    note = forms.CharField(label=lazy("完成情况"), widget=forms.Textarea, help_text=lazy("一两句话：做了什么、哪天、多少人"))
    uploads = FilesField(label=lazy("佐证材料"), required=False, help_text=lazy("没有可以不传；只收 PDF、PNG、JPG、DOCX、XLSX、PPTX，每份不超过 50 MB"))

    def stored(self, row: UnitTask) -> dict:
        return {"note": row.note} if row.done_at else {}

    def clean_note(self) -> str:
        note = self.cleaned_data["note"]
        if not note.strip():
            raise ValidationError(_("请用一两句话写明完成情况。"))
        return note


class NextStepForm(PageForm):
    text = forms.CharField(label=lazy("下一步打算"), widget=forms.Textarea)
    items = RowsField(label=lazy("对应的计划安排"), queryset=PlanItem.objects.none(), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, campaign: Campaign, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["items"].queryset = campaign.plan_items.filter(done_on__isnull=True)
