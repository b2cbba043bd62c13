"""A report that saves by itself, with the server killed in the middle and with two devices on one draft."""

import pytest
from screenshots import sign_in

from .steps import open_report

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

KEPT = "#save-state:has-text('已自动保存')"


@pytest.fixture
def device(alone, chromium):
    """device() → a machine of its own on which the cadre has the report open."""
    contexts = []

    def _device():
        contexts.append(chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", timezone_id="Asia/Shanghai"))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        sign_in(page, alone.base, alone.accounts["YL402"])
        open_report(page)
        return page

    yield _device
    for context in contexts:
        context.close()


def cause(page):
    return page.get_by_role("textbox", name="原因分析").first


def write(page, text: str) -> None:
    cause(page).fill(text)
    page.locator(KEPT).wait_for()


def test_draft_outlives_a_server_killed_between_two_saves(alone, device):
    page = device()
    write(page, "第一次自动保存的原因")
    alone.kill()
    cause(page).fill("服务器停了以后接着写的原因")
    page.locator("#save-state:has-text('没有连上服务器')").wait_for()
    alone.start()
    page.locator(KEPT).wait_for(timeout=60_000)
    other = device()
    assert cause(other).input_value() == "服务器停了以后接着写的原因"


def test_draft_not_sent_before_the_kill_is_as_last_kept(alone, device):
    page = device()
    write(page, "已经自动保存的原因")
    alone.kill()
    cause(page).fill("没有送到的半句")
    page.context.close()
    alone.start()
    assert cause(device()).input_value() == "已经自动保存的原因"


def test_two_devices_on_one_draft_both_texts_are_kept(alone, device):
    here, there = device(), device()
    write(here, "办公室电脑写的原因")
    cause(there).fill("另一台电脑写的原因")
    there.locator("#save-state:has-text('刚才在别处保存过')").wait_for()
    there.get_by_role("button", name="对照两处的内容").click()
    there.get_by_role("heading", name="这份报告刚才在别处保存过").wait_for()
    assert cause(there).input_value() == "另一台电脑写的原因"
    assert "办公室电脑写的原因" in there.inner_text("main")
    assert cause(device()).input_value() == "办公室电脑写的原因"
