"""Seal what stands in plain columns, and end open-ended reviewing 60 days after each report's deadline."""

import datetime as dt
import json
import os

from django.conf import settings
from django.db import migrations
from django.utils import timezone

from keys import ring, suites

REVIEW_TIME = dt.timedelta(days=60)


def seal_bodies(apps, schema_editor):
    SelfCheck, DataKey = apps.get_model("selfcheck", "SelfCheck"), apps.get_model("keys", "DataKey")
    for report in SelfCheck.objects.select_related("cadre").prefetch_related("answers__items").iterator(chunk_size=500):
        if report.reviewer_id:
            report.review_until = max(report.due_on, timezone.localdate()) + REVIEW_TIME
        items = {str(a.question_id): [texts(i) for i in sorted(a.items.all(), key=lambda i: i.order)] for a in report.answers.all() if a.items.all()}
        body = json.dumps({"statement": report.statement, "items": items}, ensure_ascii=False) if items or report.statement else ""
        if body or report.return_comment or report.opinion:
            report.key, secret = key_of(DataKey, f"cadre:{report.cadre.staff_no}")
            report.sealed_body = sealed(secret, body, report, "sealed_body")
            report.sealed_return_comment = sealed(secret, report.return_comment, report, "sealed_return_comment")
            report.sealed_opinion = sealed(secret, report.opinion, report, "sealed_opinion")
        report.save()


def texts(item) -> dict[str, str]:
    return {"manifestation": item.manifestation, "cause": item.cause, "measure": item.measure}


def key_of(DataKey, holder: str):
    found = DataKey.objects.filter(holder=holder).first()
    if found:
        return found, ring.unwrap(found.wrapped, number=found.kek, holder=holder)
    number, secret = ring.newest(is_first=not DataKey.objects.exists()), os.urandom(32)
    made = DataKey.objects.create(holder=holder, wrapped=ring.wrap(secret, number=number, holder=holder), kek=number, made_at=timezone.now())
    return made, secret


def sealed(secret: bytes, text: str, report, column: str) -> str:
    return suites.seal(secret, text.encode(), bound_to=f"selfcheck.selfcheck:{report.pk}:{column}", suite=settings.CRYPTO_SUITE) if text else ""


class Migration(migrations.Migration):
    """No way back: that would write what people confessed in plain text again."""

    dependencies = [("selfcheck", "0003_sealed_bodies"), ("keys", "0001_initial")]
    operations = [migrations.RunPython(seal_bodies)]
