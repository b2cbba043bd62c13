"""The form of 自查自纠报告, made from the checklist: a part for every question, opened by 是, with as many items as needed.

Fields are named as in `actions.gaps()`: `q7` the answer, `q7-2-cause` the cause of its second item. Beside them the page
sends `q7-items`, the number of items it showed. Every field may stay empty here: what is missing is told at submission.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from crispy_forms.layout import Field, Layout, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from accounts.forms import PageForm, dress, needed_sometimes
from accounts.templatetags.page import day, ordinal
from ledger.models import Problem

from .actions import AnswerDraft, ItemDraft, gaps
from .models import ITEM_TEXTS, STATEMENT, Question, SelfCheck, places_of

ITEM = ("manifestation", "cause", "measure", "track", "due_on")
SAYS = {True: "yes", False: "no", None: ""}
MEANS = {"yes": True, "no": False}
MOST = 20  # items under one question
UNSEEN = ("version", "page", "saves", "pledge")  # what nobody typed, or nothing keeps
NUMBERED = re.compile(r"q(\d{1,18})(?:-|$)")


class LongText(forms.CharField):
    """A text of several lines; a line end counts one character, as in the browser."""

    widget = forms.Textarea

    def to_python(self, value):
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


@dataclass
class Part:
    """One question of the report with the number of items shown under it."""

    question: Question
    place: str
    count: int
    is_opened: bool = False  # asked for on purpose, whatever the answer

    @property
    def name(self) -> str:
        return f"q{self.question.pk}"

    def names(self, n: int) -> list[str]:
        return [f"{self.name}-{n}-{key}" for key in ITEM]

    def owns(self, field: str) -> bool:
        return field == self.name or field.startswith(f"{self.name}-")

    @property
    def title(self) -> str:
        return f"{ordinal(self.question.aspect.order)}、{self.place}"


def flat(report: SelfCheck) -> dict[str, str]:
    """What is saved, under the names of the form's fields."""
    found = {"statement": report.statement, "version": str(report.version)}
    for answer in report.answers.all():
        name = f"q{answer.question_id}"
        found[name] = SAYS[answer.exists]
        items = list(answer.items.all())
        found[f"{name}-items"] = str(len(items))
        for n, item in enumerate(items, 1):
            found |= {f"{name}-{n}-{key}": _text(getattr(item, key)) for key in ITEM}
    return found


def renamed(data, questions: list[Question]):
    """What a page sent that was opened under an older version: every field under the name its question has now."""
    now = {question.key: question.pk for question in questions}
    sent = {int(found[1]) for name in data or () if (found := NUMBERED.match(name))} - set(now.values())
    if not sent:
        return data
    old = Question.objects.filter(pk__in=sent, version__campaign__checklists__questions__in=questions).distinct().values_list("pk", "key")
    moved = {f"q{pk}": f"q{now[key]}" for pk, key in old if key in now}
    names = {name: moved.get(head, head) + sep + rest for name in data for head, sep, rest in [name.partition("-")]}
    again = QueryDict(mutable=True)
    for name in data:
        again.setlist(names[name], data.getlist(name) if hasattr(data, "getlist") else [data[name]])
    return again


def _text(value: str | dt.date | None) -> str:
    return value.isoformat() if isinstance(value, dt.date) else value or ""


class ReportForm(PageForm):
    """自查自纠报告 of one cadre. Ask for a report fetched `with_body()`."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    page = forms.CharField(required=False, max_length=32)  # which open page sends, and how often it has saved by itself
    saves = forms.IntegerField(required=False, min_value=0)
    statement = LongText(label=STATEMENT, required=False, max_length=3000, widget=forms.Textarea(attrs={"rows": 3}))
    pledge = forms.BooleanField(label=_("我已通读以上内容并作出承诺"), required=False)

    def __init__(self, data=None, *, report: SelfCheck, more: str = ""):
        self.saved = flat(report)
        self.newer: dict[str, str] = {}
        self.remarks = report.remarks if report.status == SelfCheck.Status.RETURNED else {}
        questions = list(report.checklist.questions.select_related("aspect"))
        places = places_of(questions)
        super().__init__(renamed(data, questions), initial=self.saved)
        self.parts = [Part(q, places[q.pk], self._count(f"q{q.pk}", more), more == str(q.pk)) for q in questions]
        self.places = {"statement": _g("其他说明"), "pledge": _g("本人承诺")}
        for part in self.parts:
            self._add_fields(part)
        dress(self)
        self.helper.layout = Layout(
            *[AspectPart(part) for part in self.parts],
            NewerField("statement", template="selfcheck/_statement.html"),
            Field("pledge", template="selfcheck/_pledge.html"),
        )

    def _count(self, name: str, more: str) -> int:
        """Items to show: those saved or sent, at least one, one more when asked for."""
        saved = int(self.saved.get(f"{name}-items", 0)) + (name == f"q{more}")
        sent = str(self.data.get(f"{name}-items", ""))[:3]
        return min(max(saved, int(sent) if sent.isdecimal() else 0, 1), MOST)

    def _add_fields(self, part: Part) -> None:
        opens = forms.RadioSelect(attrs={"data-opens": f"part-{part.question.pk}"})
        self.fields[part.name] = forms.ChoiceField(label=part.question.text, choices=[("yes", _("是")), ("no", _("否"))], widget=opens, required=False)
        self.places[part.name] = part.title
        for n in range(1, part.count + 1):
            made = dict(zip(part.names(n), _item_fields(), strict=True))
            self.fields |= made
            self.places |= dict.fromkeys(made, _g("%(part)s 第 %(n)s 项") % {"part": part.title, "n": n})

    def drafts(self, *, without: str = "") -> dict[int, AnswerDraft]:
        """What was typed, as the actions take it; blank items are dropped, and the one named `without` (as in “q7-2”)."""
        return {
            part.question.pk: AnswerDraft(
                MEANS.get(self.cleaned_data[part.name]),
                [item for n in range(1, part.count + 1) if f"{part.name}-{n}" != without and not (item := self._item(part, n)).is_blank()],
            )
            for part in self.parts
        }

    def _item(self, part: Part, n: int) -> ItemDraft:
        return ItemDraft(**{key: self.cleaned_data[name] for key, name in zip(ITEM, part.names(n), strict=True)})

    @property
    def is_stale(self) -> bool:
        """Whether it was refused because somebody saved in the meantime."""
        return self.has_error(NON_FIELD_ERRORS, code="conflict")

    def compare(self) -> None:
        """Note for each field what was saved elsewhere in the meantime, where it differs from what was typed here."""
        for name, field in self.fields.items():
            there = self.saved.get(name, "")
            if name not in UNSEEN and there != str(self[name].value() or "").replace("\r\n", "\n").strip():
                self.newer[name] = _shown(field, there) or _g("（没有填写）")

    def faults(self) -> list[dict[str, str]]:
        """Every error with its place in words and the id to jump to, in the order of the page."""
        order = list(self.fields)
        named = sorted((name for name in self.errors if name in self.fields), key=lambda name: order.index(name) if name not in ("statement", "pledge") else len(order))
        return [{"id": "", "text": text} for text in self.non_field_errors()] + [
            {"id": self[name].id_for_label or self[name].auto_id, "text": f"{self.places.get(name, '')}：{text}"}
            for name in named
            for text in self.errors[name]
        ]

    def outline(self) -> list[dict]:
        """Where each part stands: 否 / 是，2 项 / 差 1 处 / 未答."""
        return [{"title": part.title, "id": f"aspect-{part.question.pk}"} | self._state(part) for part in self.parts]

    @property
    def aspects(self) -> int:
        """How many aspects are asked about: one with two questions is one, as in the numbers of the headings."""
        return len({part.question.aspect_id for part in self.parts})

    def standing(self) -> str:
        """The outline in one line: 已答 5/6，还差 1 个方面、承诺."""
        answered = sum(bool(self[part.name].value()) for part in self.parts)
        told = {"pledge", NON_FIELD_ERRORS, *(part.name for part in self.parts)}
        faulty = len(self.errors.keys() - told) if self.is_bound else 0
        asked = _g("%(n)s 个方面") if self.aspects == len(self.parts) else _g("%(n)s 问")
        left = [asked % {"n": len(self.parts) - answered}] * (answered < len(self.parts))
        left += [_g("%(n)s 处") % {"n": faulty}] * bool(faulty)
        left += [_g("承诺")] * (not self["pledge"].value())
        so_far = _g("已答 %(a)s/%(b)s") % {"a": answered, "b": len(self.parts)}
        return _g("%(so_far)s，还差 %(left)s") % {"so_far": so_far, "left": _g("、").join(left)} if left else _g("%(so_far)s，可以提交") % {"so_far": so_far}

    def _state(self, part: Part) -> dict:
        faults = sum(part.owns(name) for name in self.errors) if self.is_bound else 0
        if faults:
            return {"css": "late", "state": _g("差 %(n)s 处") % {"n": faults}}
        answer = self[part.name].value()
        if answer != "yes":
            return {"css": "say", "state": _g("否") if answer == "no" else _g("未答")}
        items = sum(any(self[name].value() for name in part.names(n)) for n in range(1, part.count + 1))
        return {"css": "say", "state": _g("是，%(n)s 项") % {"n": items}}

    def is_open(self, part: Part) -> bool:
        """Shown by the server: the answer is 是, or something inside asks for attention."""
        inside = any(part.owns(name) and name != part.name for name in [*(self.errors if self.is_bound else ()), *self.newer])
        return part.is_opened or inside or self[part.name].value() == "yes"


def checked(report: SelfCheck, *, pledged: bool) -> ReportForm:
    """The saved report with everything that still keeps it from being submitted."""
    form = ReportForm(flat(report) | ({"pledge": "on"} if pledged else {}), report=report)
    if form.is_valid():
        found = gaps(report.checklist, form.drafts())
        for name, sentence in found.items():
            form.add_error(name, sentence.partition("：")[2] or sentence)
    if not pledged:
        form.add_error("pledge", _g("请通读后勾选承诺"))
    return form


def _item_fields() -> list[forms.Field]:
    """Fresh fields of one item, in the order of ITEM."""

    def long(key: str, rows: int, help_text: str = "") -> LongText:
        label, most = ITEM_TEXTS[key]
        return LongText(label=label, max_length=most, required=False, help_text=help_text, widget=forms.Textarea(attrs={"rows": rows}))

    return [
        long("manifestation", 3, _("写时间、事项和次数，一般 50—200 字")),
        long("cause", 2),
        long("measure", 2),
        forms.ChoiceField(label=_("整改方式"), choices=Problem.Track.choices, required=False, widget=forms.RadioSelect, help_text=Problem._meta.get_field("track").help_text),
        needed_sometimes(forms.DateField(label=_("整改时限"), required=False, help_text=_("选“限期整改”的必须填写"))),
    ]


def _shown(field: forms.Field, text: str) -> str:
    """A saved value as people read it."""
    if isinstance(field, forms.DateField) and text:
        return day(parse_date(text))
    return str(dict(field.choices).get(text, "")) if isinstance(field, forms.ChoiceField) else text


class NewerField(Field):
    """A field with what was saved elsewhere meanwhile below it."""

    def render(self, form, context, template_pack=TEMPLATE_PACK, extra_context=None, **kwargs):
        newer = {"newer": form.newer.get(self.fields[0])}
        return super().render(form, context, template_pack, extra_context=newer | (extra_context or {}), **kwargs)


class AspectPart(LayoutObject):
    """One question: 是 or 否, and below it the items that 是 opens."""

    template = "selfcheck/_aspect.html"

    def __init__(self, part: Part):
        self.part = part
        self.fields = [part.name]

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        items = [self._item(n, form) for n in range(1, self.part.count + 1)]
        own = {"part": self.part, "answer": form[self.part.name], "items": items, "is_open": form.is_open(self.part), "newer": form.newer.get(self.part.name), "remark": form.remarks.get(self.part.question.key), "is_full": self.part.count >= MOST}
        return render_to_string(self.template, context.flatten() | own)

    def _item(self, n: int, form) -> dict:
        """Its number, its fields and whether nothing is written in them."""
        names = self.part.names(n)
        is_blank = not any(form[name].value() for name in names)
        untouched = is_blank and form.newer.keys().isdisjoint(names) and not (form.is_bound and form.errors.keys() & set(names))
        return {"n": n, "is_blank": is_blank, "fields": blank_fields(*names) if untouched else item_fields(form, names)}


def item_fields(form, names: Sequence[str]) -> str:
    """The fields of one item, in one template: a page has thirty of them and more."""
    return render_to_string("selfcheck/_item.html", {"fields": [{"field": form[name], "newer": form.newer.get(name)} for name in names]})


@lru_cache(2000)
def blank_fields(*names: str) -> str:
    """The same of an item nobody has written in: on most reports all of them, and each time the same."""
    form = PageForm()
    form.fields |= zip(names, _item_fields(), strict=True)
    form.newer = {}
    dress(form)
    return item_fields(form, names)
