"""Which campaign the pages are about: the one chosen, else the newest running one the visitor sees."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from organizations.models import access_of
from organizations.roles import Permission
from organizations.statements import Statement

from .models import Campaign

KEY = "campaign"
CHOSEN = Statement(Campaign, lambda pk, *, access: Campaign.objects.seen_with(access).filter(pk=pk).select_related("unit"))
RUNNING = Statement(Campaign, lambda *, access: Campaign.objects.seen_with(access).running().select_related("unit")[:1])
ANY = Statement(Campaign, lambda *, access: Campaign.objects.seen_with(access).select_related("unit")[:1])


def campaign_of(request) -> Campaign | None:
    """The visitor's current campaign, fetched once per request through their permissions."""
    if not hasattr(request, "_campaign"):
        access = access_of(request.user)
        found = CHOSEN(request.session[KEY], access=access) if KEY in request.session else []
        found = found or RUNNING(access=access) or ANY(access=access)
        request._campaign = found[0] if found else None
    return request._campaign


def needed_campaign(request, permission: Permission | None = None) -> Campaign:
    """The same for pages that make no sense without one: 404 when there is none.

    With a permission: 403 unless it is held over the campaign's own unit.
    """
    campaign = campaign_of(request)
    if campaign is None:
        raise Http404
    if permission is not None and not access_of(request.user).may_at(permission, campaign.unit.path, campaign.pk):
        raise PermissionDenied
    return campaign


def may_plan(request, campaign: Campaign) -> bool:
    """Whether the visitor may change this campaign: pages show buttons by it."""
    return access_of(request.user).may_at(Permission.PLAN_CAMPAIGN, campaign.unit.path, campaign.pk)


def refuse_unless_planner(request, campaign: Campaign) -> None:
    """403 for those who see a campaign but don't run it."""
    if not may_plan(request, campaign):
        raise PermissionDenied
