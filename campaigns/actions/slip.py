"""Sending slips and signing for them."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.models import User
from audit.log import record
from organizations.kept import touch, touch_people
from organizations.models import Cadre

from ..models import Campaign, DeliveryCount, Slip, SlipCount, SlipDelivery


@transaction.atomic
def issue_slip(campaign: Campaign, *, title: str, content: str, cadres: Iterable[Cadre], by, at: dt.datetime, kind: str = Slip.Kind.PROMPT, due_on: dt.date | None = None) -> Slip:
    """Number a slip within campaign, kind and year, and send it to each cadre once. Raises ValidationError without receivers."""
    receivers = {cadre.pk: cadre for cadre in cadres}
    if not receivers:
        raise ValidationError(_("没有选中任何干部，提示单没有发出。"))
    year = timezone.localtime(at).year
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    last = Slip.objects.filter(campaign=campaign, kind=kind, year=year).aggregate(last=Max("number"))["last"] or 0
    slip = Slip(campaign=campaign, kind=kind, year=year, number=last + 1, title=title, content=content, due_on=due_on, issued_at=at, issued_by=by)
    slip.full_clean()
    slip.save()
    SlipDelivery.objects.bulk_create([SlipDelivery(slip=slip, cadre=cadre) for cadre in receivers.values()], batch_size=500)
    touch_people(receivers.values(), of=[DeliveryCount, SlipCount])
    users = User.objects.filter(cadre__in=list(receivers))
    send_notice(users, text=_("%(kind)s%(ref)s：%(title)s") % {"kind": slip.get_kind_display(), "ref": slip.reference, "title": title}, url=f"/campaigns/slips/{slip.pk}/", at=at)
    record("campaigns.issue_slip", by=by, at=at, subject=slip, receivers=len(receivers))
    return slip


@transaction.atomic
def read_slip(delivery: SlipDelivery, *, at: dt.datetime) -> None:
    """Note when a slip was first opened by its receiver."""
    SlipDelivery.objects.filter(pk=delivery.pk, read_at__isnull=True).update(read_at=at)


@transaction.atomic
def acknowledge_slip(delivery: SlipDelivery, *, by, at: dt.datetime, feedback: str = "") -> SlipDelivery:
    """Sign for a slip: the receiver in person, once."""
    delivery = SlipDelivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.cadre.user_id != by.pk:
        raise ValidationError(_("提示单须由本人签收。"))
    if delivery.acknowledged_at is None:
        delivery.acknowledged_at, delivery.acknowledged_by, delivery.feedback = at, by, feedback
        delivery.read_at = delivery.read_at or at
        delivery.save()
        touch(delivery.cadre.unit.path, of=[DeliveryCount, SlipCount])
        record("campaigns.acknowledge_slip", by=by, at=at, subject=delivery)
    return delivery
