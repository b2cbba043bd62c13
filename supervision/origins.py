"""Tells the ledger which findings raised a problem."""

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from ledger.origins import Origin, tells_origins

from .models import Finding, Visit


@tells_origins
def visits_behind(problems, user):
    """Each visit by its team's name; its address for who may see it, in one statement."""
    visible = Exists(Visit.objects.visible_to(user).filter(pk=OuterRef("visit")))
    findings = Finding.objects.filter(problem__in=problems).annotate(visible=visible).order_by("visit", "order")
    for problem, visit, team, is_seen in findings.values_list("problem", "visit", "visit__team", "visible"):
        yield problem, Origin(_("督导反馈（%(team)s）") % {"team": team}, reverse("supervision:visit_detail", args=[visit]) if is_seen else "")
