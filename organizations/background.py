"""Background work of this room, registered when the app is ready."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _n

from jobs.registry import Report, Result, job_kind

from .actions import check_counts, finish_import
from .models import RosterImport, scope_paths
from .roles import Permission
from .roster import Plan
from .sheets import RosterResource, read_sheet


@job_kind("organizations.import_roster")
def import_uploaded_roster(args: dict, report: Report) -> Result:
    """Read the confirmed sheet again, check it against today's roster, write it."""
    roster = RosterImport.objects.select_related("file", "confirmed_by").get(pk=args["roster"])
    report(5, _("读取“%(name)s”") % {"name": roster.file.name})
    if roster.state == RosterImport.State.QUEUED:
        with roster.file.content.open("rb") as handle:
            dataset = read_sheet(handle, roster.file.name)
        report(30, _("核对并写入"))

        def check() -> Plan:
            return RosterResource(scope=scope_paths(roster.confirmed_by, Permission.IMPORT_ROSTER)).check(dataset)

        roster = finish_import(roster, check, at=timezone.now())
    done = roster.summary
    return Result(message=_("已导入：新增 %(new)s 人，更新 %(changed)s 人，新设单位 %(units)s 个。") % {"new": done["new"], "changed": done["changed"], "units": done["unit_count"]})


@job_kind("organizations.check_counts", daily=_n("核对计数"))
def check_kept_counts(args: dict, report: Report) -> Result:
    """Each night: right for the day that has begun, and equal to the rows."""
    wrong = check_counts(by=None, at=timezone.now())
    if not wrong:
        return Result(message=_("计数与明细一致。"))
    return Result(message=_("%(n)s 处计数与明细不符，已改正：%(kinds)s。") % {"n": sum(wrong.values()), "kinds": "、".join(wrong)})
