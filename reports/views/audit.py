"""The audit log, for who may read it."""

from django import forms
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.forms import PageForm
from accounts.models import User
from audit.models import Event
from organizations.access import requires
from organizations.models import Unit, scope_paths, within
from organizations.roles import Permission as P

from ..deeds import codes_called, words
from ..figures import end_of


class AuditFilter(PageForm):
    """Who, what, when."""

    who = forms.CharField(label=_("办理人"), required=False)
    action = forms.CharField(label=_("事项"), required=False)
    since = forms.DateField(label=_("自"), required=False)
    until = forms.DateField(label=_("至"), required=False)


def events_for(user) -> QuerySet:
    """Deeds of the people of one's scope; the system's own only for who has every organ in it."""
    paths = scope_paths(user, P.SEE_AUDIT)
    people = User.objects.filter(within(paths, "cadre__unit__path") | within(paths, "grants__unit__path"))
    known = Q(actor_id__in=people.values("pk"))
    everything = not Unit.objects.filter(parent__isnull=True).exclude(within(paths, "path")).exists()
    return Event.objects.filter(known | Q(actor_id__isnull=True)) if everything else Event.objects.filter(known)


def _is_called(text: str) -> Q:
    """By the deed's words, or by its code."""
    return Q(action__in=codes_called(text)) | Q(action__contains=text)


@requires(P.SEE_AUDIT)
@require_GET
def audit_log(request) -> HttpResponse:
    """Events, newest first."""
    form = AuditFilter(request.GET or None)
    events = events_for(request.user)
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data
        events = events.filter(actor_label__contains=asked["who"]) if asked["who"] else events
        events = events.filter(_is_called(asked["action"])) if asked["action"] else events
        events = events.filter(at__date__gte=asked["since"]) if asked["since"] else events
        events = events.filter(at__lt=end_of(asked["until"])) if asked["until"] else events
    page = Paginator(events, 50).get_page(request.GET.get("page"))
    lines = [(event, words(event.action)) for event in page]
    return render(request, "reports/audit_log.html", {"page": page, "lines": lines, "form": form})
