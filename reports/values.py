"""The values of figures, together."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from campaigns.models import Campaign
from organizations.models import Unit

from .counting import Counting, counting
from .figures import Scope, figure
from .kept import SUMS, is_kept, kept_figures


def values(keys: Iterable[str], scope: Scope, as_of: dt.date, known: dict[str, int] | None = None) -> dict[str, int | Decimal | None]:
    """Several figures at once: today's from what is kept, the others counted in one statement; those already `known` for this scope and day are neither."""
    asked = [figure(key) for key in dict.fromkeys(keys)]
    counts = dict(known or {})
    missing = dict.fromkeys(key for f in asked if f.key not in counts for key in f.counted if key not in counts)
    if any(key in SUMS for key in missing) and is_kept(scope, as_of):
        counts |= kept_figures(missing, scope, as_of)
    if rest := tuple(key for key in missing if key not in counts):
        counts |= figures_counting(rest, scope.campaign, scope.unit, scope.path, as_of).ask()
    return {f.key: counts[f.key] if f.key in counts else f.of(counts) for f in asked}


@lru_cache(300)
def figures_counting(keys: tuple[str, ...], campaign: Campaign, unit: Unit | None, _path: str, as_of: dt.date) -> Counting:
    """The statement that counts these figures' rows, written once; nothing is looked up for it. `_path` tells where the unit stands now."""
    scope = Scope(campaign, unit)
    return counting({key: figure(key).rows(scope, as_of) for key in keys})


def value(key: str, scope: Scope, as_of: dt.date) -> int | Decimal | None:
    """One figure."""
    return values([key], scope, as_of)[key]
