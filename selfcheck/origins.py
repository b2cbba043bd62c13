"""Tells the ledger which reports raised a problem."""

from django.db.models import Exists, OuterRef
from django.urls import reverse

from ledger.origins import Origin, tells_origins

from .models import AnswerItem, SelfCheck


@tells_origins
def reports_behind(problems, user):
    """Each report by its round's name; its address for its author and for who may read it, in one statement."""
    readable = Exists(SelfCheck.objects.visible_to(user).filter(pk=OuterRef("answer__selfcheck")))
    items = AnswerItem.objects.filter(problem__in=problems).select_related("answer__selfcheck__round", "answer__selfcheck__cadre")
    for item in items.annotate(readable=readable).order_by("answer__selfcheck", "pk"):
        yield item.problem_id, Origin(str(item.answer.selfcheck.round), _address(item.answer.selfcheck, user) if item.readable else "")


def _address(selfcheck: SelfCheck, user) -> str:
    """The page on which this reader reads it."""
    reviews = selfcheck.reviewer_id == user.pk and selfcheck.cadre.user_id != user.pk
    return reverse("selfcheck:review_detail" if reviews else "selfcheck:selfcheck_detail", args=[selfcheck.pk])
