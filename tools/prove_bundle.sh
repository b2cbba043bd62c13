#!/usr/bin/env bash
# Proves a bundle on a machine without a network:  sudo tools/prove_bundle.sh dist/rectification-….tar.gz   (by hand; some minutes)
# In a network namespace of its own, with nothing but the loopback: unpack, install, migrate, enter the demo, serve, read the sign-in
# page and a static file it names, make a PDF.
set -euo pipefail
BUNDLE=$(realpath "$1")
if [ "${2:-}" != inside ]; then exec unshare -n "$0" "$BUNDLE" inside; fi
ip link set lo up
[ "$(ip -o link | wc -l)" = 1 ] || { echo "this namespace has a network"; exit 1; }
WORK=$(mktemp -d)
trap 'kill "${SERVER:-}" 2>/dev/null || true; rm -rf "$WORK"' EXIT
step() { printf '%5ss  %s\n' "$SECONDS" "$1"; }
tar -xzf "$BUNDLE" -C "$WORK"; step "unpacked $(du -h "$BUNDLE" | cut -f1)"
"$WORK"/rectification-*/install.sh "$WORK/app" >/dev/null; step "installed"
rm -rf "$WORK"/rectification-*
cd "$WORK/app"
unset DATABASE_URL REDIS_URL REPLICA_URL PYTHONPATH
export DATA_DIR=$WORK/data FONTS_DIR=$WORK/app/fonts STATIC_ROOT=$WORK/app/collected PORT=8765 DEMO=0 ALLOWED_HOSTS=127.0.0.1
.venv/bin/python manage.py migrate --verbosity 0; step "migrated"
.venv/bin/python manage.py demo >/dev/null; step "demo entered"
.venv/bin/python manage.py briefing latest --format pdf --output "$WORK/report.pdf" >/dev/null
head -c 5 "$WORK/report.pdf" | grep -q '%PDF-'; step "PDF of $(stat -c %s "$WORK/report.pdf") bytes"
.venv/bin/python -m rectification.serve >"$WORK/said" 2>&1 & SERVER=$!
fetch() { "$WORK/app/.venv/bin/python" -c 'import sys, urllib.request as u; a = u.urlopen(sys.argv[1], timeout=30); print(a.status); sys.stdout.buffer.write(a.read())' "http://127.0.0.1:$PORT$1"; }
for _ in $(seq 300); do fetch /healthz >/dev/null 2>&1 && break; kill -0 "$SERVER" || { cat "$WORK/said"; exit 1; }; sleep 1; done
PAGE=$(fetch /accounts/sign-in/); [ "${PAGE%%$'\n'*}" = 200 ]; step "the sign-in page answers 200"
for FILE in $(grep -o '/static/[^"]*\.\(css\|js\)' <<<"$PAGE" | sort -u); do [[ $(fetch "$FILE" | tr -d '\0') == 200* ]] || { echo "$FILE is missing"; exit 1; }; COUNT=$((${COUNT:-0} + 1)); done
[ "${COUNT:-0}" -ge 3 ]; step "$COUNT static files answer 200"
[[ $(fetch /readyz) == *'"ready"'* ]]; step "ready"
