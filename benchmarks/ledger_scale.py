"""What the ledger costs with 5,000, 50,000 and 500,000 problems: server time, queries, plans.

usage: python benchmarks/ledger_scale.py [--write] [--rows 5000,50000,500000] [--runs 5] [--pages NAME]     Run by hand on a quiet machine.
Without DATABASE_URL an SQLite file in a temporary folder is filled, with it an empty PostgreSQL database; never give it a
database in use. --write renews benchmarks/ledger_scale_<engine>.md. Rows are written by INSERT … SELECT over 521 units and
2,084 cadres. Each address goes through the whole stack, in the process: the best of the runs after one to warm up. The ratio
is to fetching one problem by its primary key, so that a figure can be read on any machine. The processor's time of PostgreSQL is read from
/proc, so the server runs on this machine, and one page's queries are answered by one process (no parallel workers).
"""

import argparse
import datetime as dt
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
FOLDER = tempfile.TemporaryDirectory()
os.environ["DATA_DIR"] = FOLDER.name
os.environ.pop("REDIS_URL", None)
os.environ.setdefault("PGOPTIONS", "-c max_parallel_workers_per_gather=0")

import django  # noqa: E402  (the folder must be known first)

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from campaigns.actions import launch_campaign  # noqa: E402
from ledger.actions import report_problem  # noqa: E402
from ledger.models import Numbering, Problem  # noqa: E402
from organizations.actions import grant_role, open_unit  # noqa: E402
from organizations.models import Cadre, Unit, path_step  # noqa: E402
from organizations.roles import Role  # noqa: E402

WARM_UP, LIMIT = 1, 100  # ms
CADRES = 2084
PAGES = {
    "the list": "/ledger/problems/",
    "not closed": "/ledger/problems/?view=not_closed",
    "overdue": "/ledger/problems/?view=overdue",
    "closed": "/ledger/problems/?view=closed",
    "one unit": "/ledger/problems/?unit={section}",
    "a unit's subtree": "/ledger/problems/?unit={bureau}",
    "by source": "/ledger/problems/?source=visit",
    "by aspect, state and track": "/ledger/problems/?aspect=improper_conduct&status=open&track=dated",
    "a rare source": "/ledger/problems/?source=other",
    "due between": "/ledger/problems/?due_from={tomorrow}&due_to={next_week}",
    "a rare pair": "/ledger/problems/?source=other&level=organ",
    "waiting for me": "/ledger/problems/?view=awaiting",
    "by person": "/ledger/problems/?person=干部1234",
    "by a name's part that all share": "/ledger/problems/?person=干部",
    "by a name's part that 12 share": "/ledger/problems/?person=100",
    "by code": "/ledger/problems/?q=2026-4321",
    "text, many hits": "/ledger/problems/?q=要素不全",
    "text, no hit": "/ledger/problems/?q=没有这样的",
    "page 2": "/ledger/problems/?page=2",
    "the last page": "/ledger/problems/?page=999999",
    "the board": "/ledger/problems/board/",
    "the board, filtered": "/ledger/problems/board/?source=visit",
    "the board, a rare source": "/ledger/problems/board/?source=other",
    "the board, a text": "/ledger/problems/board/?q=没有这样的",
}
SERIES = "WITH RECURSIVE series(i) AS (SELECT CAST({start} AS bigint) UNION ALL SELECT i + 1 FROM series WHERE i < {stop}) "
FILL = """
INSERT INTO ledger_problem ({columns})
{series} SELECT {values} FROM (
    SELECT i, (i * 7919 + i / 97) % 100 AS s, (i * 104729 + i / 31) % 100 AS t, (i * 611953) % {units} AS u, (i * 15485863) % 10000 AS r FROM series
) AS drawn
"""
STATUS = "CASE WHEN s < 60 THEN 'closed' WHEN s < 80 THEN 'open' WHEN s < 86 THEN 'submitted' WHEN s < 90 THEN 'verified' WHEN s < 94 THEN 'reported' WHEN s < 96 THEN 'deferred' WHEN s < 98 THEN 'dismissed' ELSE 'merged' END"
ASPECTS = ["belief_loss", "political_wavering", "principle_abandonment", "improper_conduct", "abuse_of_power", "integrity_lapse"]


def enter_stage() -> dict:
    """Units, cadres, an office and a liaison, one campaign."""
    now = timezone.now()
    organ = open_unit(code="R", name="区机关", kind=Unit.Kind.ORGAN, by=None, at=now)
    bureaus = Unit.objects.bulk_create(Unit(code=f"B{n}", name=f"第{n}室", kind=Unit.Kind.OFFICE, parent=organ, path=organ.path + path_step(n)) for n in range(1, 21))
    sections = Unit.objects.bulk_create(
        Unit(code=f"{b.code}-{n}", name=f"{b.name}{n}科", kind=Unit.Kind.SECTION, parent=b, path=b.path + path_step(n)) for b in bureaus for n in range(1, 26))
    Cadre.objects.bulk_create(Cadre(staff_no=f"{n:05}", name=f"干部{n}", unit=sections[n % 500]) for n in range(CADRES))
    people = {name: User.objects.create(username=name, name=name, opened_at=now, password="!") for name in ("office", "liaison")}
    campaign = launch_campaign(name="教育整顿", workforce="干部", unit=organ, by=people["office"], at=now)
    grant_role(people["office"], role=Role.OFFICE, unit=organ, by=None, at=now)
    grant_role(people["liaison"], role=Role.LIAISON, unit=sections[7], by=None, at=now)
    Numbering.objects.bulk_create(Numbering(campaign=campaign, year=year) for year in (2024, 2025, 2027))  # the first problem brings its own year's
    first = report_problem(campaign, title="第 1 件", source="talk", manifestation="。", responsible_unit=sections[0], track="immediate", by=people["office"], at=now)
    return {
        "campaign": campaign.pk, "unit": sections[0].pk, "units": len(sections), "cadre": Cadre.objects.earliest("pk").pk, "first": first.pk,
        "section": sections[3].pk, "bureau": bureaus[4].pk, "by": people["office"].pk,
    }


def fill(stage: dict, start: int, stop: int) -> float:
    """Problems number start … stop by one statement; returns the seconds."""
    today, by = timezone.localdate(), stage["by"]
    day = f"date('{today}', (r % 200 - 100) || ' days')" if connection.vendor == "sqlite" else f"DATE '{today}' + (r % 200 - 100)::int"
    now = f"'{timezone.now():%Y-%m-%d %H:%M:%S}'" if connection.vendor == "sqlite" else "now()"
    yes, no = ("1", "0") if connection.vendor == "sqlite" else ("true", "false")
    closed, sent = "s < 60", "s < 60 OR s BETWEEN 80 AND 89"
    values = {
        "campaign_id": stage["campaign"], "year": "2024 + i / 200000", "number": "i", "title": "'第' || i || '件：谈话记录要素不全，没有写明地点'",
        "title_initials": "'dijiantahjlysbq'", "source": "CASE WHEN t < 60 THEN 'self_check' WHEN t < 80 THEN 'visit' WHEN t < 99 THEN 'talk' WHEN r < 5 THEN 'other' ELSE 'outside' END",
        "level": "CASE WHEN t < 70 THEN 'person' WHEN t < 90 THEN 'team' ELSE 'organ' END",
        "aspect_key": "CASE t % 6 " + " ".join(f"WHEN {n} THEN '{key}'" for n, key in enumerate(ASPECTS)) + " END",
        "aspect_label": "CASE t % 6 " + " ".join(f"WHEN {n} THEN '方面{n}'" for n in range(6)) + " END",
        "manifestation": "'" + "三份谈话记录没有写明地点和被谈话人意见，抽查时又发现一份没有签名。" * 4 + "'", "cause": "'图省事'", "acceptance_standard": "''",
        "track": "CASE WHEN r % 10 < 5 THEN 'dated' WHEN r % 10 < 8 THEN 'immediate' ELSE 'long_term' END", "due_on": day, "deadline_text": "''",
        "responsible_unit_id": f"{stage['unit']} + u", "responsible_person_id": f"{stage['cadre']} + (i * 31) % {CADRES}", "status": STATUS,
        "outcome": f"CASE WHEN {closed} THEN 'done' ELSE '' END", "rectified_as_found": no, "reported_at": now, "reported_by_id": by,
        "submitted_at": f"CASE WHEN {sent} THEN {now} END", "submitted_by_id": f"CASE WHEN {sent} THEN {by} END",
        "closed_at": f"CASE WHEN {closed} THEN {now} END", "closed_by_id": f"CASE WHEN {closed} THEN {by} END",
        "merged_into_id": f"CASE WHEN s >= 98 THEN {stage['first']} END", "deferred_until": f"CASE WHEN s BETWEEN 94 AND 95 THEN {day} END", "version": 1,
    }
    values |= {field.column: _default(field, yes, no) for field in Problem._meta.concrete_fields if not field.primary_key and not field.null and field.column not in values}
    sql = FILL.format(columns=", ".join(values), values=", ".join(map(str, values.values())), series=SERIES.format(start=start, stop=stop), units=stage["units"])
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return time.perf_counter() - began


def _default(field, yes: str, no: str) -> str:
    """A later column's default as SQL."""
    value = field.get_default()
    return (yes if value else no) if isinstance(value, bool) else str(value) if isinstance(value, int) else f"'{value or ''}'"


def server_time() -> float:
    """Seconds of processor that PostgreSQL's process for this connection took; SQLite works in ours."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(Path(f"/proc/{cursor.fetchone()[0]}/schedstat").read_text().split()[0]) / 1e9


def timed(work, runs: int) -> tuple[float, float]:
    """Milliseconds of the clock, the best of so many runs, and of the processor, this process's and the database's: on a machine that does other
    things too the second is the fairer."""
    for _n in range(WARM_UP):
        work()
    times = []
    for _n in range(runs):
        served, began, worked = server_time(), time.perf_counter(), time.process_time()
        work()
        clock, cpu = time.perf_counter() - began, time.process_time() - worked
        times.append((clock * 1000, (cpu + server_time() - served) * 1000))
    return min(clock for clock, _cpu in times), min(cpu for _clock, cpu in times)


def slowest(queries) -> tuple[float, str]:
    """The dearest SELECT of a page: milliseconds and SQL."""
    return max(((float(one["time"]) * 1000, one["sql"]) for one in queries if one["sql"].startswith(("SELECT", "\nWITH"))), default=(0, ""))


def plan(sql: str) -> list[str]:
    """How the database answers it."""
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + sql)
        return [str(row[-1]) for row in cursor.fetchall()]


def measure(stage: dict, rows: int, runs: int, only: str = "") -> tuple[list[str], dict[str, str]]:
    """The table's lines for this many rows, and the dearest query of each page."""
    today = timezone.localdate()
    where = stage | {"tomorrow": today + dt.timedelta(days=1), "next_week": today + dt.timedelta(days=7)}
    middle = Problem.objects.order_by("pk").first().pk + rows // 2
    (bare, bare_cpu), lines, dear = timed(lambda: Problem.objects.get(pk=middle), runs), [], {}
    lines.append(f"| {rows:,} | one problem by its primary key | | {bare:.1f} | {bare_cpu:.1f} | 1 | 1 | {bare:.1f} |")
    for who in ("office", "liaison"):
        client = Client()
        client.force_login(User.objects.get(username=who))
        for name, path in PAGES.items():
            if not name.startswith(only):
                continue
            path = path.format(**where)
            ms, cpu = timed(lambda: client.get(path), runs)  # noqa: B023
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(path)
            if answer.status_code != 200:
                raise SystemExit(f"{who} {path}: {answer.status_code}")
            worst, sql = slowest(queries.captured_queries)
            dear[f"{name} ({who})"] = sql
            mark = " **over**" if cpu > LIMIT else ""
            lines.append(f"| {rows:,} | {name} | {who} | {ms:.0f} | {cpu:.0f}{mark} | {cpu / bare_cpu:.0f} | {len(queries)} | {worst:.0f} |")
            print(lines[-1], flush=True)
    return lines, dear


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--write", action="store_true")
    asked.add_argument("--rows", default="5000,50000,500000")
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--plans", action="store_true")
    asked.add_argument("--pages", help="only those whose name begins so")
    options = asked.parse_args()
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    if Problem.objects.exists() or User.objects.exists():
        raise SystemExit("the database holds rows; give an empty one")
    stage, done, lines = enter_stage(), 1, []
    for rows in map(int, options.rows.split(",")):
        seconds = fill(stage, done + 1, rows)
        print(f"{rows:,} rows after {seconds:.0f} s", flush=True)
        found, dear = measure(stage, rows, options.runs, options.pages or "")
        lines, done = lines + found, rows
    plans = [f"### {name}\n\n```\n{sql[:1500]}\n\n" + "\n".join(plan(sql)) + "\n```\n" for name, sql in dear.items() if sql]
    if options.plans:
        print("\n".join(plans))
    if options.write:
        head = f"# The ledger at scale, {connection.vendor}\n\n`python benchmarks/ledger_scale.py --write`, {platform.machine()}, {os.cpu_count()} processors.\n\n"
        table = "| rows | page | who | ms | processor, ms | × key look-up | queries | dearest query, ms |\n|--:|---|---|--:|--:|--:|--:|--:|\n"
        target = ROOT / "benchmarks" / f"ledger_scale_{connection.vendor}.md"
        target.write_text(head + table + "\n".join(lines) + f"\n\n## The dearest query of each page at {done:,} rows\n\n" + "\n".join(plans))


if __name__ == "__main__":
    main()
