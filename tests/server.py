"""Runs a command beside a PostgreSQL server of its own, which is thrown away afterwards.

usage: python -m tests.server COMMAND …
The command is told DATABASE_URL, and by TEST_TEMPLATE which database there is migrated and only copied (`CREATE DATABASE … TEMPLATE`).
"""

import os
import subprocess
import sys

from tests.operations.clusters import cluster

TEMPLATE = os.environ.get("TEST_TEMPLATE", "")
ROOM = ("shared_buffers = 128MB", "max_wal_size = 128MB", "min_wal_size = 32MB")  # its folder lies in memory too


def main(command: list[str]) -> int:
    with cluster(*ROOM) as made:
        made.sql("CREATE DATABASE migrated")
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=os.environ | {"DATABASE_URL": f"{made.url.rsplit('/', 1)[0]}/migrated"}, check=True)
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": made.url, "TEST_TEMPLATE": "migrated"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
