"""The plan as an Excel sheet."""

import datetime as dt
import io

from openpyxl import load_workbook

from campaigns.actions import finish_plan_item, finish_task, form_work_groups, plan_item, plan_phase
from campaigns.sheets import PlanItemResource

DAY = dt.timedelta(days=1)
HEADERS = ["序号", "时间", "地点", "任务", "负责人", "责任组", "环节", "完成时限", "完成情况"]


def sheet(campaign):
    content, count = PlanItemResource().workbook(campaign)
    page = load_workbook(io.BytesIO(content)).active
    rows = [[cell.value for cell in row] for row in page]
    assert count == len(rows) - 1
    return page, rows


def test_an_empty_plan_has_its_headers(cast):
    page, rows = sheet(cast.campaign)
    assert (page.title, rows) == ("计划安排", [HEADERS])


def test_every_line_says_its_columns_and_how_it_stands(cast, deed, item, group, today):
    (team,), _w = form_work_groups(group, names=["教育培训组"], **deed)
    phase = plan_phase(cast.campaign, kind="learning", label="学习教育", **deed)
    finish_task(item.unit_tasks.get(unit=cast.unit_a), note="已办", by=cast.liaison, at=deed["at"])
    plan_item(cast.campaign, task="修订办法", owner_text="各街道纪工委书记", work_group=team, phase=phase, due_on=today - DAY, **deed)
    finish_plan_item(plan_item(cast.campaign, task="及时跟进学习", when_text="贯穿始终", **deed), done_on=today, **deed)
    _page, rows = sheet(cast.campaign)
    soon, late = item.due_on.isoformat(), (today - DAY).isoformat()
    assert rows[1:] == [
        [1, "6 月上旬", "市廉政教育基地", "开展警示教育", "赵念安", None, None, soon, "未完成，已报 1/2 个单位"],
        [2, late, None, "修订办法", "各街道纪工委书记", "教育培训组", "学习教育", late, "未完成，已逾期"],
        [3, "贯穿始终", None, "及时跟进学习", None, None, None, None, f"{today.isoformat()} 完成"],
    ]


def test_a_text_like_a_formula_is_text(cast, deed):
    plan_item(cast.campaign, task="=HYPERLINK(1)", **deed)
    page, rows = sheet(cast.campaign)
    assert (rows[1][3], page["D2"].data_type, page["D2"].quotePrefix) == ("=HYPERLINK(1)", "s", True)


def test_the_sheet_prints_across_with_its_headers(cast, item):
    page, _rows = sheet(cast.campaign)
    assert (page.page_setup.orientation, page.print_title_rows, page.freeze_panes) == ("landscape", "$1:$1", "A2")


def test_another_campaign_stays_out(cast, item, deed):
    from campaigns.actions import launch_campaign

    other = launch_campaign(name="回头看", workforce="干部", unit=cast.organ, by=cast.office, at=deed["at"])
    assert sheet(other)[1] == [HEADERS]
