"""What every page's frame needs: who is signed in, which campaign, which part of the navigation."""

from functools import cache

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.current import campaign_of
from organizations.access import Access
from organizations.models import access_of
from organizations.roles import ADMINISTRATORS
from organizations.roles import Permission as P

from .duties import waiting_of
from .help import help_slug, pages_behind

# What people do, where it is done, and who sees the door. None: everyone with a campaign.
DOORS = [
    ("reports:home", "home", _("工作台"), ()),
    ("campaigns:campaign_detail", "campaigns", _("工作部署"), (P.SEE_CAMPAIGN,)),
    ("learning:session_list", "learning", _("学习教育"), (P.SEE_CAMPAIGN,)),
    ("selfcheck:round_list", "selfcheck", _("自查自纠"), (P.SEE_CAMPAIGN,)),
    ("ledger:problem_list", "ledger", _("整改台账"), (P.SEE_CAMPAIGN,)),
    ("supervision:record_list", "supervision", _("监督管理"), (P.SEE_SUPERVISION, P.SEE_CLUE_COUNTS)),
    ("reports:dashboard", "reports", _("统计报告"), (P.SEE_FIGURES,)),
    ("organizations:unit_list", "organizations", _("机构人员"), (P.SEE_ORGANIZATIONS,)),
    ("organizations:account_list", "accounts", _("系统管理"), (P.MANAGE_ACCOUNTS, P.GRANT_ROLES)),
    ("reports:audit_log", "accounts", _("系统管理"), (P.SEE_AUDIT,)),  # who has nothing but the log goes straight to it
]


def _section(request) -> str:
    """Which door the page lies behind; behind none lie help and what is one's own (inbox, password, preferences)."""
    match = request.resolver_match
    if match is None or match.view_name == "reports:home":
        return "home"
    if match.namespace in ("accounts", "jobs"):
        return "own"
    if match.view_name in ("reports:search", "reports:styleguide", "reports:own_record"):
        return "own"
    if match.view_name.startswith("reports:help_"):
        return "help"
    if match.view_name == "reports:audit_log" or match.view_name.startswith(("organizations:account_", "organizations:grant_")):
        return "accounts"
    return match.namespace


def open_doors(access: Access) -> list[tuple[str, str, Promise]]:
    """Address name, key and label of the doors somebody sees; of two with one key the first."""
    found = [(name, key, label) for name, key, label, permissions in DOORS if not permissions or any(access.may(p) for p in permissions)]
    return list({key: door for door in reversed(found) for key in [door[1]]}.values())[::-1]


def help_url(request, access: Access) -> str:
    """The help page about where the visitor is; the list of all pages where there is none."""
    slug = help_slug(_section(request), pages_behind(open_doors(access)))
    return reverse("reports:help_detail", args=[slug]) if slug else reverse("reports:help_list")


def navigation(request, access: Access) -> list[dict]:
    section, waiting = _section(request), waiting_of(request)
    return [
        {"url": reverse(name), "label": label, "current": key == section, "count": waiting.behind(key)}
        for name, key, label in open_doors(access)
    ]


def frame(request) -> dict:
    """Variables of base.html; what only whole pages show is counted when it is shown, so fragments don't pay for it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    access = access_of(user)
    return {
        "campaign": cache(lambda: campaign_of(request)),
        "nav": cache(lambda: navigation(request, access)),
        "help_url": cache(lambda: help_url(request, access)),
        "role_labels": access.role_labels,
        "unread": cache(lambda: waiting_of(request).unread),
        "access": access,
        "lifted": not settings.SEPARATE_ADMINISTRATORS and any(held.role in ADMINISTRATORS for held in access.grants),
        "now": timezone.now(),
        "today": timezone.localdate(),
    }
