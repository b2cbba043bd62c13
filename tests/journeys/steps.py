"""What journeys do again and again."""

import re


def follow(locator) -> None:
    """Click, and go on when the page it leads to has loaded. A bare click returns earlier, and what is read then may be the old page."""
    with locator.page.expect_navigation():
        locator.click()


def open_report(page) -> None:
    """From the desk to one's own report, past the notice that comes before the first answer."""
    follow(page.get_by_role("link", name=re.compile("去填写|接着填|去补正")).first)
    begin = page.get_by_role("button", name="我已知悉，开始填写")
    if begin.count():
        follow(begin)
