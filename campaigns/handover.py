"""What hangs on a person here: lines of the plan."""

from django.utils.translation import gettext_lazy as _

from organizations.shares import Share, hands_over

from .models import PlanItem

hands_over(Share(_("计划安排的负责人"), "owner", lambda leaver: PlanItem.objects.filter(owner=leaver, done_on__isnull=True)))
