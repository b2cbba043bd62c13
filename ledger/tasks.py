"""What happens by itself, once a day."""

from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.registry import Report, Result

from .actions import resume_due_problems


def resume_deferred(args: dict, report: Report) -> Result:
    """Deferred problems whose day has come are at work again."""
    return Result(message=_("恢复 %(n)s 件") % {"n": resume_due_problems(at=timezone.now())})
