"""Writing the sealed secrets of authenticators again, in the suite of the settings."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from keys.resealing import reseals

from .models import Authenticator

BATCH = 500


@reseals(_("验证器"))
def reseal_authenticators() -> int:
    """In batches of their own transactions: one that breaks off leaves every secret readable."""
    last, count = 0, 0
    while pks := list(Authenticator.objects.filter(pk__gt=last, key__destroyed_at__isnull=True).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last, count = pks[-1], count + _reseal(pks)
    return count


@transaction.atomic
def _reseal(pks: list[int]) -> int:
    rows = list(Authenticator.objects.select_for_update(of=("self",)).select_related("key").filter(pk__in=pks))
    for row in rows:
        Authenticator.secret.reseal(row)
    Authenticator.objects.bulk_update(rows, ["sealed_secret"])
    return len(rows)
