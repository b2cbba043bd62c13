"""What pages cost at every level of a simulated nation: server time, median and 95th percentile.

usage: DATABASE_URL=postgres://…/nation python benchmarks/nation.py [--runs 20] [--only dashboard]
The database was filled by `manage.py simulate` and is only read. Each page goes through the whole stack, in the process, as the office
of that level opens it; one visit to warm up. The ratios are to what a page costs at the least: the sign-in page (a form, no
figure), and to one raw look-up of a county's own counts; of a dashboard also to the same page when nothing is kept and all is counted. Run by hand on a quiet machine.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
os.environ.pop("REDIS_URL", None)
FOLDER = tempfile.TemporaryDirectory()
os.environ["DATA_DIR"] = FOLDER.name

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from results import Row, Table, publish, side_by_side  # noqa: E402

from ledger.models import ProblemCount  # noqa: E402
from organizations.models import RoleGrant, Unit  # noqa: E402
from organizations.roles import Role  # noqa: E402
from rectification.serve import spare_garbage_search, sweep_garbage  # noqa: E402

LIVE = 2  # visits of a dashboard that counts everything: of a nation each takes many seconds
LEVELS = ("nation", "province", "city", "county", "unit")
PAGES = {
    "desk": "/", "dashboard": "/reports/?unit={unit}", "problems": "/ledger/problems/", "overdue": "/ledger/problems/?view=overdue", "board": "/ledger/problems/board/",
    "a unit's problems": "/ledger/problems/?unit={unit}", "units": "/organizations/units/", "cadres": "/organizations/cadres/",
    "round": "/selfcheck/rounds/1/", "rounds": "/selfcheck/", "sessions": "/learning/", "talks": "/supervision/", "slip": "/campaigns/slips/1/", "round of a unit": "/selfcheck/rounds/1/?unit={unit}",
    "a figure": "/reports/figures/problems_overdue/?unit={unit}",
}


def visitors() -> dict[str, tuple[Client, Unit]]:
    """By level: the office there, and its unit in the middle of the level. Of a unit, its county's office asks."""
    found = {}
    for depth, level in enumerate(LEVELS, 1):
        units = Unit.objects.extra(where=["length(path) = %s"], params=[depth * 4]).order_by("path")
        unit = units[units.count() // 2]
        grant = RoleGrant.objects.filter(role=Role.OFFICE, unit__path=unit.path[:16]).select_related("user").get()
        client = Client()
        client.force_login(grant.user)
        found[level] = client, unit
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.ALLOWED_HOSTS, settings.SECOND_FACTOR, settings.REAUTH_MINUTES = ["testserver"], "off", None
    people = visitors()
    spare_garbage_search()  # as the server does, and between pages `sweep_garbage`
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")  # what was written before is on the disk, and no page waits for that
    county = people["county"][1]

    def look_up() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM ledger_problemcount WHERE campaign_id = 1 AND path = %s", [county.path])
            cursor.fetchall()

    beside = {"sign-in page": lambda: Client().get("/accounts/sign-in/"), "raw look-up": look_up}
    rows = []
    for name, url in PAGES.items():
        if options.only and name != options.only:
            continue
        for level, (client, unit) in people.items():
            address = url.format(unit=unit.pk)
            answer = client.get(address)
            if answer.status_code != 200:
                sys.exit(f"{address} as the office of the {level}: {answer.status_code}")
            times = side_by_side({"page": lambda client=client, address=address: client.get(address)} | beside, options.runs, afterwards=sweep_garbage)
            rows += [Row(f"{name}, {level}", times["page"], floor, times[floor]) for floor in beside]
            if name == "dashboard":
                with patch("reports.dashboard.is_kept", return_value=False), patch("reports.values.is_kept", return_value=False):
                    counted = side_by_side({"page": lambda client=client, address=address: client.get(address)}, LIVE, warm_up=0)["page"]
                rows.append(Row(f"{name}, {level}", times["page"], "all counted from the rows", counted))
            print(f"{rows[-1].what:<32}{rows[-1].ours.median:>8.1f}{rows[-1].ours.p95:>8.1f}", flush=True)
    words = (
        f"{Unit.objects.count():,} units, {ProblemCount.objects.count():,} kept counts, {connection.vendor}; each page as the office of that level opens it. Floors: the sign-in page (a form, no figure) and one raw look-up of a county's own counts, "
        "by turns with the page."
    )
    publish(Table("A nation", words, rows))


if __name__ == "__main__":
    main()
