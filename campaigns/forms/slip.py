"""Forms for slips."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.forms import PageForm, PageModelForm
from organizations.choosing import UnitsField
from organizations.models import Cadre, Unit, within

from ..models import Campaign, Slip, SlipDelivery


class SlipForm(PageModelForm):
    """A slip and whom it goes to: all serving cadres, or those of chosen units with everything below."""

    field_order = ["kind", "title", "content", "reach", "units", "due_on"]
    reach = forms.ChoiceField(label=lazy("发至"), choices=[("all", lazy("全体在编在岗干部")), ("units", lazy("选中单位的干部"))], widget=forms.RadioSelect, initial="all")
    units = UnitsField(label=lazy("单位"), queryset=Unit.objects.none(), required=False, help_text=lazy("发给选中单位的，在这里勾选；含下级单位"))

    class Meta:
        model = Slip
        fields = ["kind", "title", "content", "due_on"]
        widgets = {"content": forms.Textarea(attrs={"rows": 6})}
        help_texts = {"due_on": lazy("签收和办理的最后一天，当天 24:00 止")}

    def __init__(self, *args, campaign: Campaign, **kwargs):
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.fields["units"].queryset = campaign.units().open_on(timezone.localdate())

    def clean_due_on(self):
        due_on = self.cleaned_data["due_on"]
        if due_on and due_on < timezone.localdate():
            raise ValidationError(_("时限不能早于今天。"))
        return due_on

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("reach") == "units" and not cleaned.get("units"):
            self.add_error("units", _("请至少选一个单位，或改发全体干部。"))
        return cleaned

    def facts(self) -> dict:
        """What the action takes."""
        return {key: self.cleaned_data[key] for key in self.Meta.fields} | {"cadres": self._receivers()}

    def _receivers(self):
        serving = Cadre.objects.serving().under(self.campaign.unit)
        if self.cleaned_data["reach"] == "all":
            return serving
        return serving.filter(within([unit.path for unit in self.cleaned_data["units"]], "unit__path"))


class AcknowledgeForm(PageForm):
    feedback = forms.CharField(label=lazy("反馈"), max_length=SlipDelivery._meta.get_field("feedback").max_length, required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text=lazy("有要说明的写在这里，没有就直接签收"))
