"""The main job in a real browser: a cadre hands in, the office sees it counted, a leader downloads the report."""

import io
import re

import pypdf
import pytest

from .steps import follow, open_report

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def counted(page, base: str) -> int:
    """已交 on the office's page of figures."""
    page.goto(f"{base}/reports/figures/selfcheck_submitted/")
    return int(re.search(r"已交自查报告　(\d+) 份", page.inner_text("h1"))[1])


def download(page) -> bytes:
    """Wait for the job's link and fetch what it leads to."""
    page.wait_for_selector("[data-result]", timeout=60_000)
    with page.expect_download() as found:
        page.click("[data-result]")
    return found.value.path().read_bytes()


def report_text(page, base: str) -> str:
    page.goto(f"{base}/reports/")
    follow(page.get_by_role("button", name="生成进展情况汇报"))
    data = download(page)
    assert data.startswith(b"%PDF-")
    return re.sub(r"\s+", "", "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(data)).pages))


def test_cadre_submits_office_counts_leader_downloads(site, enter):
    base, _accounts = site
    office, leader = enter("YL002"), enter("YL001")
    before = counted(office, base)
    assert f"已交{before}份" in report_text(leader, base)

    cadre = enter("YL303")
    open_report(cadre)
    for no in cadre.get_by_role("radio", name="否", exact=True).all():
        no.check()
    cadre.get_by_role("checkbox").check()
    follow(cadre.get_by_role("button", name="提交报告"))
    cadre.wait_for_url(lambda url: "edit" not in url)
    assert "待审核" in cadre.inner_text("main")

    assert counted(office, base) == before + 1
    assert f"已交{before + 1}份" in report_text(leader, base)


def test_what_was_typed_comes_back_when_something_is_missing(site, enter):
    cadre = enter("YL402", width=390)
    follow(cadre.get_by_role("link", name="去补正").first)
    cadre.get_by_role("textbox", name="原因分析").first.fill("对当面听取意见的作用认识不足。")
    cadre.get_by_role("checkbox").uncheck()
    follow(cadre.get_by_role("button", name="提交报告"))
    assert "承诺" in cadre.inner_text(".error-summary:visible")
    assert cadre.get_by_role("textbox", name="原因分析").first.input_value() == "对当面听取意见的作用认识不足。"
    assert cadre.evaluate("document.activeElement.className") == "error-summary"


def test_self_check_with_scripts_off(site, enter):
    _base, _accounts = site
    cadre = enter("YL402", scripts=False)
    follow(cadre.get_by_role("link", name="去补正").first)
    cadre.get_by_role("textbox", name="整改措施").first.fill("凡实名信访一律当面沟通，每月上门走访不少于 4 户。")
    follow(cadre.get_by_role("button", name="保存草稿"))
    assert "凡实名信访" in cadre.get_by_role("textbox", name="整改措施").first.input_value()


PAGES = ["/", "/campaigns/", "/learning/", "/selfcheck/", "/ledger/problems/", "/supervision/", "/reports/", "/reports/briefings/1/", "/organizations/units/", "/accounts/inbox/"]


@pytest.mark.parametrize("width", [1366, 390])
def test_pages_fit_and_ask_for_nothing_outside(site, enter, width):
    base, _accounts = site
    page = enter("YL002", width=width)
    found = {}
    for path in PAGES:
        answer = page.goto(base + path)
        found[path] = (answer.status, page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.locator("h1").count())
    assert found == dict.fromkeys(PAGES, (200, True, 1))
