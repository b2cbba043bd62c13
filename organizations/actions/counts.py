"""Comparing what is kept as a count with the rows."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.models import User
from audit.log import record

from ..kept import build
from ..models import RoleGrant
from ..roles import Role


@transaction.atomic
def check_counts(*, by, at: dt.datetime) -> dict[str, int]:
    """Count everything again and write what is different: kind → how many counts were wrong. Wrong ones are told to 系统管理员.

    The first time it makes the counts.
    """
    wrong = {kind: number for kind, number in build(at=at).items() if number}
    record("organizations.check_counts", by=by, at=at, wrong=wrong)
    if wrong:
        holders = RoleGrant.objects.in_force(timezone.localdate(at)).filter(role=Role.SYSTEM_ADMINISTRATOR).values("user")
        text = _("核对计数：%(n)s 处与明细不符，已按明细改正。如再次出现，请联系技术支持。") % {"n": sum(wrong.values())}
        send_notice(User.objects.filter(pk__in=holders), text=text, url="/", at=at)
    return wrong
