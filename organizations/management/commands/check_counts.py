"""python manage.py check_counts: compares the kept counts with the rows, mends and reports what is different."""

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from organizations.actions import check_counts


class Command(BaseCommand):
    help = "核对统计页所用的计数，与明细不符的按明细改正；首次运行建立计数"

    def handle(self, **options) -> None:
        wrong = check_counts(by=None, at=timezone.now())
        if not wrong:
            self.stdout.write(_("计数与明细一致。"))
        for kind, number in wrong.items():
            self.stdout.write(_("%(kind)s：%(n)s 处不符，已改正。") % {"kind": kind, "n": number})
