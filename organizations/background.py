"""Background work of this room, registered when the app is ready."""

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.registry import IMPORTS, Closing, Report, Result, job_kind

from .actions import check_counts, finish_import
from .models import RosterImport, RosterReading, scope_paths
from .roles import Permission
from .roster import Plan
from .sheets import RosterResource, Sheet, read_sheet


@job_kind("organizations.import_roster", queue=IMPORTS, title=gettext_lazy("导入干部名册"))
def import_uploaded_roster(args: dict, report: Report) -> Result | Closing:
    """Check what was read of the confirmed sheet against today's roster and write it: rows and the job's end in one transaction."""
    roster = RosterImport.objects.select_related("file", "confirmed_by").get(pk=args["roster"])
    report(5, _("读取“%(name)s”") % {"name": roster.file.name})
    if roster.state == RosterImport.State.DONE:
        return _told(roster)
    if roster.state != RosterImport.State.QUEUED:
        raise ValidationError(_("名册已有新的预览，没有写入。请返回核对后重新确认导入。"))
    lines, faults = RosterResource().clean(_read(roster))
    report(30, _("核对并写入"))

    def check() -> Plan:
        return RosterResource(scope=scope_paths(roster.confirmed_by, Permission.IMPORT_ROSTER)).compare(lines, faults, lock=True)

    def write() -> Result:
        try:
            return _told(finish_import(roster, check, at=timezone.now()))
        except ValidationError as refusal:  # the new preview that finish_import has kept stays
            return Result(message="".join(refusal.messages), refused=True)

    return write


def _read(roster: RosterImport) -> Sheet:
    """As it was read for the preview; where that is kept no more, the file is read again."""
    kept = RosterReading.objects.filter(roster=roster).first()
    if kept:
        return Sheet.unpacked(kept.content)
    with roster.file.content.open("rb") as handle:
        return read_sheet(handle, roster.file.name)


def _told(roster: RosterImport) -> Result:
    done = roster.summary
    return Result(message=_("已导入：新增 %(new)s 人，更新 %(changed)s 人，新设单位 %(units)s 个。") % {"new": done["new"], "changed": done["changed"], "units": done["unit_count"]})


@job_kind("organizations.check_counts", queue=IMPORTS, daily=gettext_lazy("核对计数"))
def check_kept_counts(args: dict, report: Report) -> Result:
    """Each night: right for the day that has begun, and equal to the rows."""
    wrong = check_counts(by=None, at=timezone.now())
    if not wrong:
        return Result(message=_("计数与明细一致。"))
    return Result(message=_("%(n)s 处计数与明细不符，已改正：%(kinds)s。") % {"n": sum(wrong.values()), "kinds": "、".join(wrong)})
