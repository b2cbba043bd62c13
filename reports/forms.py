"""Forms of briefings."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import PageForm, PageModelForm

from .models import Briefing
from .names import keyed, named

HEAD = ["title", "as_of", "organ", "audience", "presented_by", "signer", "number", "issue_no", "dated_on", "copies_to"]


class BriefingHeadForm(PageModelForm):
    """Title, as-of day and what the head and foot of the paper need."""

    class Meta:
        model = Briefing
        fields = HEAD
        widgets = {"title": forms.Textarea(attrs={"rows": 2})}


class BriefingForm(BriefingHeadForm):
    """A new briefing."""

    class Meta(BriefingHeadForm.Meta):
        fields = ["kind", *HEAD]


class BriefingTextForm(BriefingHeadForm):
    """Head and text of a draft, with the version the editor read."""

    body = forms.CharField(
        label=_("正文"),
        widget=forms.Textarea(attrs={"rows": 28}),
        help_text=_("“# ”开头是一级标题，“## ”开头是二级标题，序号自动排；{{名称}} 处自动填数，“@机构制度问题”等处自动列出整段。"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, initial: dict, **kwargs):
        super().__init__(*args, initial=initial | {"body": named(initial["body"])}, **kwargs)

    def clean_body(self) -> str:
        return keyed(self.cleaned_data["body"])


class ReasonForm(PageForm):
    """Why a briefing goes back."""

    reason = forms.CharField(label=_("要改什么"), widget=forms.Textarea(attrs={"rows": 3}))


class SignForm(PageForm):
    """Who signs."""

    signer = forms.CharField(label=_("签发人"), max_length=20)
