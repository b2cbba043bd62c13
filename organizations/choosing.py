"""Choosing a unit or a cadre on a form: from a list while it is short, else by typing, with what fits offered below the box.

A nation has 45,000 units and 700,000 cadres; a list of them is no choice, and no page either.
"""

from collections.abc import Callable
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.forms.models import ModelChoiceIterator
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import RowsField

from .models import Cadre, Unit, UnitQuerySet, lineage

SHORT = 200  # rows of a list one still chooses from
OFFERED = 20  # rows offered while one types


def short_list(rows: QuerySet) -> list | None:
    """The rows, where they are few enough for a list to choose from."""
    found = list(rows[: SHORT + 1])
    return found if len(found) <= SHORT else None


# --- a long list of units, step by step ---


def offered(units: UnitQuerySet, chosen: str | None) -> list[Unit]:
    """What a list of units to choose from holds: all of them; of more than SHORT the upper levels, and round the chosen one what
    lies above and right below it, so that one gets down step by step. `units` in 机构序列."""
    lines = _lines(units, SHORT)
    if len(lines) <= SHORT:
        return _made(units, lines)
    upper = _upper(units, *_made(units, lines[:1]))
    known = units.filter(pk=chosen).first() if chosen and chosen.isdecimal() and len(chosen) < 19 else None
    around = list(units.filter(Q(path__in=lineage(known.path)) | Q(parent=known))) if known else []
    return sorted({unit.pk: unit for unit in upper + around}.values(), key=lambda unit: unit.path)


def _upper(units: UnitQuerySet, first: Unit) -> list[Unit]:
    """The levels that a list may hold, from the first unit down; of a scope of several subtrees their tops as well."""
    level = [first, *_other_tops(units, first)]
    found = list(level)
    while level:
        left = SHORT - len(found)
        lines = _lines(units.filter(parent__in=[unit.pk for unit in level]), left)
        if len(lines) > left:
            break
        level = _made(units, lines)
        found += level
    return found


def _lines(units: UnitQuerySet, most: int) -> list[tuple]:
    """Their columns, of one more than `most`: of too many none is made a unit."""
    return list(units.values_list()[: most + 1])


def _made(units: UnitQuerySet, lines: list[tuple]) -> list[Unit]:
    names = [field.attname for field in Unit._meta.concrete_fields]
    return [Unit.from_db(units.db, names, line) for line in lines]


def _other_tops(units: UnitQuerySet, top: Unit) -> list[Unit]:
    """The tops of the subtrees behind the first, each found by one step along the paths."""
    found: list[Unit] = []
    while (top := units.filter(path__gte=top.path + "~").first()) and len(found) < SHORT:
        found.append(top)
    return found


class UnitsField(RowsField):
    """Units as check boxes, in 机构序列; of too many the upper levels, each with what is below it."""

    widget = forms.CheckboxSelectMultiple

    def get_bound_field(self, form, name):
        rows = offered(self.queryset, None)
        self.widget.choices = [(row.pk, self.label_from_instance(row)) for row in rows]
        return super().get_bound_field(form, name)


# --- by name ---


def written_cadre(cadre: Cadre) -> str:
    """“林知夏（0012）”."""
    return f"{cadre.name}（{cadre.staff_no}）"


def written_unit(unit: Unit) -> str:
    """“石桥街道纪工委（QH-03）”."""
    return f"{unit.name}（{unit.code}）"


def find(queryset, typed: str, *, names: tuple[str, ...], number: str, unknown: str, several: str):
    """The row that “name（number）”, a name or a number names, among those given. Raises ValidationError when it is none or more than one."""
    text = " ".join(typed.replace("(", "（").replace(")", "）").split())
    name, bracket, code = text.rstrip("）").rpartition("（")
    found = list(queryset.filter(**{number: code.strip(), names[0]: name.strip()})[:1]) if bracket else []
    if not found:
        called = Q(**{number: text})
        for column in names:
            called |= Q(**{column: text})
        found = list(queryset.filter(called)[:2])
    if len(found) != 1:
        raise ValidationError(several if found else unknown, params={"typed": typed})
    return found[0]


def find_cadre(queryset, typed: str) -> Cadre:
    return find(
        queryset, typed, names=("name",), number="staff_no",
        unknown=_("名册里没有“%(typed)s”，请核对姓名或工号。"), several=_("名册里不止一人叫“%(typed)s”，请改填工号。"),
    )


def find_unit(queryset, typed: str) -> Unit:
    return find(
        queryset, typed, names=("name", "short_name"), number="code",
        unknown=_("范围内没有“%(typed)s”，请核对单位名称或编码。"), several=_("不止一个单位叫“%(typed)s”，请从提示中选，或改填编码。"),
    )


class TypedInput(forms.TextInput):
    """A box that offers what fits while one types; it works as a plain one too. `offers`: the view that is asked for it.

    `known`: rows that come with the page while they are few, as “written, told beside it”.
    """

    def __init__(self, offers: str, known: Callable[[], list[tuple[str, object]]] = list):
        super().__init__({"autocomplete": "off"})
        self.offers, self.known = offers, known

    def render(self, name, value, attrs=None, renderer=None):
        listed, known = f"id_{name}_offers", self.known()
        asks = {"hx-get": f"{reverse(self.offers)}?of={name}", "hx-trigger": "input changed delay:250ms", "hx-target": f"#{listed}", "hx-sync": "this:replace"}
        box = super().render(name, value, (attrs or {}) | {"list": listed} | ({} if known else asks), renderer)
        return box + format_html('<datalist id="{}">{}</datalist>', listed, format_html_join("", '<option value="{}">{}</option>', known))


class _Listed(ModelChoiceIterator):
    """Choices of rows that were read already."""

    def __iter__(self):
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for row in self.field.listed[:SHORT]:
            yield self.choice(row)


class ChoiceField(forms.ModelChoiceField):
    """A row of `queryset`: a list while it is short, else typed. Subclasses say how a row is written and found."""

    iterator = _Listed
    written: Callable[[Model], str]
    found: Callable[[QuerySet, str], Model]
    offers, typed_help = "", ""

    def __init__(self, queryset=None, **options):
        super().__init__(queryset, **options)

    def _given(self, queryset) -> None:
        forms.ModelChoiceField.queryset.fset(self, queryset)
        self.__dict__.pop("listed", None)

    queryset = property(lambda self: self._queryset, _given)

    @cached_property
    def listed(self) -> list:
        """The rows to choose from, one more than a list may hold at most."""
        return list(self.queryset[: SHORT + 1])

    @property
    def is_typed(self) -> bool:
        return len(self.listed) > SHORT

    def get_bound_field(self, form, name):
        if self.is_typed and not isinstance(self.widget, TypedInput):
            self.widget = TypedInput(self.offers)
            self.widget.is_required = self.required
            self.help_text = self.help_text or self.typed_help
        return super().get_bound_field(form, name)

    def prepare_value(self, value):
        if not self.is_typed or value in self.empty_values:
            return super().prepare_value(value)
        row = value if isinstance(value, self.queryset.model) else self.queryset.filter(pk=value).first() if isinstance(value, int) else None
        return self.written(row) if row else value

    def to_python(self, value):
        if value in self.empty_values or not self.is_typed or isinstance(value, self.queryset.model):
            return super().to_python(value)
        return self.found(self.queryset, str(value)) if str(value).strip() else None


class UnitField(ChoiceField):
    """A unit, indented by its level below the first one offered."""

    written, found = staticmethod(written_unit), staticmethod(find_unit)
    offers, typed_help = "organizations:unit_offers", gettext_lazy("写单位名称或编码")

    def label_from_instance(self, unit: Unit) -> str:
        top = self.listed[0].depth if self.listed else unit.depth
        return "　" * (unit.depth - top) + str(unit)


class CadreField(ChoiceField):
    """A cadre with the unit, since names repeat."""

    written, found = staticmethod(written_cadre), staticmethod(find_cadre)
    offers, typed_help = "organizations:cadre_offers", gettext_lazy("写姓名或工号")

    def label_from_instance(self, cadre: Cadre) -> str:
        return f"{cadre.name}（{cadre.unit}）"
