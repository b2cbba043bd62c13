"""Forms of the rounds and of the review; the report's own form is in report_form."""

import datetime as dt

from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from accounts.forms import MOST_DIGITS, PageForm, PageModelForm, VersionedForm
from accounts.models import User
from campaigns.models import Campaign
from ledger.models import Problem
from organizations.choosing import UnitsField, short_list
from organizations.models import RoleGrant, Unit, lineage, within
from organizations.roles import ROLE_PERMISSIONS, Permission

from .actions import Talk
from .models import HintSetAside, Round, SelfCheck, Unsealing

PROMPT = _(
    "请对照检查清单的六个方面，逐项作出“是”或“否”的回答；答“是”的，写明具体表现、原因分析、整改措施和整改时限，"
    "边查边改，立行立改。填写后作出承诺，在时限前提交。只写本人的问题，不写他人问题线索，不写涉密内容。"
)
REVIEWING = [role for role, held in ROLE_PERMISSIONS.items() if Permission.REVIEW_SELFCHECK in held]
DAYS_TO_MEND = 3
TALK = ("talked_on", "talker", "talk_opinion")


def reviewers_of(campaign: Campaign):
    """Accounts that may review in the campaign: the role held today at its unit, above or below it, for this campaign or all."""
    path = campaign.unit.path
    grants = RoleGrant.objects.in_force(timezone.localdate()).for_campaign(campaign.pk).filter(Q(unit__path__in=lineage(path)) | within([path], "unit__path"), role__in=REVIEWING)
    return User.objects.filter(is_active=True, pk__in=grants.values("user")).order_by("name", "pk")


class RoundForm(PageModelForm):
    """A new round: what it is called, until when, the words of the slip, who reviews."""

    field_order = ["title", "due_on", "reach", "units", "checklist", "content", "reviewer", "needs_talk", "keep_until"]
    reach = forms.ChoiceField(label=_("自查范围"), choices=[("all", _("全体在编在岗干部")), ("units", _("选中单位的干部"))], widget=forms.RadioSelect, initial="all", required=False)
    units = UnitsField(label=_("单位"), queryset=Unit.objects.none(), required=False, help_text=_("只在选中单位开展的，在这里勾选；含下级单位"))
    content = forms.CharField(label=_("提示单内容"), initial=PROMPT, max_length=3000, widget=forms.Textarea(attrs={"rows": 6}), help_text=_("随工作提示单发给每名在编在岗干部"))
    reviewer = forms.ModelChoiceField(label=_("审核人"), queryset=User.objects.none(), help_text=_("审核全部报告；审核人本人的报告，发起后另行指定"))

    class Meta:
        model = Round
        fields = ["title", "due_on", "checklist", "needs_talk", "keep_until"]
        help_texts = {"title": _("如“第一轮”“回头看”"), "checklist": _("已发布的检查清单，一般用最新版")}

    def __init__(self, *args, campaign: Campaign, **kwargs):
        super().__init__(*args, **kwargs)
        checklists = campaign.checklists.published()
        self.fields["units"].queryset = campaign.units().open_on(timezone.localdate())
        reviewers = reviewers_of(campaign)
        self.fields["reviewer"].queryset = reviewers
        self.fields["reviewer"].empty_label = None if reviewers.count() == 1 else _("请选择")
        self.fields["checklist"].queryset = checklists
        self.fields["checklist"].initial = checklists.first()
        self.fields["checklist"].empty_label = None
        if not checklists:
            del self.fields["checklist"]

    def clean_due_on(self) -> dt.date:
        return not_past(self.cleaned_data["due_on"])

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.pop("reach", "") != "units":
            cleaned["units"] = []
        elif "units" in cleaned and not cleaned["units"]:
            self.add_error("units", _g("请至少选一个单位，或改选全体干部。"))
        return cleaned


class RoundChangeForm(VersionedForm, PageModelForm):
    """What may change while a round runs."""

    class Meta:
        model = Round
        fields = ["due_on", "needs_talk", "keep_until"]
        help_texts = {"due_on": _("还没有提交的人随之改期；退回补正的，仍按审核人定的时限")}

    def clean_due_on(self) -> dt.date:
        return not_past(self.cleaned_data["due_on"])


class NewcomersForm(PageForm):
    """Those who came later: until when, and who reviews."""

    due_on = forms.DateField(label=_("提交时限"))
    reviewer = forms.ModelChoiceField(label=_("审核人"), queryset=User.objects.none(), required=False)

    def __init__(self, *args, campaign: Campaign, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reviewer"].queryset = reviewers_of(campaign)

    def clean_due_on(self) -> dt.date:
        return not_past(self.cleaned_data["due_on"])


def not_past(day: dt.date | None) -> dt.date | None:
    if day is not None and day < timezone.localdate():
        raise ValidationError(_g("时限不能早于今天，请重新选择。"))
    return day


class ReportChoice(forms.ModelChoiceField):
    """Reports by the name and unit of their author, with the reviewer they have now."""

    def label_from_instance(self, report: SelfCheck) -> str:
        now = _g("现由%(who)s审核") % {"who": report.reviewer} if report.reviewer else _g("还没有审核人")
        return f"{report.cadre}（{report.cadre.unit}，{now}）"


class ReviewerForm(PageForm):
    """Who reviews one report, or all that have nobody yet."""

    report = ReportChoice(label=_("哪份报告"), queryset=SelfCheck.objects.none(), required=False)
    reviewer = forms.ModelChoiceField(label=_("审核人"), queryset=User.objects.none(), empty_label=_("请选择"))
    until = forms.DateField(label=SelfCheck._meta.get_field("review_until").verbose_name, required=False, help_text=_("到这一天为止能看到报告内容；不填则为时限后 60 天"))

    def __init__(self, *args, campaign: Campaign, reports, unassigned: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["report"].queryset = reports
        self.fields["report"].required = not unassigned  # nothing to give out at once: one report must be named
        self.fields["report"].empty_label = _g("全部还没有审核人的（%(n)s 份）") % {"n": unassigned} if unassigned else _g("请选择")
        self.fields["report"].widget.choices = [("", self.fields["report"].empty_label), *((one.pk, self.fields["report"].label_from_instance(one)) for one in self._offered(reports))]
        self.fields["reviewer"].queryset = reviewers_of(campaign)

    def _offered(self, reports) -> list[SelfCheck]:
        """All of them; of too many for a list the one meant, to which its round's page leads."""
        few, meant = short_list(reports), str(self["report"].value() or "")
        if few is not None:
            return few
        return list(reports.filter(pk=meant)) if meant.isdecimal() and len(meant) < MOST_DIGITS else []

    def clean_until(self) -> dt.date | None:
        return not_past(self.cleaned_data["until"])


def _taking_in(report: SelfCheck, user) -> QuerySet[Problem]:
    """Problems still to be put right that an item of the report may go under: the author's own, and those of their unit that nobody answers for by name."""
    theirs = Q(responsible_person=report.cadre) | Q(responsible_person__isnull=True, responsible_unit=report.cadre.unit)
    return Problem.objects.visible_to(user).taking_in(report.round.campaign).filter(theirs).order_by("year", "number")


class ReviewForm(PageForm):
    """The reviewer's decision: an opinion, and for a return the new deadline."""

    version = forms.IntegerField()
    comment = forms.CharField(label=_("审核意见"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 5}), help_text=_("退回的，写明哪一方面要怎样补正；通过的可以不写"))
    due_on = forms.DateField(label=_("补正时限"), required=False, help_text=_("只在退回时使用"))

    talked_on = forms.DateField(label=_("谈话日期"), required=False)
    talker = forms.CharField(label=_("谈话人"), required=False, max_length=60)
    talk_opinion = forms.CharField(label=_("谈话人意见"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, report: SelfCheck, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due_on"].initial = timezone.localdate() + dt.timedelta(days=DAYS_TO_MEND)
        self.fields["talker"].initial = str(report.reviewer or "")
        self.helper.layout = Layout(*(TALK if report.round.needs_talk else ()), "comment", "due_on")
        self.remarked = {f"remark-{answer.question_id}": answer.question for answer in report.answers.all()}
        for name, question in self.remarked.items():
            label = _g("对“%(aspect)s”的意见") % {"aspect": question.aspect}
            self.fields[name] = forms.CharField(label=label, required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2, "form": "review", "class": "form-control"}))
        self.taking_in = {str(problem.pk): problem for problem in _taking_in(report, user)}
        for item in [item for answer in report.answers.all() if answer.exists for item in answer.items.all()] if self.taking_in else ():
            choices = [("", _("列为新问题")), *((pk, f"{problem.code} {problem.title}") for pk, problem in self.taking_in.items())]
            widget = forms.Select(attrs={"form": "review", "class": "form-select"})
            self.fields[f"into-{item.pk}"] = forms.ChoiceField(label=_g("第 %(n)s 项列入台账的方式") % {"n": item.order}, choices=choices, required=False, widget=widget)

    def into(self) -> dict[int, Problem]:
        """Item → the problem it goes under instead of a new one."""
        chosen = {name.removeprefix("into-"): pk for name, pk in self.cleaned_data.items() if name.startswith("into-") and pk}
        return {int(item): self.taking_in[pk] for item, pk in chosen.items()}

    def remarks(self) -> dict[str, str]:
        """Question key → what to mend there."""
        return {question.key: self.cleaned_data[name] for name, question in self.remarked.items() if self.cleaned_data.get(name)}

    def talk(self) -> Talk | None:
        said = self.cleaned_data
        return Talk(said["talked_on"], said["talker"], said["talk_opinion"]) if said.get("talked_on") and said.get("talker") else None

    def clean(self) -> dict:
        """A return needs its date; what the reviewer leaves alone doesn't stand in the way of an acceptance."""
        if self.data.get("do") not in ("accept", "return"):
            self.add_error(None, _g("请按“通过”或者“退回补正”。"))
        if self.data.get("do") == "accept" and self.cleaned_data.get("talked_on") and not self.cleaned_data.get("talker"):
            self.add_error("talker", _g("请写明由谁谈话。"))
        if self.data.get("do") != "return":
            self.errors.pop("due_on", None)
        elif "due_on" in self.cleaned_data and self.cleaned_data["due_on"] is None:
            self.add_error("due_on", _g("退回补正的，请写明补正时限。"))
        elif "due_on" in self.cleaned_data:
            try:
                not_past(self.cleaned_data["due_on"])
            except ValidationError as refusal:
                self.add_error("due_on", refusal)
        return self.cleaned_data


class UnsealingForm(PageForm):
    """Why somebody's report must be read."""

    reason = forms.CharField(
        label=_("查阅原因"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}), help_text=Unsealing._meta.get_field("reason").help_text
    )


class UnsealingDecisionForm(PageForm):
    """Grant or refuse."""

    opinion = forms.CharField(label=_("审批意见"), required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("不同意的，写明原因；同意的可以不写"))


class HintForm(PageForm):
    """Why a hint is set aside, for the reports its reader saw."""

    reason = forms.CharField(label=_("搁置原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}), help_text=HintSetAside._meta.get_field("reason").help_text)
    rows = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def show_anew(self, rows: str) -> None:
        """What was typed stays, and the next try is made for the reports shown now."""
        if self.is_bound:
            self.data = self.data.copy()
            self.data["rows"] = rows
