#!/usr/bin/env bash
# Runs the tests: everything on SQLite, then everything but the browser's again on PostgreSQL, with Redis and Celery workers where an
# office has them (tests/jobs/test_services.py), and in the browser the main job. The servers are the tests' own.
# A machine without these skips the second part with a line that says so; REQUIRE_SERVICES=1 makes it a failure.
# WORKERS=2: so many processes test at once. What follows is given to pytest, e.g. tools/test.sh tests/ledger
set -euo pipefail
cd "$(dirname "$0")/.."
export DJANGO_ALLOW_ASYNC_UNSAFE=true FONTS_DIR="${FONTS_DIR:-${DATA_DIR:-$PWD/var}/fonts}"
unset DATABASE_URL REDIS_URL
tests=(.venv/bin/python -m pytest -q -n "${WORKERS:-2}" --dist loadgroup)
"${tests[@]}" -m "not services" "$@"

if compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null && command -v redis-server >/dev/null; then
    .venv/bin/python -m tests.server "${tests[@]}" --create-db --ignore-glob="tests/journeys/test_[!m]*" "$@"
elif [ "${REQUIRE_SERVICES:-}" = 1 ]; then
    echo "PostgreSQL or Redis is not installed here." >&2
    exit 1
else
    echo "The tests on PostgreSQL and Redis were left out: they are not installed here."
fi
