"""The campaigns that a grant can be limited to, for the room of organizations below."""

from organizations.limits import campaigns_come_from
from organizations.models import lineage, scope_paths, within
from organizations.roles import Permission

from .models import Campaign


def names_for(user) -> dict[int, str]:
    """Those run at, above or below the units where this user grants roles, newest first."""
    paths = scope_paths(user, Permission.GRANT_ROLES)
    rows = Campaign.objects.filter(within(paths, "unit__path")) | Campaign.objects.filter(unit__path__in=lineage(*paths))
    return dict(rows.order_by("-opened_at", "-pk").values_list("pk", "name"))


campaigns_come_from(names_for)
