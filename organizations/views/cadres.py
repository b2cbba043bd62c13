"""The roster, one person at a time."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt

from ..access import may_manage_account, requires
from ..actions import change_cadre, enter_cadre, hand_over
from ..breadth import breadth_of
from ..choosing import offered
from ..counts import roster
from ..forms import CadreChangeForm, CadreForm, HandOverForm
from ..kept import read_under, sums
from ..models import Cadre, CadreQuerySet, Unit, access_of, scope_paths
from ..roles import Permission as P
from ..shares import open_items

PAGE = 30
MOST_DIGITS = 19  # of a database row's number
STANDINGS = {  # key in the address: words, condition
    "serving": (gettext_lazy("在编在岗"), Q(on_establishment=True, on_duty=True)),
    "establishment": (gettext_lazy("在编"), Q(on_establishment=True)),
    "duty": (gettext_lazy("在岗"), Q(on_duty=True)),
    "off_establishment": (gettext_lazy("不在编"), Q(on_establishment=False)),
    "off_duty": (gettext_lazy("不在岗"), Q(on_duty=False)),
}


def filtered(request) -> tuple[CadreQuerySet, Unit | None]:
    """The visitor's cadres as the address asks for them, and the unit it names; what it gets wrong is left out."""
    cadres = Cadre.objects.visible_to(request.user)
    cadres = cadres.filter(left_on__isnull=False) if request.GET.get("left") else cadres.present()
    text, unit, category = (request.GET.get(key, "").strip() for key in ("q", "unit", "category"))
    if text:
        cadres = cadres.found_by(text[:40])
    home = Unit.objects.in_scope(request.user, P.SEE_ORGANIZATIONS).filter(pk=unit).first() if unit.isdecimal() and len(unit) < MOST_DIGITS else None
    if home:
        cadres = cadres.filter(unit=home) if request.GET.get("own") else cadres.under(home)
    if category:
        cadres = cadres.filter(category=category)
    if request.GET.get("standing") in STANDINGS:
        cadres = cadres.filter(STANDINGS[request.GET["standing"]][1])
    return cadres, home


@requires(P.SEE_ORGANIZATIONS)
@require_GET
def cadre_list(request) -> HttpResponse:
    cadres, home = filtered(request)
    known = Cadre.objects.visible_to(request.user)
    standing, counts = _kept_numbers(request, home) or (
        known.aggregate(present=Count("pk", Q(left_on__isnull=True)), left=Count("pk", Q(left_on__isnull=False))),
        cadres.aggregate(number=Count("pk"), established=Count("pk", Q(on_establishment=True)), on_duty=Count("pk", Q(on_duty=True))),
    )
    paginator = Paginator(cadres.select_related("unit").with_posts().in_order(), PAGE)
    paginator.count = counts["number"]
    return render(request, "organizations/cadre_list.html", {
        "page": paginator.get_page(request.GET.get("page")), "counts": counts, "home": home, "units": offered(Unit.objects.in_scope(request.user, P.SEE_ORGANIZATIONS).order_by("path"), request.GET.get("unit")),
        "categories": known.categories(),
        "standings": [(key, words) for key, (words, _condition) in STANDINGS.items()],
        **standing,
        "can_import": access_of(request.user).may(P.IMPORT_ROSTER),
    })  # fmt: skip


def _kept_numbers(request, home: Unit | None) -> tuple[dict[str, int], dict[str, int]] | None:
    """Of a wide scope narrowed by nothing but a unit: who is on the roster and who left, and what the list's head says, from what is kept."""
    paths, own = scope_paths(request.user, P.SEE_ORGANIZATIONS), access_of(request.user).unit_path
    narrowed = any(request.GET.get(key, "").strip() for key in ("q", "own", "category", "standing", "left"))
    if narrowed or (own and not own.startswith(tuple(paths))) or not breadth_of(paths).is_wide:
        return None
    today = timezone.localdate()
    whole = sums(read_under(roster, paths, today), roster.names)
    here = sums(read_under(roster, [home.path], today), roster.names) if home else whole
    return {"present": whole["roster"], "left": whole["left"]}, {"number": here["roster"], "established": here["established"], "on_duty": here["on_duty"]}


@requires(P.SEE_ORGANIZATIONS, P.SEE_CAMPAIGN)
@require_GET
def cadre_detail(request, pk) -> HttpResponse:
    """Everybody on the roster may read their own entry; others need the unit in their scope."""
    cadre = get_object_or_404(Cadre.objects.visible_to(request.user).select_related("unit", "user"), pk=pk)
    access = access_of(request.user)
    manages = access.may_at(P.MANAGE_ACCOUNTS, cadre.unit.path)
    return render(request, "organizations/cadre_detail.html", {
        "cadre": cadre, "posts": cadre.posts.select_related("unit").order_by("until", "is_concurrent", "pk"), "now_held": cadre.posts.filter(until__isnull=True),
        "grants": cadre.user.grants.select_related("unit") if manages and cadre.user else [],
        "can_change": access.may_at(P.IMPORT_ROSTER, cadre.unit.path), "can_manage": manages,
        "can_hand_over": cadre.user_id != request.user.pk and any(access.may_at(one, cadre.unit.path) for one in HANDS_OVER),
        "can_open": bool(manages and not cadre.user and not cadre.left_on),
        "can_switch": bool(manages and cadre.user and may_manage_account(request.user, cadre.user)),
        "sees_unit": access.may_at(P.SEE_ORGANIZATIONS, cadre.unit.path),
    })  # fmt: skip


HANDS_OVER = (P.GRANT_ROLES, P.PLAN_CAMPAIGN)


@requires(*HANDS_OVER)
@require_http_methods(["GET", "POST"])
def cadre_hand_over(request, pk) -> HttpResponse:
    """What a leaver has not finished goes to a successor; only counts are shown, for who hands over may read none of it."""
    cadre = get_object_or_404(Cadre.objects.visible_to(request.user).exclude(user=request.user).select_related("unit", "user"), pk=pk)
    access = access_of(request.user)
    if not any(access.may_at(one, cadre.unit.path) for one in HANDS_OVER):
        raise PermissionDenied
    form = HandOverForm(request.POST or None, by=request.user, may_grant=access.may_at(P.GRANT_ROLES, cadre.unit.path))
    if request.method == "POST" and form.is_valid():
        facts = {"successor": form.successor, "with_roles": form.cleaned_data.get("with_roles", False), "by": request.user, "at": timezone.now()}
        if attempt(form, hand_over, cadre, **facts):
            done, who = form.result, form.successor
            messages.success(request, _("已将 %(n)s 项移交给 %(who)s。") % {"n": done.count, "who": who})
            if done.left:
                messages.warning(request, _("另有 %(n)s 项不能由 %(who)s 接手（本人不能审核、验收自己的事项，或没有账号），请另行指定。") % {"n": done.left, "who": who})
            return redirect("organizations:cadre_detail", pk)
    return render(request, "organizations/cadre_hand_over.html", {"form": form, "cadre": cadre, "items": open_items(cadre)})


def _open_units(request):
    return Unit.objects.in_scope(request.user, P.IMPORT_ROSTER).open_on(timezone.localdate())


@requires(P.IMPORT_ROSTER)
@require_http_methods(["GET", "POST"])
def cadre_new(request) -> HttpResponse:
    form = CadreForm(request.POST or None, units=_open_units(request), initial={"unit": request.GET.get("unit")})
    if request.method == "POST" and form.is_valid() and attempt(form, enter_cadre, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已将 %(name)s 列入名册。") % {"name": form.result.name})
        return redirect("organizations:cadre_detail", form.result.pk)
    return render(request, "organizations/cadre_new.html", {"form": form})


@requires(P.IMPORT_ROSTER)
@require_http_methods(["GET", "POST"])
def cadre_change(request, pk) -> HttpResponse:
    cadre = get_object_or_404(Cadre.objects.visible_to(request.user).select_related("unit", "user"), pk=pk)
    if not access_of(request.user).may_at(P.IMPORT_ROSTER, cadre.unit.path):
        raise PermissionDenied
    units = _open_units(request) | Unit.objects.filter(pk=cadre.unit_id)
    form = CadreChangeForm(request.POST or None, units=units, row=cadre)
    if request.method == "POST" and form.is_valid() and attempt(form, change_cadre, cadre, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已保存 %(name)s 的名册信息。") % {"name": cadre.name})
        return redirect("organizations:cadre_detail", pk)
    return render(request, "organizations/cadre_change.html", {"form": form, "cadre": cadre}, status=form.status)
