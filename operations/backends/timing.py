"""A statement that takes long is told to the server's log: its text with places for values, never the values."""

import logging
import time

from django.conf import settings

logger = logging.getLogger("operations.slow")
LONGEST = 2000  # characters of a statement


def note_slow(execute, sql, params, many, context):
    start = time.monotonic()
    try:
        return execute(sql, params, many, context)
    finally:
        ms = (time.monotonic() - start) * 1000
        if settings.SLOW_QUERY_MS and ms >= settings.SLOW_QUERY_MS:
            logger.warning("slow query, %d ms: %s", ms, str(sql)[:LONGEST], extra={"ms": round(ms), "database": context["connection"].alias})


class TimingMixin:
    """Stands before an engine."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(note_slow)
