"""Fields of this room: a cadre by name, several files, units, a receiver list."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import RowsField
from organizations.models import Cadre

SUGGESTED = 300  # names offered while typing


class NameInput(forms.TextInput):
    """A text box that offers names while one types; it works as a plain text box too."""

    suggested = Cadre.objects.none()

    def render(self, name, value, attrs=None, renderer=None):
        names = list(self.suggested.select_related("unit")[:SUGGESTED])
        listed = f"id_{name}_names"
        box = super().render(name, value, (attrs or {}) | {"list": listed, "autocomplete": "off"}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', ((written(c), c.unit) for c in names))
        return box + format_html('<datalist id="{}">{}</datalist>', listed, options)


def written(cadre: Cadre) -> str:
    """“林知夏（0012）”."""
    return f"{cadre.name}（{cadre.staff_no}）"


class CadreField(forms.CharField):
    """A cadre by 姓名, 工号 or “姓名（工号）”, among those it was given."""

    widget = NameInput

    def __init__(self, *, queryset=None, **kwargs):
        kwargs.setdefault("help_text", gettext_lazy("写姓名或工号"))
        super().__init__(**kwargs)
        self.among(queryset if queryset is not None else Cadre.objects.none())

    def among(self, queryset) -> None:
        self.queryset = queryset
        self.widget.suggested = queryset

    def __deepcopy__(self, memo):
        field = super().__deepcopy__(memo)
        field.among(self.queryset)
        return field

    def prepare_value(self, value):
        if isinstance(value, int):
            value = self.queryset.filter(pk=value).first() or ""
        return written(value) if isinstance(value, Cadre) else value

    def clean(self, value):
        typed = super().clean(value).replace("(", "（").replace(")", "）").strip()
        if not typed:
            return None
        name, _sep, number = typed.rstrip("）").partition("（")
        match = Q(staff_no=number.strip(), name=name.strip()) if number else Q(name=typed) | Q(staff_no=typed)
        found = list(self.queryset.filter(match)[:2])
        if not found:
            raise ValidationError(_("名册里没有“%(typed)s”，请核对姓名或工号。"), params={"typed": typed})
        if len(found) > 1:
            raise ValidationError(_("名册里不止一人叫“%(typed)s”，请改填工号。"), params={"typed": typed})
        return found[0]


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; the cleaned value is a list."""

    widget = FilesInput

    def clean(self, data, initial=None):
        uploads = data if isinstance(data, list | tuple) else [data]
        return [cleaned for upload in uploads if (cleaned := super(FilesField, self).clean(upload, initial))]


class UnitsField(RowsField):
    """Units as check boxes, in 机构序列."""

    widget = forms.CheckboxSelectMultiple
