"""Whether a request is being answered, and which."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("operations_request", default="")  # "" in jobs, commands and migrations
