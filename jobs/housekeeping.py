"""What is thrown away by itself, once a day: spent form tokens, ended sessions, old results."""

import datetime as dt

from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SpentToken

from .models import Job
from .registry import Report, Result
from .results import strays

TOKENS_KEPT = dt.timedelta(days=7)
RESULTS_KEPT = dt.timedelta(days=30)
STRAYS_KEPT = dt.timedelta(days=1)  # a runner may be at work on a file that no row names yet


def tidy(args: dict, report: Report) -> Result:
    """Results can be made again; the job's row stays, and the log of who downloaded what."""
    now = timezone.now()
    tokens = SpentToken.objects.filter(spent_at__lt=now - TOKENS_KEPT).delete()[0]
    sessions = Session.objects.filter(expire_date__lt=now).delete()[0]
    old = list(Job.objects.filter(finished_at__lt=now - RESULTS_KEPT).exclude(result=""))
    for job in old:
        job.result.delete(save=False)
    Job.objects.filter(pk__in=[job.pk for job in old]).update(result="", result_sha256="")
    files = len(old) + _drop_strays(now)
    return Result(message=_("清理表单凭据 %(t)s 个、会话 %(s)s 个、文件 %(f)s 个") % {"t": tokens, "s": sessions, "f": files})


def _drop_strays(now: dt.datetime) -> int:
    """Files whose runner was killed before the row could name them."""
    known = set(Job.objects.exclude(result="").values_list("result", flat=True))
    found = strays(known, (now - STRAYS_KEPT).timestamp())
    for path in found:
        path.unlink()
    return len(found)
