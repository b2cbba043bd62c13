"""The server's log: one line an event, as text or JSON. Which request and whose (a number, never a name); no values.

An exception is told by its kind and the places it passed, not by its words: a database puts the offending value into them.
"""

import json
import logging
import traceback
from datetime import UTC, datetime

from audit.plain import plain

from .here import request_id, user_pk

EXTRA = ("method", "view", "status", "ms", "bytes", "database")
DEPTH = 30  # innermost places of a traceback


def told(exc_info) -> dict:
    """The kinds of an exception and of those behind it, and where the last one passed."""
    kinds, error = [], exc_info[1]
    while error is not None and len(kinds) < 5:
        kinds.append(type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = traceback.extract_tb(exc_info[2])[-DEPTH:]
    return {"error": kinds, "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}


class NumberedFormatter(logging.Formatter):
    """What both formats know."""

    def facts(self, record: logging.LogRecord) -> dict:
        at = datetime.fromtimestamp(record.created, UTC)
        found = {"at": at.isoformat(timespec="milliseconds"), "level": record.levelname, "logger": record.name, "message": plain(record.getMessage())}
        found |= {"request": number} if (number := request_id.get()) else {}
        found |= {"user": pk} if (pk := user_pk.get()) is not None else {}
        found |= {name: getattr(record, name) for name in EXTRA if isinstance(getattr(record, name, None), str | int | float)}
        return found | (told(record.exc_info) if record.exc_info and record.exc_info[1] is not None else {})


class JsonFormatter(NumberedFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.facts(record), ensure_ascii=False, default=str)


class LineFormatter(NumberedFormatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = self.facts(record)
        line = " ".join(str(facts.pop(name)) for name in ("at", "level", "logger", "message"))
        trace = "".join(f"\n  {place}" for place in facts.pop("trace", []))
        return f"{line}{''.join(f' {name}={value}' for name, value in facts.items())}{trace}"
