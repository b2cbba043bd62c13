"""Deeds on keys: make, rotate, write again in another suite, destroy."""

import datetime as dt
import os

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from audit.log import record

from . import ring
from .erasing import FOLLOWERS
from .models import DataKey
from .resealing import HOLDERS

BATCH = 500


@transaction.atomic
def key_for(holder: str, *, at: dt.datetime) -> DataKey:
    """The holder's key, made when first asked for. Part of the deed that seals something, which is audited."""
    found = DataKey.objects.filter(holder=holder).first()
    if found:
        return found
    number = ring.newest(is_first=not DataKey.objects.exists())
    wrapped = ring.wrap(os.urandom(32), number=number, holder=holder)
    return DataKey.objects.get_or_create(holder=holder, defaults={"wrapped": wrapped, "kek": number, "made_at": at})[0]


def drop_key(holder: str) -> None:
    """Take a holder's key away, destroyed or not, after what it sealed is gone: the next is a new one. Part of a deed that is audited."""
    DataKey.objects.filter(holder=holder).delete()


def rotate_keys(*, by, at: dt.datetime) -> int:
    """Make a new key of the ring and seal every person's key with it; the texts stay as they are. Says how many keys.

    In batches: one that breaks off leaves every key readable, and run again goes on. Old files may go once no backup needs them.
    """
    old = ring.newest(is_first=not DataKey.objects.exists())
    if not DataKey.objects.filter(destroyed_at__isnull=True).exclude(kek=old).exists():
        ring.make(old + 1)
    number, count = ring.newest(is_first=False), 0
    while rows := list(DataKey.objects.filter(destroyed_at__isnull=True).exclude(kek=number)[:BATCH]):
        count += _rewrap([row.pk for row in rows], number)
    with transaction.atomic():
        record("keys.rotate_keys", by=by, at=at, kek=number, keys=count)
    return count


@transaction.atomic
def _rewrap(pks: list[int], number: int) -> int:
    rows = list(DataKey.objects.select_for_update().filter(pk__in=pks, destroyed_at__isnull=True))
    for row in rows:
        row.wrapped, row.kek = ring.wrap(row.secret, number=number, holder=row.holder), number
    DataKey.objects.bulk_update(rows, ["wrapped", "kek"])
    return len(rows)


def reseal_texts(*, by, at: dt.datetime) -> dict[str, int]:
    """Write every sealed text again in the suite of the settings (after CRYPTO_SUITE changed). Says how many by room."""
    counts = {label: reseal() for label, reseal in HOLDERS.items()}
    with transaction.atomic():
        record("keys.reseal_texts", by=by, at=at, suite=settings.CRYPTO_SUITE, texts=sum(counts.values()))
    return counts


@transaction.atomic
def destroy_key(holder: str, *, reason: str, by, at: dt.datetime) -> DataKey:
    """Destroy a holder's key: what it sealed is gone here for good, and in backups once the master key of then is gone too. Raises ValidationError."""
    key = DataKey.objects.select_for_update().filter(holder=holder).first()
    if key is None:
        raise ValidationError(_("没有“%(holder)s”的密钥，请核对。") % {"holder": holder})
    if key.destroyed_at:
        raise ValidationError(_("“%(holder)s”的密钥已经销毁。") % {"holder": holder})
    if not reason.strip():
        raise ValidationError({"reason": _("请写明销毁的原因。")})
    key.wrapped, key.destroyed_at, key.destroyed_by, key.destroyed_for = "", at, str(by or _("系统")), reason.strip()[:200]
    key.save()
    for erase in FOLLOWERS:
        erase(key)
    record("keys.destroy_key", by=by, at=at, subject=key, reason=key.destroyed_for)
    return key


@transaction.atomic
def discard_key(key: DataKey, *, reason: str, by, at: dt.datetime) -> bool:
    """Throw away a key whose texts are gone, so that backups can be closed by removing the master key of then; its holder gets a new one with their next text.

    False, and nothing done, while any row still needs it.
    """
    try:
        with transaction.atomic():
            key.delete()
    except ProtectedError:
        return False
    record("keys.discard_key", by=by, at=at, subject=key, reason=reason)
    return True
