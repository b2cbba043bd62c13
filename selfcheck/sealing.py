"""Writing every sealed text of the self-checks again, in the suite of the settings."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from keys.resealing import reseals
from keys.sealed import Sealed

from .models import SEALED, SelfCheck

BATCH = 500
TEXTS = [text for text in vars(SelfCheck).values() if isinstance(text, Sealed) and text.column in SEALED]


@reseals(_("自查自纠报告"))
def reseal_reports() -> int:
    """In batches of their own transactions: one that breaks off leaves every report readable."""
    last, count = 0, 0
    while pks := list(SelfCheck.objects.filter(pk__gt=last, key__destroyed_at__isnull=True, key__isnull=False).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last, count = pks[-1], count + _reseal(pks)
    return count


@transaction.atomic
def _reseal(pks: list[int]) -> int:
    rows = list(SelfCheck.objects.select_for_update(of=("self",)).select_related("key").filter(pk__in=pks))
    for row in rows:
        for text in TEXTS:
            text.reseal(row)
    SelfCheck.objects.bulk_update(rows, SEALED)
    return len(rows)
