"""The living page of the design language."""

import pytest
from walk import Page

pytestmark = pytest.mark.django_db


def test_styleguide_is_for_who_builds_pages(cast, signed_in, settings):
    client = signed_in(cast.office)
    assert client.get("/styleguide/").status_code == 404
    settings.DEBUG = True
    page = Page(client.get("/styleguide/").content.decode())
    assert page.headings == 1
    assert {("table", "table stack"), ("div", "error-summary"), ("nav", "pagination"), ("span", "status"), ("progress", "bar"), ("svg", "chart"), ("fieldset", "field")} <= page.kinds
