"""The sealing PostgreSQL engine; a connection opened while a request is answered gives up what takes too long.

A thread of the web server answers requests and nothing else, so its connection keeps these limits for its life. Jobs,
commands and migrations open theirs outside a request and may take the time they need.
"""

from audit.backends.postgresql import base
from operations.backends.timing import TimingMixin
from operations.here import request_id

LIMITS = {"lock_timeout": 3000, "statement_timeout": 15000}  # milliseconds


class DatabaseWrapper(TimingMixin, base.DatabaseWrapper):
    def get_connection_params(self):
        params = super().get_connection_params()
        if request_id.get():
            limits = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
            params["options"] = f"{params.get('options', '')} {limits}".strip()
        return params
