"""From 是 to 销号, each in their own browser: written, sent back, mended, accepted, registered, put right, sent back, verified, closed."""

import datetime as dt
import re

import pytest
from screenshots import sign_in

from .steps import follow, open_report

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MENDED = "每周一当面接访，每月上门走访不少于 4 户，月底报办公室。"


@pytest.fixture
def desks(alone, chromium):
    """desks(username) → that person's browser, signed in."""
    contexts = []

    def _desk(username: str):
        contexts.append(chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", timezone_id="Asia/Shanghai"))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        sign_in(page, alone.base, alone.accounts[username])
        return page

    yield _desk
    for context in contexts:
        context.close()


def press(page, name: str) -> None:
    """A button of the main part, and what it asks before it cannot be undone."""
    page.get_by_role("button", name=name, exact=True).last.click(no_wait_after=True)
    sure = page.locator("dialog[open] [value=yes]")
    if sure.count():
        sure.click(no_wait_after=True)


def hand_in(cadre, measure: str = "") -> None:
    open_report(cadre)
    if measure:
        cadre.get_by_role("textbox", name="整改措施").first.fill(measure)
    cadre.get_by_role("checkbox").last.check()
    follow(cadre.get_by_role("button", name="提交报告"))
    assert "待审核" in cadre.inner_text("main")


def move(page, address: str, name: str, **typed: str) -> None:
    """One move of a problem: open its page from the problem's, fill in, do it."""
    page.goto(address)
    follow(page.get_by_role("link", name=name, exact=True).first)
    for field, text in typed.items():
        page.locator(f"[name={field}]").fill(text)
    follow(page.locator("main form .btn-primary").last)


def status(page, address: str) -> str:
    page.goto(address)
    return page.locator(".steps [aria-current=step] b").inner_text()


def test_a_problem_from_the_self_check_to_its_closure(alone, desks):
    cadre, reviewer, office = desks("YL402"), desks("YL003"), desks("YL002")
    tomorrow = (dt.date.today() + dt.timedelta(days=2)).isoformat()

    # sent back once more with a remark at its place, mended, accepted
    hand_in(cadre)
    reviewer.goto(f"{alone.base}/selfcheck/reviews/")
    follow(reviewer.get_by_role("link", name=re.compile("林知夏")).first)
    report = reviewer.url
    remarks = reviewer.locator("details:has(textarea[name^=remark-])")
    remarks.nth(3).locator("summary").click()
    remarks.nth(3).locator("textarea").fill("写明每周、每月做什么")
    reviewer.locator("[name=due_on]").fill(tomorrow)
    follow(reviewer.get_by_role("button", name="退回补正"))
    cadre.goto(f"{alone.base}/")
    open_report(cadre)
    assert "写明每周、每月做什么" in cadre.inner_text("main")
    cadre.goto(f"{alone.base}/")
    hand_in(cadre, MENDED)
    reviewer.goto(report)
    assert "退回后改了" in reviewer.inner_text("main") and MENDED in reviewer.inner_text("main")
    with reviewer.expect_navigation():
        press(reviewer, "通过")

    # registered by the office
    office.goto(f"{alone.base}/ledger/problems/?view=reported&q=")
    follow(office.locator("tr:has-text('林知夏') a.title").first)
    problem = office.url
    assert MENDED in office.inner_text("main")
    follow(office.get_by_role("link", name="确认立项", exact=True).first)
    office.locator("[name=verifier]").select_option(label="何书言")
    office.locator("[name=due_on]").fill(tomorrow)
    follow(office.locator("main form .btn-primary").last)
    assert status(office, problem) == "整改中"

    # put right by its owner, sent back, put right again, verified by another, closed by the office
    move(cadre, problem, "填报进展", text="本周接访 3 人")
    move(cadre, problem, "提请验收", note="制度已经建立")
    move(reviewer, problem, "退回整改", opinion="缺走访记录")
    assert status(cadre, problem) == "整改中" and "缺走访记录" in cadre.inner_text("main")
    move(cadre, problem, "填报进展", text="补上走访记录")
    move(cadre, problem, "提请验收", note="走访记录已补")
    move(reviewer, problem, "验收通过", opinion="记录齐全")
    assert status(office, problem) == "已验收"
    follow(office.get_by_role("link", name="销号", exact=True).first)
    office.get_by_role("radio", name="完成", exact=True).check()
    follow(office.locator("main form .btn-primary").last)
    assert status(office, problem) == "已销号"
    history = office.locator(".timeline").inner_text()
    assert [word for word in ("提出问题", "确认立项", "提请验收", "退回整改", "验收通过", "销号") if word not in history] == []
