"""A day of the people beside the cadre and the leader: liaison, supervision team, administrator."""

import re

import pytest

from .steps import follow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_liaison_reports_a_task_done_and_the_office_chases_one_less(site, enter):
    _base, _accounts = site
    office = enter("YL002")
    before = int(re.search(r"催报单位任务 (\d+) 项", office.inner_text("main"))[1])
    liaison = enter("YL004")
    follow(liaison.get_by_role("link", name="报完成").first)
    liaison.get_by_role("textbox", name="完成情况").fill("已报送第一阶段情况，全科 3 人参加。")
    follow(liaison.locator("main form .btn-primary"))
    liaison.wait_for_selector(".notice.done")
    office.reload()
    left = re.search(r"催报单位任务 (\d+) 项", office.inner_text("main"))
    assert (int(left[1]) if left else 0) == before - 1


def test_a_supervisor_feeds_back_and_the_office_has_one_more_to_confirm(site, enter):
    base, _accounts = site
    office = enter("YL002")
    before = int(re.search(r"确认新报问题 (\d+) 件", office.inner_text("main"))[1])
    supervisor = enter("DD01")
    follow(supervisor.get_by_role("link", name="监督管理").first)
    follow(supervisor.get_by_role("link", name="督导检查"))
    follow(supervisor.locator("main .table a").first)
    follow(supervisor.get_by_role("link", name="反馈意见"))
    supervisor.locator("[name=text]").fill("学习笔记记录不全。抽查 3 人，1 人缺记第二次学习。")
    follow(supervisor.locator("main form .btn-primary"))
    supervisor.wait_for_selector(".notice.done")
    assert "学习笔记记录不全" in supervisor.inner_text("main")
    office.reload()
    assert f"确认新报问题 {before + 1} 件" in office.inner_text("main")
    office.goto(f"{base}/ledger/problems/?view=reported")
    assert "学习笔记记录不全" in office.inner_text("main")


def test_one_opens_an_account_another_grants_the_role_a_third_reads_of_it(site, enter, chromium):
    base, _accounts = site
    admin = enter("XT01")
    admin.goto(f"{base}/organizations/accounts/")
    follow(admin.get_by_role("link", name="开通账号").first)
    admin.fill("[name=name]", "闻人远")
    admin.fill("[name=username]", "DD09")
    follow(admin.locator("main form .btn-primary"))
    admin.wait_for_selector("#password")
    password = admin.input_value("#password")
    page = chromium.new_context(locale="zh-CN").new_page()
    page.goto(f"{base}/accounts/sign-in/")
    page.fill("#id_username", "DD09")
    page.fill("#id_password", password)
    page.click("button.btn-primary")
    page.wait_for_url("**/accounts/password/**")
    page.goto(f"{base}/")
    assert "/accounts/password" in page.url
    page.context.close()
    assert admin.context.request.get(f"{base}/audit/").status == 403
    guard = enter("AQ01")
    guard.goto(f"{base}/organizations/accounts/?q=DD09")
    follow(guard.get_by_role("link", name="闻人远"))
    follow(guard.get_by_role("link", name="授权", exact=True))
    guard.select_option("[name=role]", "supervisor")
    guard.select_option("[name=unit]", index=1)
    follow(guard.locator("main form .btn-primary"))
    assert "督导组" in guard.inner_text("main")
    auditor = enter("SJ01")
    auditor.goto(f"{base}/audit/")
    log = auditor.inner_text("main")
    assert "开通账号" in log and "授权" in log and "闵知白" in log
