"""Forms for meetings and documents."""

from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.forms import PageModelForm, VersionedForm
from accounts.templatetags.page import day

from ..models import AgendaItem, Campaign, Document, Instruction, Meeting

AGENDA_ROWS = range(1, 7)
INSTRUCTION_ROWS = range(1, 3)
OPEN_ROWS = 3  # agenda rows shown before “更多议程” is opened


class MeetingHeadForm(PageModelForm):
    """What stands about a meeting itself."""

    class Meta:
        model = Meeting
        fields = ["title", "kind", "organ", "held_on", "place", "host", "follows", "same_day_as_followed", "whole_workforce"]

    def __init__(self, *args, campaign: Campaign, meeting: Meeting | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["follows"].queryset = campaign.meetings.exclude(pk=meeting.pk) if meeting else campaign.meetings.all()
        self.fields["follows"].label_from_instance = lambda m: f"{day(m.held_on)}　{m.organ}　{m.title}"
        self.fields["follows"].help_text = _("这次会议传达贯彻的是哪一次会议")
        self.helper.layout = Layout(
            Fieldset(_("一、会议"), "title", Div("kind", "organ", css_class="row-2"), "held_on", Div("place", "host", css_class="row-2"), "whole_workforce"),
            Fieldset(_("二、贯彻关系"), "follows", "same_day_as_followed"),
        )

    def clean(self):
        cleaned = super().clean()
        follows, held_on = cleaned.get("follows"), cleaned.get("held_on")
        if cleaned.get("same_day_as_followed") and follows is None:
            self.add_error("follows", _("勾选了“同日”，请选择所贯彻的会议。"))
        elif cleaned.get("same_day_as_followed") and held_on and follows.held_on and held_on != follows.held_on:
            self.add_error("held_on", _("勾选了“同日”，但所贯彻的会议是 %(d)s 召开的，请核对。") % {"d": day(follows.held_on)})
        return cleaned


class MeetingChangeForm(VersionedForm, MeetingHeadForm):
    """A meeting as it stands, to be changed."""


class MeetingForm(MeetingHeadForm):
    """A meeting with up to six agenda rows and two leaders' instructions, as numbered fields."""

    def __init__(self, *args, campaign: Campaign, **kwargs):
        super().__init__(*args, campaign=campaign, **kwargs)
        self.documents = {str(d.pk): d for d in campaign.documents.all()}
        papers = [(pk, d.short_title or d.title) for pk, d in self.documents.items()]
        for n in AGENDA_ROWS:
            self.fields[f"agenda_{n}_kind"] = forms.ChoiceField(label=_("事项"), choices=[("", _("不填")), *AgendaItem.Kind.choices], required=False)
            self.fields[f"agenda_{n}_text"] = forms.CharField(label=_("内容"), max_length=AgendaItem._meta.get_field("text").max_length, required=False)
            self.fields[f"agenda_{n}_documents"] = forms.MultipleChoiceField(label=_("涉及的文件"), choices=papers, required=False, widget=forms.CheckboxSelectMultiple)
        for n in INSTRUCTION_ROWS:
            self.fields[f"instruction_{n}_speaker"] = forms.CharField(label=_("讲话人职务"), max_length=Instruction._meta.get_field("speaker_post").max_length, required=False)
            self.fields[f"instruction_{n}_text"] = forms.CharField(label=_("要求"), widget=forms.Textarea(attrs={"rows": 3}), required=False)

    def clean(self):
        cleaned = super().clean()
        cleaned["agenda"] = [row for n in AGENDA_ROWS if (row := self._agenda(cleaned, n))]
        cleaned["instructions"] = [row for n in INSTRUCTION_ROWS if (row := self._instruction(cleaned, n))]
        return cleaned

    def _agenda(self, cleaned: dict, n: int) -> dict | None:
        """One agenda row; None when it was left empty."""
        kind, text = cleaned.get(f"agenda_{n}_kind"), cleaned.get(f"agenda_{n}_text", "")
        papers = cleaned.get(f"agenda_{n}_documents") or []
        if (text or papers) and not kind:
            self.add_error(f"agenda_{n}_kind", _("请选择第 %(n)s 项议程的事项。") % {"n": n})
        if kind and not text and not papers:
            self.add_error(f"agenda_{n}_text", _("请写明第 %(n)s 项议程的内容，或选择文件。") % {"n": n})
        return {"kind": kind, "text": text, "documents": [self.documents[pk] for pk in papers]} if kind else None

    def _instruction(self, cleaned: dict, n: int) -> dict | None:
        speaker, text = cleaned.get(f"instruction_{n}_speaker"), cleaned.get(f"instruction_{n}_text")
        if text and not speaker:
            self.add_error(f"instruction_{n}_speaker", _("请写明讲话人职务，如“区党工委书记”。"))
        if speaker and not text:
            self.add_error(f"instruction_{n}_text", _("请写明讲话人提出的要求。"))
        return {"speaker_post": speaker, "text": text} if speaker and text else None

    def facts(self) -> dict:
        """What the action takes."""
        return {key: self.cleaned_data[key] for key in (*self.Meta.fields, "agenda", "instructions")}

    def agenda_rows(self) -> list[dict]:
        """The numbered fields by row, for the page."""
        return [{"n": n, "kind": self[f"agenda_{n}_kind"], "text": self[f"agenda_{n}_text"], "documents": self[f"agenda_{n}_documents"]} for n in AGENDA_ROWS]

    def first_rows(self) -> list[dict]:
        return self.agenda_rows()[:OPEN_ROWS]

    def more_rows(self) -> list[dict]:
        return self.agenda_rows()[OPEN_ROWS:]

    def more_open(self) -> bool:
        """Whether a later row holds something typed."""
        return any(row[key].value() for row in self.more_rows() for key in ("kind", "text", "documents"))

    def instruction_rows(self) -> list[dict]:
        return [{"n": n, "speaker": self[f"instruction_{n}_speaker"], "text": self[f"instruction_{n}_text"]} for n in INSTRUCTION_ROWS]


class DocumentForm(PageModelForm):
    upload = forms.FileField(label=lazy("文件"), required=False, help_text=lazy("可以先登记、以后再补；只收 PDF、PNG、JPG、DOCX、XLSX、PPTX，不超过 50 MB"))

    class Meta:
        model = Document
        fields = ["title", "short_title", "kind", "level", "issuer", "number", "edition", "issued_on"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            Fieldset(_("一、文件"), "title", "short_title", "kind", "upload"),
            Fieldset(_("二、制发"), Div("level", "issuer", css_class="row-2"), Div("number", "edition", css_class="row-2"), "issued_on"),
        )


class DocumentChangeForm(VersionedForm, DocumentForm):
    """A document as it stands, to be changed."""
