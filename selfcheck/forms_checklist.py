"""Forms of the checklist: its editor, its publication, and a round that takes up a newer version."""

import re
from dataclasses import dataclass

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.forms import PageForm, VersionedForm, dress

from .actions import new_key, text_of
from .checklist_diff import (
    AspectText,
    ChecklistText,
    QuestionText,
    shifted_aspect,
    shifted_question,
    with_aspect,
    with_question,
    without_aspect,
    without_question,
)
from .models import ChecklistVersion, Question
from .report_form import LongText

PARTS = ("text", "help", "evidence", "sensitivity")
DOES = {
    ("up", "aspect"): lambda text, key: shifted_aspect(text, key, -1),
    ("down", "aspect"): lambda text, key: shifted_aspect(text, key, 1),
    ("remove", "aspect"): without_aspect,
    ("up", "question"): lambda text, key: shifted_question(text, key, -1),
    ("down", "question"): lambda text, key: shifted_question(text, key, 1),
    ("remove", "question"): without_question,
}
TYPED = re.compile(r"(?:aspect-\w+|question-\w+-(?:text|help|evidence))$")
HELP = {"help": _("写给填写的人"), "evidence": Question._meta.get_field("evidence").help_text, "sensitivity": Question._meta.get_field("sensitivity").help_text}


class Unfinished(forms.CharField):
    """Must be written before publication, but not before the draft is kept."""

    def validate(self, value: str) -> None:
        """Empty is accepted; the validators say whether it is too long."""


@dataclass
class Group:
    """One aspect on the page: its field, and for each question its key, its fields and whether it can go up or down."""

    key: str
    field: forms.BoundField
    questions: list[tuple[str, list[forms.BoundField]]]


def flat(text: ChecklistText) -> dict[str, str]:
    """What a checklist says, under the names of the form's fields."""
    found = {"name": text.name, "pledge": text.pledge, "notice": text.notice}
    for aspect in text.aspects:
        found[f"aspect-{aspect.key}"] = aspect.label
        for question in aspect.questions:
            found |= {f"question-{question.key}-{part}": getattr(question, part) for part in PARTS}
    return found


class ChecklistForm(VersionedForm, PageForm):
    """The whole draft. What was not written yet may stay empty: gaps are told at publication."""

    name = forms.CharField(label=ChecklistVersion._meta.get_field("name").verbose_name, max_length=60)
    pledge = LongText(label=ChecklistVersion._meta.get_field("pledge").verbose_name, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("提交时作出"))
    notice = LongText(
        label=ChecklistVersion._meta.get_field("notice").verbose_name, max_length=3000, required=False, widget=forms.Textarea(attrs={"rows": 8}), help_text=ChecklistVersion._meta.get_field("notice").help_text
    )

    def __init__(self, data=None, *, row: ChecklistVersion):
        self.campaign, self.text = row.campaign, text_of(row)
        super().__init__(data, row=row)
        if data is not None and data.get("version") != str(row.version):  # overtaken: what came into being meanwhile was not on the page
            self.data = data.copy()
            for name, value in flat(self.text).items():
                self.data.setdefault(name, value)
        for aspect in self.text.aspects:
            self._add_fields(aspect)
        dress(self)

    def stored(self, row: ChecklistVersion) -> dict:
        return flat(text_of(row))

    def _add_fields(self, aspect: AspectText) -> None:
        self.fields[f"aspect-{aspect.key}"] = Unfinished(label=_("方面名称"), max_length=30)
        for question in aspect.questions:
            self.fields |= {f"question-{question.key}-{part}": self._field(part) for part in PARTS}

    def _field(self, part: str) -> forms.Field:
        label = Question._meta.get_field(part).verbose_name
        if part == "sensitivity":
            return forms.ChoiceField(label=label, choices=Question.Sensitivity.choices, widget=forms.RadioSelect, help_text=HELP[part])
        return Unfinished(label=label, max_length=200) if part == "text" else forms.CharField(label=label, max_length=200, required=False, help_text=HELP.get(part, ""))

    @property
    def groups(self) -> list[Group]:
        return [
            Group(one.key, self[f"aspect-{one.key}"], [(q.key, [self[f"question-{q.key}-{part}"] for part in PARTS]) for q in one.questions])
            for one in self.text.aspects
        ]

    @property
    def homeless(self) -> list[str]:
        """What was typed under an aspect or a question that somebody else has removed meanwhile."""
        return [value for name, value in self.data.items() if TYPED.match(name) and name not in self.fields and value]

    def edited(self) -> ChecklistText:
        """What was typed."""
        said = self.cleaned_data
        return ChecklistText(said["name"], said["pledge"], said["notice"], tuple(
            AspectText(one.key, said[f"aspect-{one.key}"], tuple(QuestionText(q.key, *(said[f"question-{q.key}-{part}"] for part in PARTS)) for q in one.questions))
            for one in self.text.aspects
        ))  # fmt: skip

    def pressed(self, button: str) -> tuple[ChecklistText, str]:
        """What was typed, with what the button does to it; and the place of the page it was about. A button of a key that is gone does nothing."""
        do, kind, key = (*button.split(" "), "", "")[:3]
        text = self.edited()
        if (do, kind) in DOES:
            return DOES[do, kind](text, key), f"{kind}-{key}" if do != "remove" else "lines"
        if do == "add" and kind == "aspect":
            key = new_key(self.campaign, "aspect", text)
            return with_aspect(text, key), f"id_aspect-{key}"
        if do == "add":
            fresh = new_key(self.campaign, "question", text)
            return with_question(text, key, fresh), f"id_question-{fresh}-text"
        return text, ""


class PublishForm(VersionedForm, PageForm):
    """Nothing but the version of the draft that was read."""


class AdoptForm(VersionedForm, PageForm):
    """Which version a round takes up: the one its page showed."""

    checklist = forms.ModelChoiceField(queryset=ChecklistVersion.objects.none(), widget=forms.HiddenInput)
    asks_nothing = True

    def __init__(self, *args, versions: models.QuerySet[ChecklistVersion], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["checklist"].queryset = versions
