"""What a page may cost: queries and bytes. Times are measured by hand (benchmarks/pages.py), these are held."""

import gzip
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.template.loader import get_template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from walk import walk

from accounts.models import User
from organizations.kept import build, is_built
from organizations.models import HeadCount

QUERIES = 14  # under 15
WARM = 30_000  # bytes of a page whose style sheets and scripts the browser has
COLD = 150_000


class Counting:
    """A client that reads as the walk does, and keeps what each page cost."""

    def __init__(self, user):
        self.client, self.costs = Client(), {}
        self.client.force_login(user)

    def get(self, path: str, **_options) -> SimpleNamespace:
        path = path.removeprefix("http://site")
        with CaptureQueriesContext(connection) as queries:
            answer = self.client.get(path)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        html = headers.get("content-type", "").startswith("text/html")
        if html:
            self.costs[path] = (len(queries), len(gzip.compress(answer.content)))
        return SimpleNamespace(status=answer.status_code, headers=headers, text=lambda: answer.content.decode())


@pytest.mark.parametrize("username", ["YL001", "YL002", "YL004", "YL402", "DD01", "XT01", "AQ01", "SJ01"])
def test_no_page_asks_or_weighs_too_much(demo_entered, username, db):
    build(at=timezone.now())  # as the server does before it answers
    assert is_built(HeadCount)  # which a process asks once
    reader = Counting(User.objects.get(username=username))
    walk(reader, "http://site", with_queries=3)
    assert len(reader.costs) > (8 if username == "SJ01" else 30)
    assert {path: cost for path, cost in reader.costs.items() if cost[0] > QUERIES or cost[1] > WARM} == {}


def test_a_first_visit_stays_small():
    """Everything base.html names, compressed, and the heaviest page allowed."""
    base = get_template("base.html").template.source
    sheets = re.search(r'for sheet in "([^"]+)"', base)[1].split()
    names = [*re.findall(r"static '([^']+)'", base), *(f"css/{sheet}.css" for sheet in sheets)]
    assert {"js/page.js", "css/ink.css", "js-lib-bootstrap5/css/bootstrap.min.css"} <= set(names)
    sizes = {name: len(gzip.compress(Path(finders.find(name)).read_bytes())) for name in names}
    assert sum(sizes.values()) + WARM < COLD, sizes

