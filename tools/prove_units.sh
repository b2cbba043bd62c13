#!/usr/bin/env bash
# Proves deploy/ on a machine without a network:  sudo tools/prove_units.sh dist/rectification-….tar.gz   (by hand; some minutes)
# Boots a Debian with systemd, PostgreSQL, Redis and nginx in a container with nothing but the loopback, installs the bundle as docs/operations.md says,
# starts the units and looks: pages through TLS, a job by a Celery worker, the nightly backup, killed processes,
# an upgrade, a restart of the machine.
# Needs debootstrap (MIRROR= where its own is out of reach) and systemd-container. BOX=folder keeps the Debian for the next time, with nothing of ours in it.
set -euo pipefail
if [ "${1:-}" != inside ]; then
    BUNDLE=$(realpath "$1")
    KEPT=${BOX:-}
    BOX=${BOX:-$(mktemp -d)}
    PACKAGES=systemd,systemd-sysv,dbus,iproute2,procps,curl,openssl,fontconfig,python3,python3-venv,libpango-1.0-0,libpangoft2-1.0-0,libharfbuzz-subset0,postgresql,redis-server,nginx-light
    [ -x "$BOX/sbin/init" ] || debootstrap --variant=minbase --include="$PACKAGES" bookworm "$BOX" ${MIRROR:+"$MIRROR"} >/dev/null
    WORK=$(mktemp -d)
    mkdir "$WORK"/{upper,work,root}
    mount -t overlay overlay -o "lowerdir=$BOX,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/root"
    cp "$BUNDLE" "$WORK/root/root/bundle.tar.gz"
    cp "$0" "$WORK/root/root/prove.sh"
    boot() {
        systemd-nspawn --quiet -D "$WORK/root" --private-network --register=no --keep-unit --boot >/dev/null 2>&1 </dev/null & OUTER=$!
        for _ in $(seq 60); do sleep 1; inside systemctl is-active --quiet postgresql redis-server nginx 2>/dev/null && return; done
        echo "the container did not boot"
        exit 1
    }
    inside() { nsenter -t "$(pgrep -P "$OUTER" | head -1)" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root "$@"; }
    stop() {
        kill "$OUTER" 2>/dev/null || true
        wait "$OUTER" 2>/dev/null || true
        umount "$WORK/root"
        rm -rf "$WORK"
        [ -n "$KEPT" ] || rm -rf "$BOX"
    }
    trap stop EXIT
    boot
    inside bash /root/prove.sh inside set_up
    inside bash /root/prove.sh inside look
    inside bash /root/prove.sh inside upgrade
    inside systemctl reboot
    wait "$OUTER" || true  # it ends with the machine
    boot
    inside bash /root/prove.sh inside after_restart
    exit
fi

trap 'echo "failed in line $LINENO: $BASH_COMMAND" >&2' ERR
set -E
step() { printf '%5ss  %s\n' "$SECONDS" "$1"; }
until_true() { for _ in $(seq 240); do "$@" >/dev/null 2>&1 && return; sleep 0.5; done; echo "not within two minutes: $*"; journalctl --no-pager -u 'rectification*' -n 20; exit 1; }
page() { curl -sk --resolve zhengdun.example.internal:443:127.0.0.1 "$@"; }
as_platform() { runuser -u rectification -- bash -c 'set -a; . /etc/rectification/env; cd "$0"; exec "$@"' "${CODE:-/opt/rectification}" "$@"; }
is_ready() { curl -s -H 'Host: zhengdun.example.internal' http://127.0.0.1:8000/readyz | grep -q '"ready"'; }
UNITS=(rectification-web rectification-beat rectification-worker@quick rectification-worker@documents rectification-worker@imports)

set_up() {
    cd /root
    [ "$(ip -o link | wc -l)" = 1 ] || { echo "this container has a network"; exit 1; }
    mkdir unpacked && tar -xzf bundle.tar.gz -C unpacked
    useradd --system --home-dir /opt/rectification rectification
    unpacked/rectification-*/install.sh /opt/rectification-1 >/dev/null; step "installed"
    ln -s /opt/rectification-1 /opt/rectification
    install -d -o rectification -g rectification -m 755 /srv/rectification/static
    install -d -o rectification -g rectification -m 700 /var/lib/rectification /var/lib/rectification-keys /var/backups/rectification
    local word; word=$(openssl rand -hex 24)
    cd /opt/rectification/deploy
    sed "s/CHANGE-ME/$word/" redis.conf.sample >>/etc/redis/redis.conf
    cp postgresql.conf.sample /etc/postgresql/15/main/conf.d/rectification.conf
    sed -i 's/^port = .*/port = 5432/' /etc/postgresql/15/main/postgresql.conf  # debootstrap had seen the outer machine's server
    systemctl restart redis-server postgresql@15-main
    (cd / && runuser -u postgres -- psql -q -c "CREATE ROLE rectification LOGIN CREATEDB PASSWORD '$word'" -c "CREATE DATABASE rectification OWNER rectification ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0")
    mkdir /etc/rectification
    sed "s/^SECRET_KEY=.*/SECRET_KEY=$(openssl rand -hex 32)/; s/CHANGE-ME/$word/" rectification.env.sample >/etc/rectification/env
    chown root:rectification /etc/rectification/env; chmod 640 /etc/rectification/env
    mkdir -m 700 /etc/nginx/tls
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=zhengdun.example.internal -keyout /etc/nginx/tls/rectification.key -out /etc/nginx/tls/rectification.crt 2>/dev/null
    cp nginx.conf /etc/nginx/conf.d/rectification.conf
    systemctl restart nginx
    cp systemd/* /etc/systemd/system/
    systemctl daemon-reload
    as_platform .venv/bin/python manage.py migrate --verbosity 0; step "migrated"
    as_platform .venv/bin/python manage.py demo >/dev/null 2>&1; step "demo entered"
    systemctl enable --quiet --now "${UNITS[@]}" rectification-backup.timer
}

look() {
    until_true is_ready; step "ready"
    [ "$(page -o /tmp/page -w '%{http_code}' https://zhengdun.example.internal/accounts/sign-in/)" = 200 ]; step "the sign-in page answers 200 through TLS"
    local file; file=$(grep -o '/static/[^"]*\.css' /tmp/page | head -1)
    page -D- -o /dev/null "https://zhengdun.example.internal$file" | grep -q immutable; step "the front server hands out static files, for ever"
    [ "$(page -o /dev/null -w '%{http_code}' https://zhengdun.example.internal/metrics)" = 404 ]; step "machines' pages stay inside"
    a_job; step "a worker made the report"
    systemctl start rectification-backup; step "backed up, and restored to prove it"
    [ -n "$(systemctl show -p NextElapseUSecRealtime --value rectification-backup.timer)" ]; step "the next backup is planned"
    [ "$(systemctl show -p NRestarts --value "${UNITS[@]}" | tr -d '\n')" = 00000 ]; step "nothing had to be started twice"
    systemctl kill --signal=KILL rectification-web rectification-worker@quick rectification-worker@documents
    sleep 1
    until_true is_ready; until_true systemctl is-active rectification-worker@quick rectification-worker@documents
    a_job; step "killed, web and workers were back and made another report"
    systemd-analyze security --no-pager rectification-web rectification-worker@quick 2>/dev/null | grep -i overall || true
}

# As docs/operations.md, Upgrading: the new code beside the old, which goes on serving until the link leads to the new one.
upgrade() {
    /root/unpacked/rectification-*/install.sh /opt/rectification-2 >/dev/null; step "a second version beside the first"
    CODE=/opt/rectification-2 as_platform .venv/bin/python manage.py migrate --verbosity 0
    is_ready; step "migrated, the first one serving"
    ln -sfn /opt/rectification-2 /opt/rectification
    systemctl restart "${UNITS[@]}"
    until_true is_ready
    [[ $(readlink "/proc/$(systemctl show -p MainPID --value rectification-web)/cwd") = /opt/rectification-2 ]]
    a_job; step "the second one serves and made a report"
}

after_restart() {
    until_true is_ready
    systemctl is-active --quiet "${UNITS[@]}" rectification-backup.timer; step "after a restart of the machine all units are there again"
    a_job; step "and a worker made a report"
}

a_job() {
    as_platform .venv/bin/python manage.py shell --no-imports >/tmp/job 2>&1 <<'PYTHON'
import time
import uuid
from accounts.models import User
from django.conf import settings
from django.test import Client
from django.urls import reverse
from jobs.models import Job
settings.SECOND_FACTOR, settings.REAUTH_MINUTES = "off", None
office = Client(headers={"host": "zhengdun.example.internal"})
office.force_login(User.objects.get(username="YL002"))
before = Job.objects.count()
answer = office.post(reverse("reports:report_now"), {"once": str(uuid.uuid4())}, secure=True)
assert answer.status_code == 302, answer.status_code
end = time.monotonic() + 60
while Job.objects.filter(status__in=["queued", "running"]).exists() and time.monotonic() < end:
    time.sleep(0.2)
job = Job.objects.order_by("-asked_at").first()
assert Job.objects.count() == before + 1 and job.status == "done", (before, Job.objects.count(), job.status)
PYTHON
}

"$2"
