"""What is offered below a box in which a unit or a cadre is typed (organizations/choosing.py)."""

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ..access import requires
from ..choosing import OFFERED, written_cadre, written_unit
from ..models import Cadre, Unit
from ..roles import Permission as P

LONGEST = 40  # characters that are looked for


@requires(P.SEE_ORGANIZATIONS)
@require_GET
def cadre_offers(request) -> HttpResponse:
    text = _typed(request)
    found = Cadre.objects.visible_to(request.user).present().found_by(text).select_related("unit").order_by("name_pinyin", "pk") if text else []
    return _options(request, [(written_cadre(cadre), cadre.unit) for cadre in found[:OFFERED]])


@requires(P.SEE_ORGANIZATIONS)
@require_GET
def unit_offers(request) -> HttpResponse:
    text = _typed(request)
    named = Q(name__contains=text) | Q(short_name__contains=text) | Q(code__startswith=text) | Q(name_initials__startswith=text.lower())
    found = Unit.objects.visible_to(request.user).open_on(timezone.localdate()).filter(named).select_related("parent").order_by("path") if text else []
    return _options(request, [(written_unit(unit), unit.parent or "") for unit in found[:OFFERED]])


def _typed(request) -> str:
    """What stands in the box that `of` names; nothing when it is too long to be a name."""
    text = " ".join(request.GET.get(request.GET.get("of", ""), "").split())
    return text if len(text) <= LONGEST else ""


def _options(request, offers: list[tuple[str, object]]) -> HttpResponse:
    """The form decides which of them it takes."""
    return render(request, "organizations/_offers.html", {"offers": offers})
