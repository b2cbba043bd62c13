"""The values of figures, together."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from .counting import count_all
from .figures import Scope, figure
from .kept import SUMS, is_kept, kept_figures


def values(keys: Iterable[str], scope: Scope, as_of: dt.date, known: dict[str, int] | None = None) -> dict[str, int | Decimal | None]:
    """Several figures at once: today's from what is kept, the others counted in one statement; those already `known` for this scope and day are neither."""
    asked = [figure(key) for key in dict.fromkeys(keys)]
    counts = dict(known or {})
    missing = dict.fromkeys(key for f in asked if f.key not in counts for key in f.counted if key not in counts)
    if any(key in SUMS for key in missing) and is_kept(scope, as_of):
        counts |= kept_figures(missing, scope, as_of)
    counts |= count_all({key: figure(key).rows(scope, as_of) for key in missing if key not in counts})
    return {f.key: counts[f.key] if f.key in counts else f.of(counts) for f in asked}


def value(key: str, scope: Scope, as_of: dt.date) -> int | Decimal | None:
    """One figure."""
    return values([key], scope, as_of)[key]
