"""What a signed-in person may do, and where. Built once per request from the grants in force."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User

from .models import STEP, Cadre, RoleGrant, access_of, scope_paths, within
from .roles import ADMINISTRATORS, CADRE_PERMISSIONS, ROLE_PERMISSIONS, Permission, Role
from .statements import Statement

SECOND_FACTOR_ROLES = {Role.REVIEWER, *ADMINISTRATORS}


READ = (  # of a visitor, with every request: what they hold, who and where they are
    "role", "campaign_id", "user", "unit__path", *(f"user__cadre__{name}" for name in ("staff_no", "name", "left_on", "user", "unit__path", "unit__name", "unit__short_name")),
)
GRANTS_OF = Statement(RoleGrant, lambda user, today: RoleGrant.objects.filter(user=user).in_force(today).select_related("unit", "user__cadre__unit").only(*READ).order_by("role", "pk"))
CADRE_OF = Statement(Cadre, lambda user: Cadre.objects.filter(user=user).select_related("unit").order_by())


class Held(NamedTuple):
    """One grant in force."""

    role: str
    path: str
    campaign_id: int | None = None  # None: counts in every campaign


@dataclass(frozen=True)
class Access:
    """A person's grants in force today, and whether they stand on the roster."""

    grants: tuple[Held, ...]
    is_cadre: bool
    unit_path: str = ""  # the cadre's own unit

    @classmethod
    def of(cls, user) -> "Access":
        if not user.is_authenticated:
            return cls((), False)
        in_force = GRANTS_OF(user.pk, timezone.localdate())
        grants = apart(Held(g.role, g.unit.path, g.campaign_id) for g in in_force)
        # who holds a role comes with their grants; for the others it takes a query of its own
        cadre = getattr(in_force[0].user, "cadre", None) if in_force else next(iter(CADRE_OF(user.pk)), None)
        User._meta.get_field("cadre").set_cached_value(user, cadre)  # pages name the visitor's unit
        serving = cadre is not None and cadre.left_on is None
        return cls(grants, serving, cadre.unit.path if serving else "")

    def giving(self, permission: Permission) -> list[Held]:
        return [held for held in self.grants if permission in ROLE_PERMISSIONS[held.role]]

    def paths(self, permission: Permission, campaign_id: int | None = None) -> list[str]:
        """The subtrees where the permission is held in this campaign (None: in any), outermost only."""
        return outermost(held.path for held in self.giving(permission) if campaign_id is None or held.campaign_id in (None, campaign_id))

    def paths_for_all(self, permission: Permission) -> list[str]:
        """The subtrees where the permission is held in every campaign, outermost only."""
        return outermost(held.path for held in self.giving(permission) if held.campaign_id is None)

    def campaigns(self, permission: Permission) -> list[int]:
        """The campaigns that a grant with this permission is limited to."""
        return sorted({held.campaign_id for held in self.giving(permission) if held.campaign_id is not None})

    def may(self, permission: Permission) -> bool:
        """Whether the permission is held anywhere; where exactly is the fetch's business."""
        return bool(self.paths(permission)) or (self.is_cadre and permission in CADRE_PERMISSIONS)

    def may_at(self, permission: Permission, path: str, campaign_id: int | None = None) -> bool:
        """Whether the permission is held over the unit with this path, in this campaign; None: in any."""
        return any(path.startswith(outer) for outer in self.paths(permission, campaign_id))

    @property
    def role_labels(self) -> list[str]:
        """For the masthead: 办公室, 领导 …, else 干部."""
        labels = list(dict.fromkeys(str(Role(held.role).label) for held in self.grants))
        return labels or (["干部"] if self.is_cadre else [])


def outermost(paths: Iterable[str]) -> list[str]:
    """Of paths inside each other the outer one."""
    outer: list[str] = []
    for path in sorted(set(paths)):
        if not outer or not path.startswith(outer[-1]):
            outer.append(path)
    return outer


def apart(grants: Iterable[Held]) -> tuple[Held, ...]:
    """三员分立 at use: of an account that holds two of the three administrators' roles none of them counts, unless the office lifted it."""
    found = tuple(grants)
    kinds = {held.role for held in found} & set(ADMINISTRATORS)
    return found if len(kinds) < 2 or not settings.SEPARATE_ADMINISTRATORS else tuple(held for held in found if held.role not in kinds)


def requires(*permissions: Permission) -> Callable:
    """The view asks for one of these permissions; without any it answers 403."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            access = access_of(request.user)
            if not any(access.may(p) for p in permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.required_permissions = permissions
        return guarded

    return decorate


def jobs_administered_by(user) -> Q:
    """Which background jobs somebody looks after who keeps accounts (settings.JOBS_RULE): those of the accounts in their scope and,

    over a whole tree, the system's own. The other two administrators' are not theirs while the three are kept apart.
    """
    paths = scope_paths(user, Permission.MANAGE_ACCOUNTS)
    if not paths:
        return Q(pk__in=[])
    holders = RoleGrant.objects.filter(within(paths, "unit__path")).order_by().values("user")
    theirs = Q(asked_by__in=User.objects.filter(within(paths, "cadre__unit__path") | Q(pk__in=holders)).order_by().values("pk"))
    if settings.SEPARATE_ADMINISTRATORS:
        theirs &= ~Q(asked_by__in=RoleGrant.objects.filter(role__in=set(ADMINISTRATORS) - {Role.SYSTEM_ADMINISTRATOR}).order_by().values("user"))
    return theirs | Q(asked_by__isnull=True) if any(len(path) == STEP for path in paths) else theirs


def accounts_visible_to(user) -> QuerySet[User]:
    """Accounts of the cadres and the role holders in the scope of who keeps accounts or grants roles.

    An account that is neither belongs to nobody yet; it is shown to whoever administers a whole tree.
    """
    paths = outermost(scope_paths(user, Permission.MANAGE_ACCOUNTS) + scope_paths(user, Permission.GRANT_ROLES))
    holders = RoleGrant.objects.filter(within(paths, "unit__path")).order_by().values("user")
    condition = within(paths, "cadre__unit__path") | Q(pk__in=holders)
    if any(len(path) == STEP for path in paths):
        condition |= Q(cadre__isnull=True) & ~Q(pk__in=RoleGrant.objects.order_by().values("user"))
    return User.objects.filter(condition)


def may_manage_account(user, account: User, permission: Permission = Permission.MANAGE_ACCOUNTS) -> bool:
    """Whether every power of the account lies where the administrator holds the permission; else resetting it would lend them wider ones.

    Of an account without any power, whether they hold it over a whole tree. The password of another of the three administrators is
    not theirs to reset while the three are kept apart: that is done at the server.
    """
    access, grants = access_of(user), list(account.grants.select_related("unit"))
    if permission == Permission.MANAGE_ACCOUNTS and settings.SEPARATE_ADMINISTRATORS and any(g.role in ADMINISTRATORS for g in grants):
        return False
    cadre = getattr(account, "cadre", None)
    homes = [g.unit.path for g in grants] + ([cadre.unit.path] if cadre else [])
    if not homes:
        return any(len(path) == STEP for path in access.paths(permission))
    return all(access.may_at(permission, path) for path in homes)


def must_use_second_factor(user) -> bool:
    """Whose role opens what others wrote about themselves, hands out powers or reads the log (settings.SECOND_FACTOR_RULE)."""
    return any(held.role in SECOND_FACTOR_ROLES for held in access_of(user).grants)
