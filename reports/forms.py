"""Forms of briefings."""

from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import PageForm, PageModelForm, VersionedForm

from .actions import latest
from .models import Briefing
from .names import keyed, named

HEAD = ["title", "as_of", "organ", "audience", "presented_by", "signer", "number", "issue_no", "dated_on", "copies_to"]


class BriefingHeadForm(PageModelForm):
    """Title, as-of day and what the head and foot of the paper need."""

    class Meta:
        model = Briefing
        fields = HEAD
        widgets = {"title": forms.Textarea(attrs={"rows": 2})}

    first = ("title", "as_of")  # what is written first; head and foot of the paper follow under a heading of their own

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            *self.first,
            Fieldset(
                _("版头和落款"),
                Div("organ", "audience", css_class="row-2"), Div("number", "issue_no", css_class="row-2"),
                Div("presented_by", "signer", css_class="row-2"), Div("dated_on", "copies_to", css_class="row-2"),
            ),
        )


class BriefingForm(BriefingHeadForm):
    """A new briefing."""

    class Meta(BriefingHeadForm.Meta):
        fields = ["kind", *HEAD]

    first = ("kind", "title", "as_of")


class BriefingTextForm(VersionedForm, BriefingHeadForm):
    """Head and text of a draft as it stands."""

    body = forms.CharField(
        label=_("正文"),
        widget=forms.Textarea(attrs={"rows": 28}),
        help_text=_("“# ”开头是一级标题，“## ”开头是二级标题，序号自动排；{{名称}} 处自动填数，“@机构制度问题”等处自动列出整段。"),
    )
    first = ("title", "as_of", "body")

    def stored(self, row: Briefing) -> dict:
        return super().stored(row) | {"body": named(latest(row).body)}

    def typed(self, name: str):
        return named(self.cleaned_data[name]) if name == "body" else super().typed(name)

    def clean_body(self) -> str:
        return keyed(self.cleaned_data["body"])


class ReasonForm(VersionedForm, PageForm):
    """Why a briefing goes back."""

    reason = forms.CharField(label=_("要改什么"), widget=forms.Textarea(attrs={"rows": 3}))


class SignForm(VersionedForm, PageForm):
    """Who signs."""

    signer = forms.CharField(label=_("签发人"), max_length=20)

    def stored(self, row: Briefing) -> dict:
        return {"signer": row.signer} if row.signer else {}
