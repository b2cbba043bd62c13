#!/usr/bin/env bash
# Runs the tests: everything on SQLite, then every room again on the real PostgreSQL, with jobs through Redis and Celery workers
# (tests/jobs/test_services.py), and the main job in the browser on all three together.
# A machine without them skips that second part with a line that says so; REQUIRE_SERVICES=1 makes it a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
export DJANGO_ALLOW_ASYNC_UNSAFE=true FONTS_DIR="${FONTS_DIR:-${DATA_DIR:-$PWD/var}/fonts}"
unset DATABASE_URL REDIS_URL
.venv/bin/python -m pytest -q -n "${WORKERS:-2}" --dist loadgroup -m "not services" "$@"

pg=${TEST_DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
redis=${TEST_REDIS_URL:-redis://127.0.0.1:6379/9}
if .venv/bin/python - "$pg" "$redis" <<'P'
import sys, psycopg, redis
try:
    psycopg.connect(sys.argv[1], connect_timeout=3).close()
    redis.Redis.from_url(sys.argv[2], socket_connect_timeout=3).ping()
except Exception as error:
    print(f"PostgreSQL or Redis does not answer here: {error}")
    sys.exit(1)
P
then
    rooms=(operations accounts audit files keys jobs organizations campaigns ledger learning selfcheck supervision demo)
    DATABASE_URL=$pg .venv/bin/python -m pytest -q -n "${WORKERS:-2}" --dist loadgroup --create-db "${rooms[@]/#/tests/}" tests/reports/test_{facts,figures,kept,kept_demo,actions,views,search}.py tests/access/test_odd_input.py
    DATABASE_URL=$pg .venv/bin/python -m pytest -q tests/journeys/test_main_job.py
elif [ "${REQUIRE_SERVICES:-}" = 1 ]; then
    exit 1
else
    echo "The tests on PostgreSQL and Redis were left out."
fi
