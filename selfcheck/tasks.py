"""What happens by itself: once a day, or when somebody asked for what takes long."""

from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.registry import Report, Result

from .actions import move_reports, purge_due_reports
from .models import ChecklistVersion, Round


def purge_reports(args: dict, report: Report) -> Result:
    """Contents of self-checks whose time is over are destroyed."""
    return Result(message=_("销毁 %(n)s 份") % {"n": purge_due_reports(at=timezone.now())})


def move_many(args: dict, report: Report) -> Result:
    """Put the round's reports not handed in under its newer checklist. The job knows numbers only, never a word of them."""
    opened, checklist = Round.objects.select_related("campaign").get(pk=args["round"]), ChecklistVersion.objects.get(pk=args["checklist"])
    done = move_reports(opened, checklist, lambda percent: report(percent, _("已换 %(n)s%%") % {"n": min(percent, 100)}), now=timezone.now)
    return Result(message=_("%(n)s 份没有提交的报告已换用%(v)s，%(left)s 份留在原来的版本。") % {"n": done.moved, "v": checklist.edition, "left": done.left})
