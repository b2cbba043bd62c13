"""绩效考核、述职述廉、谈心谈话."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import attempt
from campaigns.current import needed_campaign
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import record_supervision
from ..counts import seen_by_kind_and_level
from ..forms import RecordFilter, RecordForm, units_for
from ..models import SupervisionRecord

PER_PAGE = 30
KINDS, LEVELS = SupervisionRecord.Kind.choices, SupervisionRecord.Level.choices


@requires(P.SEE_SUPERVISION, P.SEE_CLUE_COUNTS)
@require_GET
def record_list(request) -> HttpResponse:
    """The records of one's scope; who only counts clues is shown to the counts."""
    if not access_of(request.user).may(P.SEE_SUPERVISION):
        return redirect("supervision:clue_list")
    campaign = needed_campaign(request)
    chosen = RecordFilter(request.GET, units=units_for(request.user, campaign, P.SEE_SUPERVISION))
    rows = chosen.in_unit(SupervisionRecord.objects.visible_to(request.user).filter(campaign=campaign))
    counts = seen_by_kind_and_level(request.user, campaign, unit=chosen.cleaned_data.get("unit"), day=timezone.localdate())
    if counts is None:
        counts = rows.by_kind_and_level()
    count = sum(n for pair, n in counts.items() if chosen.asks_for(*pair))
    paginator = Paginator(chosen.narrow(rows).select_related("cadre__unit").newest_of(count), PER_PAGE)
    paginator.count = count
    return render(request, "supervision/record_list.html", {
        "page": paginator.get_page(request.GET.get("page")),
        "filter": chosen,
        "table": _table(counts),
        "can_run": access_of(request.user).may(P.RUN_SUPERVISION),
        "sees_clues": access_of(request.user).may(P.SEE_CLUE_COUNTS),
    })


def _table(counts: dict[tuple[str, str], int]) -> dict:
    """How many by kind and level, with totals."""
    lines = [(kind, label, [(level, counts.get((kind, level), 0)) for level, _label in LEVELS]) for kind, label in KINDS]
    levels = [(level, label, sum(n for (_kind, at), n in counts.items() if at == level)) for level, label in LEVELS]
    return {
        "lines": [(kind, label, cells, sum(n for _level, n in cells)) for kind, label, cells in lines],
        "levels": levels,
        "all": sum(counts.values()),
    }


@requires(P.RUN_SUPERVISION)
@require_http_methods(["GET", "POST"])
def record_new(request) -> HttpResponse:
    campaign = needed_campaign(request)
    form = RecordForm(request.POST or None, campaign=campaign, user=request.user)
    if request.method == "POST" and form.is_valid() and attempt(form, record_supervision, campaign, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已登记“%(record)s”。") % {"record": form.result})
        return redirect("supervision:record_list")
    return render(request, "supervision/record_new.html", {"form": form})


@requires(P.SEE_SUPERVISION, P.SEE_CAMPAIGN)
@require_GET
def record_detail(request, pk: int) -> HttpResponse:
    """One record; a cadre reads those about themself."""
    rows = SupervisionRecord.objects.visible_to(request.user).select_related("cadre__unit", "entered_by")
    sees_all = access_of(request.user).may(P.SEE_SUPERVISION)
    return render(request, "supervision/record_detail.html", {"record": get_object_or_404(rows, pk=pk), "sees_all": sees_all})
