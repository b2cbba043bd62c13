"""The search field in real Chromium: results drop down while one types, and the keyboard is enough."""

import re

import pytest

from .crawl import AXE, AXE_RULES, AXE_RUN

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("search")]
FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim().slice(0, 8)"


def typed(page, text: str) -> None:
    """What one types, key by key, and its results."""
    with page.expect_response(lambda r: "/search/" in r.url and "hx-request" in r.request.headers):
        page.locator("#search").press_sequentially(text, delay=40)
    page.wait_for_selector("#search-panel:not([hidden])")


def test_results_drop_down_and_are_walked_by_keyboard(site, enter):
    base, _accounts = site
    page = enter("YL002")
    page.goto(base + "/search/")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "hx-request" in r.headers else None)
    page.keyboard.press("/")
    assert page.evaluate(FOCUSED) == "search"
    page.keyboard.type("l")
    page.wait_for_timeout(500)
    assert asked == []  # one letter says too little
    typed(page, "zx")
    assert len(asked) == 1  # one question for what was typed in one go
    assert page.locator("#search-panel mark").first.text_content() == "林知夏"
    assert page.locator("#search-said").text_content() == page.locator(".found").first.get_attribute("data-said")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED).startswith("林知夏")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(FOCUSED) == "search"
    page.keyboard.press("Escape")
    assert page.locator("#search-panel").is_hidden()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/organizations/cadres/*/")
    assert page.locator("h1").text_content().strip().startswith("林知夏")


def test_the_keys_leave_other_fields_alone_and_leaving_closes(site, enter):
    base, _accounts = site
    page = enter("YL002")
    page.goto(base + "/search/")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<textarea id=other></textarea>')")
    page.locator("#other").press_sequentially("1/2")
    page.keyboard.press("Control+k")
    assert (page.locator("#other").input_value(), page.evaluate(FOCUSED)) == ("1/2", "other")
    page.locator("h1").click()
    page.keyboard.press("Control+k")
    assert page.evaluate(FOCUSED) == "search"
    typed(page, "纪检")
    page.locator("#other").focus()
    assert page.locator("#search-panel").is_hidden()


def test_a_word_may_be_too_much_for_the_session(site, enter):
    """Signed out meanwhile: the panel shows no sign-in page, the window goes there."""
    base, _accounts = site
    page = enter("YL002")
    page.goto(base + "/search/")
    page.context.clear_cookies()
    page.locator("#search").press_sequentially("纪检")
    page.wait_for_url(re.compile("/accounts/sign-in/.next="))


@pytest.mark.parametrize("width", [1366, 390, 320])
def test_the_open_panel_is_sound(site, enter, width):
    base, _accounts = site
    page = enter("YL002", width=width)
    page.goto(base + "/search/")
    typed(page, "纪检")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.evaluate(AXE)
    assert page.evaluate(AXE_RUN, AXE_RULES) == []


def test_without_scripts_the_form_opens_the_page(site, enter):
    base, _accounts = site
    page = enter("YL002", scripts=False)
    page.goto(base + "/search/")
    page.fill("#search", "lzx")
    page.press("#search", "Enter")
    page.wait_for_url(re.compile("/search/.q=lzx"))
    assert page.locator(".hits mark").first.text_content() == "林知夏"
    assert page.locator("#search-panel").is_hidden()
