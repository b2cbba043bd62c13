"""Whether a request is being answered, and which."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("operations_request", default="")  # "" in jobs, commands and migrations
user_pk: ContextVar[int | None] = ContextVar("operations_user", default=None)  # whose request, as soon as that is known
