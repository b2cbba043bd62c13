"""What every page's frame needs: who is signed in, which campaign, which part of the navigation."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.current import campaign_of
from organizations.access import Access
from organizations.models import access_of
from organizations.roles import Permission as P

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
    ("organizations:account_list", "accounts", _("系统管理"), (P.MANAGE_ACCOUNTS, P.SEE_AUDIT)),
]


def _section(request) -> str:
    """Which door the page lies behind."""
    match = request.resolver_match
    if match is None or match.view_name == "reports:home":
        return "home"
    if match.view_name == "reports:audit_log" or match.view_name.startswith(("organizations:account_", "organizations:grant_")):
        return "accounts"
    return match.namespace


def navigation(request, access: Access) -> list[dict]:
    section = _section(request)
    return [
        {"url": reverse(name), "label": label, "current": key == section}
        for name, key, label, permissions in DOORS
        if not permissions or any(access.may(p) for p in permissions)
    ]


def frame(request) -> dict:
    """Variables of base.html. Costs four small queries for a signed-in visitor, none for others."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    access = access_of(user)
    return {
        "campaign": campaign_of(request),
        "nav": navigation(request, access),
        "role_labels": access.role_labels,
        "unread": user.notices.unread().count(),
        "access": access,
        "now": timezone.now(),
        "today": timezone.localdate(),
    }
