"""Which problems a list, its counts and its Excel sheet are about: one place, so that they never differ."""

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign

from .forms import ProblemFilterForm
from .models import Problem, ProblemQuerySet

# The quick views, in the order of the page; counts come from ProblemQuerySet.tally() under the same keys.
VIEWS = {
    "all": _("全部"),
    "not_closed": _("未销号"),
    "awaiting": _("等我验收"),
    "overdue": _("已逾期"),
    "soon": _("7 天内到期"),
    "reported": _("待确认"),
    "closed": _("已销号"),
}
# Reached through the figures of the lead sentence only.
MORE_VIEWS = {"counted": _("应整改"), "dismissed": _("不成立"), "merged": _("已并入")}


def problems_of(campaign: Campaign, user) -> ProblemQuerySet:
    """The campaign's problems this visitor may see."""
    return Problem.objects.visible_to(user).filter(campaign=campaign)


def filtered(campaign: Campaign, user, params: Mapping) -> tuple[ProblemFilterForm, ProblemQuerySet]:
    """The filter form and what it leaves; what can't be read filters nothing and is told on the form."""
    form = ProblemFilterForm(params, campaign=campaign, user=user)
    form.is_valid()
    return form, form.narrow(problems_of(campaign, user))


def view_of(params: Mapping) -> str:
    """The quick view named in the address; an unknown name means all."""
    name = params.get("view", "all")
    return name if name in VIEWS or name in MORE_VIEWS else "all"


def in_view(rows: ProblemQuerySet, view: str, user, today: dt.date) -> ProblemQuerySet:
    """The rows of one quick view."""
    if view in ("reported", "dismissed", "merged"):
        return rows.filter(status=view)
    return {
        "all": rows.all,
        "counted": rows.counted,
        "not_closed": rows.not_closed,
        "closed": rows.closed,
        "awaiting": lambda: rows.awaiting(user),
        "overdue": lambda: rows.overdue(today),
        "soon": lambda: rows.due_soon(today),
    }[view]()


def rate(part: int, whole: int) -> str:
    """“67.7%”, one decimal; blank when there is nothing to divide by."""
    if not whole:
        return ""
    return f"{(Decimal(part * 100) / whole).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"
