"""Every page of the demo, as every member of the cast, at both sizes.

Everybody's pages are all read; a browser opens those that show what nobody before them on the same worker was shown.
"""

import pytest
from screenshots import sign_in
from walk import Page, walk

from .crawl import look, page_faults
from .steps import follow

PARTIES = {"office": ["YL002", "YL004", "YL402", "XT01", "SJ01"], "leader": ["YL001", "YL003", "DD01", "YL303", "YL007", "AQ01"]}  # each about half of the work
MEMBERS = [pytest.param(member, marks=pytest.mark.xdist_group(f"crawl-{party}")) for party, members in PARTIES.items() for member in members]


@pytest.fixture(scope="module")
def met() -> dict[str, set]:
    """Which kinds of elements of which view a browser was shown."""
    return {}


@pytest.mark.browser
@pytest.mark.parametrize("member", MEMBERS)
def test_every_page_is_sound(site, enter, member, met):
    base, _accounts = site
    page, is_first = enter(member), not met
    found = walk(page.context.request, base, met=met)
    assert found.refused == {}
    faults = {path: list(page_faults(read)) for path, read in found.pages.items()}
    for path in found.to_open:
        faults[path] += look(page, base, path)
    assert_sound(faults)
    assert len(found.pages) > 5 and (len(found.to_open) > 5 or not is_first)


def assert_sound(faults: dict[str, list[str]]) -> None:
    assert {path: found for path, found in faults.items() if found} == {}


REFUSALS = [("/no-such-page/", 404), ("/organizations/accounts/", 403), ("/ledger/problems/999999/", 404)]


@pytest.mark.browser
@pytest.mark.xdist_group("crawl-leader")
def test_refusals_and_the_door_are_sound(site, chromium):
    base, accounts = site
    page = chromium.new_context(locale="zh-CN").new_page()
    faults = {path: [*page_faults(Page(page.context.request.get(base + path).text())), *look(page, base, path)] for path in ["/accounts/sign-in/"]}
    sign_in(page, base, accounts["YL402"])
    for path, status in REFUSALS:
        answer = page.context.request.get(base + path)
        assert answer.status == status
        faults[path] = [*page_faults(Page(answer.text())), *(fault for fault in look(page, base, path) if str(status) not in fault)]
    assert_sound(faults)


DOORS = ["/", "/campaigns/", "/learning/", "/learning/sessions/new/", "/selfcheck/", "/ledger/problems/", "/ledger/problems/10/", "/supervision/", "/reports/", "/reports/briefings/1/", "/organizations/units/", "/accounts/preferences/"]


@pytest.mark.browser
@pytest.mark.xdist_group("crawl-office")
def test_largest_type_and_high_contrast_are_sound(site, enter):
    base, _accounts = site
    page = enter("YL002")
    page.goto(f"{base}/accounts/preferences/")
    page.check("[name=type_size][value=larger]")
    page.check("[name=high_contrast]")
    follow(page.locator("main form .btn-primary").first)
    assert page.get_attribute("html", "data-type") == "larger"
    assert page.get_attribute("html", "data-contrast") == "high"
    faults = {path: look(page, base, path) for path in DOORS}
    page.goto(f"{base}/accounts/preferences/")
    page.check("[name=type_size][value=standard]")
    page.uncheck("[name=high_contrast]")
    follow(page.locator("main form .btn-primary").first)
    assert_sound(faults)


@pytest.mark.browser
@pytest.mark.django_db
@pytest.mark.xdist_group("crawl-office")
def test_styleguide_is_sound(site, enter, cast, client, settings):
    """Rendered here, where DEBUG may be on, and shown with the served style sheets."""
    base, _accounts = site
    client.force_login(cast.office)
    settings.DEBUG = True
    html = client.get("/styleguide/").content.decode()
    page = enter("YL002")
    page.route(f"{base}/styleguide/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    assert_sound({"/styleguide/": look(page, base, "/styleguide/")})
