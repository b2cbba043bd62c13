"""What hangs on a person here: problems to put right, to lead, to verify, and measures."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from organizations.models import Cadre
from organizations.shares import Share, hands_over

from .models import Measure, Problem

S = Problem.Status
GOING_ON = [S.REPORTED, S.OPEN, S.SUBMITTED, S.DEFERRED, S.VERIFIED]


def _problems(**who) -> QuerySet:
    return Problem.objects.filter(status__in=GOING_ON, **who)


def _not_their_own(rows: QuerySet, successor: Cadre) -> QuerySet:
    """Nobody verifies what they answer for, handed in, or reported on last."""
    return rows.exclude(Q(responsible_person=successor) | Q(submitted_by=successor.user) | Q(edited_by=successor.user))


def _verified_by_another(rows: QuerySet, successor: Cadre) -> QuerySet:
    """Nobody answers for what they verify."""
    return rows.exclude(verifier=successor.user) if successor.user else rows


hands_over(Share(_("整改责任人"), "responsible_person", lambda leaver: _problems(responsible_person=leaver), fits=_verified_by_another))
hands_over(Share(_("整改责任领导"), "lead_official", lambda leaver: _problems(lead_official=leaver)))
hands_over(Share(_("整改验收人"), "verifier", lambda leaver: _problems(verifier=leaver.user) if leaver.user else Problem.objects.none(), takes_account=True, fits=_not_their_own))
hands_over(Share(_("整改措施的落实人"), "owner", lambda leaver: Measure.objects.filter(owner=leaver, problem__status__in=GOING_ON)))
