"""What the visitor types about supervision."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import PageModelForm, VersionedForm
from campaigns.models import Campaign
from ledger.forms import ProblemField
from ledger.models import Problem
from organizations.choosing import CadreField, UnitField
from organizations.models import Cadre, Unit, scope_paths, within
from organizations.roles import Permission

from .models import ClueCount, Finding, OrganIssue, Regulation, Suggestion, SupervisionRecord, Visit


def units_for(user, campaign: Campaign, *permissions: Permission):
    """Units of the campaign where the user holds one of the permissions, in 机构序列."""
    paths = [path for permission in permissions for path in scope_paths(user, permission, campaign.pk)]
    return Unit.objects.open_on(timezone.localdate()).filter(within(paths, "path"), within([campaign.unit.path], "path")).order_by("path")


def cadres_for(user, campaign: Campaign, permission: Permission):
    """Cadres of the campaign's units where the user holds the permission, in 机构序列."""
    inside = within([campaign.unit.path], "unit__path")
    mine = within(scope_paths(user, permission, campaign.pk), "unit__path")
    return Cadre.objects.filter(inside, mine, left_on__isnull=True).select_related("unit").in_order()


class RecordForm(PageModelForm):
    cadre = CadreField(label=gettext_lazy("对象"), queryset=Cadre.objects.none())

    class Meta:
        model = SupervisionRecord
        fields = ["kind", "level", "cadre", "held_on", "conducted_by", "content", "result"]
        widgets = {"level": forms.RadioSelect}

    def __init__(self, *args, campaign: Campaign, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cadre"].queryset = cadres_for(user, campaign, Permission.RUN_SUPERVISION)
        self.fields["level"].choices = SupervisionRecord.Level.choices
        self.fields["level"].help_text = _("谈业务、谈履职的选工作层面；谈思想、谈作风的选思想层面")
        self.fields["content"].help_text = _("写要点即可；问题线索的内容不得填写")


class VisitForm(PageModelForm):
    unit = UnitField(label=gettext_lazy("被督导单位"), queryset=Unit.objects.none())

    class Meta:
        model = Visit
        fields = ["unit", "team", "held_on", "form", "summary"]

    def __init__(self, *args, campaign: Campaign, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units_for(user, campaign, Permission.VISIT, Permission.RUN_SUPERVISION)


class FindingForm(PageModelForm):
    """One finding; by default it enters the ledger as a problem of the unit."""

    to_ledger = forms.BooleanField(label=gettext_lazy("列入整改台账"), required=False, initial=True, help_text=gettext_lazy("列入后由被督导单位整改，填了时限的为限期整改，没填的为立行立改"))
    responsible_person = CadreField(label=gettext_lazy("责任人"), queryset=Cadre.objects.none(), required=False, help_text=gettext_lazy("填了责任人的，本人会收到消息"))

    into = ProblemField(label=gettext_lazy("并入台账里已有的问题"), queryset=Problem.objects.none(), required=False, empty_label=gettext_lazy("不并入，另立一件"), help_text=gettext_lazy("台账里已有同一件事的选它，不再另立编号"))

    class Meta:
        model = Finding
        fields = ["text", "to_ledger", "into", "due_on", "responsible_person"]

    def __init__(self, *args, visit: Visit, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = Problem.objects.visible_to(user).taking_in(visit.campaign).filter(responsible_unit=visit.unit).select_related("responsible_unit").order_by("year", "number")
        self.fields["responsible_person"].queryset = Cadre.objects.serving().under(visit.unit).select_related("unit").in_order()

    def clean_due_on(self):
        due_on = self.cleaned_data["due_on"]
        if due_on and due_on < timezone.localdate():
            raise ValidationError(_("整改时限不能早于今天。"))
        return due_on


class IssueForm(PageModelForm):
    causes = forms.CharField(label=gettext_lazy("原因"), required=False, widget=forms.Textarea(attrs={"rows": 5}), help_text=gettext_lazy("每行一条，按先后编号"))

    class Meta:
        model = OrganIssue
        fields = ["title", "description"]

    def clean_causes(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["causes"].splitlines() if line.strip()]


class RegulationForm(PageModelForm):
    class Meta:
        model = Regulation
        fields = ["title", "issued_on", "is_in_force", "evaluation"]


class SuggestionForm(PageModelForm):
    class Meta:
        model = Suggestion
        fields = ["addressee", "topic", "text"]


class AnswerForm(VersionedForm, PageModelForm):
    class Meta:
        model = Suggestion
        fields = ["reply"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reply"].required = True


class ClueForm(VersionedForm, PageModelForm):
    """Two dates and five numbers. There is no field for a name or a text, and there shall be none."""

    class Meta:
        model = ClueCount
        fields = ["period_start", "period_end", "received", "handling", "enquiry", "filed", "concluded"]

    def __init__(self, *args, fixed_period: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["period_start"].label, self.fields["period_end"].label = _("起日"), _("止日")
        self.fields["period_start"].disabled = self.fields["period_end"].disabled = fixed_period
        for name in ("received", "handling", "enquiry", "filed", "concluded"):
            self.fields[name].widget.attrs.update({"class": "w-short", "min": 0, "inputmode": "numeric"})

    def clean(self) -> dict:
        data = super().clean()
        start, end = data.get("period_start"), data.get("period_end")
        if start and end and end < start:
            self.add_error("period_end", _("止日不能早于起日。"))
        elif end and end > timezone.localdate():
            self.add_error("period_end", _("止日不能晚于今天。"))
        return data


class RecordFilter(forms.Form):
    """What the records are narrowed by; nonsense in the address narrows nothing."""

    kind = forms.ChoiceField(label=gettext_lazy("方式"), required=False, choices=[("", gettext_lazy("全部方式")), *SupervisionRecord.Kind.choices])
    level = forms.ChoiceField(label=gettext_lazy("层面"), required=False, choices=[("", gettext_lazy("全部层面")), *SupervisionRecord.Level.choices])
    unit = UnitField(label=gettext_lazy("单位"), required=False, queryset=Unit.objects.none(), empty_label=gettext_lazy("全部单位"))

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"
        self.is_valid()

    def in_unit(self, rows):
        unit = self.cleaned_data.get("unit")
        return rows.filter(within([unit.path], "cadre__unit__path")) if unit else rows

    def asks_for(self, kind: str, level: str) -> bool:
        """Whether records of a kind and level are shown."""
        return self.cleaned_data.get("kind") in ("", None, kind) and self.cleaned_data.get("level") in ("", None, level)

    def narrow(self, rows):
        """By kind and level."""
        return rows.filter(**{name: self.cleaned_data[name] for name in ("kind", "level") if self.cleaned_data.get(name)})
