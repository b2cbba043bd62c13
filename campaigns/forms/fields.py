"""Fields of this room: a cadre by name, several files."""

from django import forms
from django.utils.translation import gettext_lazy

from organizations.choosing import TypedInput, find_cadre, short_list, written_cadre
from organizations.models import Cadre


class CadreField(forms.CharField):
    """A cadre by 姓名, 工号 or “姓名（工号）”, among those it was given; always typed, since a post may have nobody yet."""

    def __init__(self, *, queryset=None, **kwargs):
        kwargs.setdefault("help_text", gettext_lazy("写姓名或工号"))
        super().__init__(widget=TypedInput("organizations:cadre_offers"), **kwargs)
        self.among(queryset if queryset is not None else Cadre.objects.none())

    def among(self, queryset) -> None:
        self.queryset = queryset
        self.widget.known = self._known

    def __deepcopy__(self, memo):
        field = super().__deepcopy__(memo)
        field.among(self.queryset)
        return field

    def _known(self) -> list[tuple[str, object]]:
        """All who may be named, while a page can hold them."""
        return [(written_cadre(cadre), cadre.unit) for cadre in short_list(self.queryset.select_related("unit")) or []]

    def prepare_value(self, value):
        if isinstance(value, int):
            value = self.queryset.filter(pk=value).first() or ""
        return written_cadre(value) if isinstance(value, Cadre) else value

    def clean(self, value):
        typed = super().clean(value).strip()
        return find_cadre(self.queryset, typed) if typed else None


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; the cleaned value is a list."""

    widget = FilesInput

    def clean(self, data, initial=None):
        uploads = data if isinstance(data, list | tuple) else [data]
        return [cleaned for upload in uploads if (cleaned := super(FilesField, self).clean(upload, initial))]
