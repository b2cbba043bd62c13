"""The label of a choice, looked up once."""

from django.db import models
from django.utils.encoding import force_str


class Labelled:
    """Mixin of a row whose labels a list shows by the hundred.

    Django finds a label by hashing all of the field's, each of which is translated for it; here one is.
    """

    def _get_FIELD_display(self, field: models.Field) -> str:
        value = getattr(self, field.attname)
        return force_str(dict(field.flatchoices).get(value, value), strings_only=True)
