"""What a signed-in person may do, and where. Built once per request from the grants in force."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User

from .models import STEP, RoleGrant, access_of, scope_paths, within
from .roles import CADRE_PERMISSIONS, ROLE_PERMISSIONS, Permission, Role


@dataclass(frozen=True)
class Access:
    """A person's grants in force today, and whether they stand on the roster."""

    grants: tuple[tuple[str, str], ...]  # (role, unit path)
    is_cadre: bool
    unit_path: str = ""  # the cadre's own unit

    @classmethod
    def of(cls, user) -> "Access":
        if not user.is_authenticated:
            return cls((), False)
        in_force = RoleGrant.objects.filter(user=user).in_force(timezone.localdate())
        grants = tuple((g.role, g.unit.path) for g in in_force.select_related("unit"))
        cadre = getattr(user, "cadre", None)
        serving = cadre is not None and cadre.left_on is None
        return cls(grants, serving, cadre.unit.path if serving else "")

    def paths(self, permission: Permission) -> list[str]:
        """The subtrees where the permission is held, outermost only."""
        found = sorted({path for role, path in self.grants if permission in ROLE_PERMISSIONS[role]})
        outer: list[str] = []
        for path in found:
            if not outer or not path.startswith(outer[-1]):
                outer.append(path)
        return outer

    def may(self, permission: Permission) -> bool:
        """Whether the permission is held anywhere; where exactly is the fetch's business."""
        return bool(self.paths(permission)) or (self.is_cadre and permission in CADRE_PERMISSIONS)

    def may_at(self, permission: Permission, path: str) -> bool:
        """Whether the permission is held over the unit with this path."""
        return any(path.startswith(outer) for outer in self.paths(permission))

    @property
    def role_labels(self) -> list[str]:
        """For the masthead: 办公室, 领导 …, else 干部."""
        labels = list(dict.fromkeys(str(Role(role).label) for role, _path in self.grants))
        return labels or (["干部"] if self.is_cadre else [])


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


def accounts_visible_to(user) -> QuerySet[User]:
    """Accounts of the cadres and the role holders in an administrator's scope.

    An account that is neither belongs to nobody yet; it is shown to whoever administers a whole tree.
    """
    paths = scope_paths(user, Permission.MANAGE_ACCOUNTS)
    holders = RoleGrant.objects.filter(within(paths, "unit__path")).order_by().values("user")
    condition = within(paths, "cadre__unit__path") | Q(pk__in=holders)
    if any(len(path) == STEP for path in paths):
        condition |= Q(cadre__isnull=True, grants__isnull=True)
    return User.objects.filter(condition)


def may_manage_account(user, account: User) -> bool:
    """Whether every power of the account lies in the administrator's scope."""
    access = access_of(user)
    homes = [g.unit.path for g in account.grants.select_related("unit")]
    cadre = getattr(account, "cadre", None)
    homes += [cadre.unit.path] if cadre else []
    return all(access.may_at(Permission.MANAGE_ACCOUNTS, path) for path in homes)
