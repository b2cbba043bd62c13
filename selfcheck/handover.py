"""What hangs on a person here: reports to review."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from organizations.shares import Share, hands_over

from .models import SelfCheck

hands_over(Share(
    _("自查报告的审核人"), "reviewer",
    lambda leaver: SelfCheck.objects.filter(reviewer=leaver.user).exclude(status=SelfCheck.Status.ACCEPTED) if leaver.user else SelfCheck.objects.none(),
    takes_account=True, fits=lambda rows, successor: rows.exclude(Q(cadre=successor)),
))
