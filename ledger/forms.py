"""What is typed about problems and rules."""

import re
from copy import copy

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms import PageForm, PageModelForm
from accounts.models import User
from campaigns.models import Campaign
from organizations.models import STEP, Cadre, RoleGrant, Unit, scope_paths, within
from organizations.roles import ROLE_PERMISSIONS
from organizations.roles import Permission as P

from .models import Problem, ProblemQuerySet, RuleMakingItem

# The six aspects every campaign of this kind examines; a campaign's own ones are added from its ledger.
SIX_ASPECTS = {
    "belief_loss": "信仰缺失",
    "political_wavering": "政治动摇",
    "principle_abandonment": "放弃原则",
    "improper_conduct": "作风不正",
    "abuse_of_power": "滥用权力",
    "integrity_lapse": "清廉失守",
}
CODE = re.compile(r"(\d{4})\s*[-—－]\s*(\d{1,9})(?!\d)")


def aspects_of(campaign: Campaign) -> dict[str, str]:
    """key → label: the six, then what else stands in this campaign's ledger."""
    known = Problem.objects.filter(campaign=campaign).exclude(aspect_label="").order_by("aspect_label")
    used = {key or label: label for key, label in known.values_list("aspect_key", "aspect_label").distinct()}
    return SIX_ASPECTS | {key: label for key, label in used.items() if key not in SIX_ASPECTS}


def units_within(campaign: Campaign, user, permission: P) -> "Unit.objects":
    """The campaign's open units over which the user holds the permission, in 机构序列."""
    mine = within(scope_paths(user, permission), "path")
    return Unit.objects.under(campaign.unit).open_on(timezone.localdate()).filter(mine)


def cadres_within(campaign: Campaign, user, permission: P):
    mine = within(scope_paths(user, permission), "unit__path")
    return Cadre.objects.under(campaign.unit).filter(mine, left_on__isnull=True).select_related("unit").in_order()


def verifiers_at(path: str):
    """Active accounts that hold VERIFY_PROBLEMS today over the unit with this path."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if P.VERIFY_PROBLEMS in held]
    above = [path[:n] for n in range(STEP, len(path) + 1, STEP)]
    grants = RoleGrant.objects.in_force(timezone.localdate()).filter(role__in=roles, unit__path__in=above)
    return User.objects.filter(is_active=True, pk__in=grants.values("user")).order_by("name")


class UnitField(forms.ModelChoiceField):
    """Units of a tree, indented by their depth."""

    def label_from_instance(self, unit):
        return "　" * (unit.depth - 1) + str(unit)


class CadreField(forms.ModelChoiceField):
    def label_from_instance(self, cadre):
        return f"{cadre.name}（{cadre.unit}）"


class ProblemField(forms.ModelChoiceField):
    def label_from_instance(self, problem):
        return f"{problem.code}　{problem.title}（{problem.responsible_unit}）"


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    widget = FilesInput

    def clean(self, data, initial=None):
        return [super(FilesField, self).clean(one, initial) for one in data or []]


class CodesField(forms.CharField):
    """Codes of problems, “2026-003、2026-008”; cleaned to pairs of year and number."""

    def clean(self, value):
        text = super().clean(value)
        rest = CODE.sub("", text).strip(" 、，,;；\n")
        if rest:
            raise ValidationError(_("看不懂“%(text)s”，请照“2026-003、2026-008”填写。"), params={"text": rest})
        return [(int(year), int(number)) for year, number in CODE.findall(text)]


# --- the list ---------------------------------------------------------------


class ProblemFilterForm(forms.Form):
    """The filters above the ledger, kept in the address."""

    q = forms.CharField(label=_("问题、编号、责任人"), required=False, max_length=60)
    unit = UnitField(label=_("责任单位"), queryset=Unit.objects.none(), required=False, empty_label=_("全部单位"))
    aspect = forms.ChoiceField(label=_("方面"), required=False)
    source = forms.ChoiceField(label=_("来源"), choices=[("", _("全部来源")), *Problem.Source.choices], required=False)
    track = forms.ChoiceField(label=_("整改方式"), choices=[("", _("全部方式")), *Problem.Track.choices], required=False)

    def __init__(self, data, *, campaign: Campaign, user):
        super().__init__(data)
        self.fields["q"].widget = forms.TextInput(attrs={"class": "form-control", "type": "search", "maxlength": 60})
        self.fields["unit"].queryset = units_within(campaign, user, P.SEE_LEDGER)
        self.fields["aspect"].choices = [("", _("全部方面")), *aspects_of(campaign).items()]
        for name in ("unit", "aspect", "source", "track"):
            self.fields[name].widget.attrs["class"] = "form-select"

    @property
    def chosen(self) -> bool:
        return any(self.cleaned_data.values())

    def narrow(self, rows: ProblemQuerySet) -> ProblemQuerySet:
        facts = self.cleaned_data
        if facts.get("q"):
            rows = rows.filter(self._text(facts["q"]))
        if facts.get("unit"):
            rows = rows.filter(within([facts["unit"].path], "responsible_unit__path"))
        if facts.get("aspect"):
            rows = rows.filter(Q(aspect_key=facts["aspect"]) | Q(aspect_key="", aspect_label=facts["aspect"]))
        for name in ("source", "track"):
            if facts.get(name):
                rows = rows.filter(**{name: facts[name]})
        return rows

    @staticmethod
    def _text(text: str) -> Q:
        """Title, person, or the code as it is printed or its number alone."""
        found = Q(title__icontains=text) | Q(responsible_person__name__icontains=text)
        code = CODE.fullmatch(text)
        if code:
            found |= Q(year=int(code[1]), number=int(code[2]))
        elif text.isdecimal() and len(text) < 10:
            found |= Q(number=int(text))
        return found


# --- a new problem ----------------------------------------------------------


class ProblemForm(PageModelForm):
    """Register a problem by hand."""

    aspect = forms.ChoiceField(label=_("方面"), required=False)
    measures = forms.CharField(label=_("整改措施"), widget=forms.Textarea, required=False, help_text=_("一行一条"))
    responsible_unit = UnitField(label=_("责任单位"), queryset=Unit.objects.none(), empty_label=_("请选择"))
    responsible_person = CadreField(label=_("责任人"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    field_order = ["title", "source", "level", "aspect", "manifestation", "cause", "measures", "responsible_unit", "responsible_person", "track", "due_on", "deadline_text", "rectified_as_found"]

    class Meta:
        model = Problem
        fields = ["title", "source", "level", "manifestation", "cause", "responsible_unit", "responsible_person", "track", "due_on", "deadline_text", "rectified_as_found"]
        widgets = {"track": forms.RadioSelect, "level": forms.RadioSelect}
        help_texts = {
            "manifestation": _("写清时间、次数、情形；不得录入问题线索内容和涉密信息"),
            "due_on": _("限期整改必填"),
        }

    def __init__(self, *args, campaign: Campaign, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.aspects = aspects_of(campaign)
        self.fields["aspect"].choices = [("", _("不归入某一方面")), *self.aspects.items()]
        self.fields["responsible_unit"].queryset = units_within(campaign, user, P.REPORT_PROBLEMS)
        self.fields["responsible_person"].queryset = cadres_within(campaign, user, P.REPORT_PROBLEMS)
        self.fields["track"].choices = Problem.Track.choices
        self.fields["source"].choices = [("", _("请选择")), *Problem.Source.choices]

    def clean(self):
        facts = super().clean()
        if facts.get("track") == Problem.Track.DATED and not facts.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", _("选“限期整改”的，须填写整改时限。"))
        return facts

    def facts(self) -> dict:
        """As report_problem takes them."""
        facts = dict(self.cleaned_data)
        key = facts.pop("aspect")
        return facts | {"aspect_key": key, "aspect_label": self.aspects.get(key, ""), "measures": facts["measures"].splitlines()}


# --- moves ------------------------------------------------------------------


class Versioned:
    """Carries the version of the problem the visitor saw; a change meanwhile is told, and what was typed stays."""

    def __init__(self, *args, problem: Problem, **kwargs):
        super().__init__(*args, **kwargs)
        self.problem = problem
        self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=problem.version)

    def clean(self):
        facts = super().clean()
        if facts.pop("version", None) != self.problem.version:
            self.data = self.data.copy()
            self.data["version"] = self.problem.version
            raise ValidationError(
                _("您填写期间这件问题已有变动，现在是“%(now)s”。请看过最新情况，仍要办理的再提交一次。"),
                params={"now": self.problem.get_status_display()}, code="conflict",
            )
        return facts

    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class MoveForm(Versioned, PageForm):
    """A move that needs no words."""


class RegisterForm(Versioned, PageModelForm):
    """确认立项: who answers for it, until when, who verifies by which standard."""

    responsible_person = CadreField(label=_("责任人"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    lead_official = CadreField(label=_("责任领导"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    verifier = forms.ModelChoiceField(label=_("验收人"), queryset=User.objects.none(), required=False, empty_label=_("未指定"), help_text=_("不能是责任人本人；不指定的，由有验收权限的人员验收"))

    class Meta:
        model = Problem
        fields = ["track", "due_on", "deadline_text", "responsible_person", "lead_official", "verifier", "acceptance_standard"]
        widgets = {"track": forms.RadioSelect}
        help_texts = {"due_on": _("限期整改必填"), "acceptance_standard": _("做到什么程度算改好了")}

    def __init__(self, *args, problem: Problem, user, **kwargs):
        super().__init__(*args, problem=problem, instance=copy(problem), **kwargs)
        people = cadres_within(problem.campaign, user, P.MANAGE_LEDGER)
        self.fields["responsible_person"].queryset = people
        self.fields["lead_official"].queryset = people
        self.fields["verifier"].queryset = verifiers_at(problem.responsible_unit.path)
        self.fields["track"].choices = Problem.Track.choices


class ReasonForm(MoveForm):
    reason = forms.CharField(label=_("理由"), widget=forms.Textarea)


class DeferForm(ReasonForm):
    until = forms.DateField(label=_("暂缓至"), help_text=_("到这一天自动恢复整改"))
    field_order = ["until", "reason"]


class MergeForm(MoveForm):
    into = ProblemField(label=_("并入哪一件"), queryset=Problem.objects.none(), empty_label=_("请选择"))

    def __init__(self, *args, problem: Problem, user, **kwargs):
        super().__init__(*args, problem=problem, **kwargs)
        others = Problem.objects.visible_to(user).filter(campaign=problem.campaign).exclude(pk=problem.pk)
        over = [Problem.Status.CLOSED, Problem.Status.DISMISSED, Problem.Status.MERGED]
        self.fields["into"].queryset = others.exclude(status__in=over).select_related("responsible_unit").order_by("year", "number")


class MeasureForm(MoveForm):
    text = forms.CharField(label=_("措施"), widget=forms.Textarea)
    owner = CadreField(label=_("落实人"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    due_on = forms.DateField(label=_("时限"), required=False)

    def __init__(self, *args, problem: Problem, user, **kwargs):
        super().__init__(*args, problem=problem, **kwargs)
        seen = Cadre.objects.visible_to(user).under(problem.responsible_unit).filter(left_on__isnull=True)
        self.fields["owner"].queryset = seen.select_related("unit").in_order()


class ProgressForm(MoveForm):
    text = forms.CharField(label=_("进展"), widget=forms.Textarea, help_text=_("做了什么，改到什么程度"))
    made_on = forms.DateField(label=_("日期"), help_text=_("实际做这件事的日期；早于今天的，记为补录"))
    uploads = FilesField(label=_("材料"), required=False, help_text=_("可选多份；收 PDF、PNG、JPG、DOCX、XLSX、PPTX，每份不超过 50 MB"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["made_on"].initial = timezone.localdate


class SubmitForm(MoveForm):
    note = forms.CharField(label=_("整改完成情况"), widget=forms.Textarea, help_text=_("对照措施和验收标准写，供验收人核对"))


class OpinionForm(MoveForm):
    opinion = forms.CharField(label=_("意见"), widget=forms.Textarea)

    def __init__(self, *args, label: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["opinion"].label = label


class CloseForm(MoveForm):
    outcome = forms.ChoiceField(label=_("整改结果"), choices=[c for c in Problem.Outcome.choices if c[0] != "undone"], widget=forms.RadioSelect)
    note = forms.CharField(label=_("说明"), widget=forms.Textarea, required=False)


class ExtensionForm(MoveForm):
    until = forms.DateField(label=_("拟延至"))
    reason = forms.CharField(label=_("理由"), widget=forms.Textarea, help_text=_("写明目前进展和延期的原因"))


class DecisionForm(MoveForm):
    granted = forms.TypedChoiceField(label=_("批复"), choices=[("yes", _("同意延期")), ("no", _("不同意"))], coerce=lambda v: v == "yes", widget=forms.RadioSelect)
    opinion = forms.CharField(label=_("批复意见"), required=False, max_length=200, help_text=_("不同意的，写明理由"))


class RecurForm(MoveForm):
    manifestation = forms.CharField(label=_("反弹的具体表现"), widget=forms.Textarea)
    track = forms.ChoiceField(label=_("整改方式"), choices=Problem.Track.choices, widget=forms.RadioSelect)
    due_on = forms.DateField(label=_("整改时限"), required=False, help_text=_("限期整改必填"))


# --- 建章立制 ---------------------------------------------------------------


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


class IssueForm(PageForm):
    """A planned rule is in force."""

    issued_on = forms.DateField(label=_("印发日期"))
    document_number = forms.CharField(label=_("印发文号"), max_length=40, required=False)
