"""Two people and one row: whoever saves second is told, and nothing is overwritten.

A row that can be edited carries `version`. The form hands back the one its reader saw; the deed locks the row, compares and
moves the version on. A program that read nothing passes None, and nothing is compared.
"""

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

Row = TypeVar("Row", bound=models.Model)


class Conflict(ValidationError):
    """Somebody saved meanwhile. `row` is what stands now; `is_final` when the deed can't be done any more, whoever insists."""

    def __init__(self, row: models.Model, sentence: str = "", *, is_final: bool = False):
        super().__init__(sentence or _("这一项刚才被别人改过，您的修改还没有保存。"), code="conflict")
        self.row, self.is_final = row, is_final


def move_on(row: models.Model, version: int | None) -> None:
    """Refuse the editor of another version; the save that follows writes the next one. Ask for the row locked."""
    if version is not None and row.version != version:
        raise Conflict(row)
    row.version += 1


def lock_version(row: Row, version: int | None = None) -> Row:
    """The row as it is now, locked until the deed is done and with its version moved on; raises Conflict."""
    current = type(row)._base_manager.select_for_update().get(pk=row.pk)
    move_on(current, version)
    return current
