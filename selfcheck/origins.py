"""Tells the ledger which reports raised a problem."""

from django.db.models import Exists, OuterRef
from django.urls import reverse

from ledger.origins import Origin, tells_origins

from .models import AnswerItem, Round, SelfCheck


@tells_origins
def reports_behind(problems, user):
    """Each report by its round's name; its address for its author and for who may read it, in one statement."""
    readable = Exists(SelfCheck.objects.visible_to(user).filter(pk=OuterRef("answer__selfcheck")))
    items = AnswerItem.objects.filter(problem__in=problems).annotate(readable=readable).order_by("answer__selfcheck", "pk")
    of = "answer__selfcheck__"
    for problem, report, title, reviewer, author, may_read in items.values_list("problem", "answer__selfcheck", f"{of}round__title", f"{of}reviewer", f"{of}cadre__user", "readable"):
        page = "review_detail" if reviewer == user.pk and author != user.pk else "selfcheck_detail"  # on which this reader reads it
        yield problem, Origin(str(Round(title=title)), reverse(f"selfcheck:{page}", args=[report]) if may_read else "")
