"""Filters that somebody keeps under a name."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from audit.log import record
from campaigns.models import Campaign

from ..forms import ProblemFilterForm
from ..models import SavedView

KEPT = {"view", *ProblemFilterForm.base_fields}  # of an address


def kept(query: str) -> str:
    """What of an address is worth keeping: view and filters that say something."""
    asked = QueryDict(query[:1000], mutable=True)
    for name in set(asked) - KEPT:
        del asked[name]
    said = QueryDict(mutable=True)
    for name in asked:
        if asked[name] and (name, asked[name]) != ("view", "all"):
            said[name] = asked[name]
    return said.urlencode()


@transaction.atomic
def keep_view(campaign: Campaign, *, name: str, query: str, by: User, at: dt.datetime) -> SavedView:
    """Keep filters under a name; no more than SavedView.MOST. Raises ValidationError, also for a name that is taken."""
    User.objects.select_for_update().get(pk=by.pk)  # two at once don't both become the last that fits
    own = SavedView.objects.visible_to(by).filter(campaign=campaign)
    if own.count() >= SavedView.MOST:
        raise ValidationError(_("最多存 %(n)s 个，请先删去不用的。") % {"n": SavedView.MOST})
    if not kept(query):
        raise ValidationError(_("现在没有任何条件，请先筛选再保存。"))
    view = SavedView(user=by, campaign=campaign, name=name.strip(), query=kept(query))
    _refuse_taken_name(view)
    view.full_clean()
    view.save()
    record("ledger.keep_view", by=by, at=at, subject=view)
    return view


@transaction.atomic
def rename_view(view: SavedView, *, name: str, by: User, at: dt.datetime) -> SavedView:
    """Call kept filters something else."""
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    view.name = name.strip()
    _refuse_taken_name(view)
    view.full_clean()
    view.save()
    record("ledger.rename_view", by=by, at=at, subject=view)
    return view


@transaction.atomic
def drop_view(view: SavedView, *, by: User, at: dt.datetime) -> None:
    """Forget kept filters."""
    record("ledger.drop_view", by=by, at=at, subject=view)
    view.delete()


def _refuse_taken_name(view: SavedView) -> None:
    if SavedView.objects.filter(user=view.user_id, campaign=view.campaign_id, name=view.name).exclude(pk=view.pk).exists():
        raise ValidationError({"name": _("已有同名的常用条件，请换一个名称。")})
