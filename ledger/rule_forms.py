"""What is typed about rules to make and to revise."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.forms import PageForm, PageModelForm, VersionedForm
from campaigns.models import Campaign
from organizations.choosing import UnitField
from organizations.models import Unit
from organizations.roles import Permission as P

from .forms import CODE, units_within
from .models import Problem, RuleMakingItem


class CodesField(forms.CharField):
    """Codes of problems, “2026-003、2026-008”; cleaned to pairs of year and number."""

    def clean(self, value):
        text = super().clean(value)
        rest = CODE.sub("", text).strip(" 、，,;；\n")
        if rest:
            raise ValidationError(_("看不懂“%(text)s”，请照“2026-003、2026-008”填写。"), params={"text": rest})
        return [(int(year), int(number)) for year, number in CODE.findall(text)]


class RuleForm(PageModelForm):
    """Plan a rule to make or to revise."""

    unit = UnitField(label=_("责任单位"), queryset=Unit.objects.none(), empty_label=_("请选择"))
    problems = CodesField(label=_("对应问题"), required=False, help_text=_("填台账编号，如“2026-003、2026-008”"))

    class Meta:
        model = RuleMakingItem
        fields = ["title", "kind", "unit", "planned_on"]
        widgets = {"kind": forms.RadioSelect}

    def __init__(self, *args, campaign: Campaign, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.campaign, self.user = campaign, user
        self.fields["unit"].queryset = units_within(campaign, user, P.REPORT_PROBLEMS)
        self.fields["kind"].choices = RuleMakingItem.Kind.choices

    def clean_problems(self) -> list[Problem]:
        """The problems behind the codes, all of them visible to the visitor."""
        wanted = set(self.cleaned_data["problems"])
        named = Q(pk__in=[])
        for year, number in wanted:
            named |= Q(year=year, number=number)
        found = list(Problem.objects.visible_to(self.user).filter(named, campaign=self.campaign))
        missing = wanted - {(problem.year, problem.number) for problem in found}
        if missing:
            codes = "、".join(f"{year}-{number:03d}" for year, number in sorted(missing))
            raise ValidationError(_("台账里没有 %(codes)s，请核对编号。"), params={"codes": codes})
        return found


class IssueForm(VersionedForm, PageForm):
    """A planned rule is in force."""

    issued_on = forms.DateField(label=_("印发日期"))
    document_number = forms.CharField(label=_("印发文号"), max_length=40, required=False)

    def stored(self, row: RuleMakingItem) -> dict:
        return {"issued_on": row.issued_on, "document_number": row.document_number} if row.issued_on else {}
