"""python manage.py roster FILE [--check]: the roster import without a browser."""

from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organizations.actions import import_roster
from organizations.roster import Plan
from organizations.sheets import RosterResource, read_sheet


class Command(BaseCommand):
    help = "导入干部名册（xlsx、xls、csv）：先逐行核对，全部无误才写入；--check 只核对不写入。"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="名册文件")
        parser.add_argument("--check", action="store_true", help="只核对，不写入")

    def handle(self, *, file: Path, check: bool, **options) -> None:
        now = timezone.now()
        try:
            with file.open("rb") as handle:
                sheet = read_sheet(handle, file.name)
            with transaction.atomic():
                plan = RosterResource(at=now).check(sheet, lock=not check)
                self._refuse(plan)
                if not check and (plan.newcomers or plan.changed):
                    import_roster(plan, by=None, at=now)
        except OSError as error:
            raise CommandError(_("读不到文件 %(file)s：%(why)s") % {"file": file, "why": error.strerror})
        except ValidationError as refusal:
            raise CommandError("\n".join(refusal.messages))
        self.stdout.write(
            (_("核对无误，没有写入：") if check else _("已导入："))
            + _("新增 %(new)s 人，更新 %(changed)s 人，不变 %(same)s 人，新设单位 %(units)s 个。")
            % {"new": len(plan.newcomers), "changed": len(plan.changed), "same": plan.unchanged, "units": len(plan.new_units)}
        )

    @staticmethod
    def _refuse(plan: Plan) -> None:
        """Every fault named by row and column."""
        if plan.faults:
            lines = [str(fault) for fault in plan.faults]
            raise ValidationError([*lines, _("共 %(n)s 处错误，没有写入任何一行。") % {"n": len(lines)}])
