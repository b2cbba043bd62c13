"""What a leaver's successor takes over. The rooms above say what it is; see their `handover.py`."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.utils.functional import Promise

from .models import Cadre


@dataclass(frozen=True)
class Share:
    """One kind of open item that hangs on a person."""

    label: Promise
    column: str  # names the person on the row
    rows: Callable[[Cadre], QuerySet]  # the leaver's open items
    takes_account: bool = False  # the column names an account, not a cadre
    fits: Callable[[QuerySet, Cadre], QuerySet] = lambda rows, successor: rows  # those the successor may take: nobody judges their own case

    def pass_on(self, leaver: Cadre, successor: Cadre) -> tuple[list[str], int]:
        """Names of what went over, and how many could not."""
        rows = self.rows(leaver)
        total = rows.count()
        taken = list(self.fits(rows, successor)) if successor.user or not self.takes_account else []
        changes = {self.column: successor.user if self.takes_account else successor}
        if hasattr(rows.model, "version"):
            changes["version"] = F("version") + 1
        rows.model.objects.filter(pk__in=[row.pk for row in taken]).update(**changes)
        return [getattr(row, "log_label", str(row)) for row in taken], total - len(taken)


SHARES: list[Share] = []


def hands_over(share: Share) -> None:
    """A room above tells of one kind of open item."""
    SHARES.append(share)


def open_items(leaver: Cadre) -> list[tuple[Promise, int]]:
    """How many of each kind hang on a person, leaving out what is none."""
    return [(share.label, count) for share in SHARES if (count := share.rows(leaver).count())]
