"""Units in their tree, and the duties they carry."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import attempt
from accounts.undo import offer_undo

from ..access import requires
from ..actions import assign_duty, change_unit, move_unit, open_unit, withdraw_duty
from ..forms import DutyForm, UnitChangeForm, UnitForm, UnitMoveForm
from ..headcounts import tree
from ..models import STEP, Cadre, DutyAssignment, Unit, access_of, scope_paths, within
from ..roles import Permission as P

SHOWN = 30  # cadres on a unit's own page; the list has the rest
OVERSIGHT = "干部监督"  # the duty every organ must be able to point at


@requires(P.SEE_ORGANIZATIONS)
@require_GET
def unit_list(request) -> HttpResponse:
    seen = tree(scope_paths(request.user, P.SEE_ORGANIZATIONS), timezone.localdate())
    duties = DutyAssignment.objects.filter(unit__in=[row.unit.pk for row in seen.rows]).select_related("unit").order_by("duty", "unit__path")
    return render(request, "organizations/unit_list.html", {
        "tree": seen, "rows": seen.rows, "totals": seen.totals, "duties": duties, "oversight": OVERSIGHT,
        "oversight_known": any(OVERSIGHT in d.duty for d in duties),
        "can_import": access_of(request.user).may(P.IMPORT_ROSTER),
    })  # fmt: skip


@requires(P.SEE_ORGANIZATIONS)
@require_GET
def unit_detail(request, pk) -> HttpResponse:
    unit = get_object_or_404(Unit.objects.in_scope(request.user, P.SEE_ORGANIZATIONS).select_related("parent"), pk=pk)
    rows = tree([unit.path], timezone.localdate()).rows
    cadres = Cadre.objects.filter(unit=unit).present().with_posts().in_order()
    return render(request, "organizations/unit_detail.html", {
        "unit": unit, "row": rows[0], "children": [r for r in rows if r.unit.parent_id == unit.pk],
        "cadres": cadres[:SHOWN], "shown": SHOWN, "duties": unit.duties.order_by("duty"),
        "parent": unit.parent if unit.parent and access_of(request.user).may_at(P.SEE_ORGANIZATIONS, unit.parent.path) else None,
        "can_import": access_of(request.user).may_at(P.IMPORT_ROSTER, unit.path), "sees_ledger": access_of(request.user).may_at(P.SEE_LEDGER, unit.path),
        "can_move": bool(unit.parent_id) and access_of(request.user).may_at(P.IMPORT_ROSTER, unit.path[:-STEP]),
    })  # fmt: skip


@requires(P.IMPORT_ROSTER)
@require_http_methods(["GET", "POST"])
def unit_new(request) -> HttpResponse:
    units = Unit.objects.in_scope(request.user, P.IMPORT_ROSTER).open_on(timezone.localdate())
    form = UnitForm(request.POST or None, units=units, initial={"parent": request.GET.get("parent")})
    if request.method == "POST" and form.is_valid() and attempt(form, open_unit, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已增加单位“%(unit)s”。") % {"unit": form.result.name})
        return redirect("organizations:unit_detail", form.result.pk)
    return render(request, "organizations/unit_new.html", {"form": form})


def _unit_to_change(request, pk) -> Unit:
    unit = get_object_or_404(Unit.objects.visible_to(request.user), pk=pk)
    if not access_of(request.user).may_at(P.IMPORT_ROSTER, unit.path):
        raise PermissionDenied
    return unit


@requires(P.IMPORT_ROSTER)
@require_http_methods(["GET", "POST"])
def unit_change(request, pk) -> HttpResponse:
    unit = _unit_to_change(request, pk)
    form = UnitChangeForm(request.POST or None, row=unit)
    if request.method == "POST" and form.is_valid() and attempt(form, change_unit, unit, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已保存“%(unit)s”的信息。") % {"unit": unit.name})
        return redirect("organizations:unit_detail", pk)
    return render(request, "organizations/unit_change.html", {"form": form, "unit": unit}, status=form.status)


@requires(P.IMPORT_ROSTER)
@require_http_methods(["GET", "POST"])
def unit_move(request, pk) -> HttpResponse:
    """Under another unit of one's scope; everything in the unit is then seen and run from there."""
    unit = _unit_to_change(request, pk)
    units = Unit.objects.in_scope(request.user, P.IMPORT_ROSTER).open_on(timezone.localdate()).exclude(within([unit.path], "path"))
    form = UnitMoveForm(request.POST or None, units=units, row=unit)
    if request.method == "POST" and form.is_valid() and attempt(form, move_unit, unit, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已将“%(unit)s”划入“%(parent)s”。") % {"unit": unit, "parent": form.result.parent})
        return redirect("organizations:unit_detail", pk)
    return render(request, "organizations/unit_move.html", {"form": form, "unit": unit, "below": Unit.objects.under(unit).count() - 1}, status=form.status)


@requires(P.IMPORT_ROSTER)
@require_http_methods(["GET", "POST"])
def duty_new(request, pk) -> HttpResponse:
    unit = _unit_to_change(request, pk)
    form = DutyForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and attempt(form, assign_duty, unit=unit, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已写明“%(unit)s”承担“%(duty)s”。") % {"unit": unit, "duty": form.result.duty})
        return redirect("organizations:unit_detail", pk)
    return render(request, "organizations/duty_new.html", {"form": form, "unit": unit})


@requires(P.IMPORT_ROSTER)
@require_POST
def duty_withdraw(request, pk) -> HttpResponse:
    duty = get_object_or_404(DutyAssignment.objects.filter(unit__in=Unit.objects.visible_to(request.user)).select_related("unit"), pk=pk)
    if not access_of(request.user).may_at(P.IMPORT_ROSTER, duty.unit.path):
        raise PermissionDenied
    withdraw_duty(duty, by=request.user, at=timezone.now())
    said = _("“%(unit)s”不再承担“%(duty)s”。") % {"unit": duty.unit, "duty": duty.duty}
    offer_undo(request, said, reverse("organizations:duty_new", args=[duty.unit_id]), duty=duty.duty, is_dedicated=duty.is_dedicated and "on", note=duty.note)
    return redirect("organizations:unit_detail", duty.unit_id)
