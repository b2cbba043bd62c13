"""Forms of the rounds and of the review; the report's own form is in report_form."""

import datetime as dt

from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from accounts.forms import PageForm, PageModelForm
from accounts.models import User
from campaigns.models import Campaign
from organizations.models import STEP, RoleGrant, within
from organizations.roles import ROLE_PERMISSIONS, Permission

from .models import Round, SelfCheck

PROMPT = _(
    "请对照检查清单的六个方面，逐项作出“是”或“否”的回答；答“是”的，写明具体表现、原因分析、整改措施和整改时限，"
    "边查边改，立行立改。填写后作出承诺，在时限前提交。只写本人的问题，不写他人问题线索，不写涉密内容。"
)
REVIEWING = [role for role, held in ROLE_PERMISSIONS.items() if Permission.REVIEW_SELFCHECK in held]
DAYS_TO_MEND = 3


def reviewers_of(campaign: Campaign):
    """Accounts that may review in the campaign: the role held today at its unit, above or below it."""
    path = campaign.unit.path
    above = [path[:end] for end in range(STEP, len(path) + 1, STEP)]
    grants = RoleGrant.objects.in_force(timezone.localdate()).filter(Q(unit__path__in=above) | within([path], "unit__path"), role__in=REVIEWING)
    return User.objects.filter(is_active=True, pk__in=grants.values("user")).order_by("name", "pk")


class RoundForm(PageModelForm):
    """A new round: what it is called, until when, the words of the slip, who reviews."""

    content = forms.CharField(label=_("提示单内容"), initial=PROMPT, max_length=3000, widget=forms.Textarea(attrs={"rows": 6}), help_text=_("随工作提示单发给每名在编在岗干部"))
    reviewer = forms.ModelChoiceField(label=_("审核人"), queryset=User.objects.none(), help_text=_("审核全部报告；审核人本人的报告，发起后另行指定"))

    class Meta:
        model = Round
        fields = ["title", "due_on", "checklist"]
        help_texts = {"title": _("如“第一轮”“回头看”"), "checklist": _("已发布的检查清单，一般用最新版")}

    def __init__(self, *args, campaign: Campaign, **kwargs):
        super().__init__(*args, **kwargs)
        checklists = campaign.checklists.all()
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

    def __init__(self, *args, campaign: Campaign, reports, unassigned: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["report"].queryset = reports
        self.fields["report"].empty_label = _g("全部还没有审核人的（%(n)s 份）") % {"n": unassigned}
        self.fields["reviewer"].queryset = reviewers_of(campaign)


class ReviewForm(PageForm):
    """The reviewer's decision: an opinion, and for a return the new deadline."""

    version = forms.IntegerField()
    comment = forms.CharField(label=_("审核意见"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 5}), help_text=_("退回的，写明哪一方面要怎样补正；通过的可以不写"))
    due_on = forms.DateField(label=_("补正时限"), required=False, help_text=_("只在退回时使用"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due_on"].initial = timezone.localdate() + dt.timedelta(days=DAYS_TO_MEND)
        self.helper.layout = Layout("comment", "due_on")

    def clean(self) -> dict:
        """A return needs its date; what the reviewer leaves alone doesn't stand in the way of an acceptance."""
        if self.data.get("do") not in ("accept", "return"):
            self.add_error(None, _g("请按“通过”或者“退回补正”。"))
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
