"""Accounts, and what they may do where."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions import drop_second_factor, set_password, switch_account, unlock_account
from accounts.forms import attempt
from accounts.lockout import is_locked
from accounts.models import User
from accounts.passwords import random_password
from accounts.reauth import recently_signed_in

from ..access import accounts_visible_to, may_manage_account, requires
from ..actions import grant_role, open_staff_account, revoke_role
from ..forms import AccountForm, GrantForm
from ..limits import campaign_names
from ..models import RoleGrant, Unit, access_of
from ..roles import ADMINISTRATORS, Role
from ..roles import Permission as P

PAGE = 30
SHOWN_ONCE = "initial_passwords"
STATES = {"on": Q(is_active=True), "off": Q(is_active=False), "first": Q(is_active=True, must_change_password=True)}


@requires(P.MANAGE_ACCOUNTS, P.GRANT_ROLES)
@require_GET
def account_list(request) -> HttpResponse:
    visible = accounts_visible_to(request.user)
    counts = visible.aggregate(all=Count("pk"), **{key: Count("pk", condition) for key, condition in STATES.items()})
    text, role, state = (request.GET.get(key, "").strip() for key in ("q", "role", "state"))
    users = visible.filter(STATES.get(state, Q()))
    if text:
        users = users.filter(Q(username__istartswith=text) | Q(name__contains=text))
    if role in Role.values:
        users = users.filter(pk__in=RoleGrant.objects.filter(role=role).values("user"))
    users = users.select_related("cadre__unit").prefetch_related("grants__unit").order_by("username")
    return render(request, "organizations/account_list.html", {
        "page": Paginator(users, PAGE).get_page(request.GET.get("page")), "counts": counts, "roles": Role.choices, "state": state,
        "sees_log": access_of(request.user).may(P.SEE_AUDIT), "keeps_accounts": access_of(request.user).may(P.MANAGE_ACCOUNTS),
    })  # fmt: skip


def _units(request):
    return Unit.objects.in_scope(request.user, P.GRANT_ROLES).open_on(timezone.localdate())


@requires(P.MANAGE_ACCOUNTS)
@require_http_methods(["GET", "POST"])
def account_new(request) -> HttpResponse:
    form = AccountForm(request.POST or None, units=_units(request), by=request.user, initial={"staff_no": request.GET.get("staff_no")})
    password = random_password()
    if request.method == "POST" and form.is_valid() and attempt(form, open_staff_account, **form.facts, password=password, by=request.user, at=timezone.now()):
        return _show_once(request, form.result, password)
    return render(request, "organizations/account_new.html", {"form": form})


def _show_once(request, user: User, password: str) -> HttpResponse:
    """Keep the password in the administrator's own session until the next page has shown it."""
    request.session[SHOWN_ONCE] = {str(user.pk): password}
    return redirect("organizations:account_password", user.pk)


@requires(P.MANAGE_ACCOUNTS)
@require_GET
def account_password(request, pk) -> HttpResponse:
    """The random password, shown once and then forgotten."""
    user = _account_to_manage(request, pk)
    password = request.session.pop(SHOWN_ONCE, {}).get(str(pk))
    if password is None:
        messages.info(request, _("初始密码只显示一次。没有记下的，请重新生成。"))
        return redirect("organizations:account_detail", pk)
    return render(request, "organizations/account_password.html", {"account": user, "password": password})


@requires(P.MANAGE_ACCOUNTS, P.GRANT_ROLES)
@require_GET
def account_detail(request, pk) -> HttpResponse:
    user = get_object_or_404(accounts_visible_to(request.user).select_related("cadre__unit"), pk=pk)
    access, is_self = access_of(request.user), user == request.user
    manages, grants_roles = may_manage_account(request.user, user), may_manage_account(request.user, user, P.GRANT_ROLES)
    names = campaign_names(request.user)
    grants = [
        {"row": g, "campaign": names.get(g.campaign_id, ""), "may_revoke": access.may_at(P.GRANT_ROLES, g.unit.path) and not (is_self and g.role in ADMINISTRATORS)}
        for g in user.grants.select_related("unit").order_by("unit__path", "role")
    ]
    return render(request, "organizations/account_detail.html", {
        "account": user, "grants": grants, "is_self": is_self,
        "can_grant": grants_roles and not is_self, "can_manage": manages and not is_self, "grants_roles": access.may(P.GRANT_ROLES), "keeps_accounts": access.may(P.MANAGE_ACCOUNTS),
        "is_locked": is_locked(user),
    })  # fmt: skip


def _account_to_manage(request, pk, permission: P = P.MANAGE_ACCOUNTS) -> User:
    """An account all of whose powers lie in the administrator's scope; else resetting it would lend them wider ones."""
    user = get_object_or_404(accounts_visible_to(request.user).select_related("cadre__unit"), pk=pk)
    if user != request.user and not may_manage_account(request.user, user, permission):  # what one may not do to oneself the deeds refuse
        raise PermissionDenied
    return user


@requires(P.MANAGE_ACCOUNTS)
@require_http_methods(["GET", "POST"])
@recently_signed_in
def account_reset(request, pk) -> HttpResponse:
    user = _account_to_manage(request, pk)
    if user == request.user:
        return redirect("accounts:password_change")
    if request.method == "POST":
        password = random_password(user)
        set_password(user, password=password, by=request.user, at=timezone.now())
        return _show_once(request, user, password)
    return render(request, "organizations/account_reset.html", {"account": user})


@requires(P.MANAGE_ACCOUNTS)
@require_POST
@recently_signed_in
def account_switch(request, pk) -> HttpResponse:
    user = _account_to_manage(request, pk)
    active = request.POST.get("active") == "yes"
    try:
        switch_account(user, active=active, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, "".join(refusal.messages))
    else:
        messages.success(request, (_("已启用 %(name)s 的账号。") if active else _("已停用 %(name)s 的账号，对方立即退出登录。")) % {"name": user.name})
    return redirect("organizations:account_detail", pk)


@requires(P.MANAGE_ACCOUNTS)
@require_POST
def account_unlock(request, pk) -> HttpResponse:
    """Wrong passwords and codes are forgotten; the password stays."""
    user = _account_to_manage(request, pk)
    unlock_account(user, by=request.user, at=timezone.now())
    messages.success(request, _("已解除 %(name)s 的登录锁定。") % {"name": user.name})
    return redirect("organizations:account_detail", pk)


@requires(P.MANAGE_ACCOUNTS)
@require_POST
@recently_signed_in
def account_factor_drop(request, pk) -> HttpResponse:
    """For a lost phone: the account signs in by its password until a new authenticator is taken into use."""
    user = _account_to_manage(request, pk)
    try:
        drop_second_factor(user, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, "".join(refusal.messages))
    else:
        messages.success(request, _("已解除 %(name)s 的第二因素，对方立即退出登录。") % {"name": user.name})
    return redirect("organizations:account_detail", pk)


@requires(P.GRANT_ROLES)
@require_http_methods(["GET", "POST"])
@recently_signed_in
def grant_new(request, pk) -> HttpResponse:
    user = _account_to_manage(request, pk, P.GRANT_ROLES)
    form = GrantForm(request.POST or None, units=_units(request), campaigns=campaign_names(request.user))
    if request.method == "POST" and form.is_valid() and attempt(form, grant_role, user, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已授权：%(grant)s。") % {"grant": form.result})
        return redirect("organizations:account_detail", pk)
    return render(request, "organizations/grant_new.html", {"form": form, "account": user, "roles": _explained_roles()})


def _explained_roles() -> list[dict]:
    """Every role with what it may do, for the page beside the form."""
    from ..roles import ROLE_PERMISSIONS, Permission

    return [{"label": role.label, "permissions": [p.label for p in Permission if p in ROLE_PERMISSIONS[role]]} for role in Role]


@requires(P.GRANT_ROLES)
@require_http_methods(["GET", "POST"])
def grant_revoke(request, pk) -> HttpResponse:
    grant = get_object_or_404(RoleGrant.objects.filter(user__in=accounts_visible_to(request.user)).select_related("user", "unit"), pk=pk)
    if not access_of(request.user).may_at(P.GRANT_ROLES, grant.unit.path):
        raise PermissionDenied
    refusal = ""
    if request.method == "POST":
        try:
            revoke_role(grant, by=request.user, at=timezone.now())
        except ValidationError as refused:
            refusal = "".join(refused.messages)
        else:
            messages.success(request, _("已收回：%(grant)s。") % {"grant": grant})
            return redirect("organizations:account_detail", grant.user_id)
    return render(request, "organizations/grant_revoke.html", {"grant": grant, "refusal": refusal})
