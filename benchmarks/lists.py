"""What list pages cost beside two floors: a view that answers one word, and the same rows from a bare query through a bare template.

usage: python benchmarks/lists.py [--cadres 10000] [--runs 30]     SQLite, or an empty PostgreSQL database in DATABASE_URL.
All three pass the same middleware with the same session, in the process. The bare query fetches as many rows of the whole
with what the page joins; the bare template prints as many columns, and nothing around them.
"""

import argparse

from stage import DATABASE, Client, client_of, fetched, office, set_up, simulate  # isort: skip

from django.http import HttpResponse
from django.template import engines
from django.urls import path
from results import Row, Table, publish, side_by_side

from learning.models import StudySession
from ledger.models import Problem
from organizations.models import Cadre, RoleGrant
from organizations.roles import Role
from rectification import urls
from selfcheck.models import SelfCheck
from supervision.models import SupervisionRecord

LEAF = 30  # rows of a page
LISTS = {
    "整改台账": (
        "/ledger/problems/", Problem.objects.select_related("campaign", "responsible_unit", "responsible_person").order_by("due_on", "pk"),
        ("code", "title", "responsible_unit.name", "responsible_person.name", "get_track_display", "due_on", "get_status_display"),
    ),
    "集中学习": ("/learning/", StudySession.objects.select_related("unit").order_by("-held_on", "-pk"), ("title", "unit.name", "held_on", "get_form_display", "is_held")),
    "干部花名册": (
        "/organizations/cadres/", Cadre.objects.select_related("unit").order_by("unit__path", "pk"), ("name", "staff_no", "unit.name", "political_status", "category", "on_establishment", "on_duty"),
    ),
    "日常监督": ("/supervision/", SupervisionRecord.objects.select_related("cadre__unit").order_by("-held_on", "-pk"), ("get_kind_display", "get_level_display", "cadre.name", "cadre.unit.name", "held_on", "conducted_by")),
    "一轮自查自纠": ("/selfcheck/rounds/1/", SelfCheck.objects.select_related("cadre__unit", "reviewer").order_by("cadre__unit__path", "pk"), ("cadre.name", "cadre.unit.name", "get_status_display", "due_on", "submitted_at")),
}  # fmt: skip


def bare_list(rows, columns):
    """A view of the rows and nothing else."""
    cells = "".join(f"<td>{{{{ row.{column} }}}}</td>" for column in columns)
    template = engines["django"].from_string("<table>{% for row in rows %}<tr>" + cells + "</tr>{% endfor %}</table>")
    return lambda request: HttpResponse(template.render({"rows": rows.all()[:LEAF]}))


def county() -> Client:
    """An office in the middle of the third level."""
    grants = RoleGrant.objects.filter(role=Role.OFFICE, unit__path__regex=r"^.{16}$").select_related("user").order_by("unit__path")
    return client_of(grants[grants.count() // 2].user)


def measure(runs: int) -> list[Row]:
    for n, (_address, rows, columns) in enumerate(LISTS.values()):
        urls.urlpatterns.insert(0, path(f"bare/{n}/", bare_list(rows, columns)))
    found = []
    for who, client in (("nation", office()), ("county", county())):
        for n, (name, (address, _rows, _columns)) in enumerate(LISTS.items()):
            asked = {"page": address, "view": "/bare/", "list": f"/bare/{n}/"}
            works = {key: lambda client=client, address=address: fetched(client, address) for key, address in asked.items()}
            times = side_by_side(works, runs, warm_up=2)
            found += [Row(f"{name}, {who}", times["page"], beside, times[key]) for key, beside in (("view", "bare view"), ("list", "bare list"))]
    return found


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--cadres", type=int, default=10_000)
    asked.add_argument("--runs", type=int, default=30)
    options = asked.parse_args()
    set_up()
    simulate(options.cadres)
    words = (
        f"A simulated nation of {options.cadres:,} cadres, {Problem.objects.count():,} problems, {StudySession.objects.count():,} sessions; the first {LEAF} rows, as the office of the nation and of a county. "
        "Bare view: the same middleware and session, one word. Bare list: as many rows of the whole by one query of the ORM through a template with the columns alone, "
        "nothing checked, filtered or counted, also behind the middleware. The three take turns."
    )
    publish(Table(f"List pages, {DATABASE}", words, measure(options.runs)))


if __name__ == "__main__":
    main()
