"""The pages of this room: who gets them, what they say, what a click does."""

import datetime as dt
import html
import io
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from openpyxl import load_workbook

from accounts.templatetags.page import day
from audit.models import Event
from campaigns.actions import (
    acknowledge_slip,
    add_next_step,
    appoint_member,
    assign_task,
    change_plan_item,
    file_document,
    finish_plan_item,
    finish_task,
    form_work_groups,
    issue_slip,
    launch_campaign,
    plan_item,
    plan_phase,
    record_meeting,
)
from campaigns.current import KEY
from campaigns.models import (
    Campaign,
    Document,
    GroupMember,
    LeadingGroup,
    Meeting,
    NextStep,
    Phase,
    PlanItem,
    Slip,
    SlipDelivery,
    UnitTask,
    WorkGroup,
)
from organizations.actions import enter_cadre, open_unit
from organizations.kept import build
from organizations.models import Cadre
from tests.campaigns.conftest import PDF

DAY = dt.timedelta(days=1)
READ_PAGES = ["campaign_detail", "campaign_list", "group_detail", "meeting_list", "document_list", "slip_list"]
PLANNER_PAGES = ["campaign_new", "phase_new", "next_step_new", "item_new", "group_form", "meeting_new", "document_new", "slip_new"]


def url(name: str, *args) -> str:
    return reverse(f"campaigns:{name}", args=args)


def page(client, name: str, *args, **query) -> str:
    """The words of a page, a single space for every tag."""
    response = client.get(url(name, *args), query)
    assert response.status_code == 200, response.status_code
    return words(response)


def words(response) -> str:
    main = response.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main.split(">", 1)[1])).split())


def send(client, view: str, /, *args, **data):
    return client.post(url(view, *args), data)


def status(client, name: str, *args) -> int:
    return client.get(url(name, *args)).status_code


def heading(client, name: str, *args, **query) -> str:
    body = client.get(url(name, *args), query).content.decode()
    return strip_tags(re.search(r"<h1>(.*?)</h1>", body, re.S)[1])


def said(client) -> str:
    """The messages on the next page."""
    body = client.get(url("campaign_list")).content.decode()
    return " ".join(strip_tags(part) for part in re.findall(r'<div class="notice[^>]*>(.*?)</div>', body))


# --- the campaign ---------------------------------------------------------------------


def test_campaign_detail_says_that_nothing_is_planned_yet(cast, signed_in):
    text = page(signed_in(cast.office), "campaign_detail")
    assert "还没有计划安排" in text and "还没有环节" in text and "写第一项" in text
    assert "写第一项" not in page(signed_in(cast.cadre), "campaign_detail")


def test_campaign_detail_titles_the_state(cast, signed_in, deed, today):
    client = signed_in(cast.cadre)
    far = plan_item(cast.campaign, task="以后", due_on=today + 30 * DAY, **deed)
    assert heading(client, "campaign_detail") == "各项安排按时推进"
    finish_plan_item(far, done_on=today, **deed)
    assert heading(client, "campaign_detail") == "各项安排全部完成"
    for n in (1, 2):
        plan_item(cast.campaign, task=f"过了{n}", due_on=today - n * DAY, **deed)
    assert heading(client, "campaign_detail") == "2 项安排逾期"
    for n in range(3):
        plan_item(cast.campaign, task=f"快了{n}", due_on=today + n * DAY, **deed)
    assert heading(client, "campaign_detail") == "2 项安排逾期，3 项 7 天内到期"


def test_campaign_detail_shows_the_four_columns_the_deadline_and_the_units(cast, signed_in, deed, item, today, group):
    (team,), _w = form_work_groups(group, names=["教育培训组"], **deed)
    plan_item(cast.campaign, task="修订办法", owner_text="各街道纪工委书记", work_group=team, due_on=today - 3 * DAY, **deed)
    finish_task(item.unit_tasks.get(unit=cast.unit_a), note="已办", by=cast.liaison, at=deed["at"])
    text = page(signed_in(cast.office), "campaign_detail")
    assert "序号 任务 时间 地点 负责人 时限 状态" in text
    assert f"1 开展警示教育 6 月上旬 市廉政教育基地 赵念安 {day(item.due_on)} 还剩 3 天 办理中 已报 1/2 个单位" in text
    assert f"2 修订办法 {day(today - 3 * DAY)} — 各街道纪工委书记 教育培训组 {day(today - 3 * DAY)} 逾期 3 天 未完成" in text
    assert "全部 2 已逾期 1 7 天内到期 1 以后到期 0 已完成 0" in text
    assert text.endswith("单位 任务 已完成/已分解 逾期（项） 纪检监察科 1/1 1/1 0 石桥街道纪工委 0/1 0/1 0 四、下一步打算 增加 还没有写。")


def test_campaign_detail_views_filter_the_plan(cast, signed_in, deed, today):
    for task, days in {"甲": -1, "乙": 2, "丙": 20, "丁": None}.items():
        plan_item(cast.campaign, task=f"任务{task}", due_on=today + days * DAY if days is not None else None, **deed)
    finish_plan_item(plan_item(cast.campaign, task="任务戊", **deed), done_on=today, **deed)
    client = signed_in(cast.cadre)
    found = {view: re.findall("任务[甲乙丙丁戊]", page(client, "campaign_detail", view=view)) for view in ("overdue", "soon", "later", "undated", "done", "")}
    assert found == {"overdue": ["任务甲"], "soon": ["任务乙"], "later": ["任务丙"], "undated": ["任务丁"], "done": ["任务戊"], "": ["任务甲", "任务乙", "任务丙", "任务丁", "任务戊"]}
    assert len(re.findall("任务[甲乙丙丁戊]", page(client, "campaign_detail", view="nonsense", page="abc"))) == 5


def test_campaign_detail_says_when_a_view_is_empty(cast, signed_in, deed):
    plan_item(cast.campaign, task="甲", **deed)
    assert "没有这样的安排" in page(signed_in(cast.cadre), "campaign_detail", view="overdue")


def test_campaign_detail_draws_the_phases(cast, signed_in, deed, today):
    plan_phase(cast.campaign, kind="learning", label="学习教育", starts_on=today - 100 * DAY, ends_on=today - 10 * DAY, runs_throughout=True, **deed)
    plan_phase(cast.campaign, kind="inspection", label="检视整改", starts_on=today - 48 * DAY, ends_on=today + 50 * DAY, **deed)
    plan_phase(cast.campaign, kind="consolidation", label="总结提升", **deed)
    response = signed_in(cast.cadre).get(url("campaign_detail"))
    body, text = response.content.decode(), words(response)
    assert 'viewBox="0 0 151 56"' in body
    assert '<rect class="done" x="0" y="22" width="91" height="12"/>' in body
    assert '<rect class="on" x="52" y="22" width="48.5" height="12"/>' in body
    assert '<path class="thread" vector-effect="non-scaling-stroke" d="M92 28H151"/>' in body
    assert body.count('<path class="now" vector-effect="non-scaling-stroke" d="M100.5 0V56"/>') == 3
    assert "style=" not in body
    assert "此后贯穿始终" in text and "检视整改第 49 天" in text and "总结提升 时间待定" in text


def test_campaign_detail_lists_next_steps_and_rooms(cast, signed_in, deed, item, group):
    add_next_step(cast.campaign, text="抓好收尾", items=[item], **deed)
    record_meeting(cast.campaign, kind="party", organ="区党工委", title="会", **deed)
    issue_slip(cast.campaign, title="单", content="文", cadres=[cast.person(cast.cadre)], **deed)
    text = page(signed_in(cast.cadre), "campaign_detail")
    assert "领导小组 教育整顿领导小组 会议 1 次 文件 0 份 提示单 1 份等您签收" in text
    assert "抓好收尾 计划第 1 项" in text
    assert "单位任务" not in text  # a plain cadre follows up no unit


def test_campaign_detail_shows_a_liaison_their_own_unit_only(cast, signed_in, item):
    text = page(signed_in(cast.stranger), "campaign_detail")
    assert "石桥街道纪工委 0/1" in text and "纪检监察科 0/1" not in text


def test_campaign_detail_shortens_a_long_list_of_units(cast, signed_in, deed, item):
    more = [open_unit(code=f"J9{n}", name=f"街道{n}", parent=cast.organ, **deed) for n in range(12)]
    assign_task(item, units=more, **deed)
    client = signed_in(cast.office)
    assert "全部 14 个单位" in page(client, "campaign_detail")
    text = page(client, "unit_list")
    assert "共分解 14 项次，已完成 0 项次" in text and "街道11 0/1" in text


def test_without_a_campaign_the_door_leads_to_the_list(cast, signed_in):
    client = signed_in(cast.outsider)
    assert client.get(url("campaign_detail")).url == url("campaign_list")
    text = page(client, "campaign_list")
    assert "还没有教育整顿" in text and "启动第一轮" in text
    for name in ("group_detail", "meeting_list", "document_list", "slip_list", "task_list", "unit_list", "plan_export", *PLANNER_PAGES[1:]):
        assert status(client, name) == 404, name


def test_campaign_choose_switches_every_page(cast, signed_in, deed):
    second = launch_campaign(name="回头看", workforce="干部", unit=cast.organ, parent=cast.campaign, by=cast.office, at=deed["at"])
    client = signed_in(cast.cadre)
    assert "上一轮：云澜区干部队伍教育整顿" in page(client, "campaign_list")
    assert send(client, "campaign_choose", cast.campaign.pk).url == url("campaign_detail")
    assert client.session[KEY] == cast.campaign.pk
    assert "云澜区干部队伍教育整顿" in page(client, "campaign_detail")
    send(client, "campaign_choose", second.pk)
    assert "回头看" in page(client, "campaign_detail")


def test_campaign_choose_of_another_organ_or_by_get_is_refused(cast, signed_in):
    client = signed_in(cast.outsider)
    assert send(client, "campaign_choose", cast.campaign.pk).status_code == 404
    assert KEY not in client.session
    assert client.get(url("campaign_choose", cast.campaign.pk)).status_code == 405


def test_campaign_new_opens_and_is_chosen(cast, signed_in):
    client = signed_in(cast.office)
    answer = send(client, "campaign_new", name="第二轮", workforce="干部", unit=cast.organ.pk, region="县", as_of_word="截止", parent=cast.campaign.pk)
    second = Campaign.objects.get(name="第二轮")
    assert (answer.url, client.session[KEY]) == (url("campaign_detail"), second.pk)
    assert (second.unit, second.parent, second.region, second.as_of_word, second.opened_by) == (cast.organ, cast.campaign, "县", "截止", cast.office)


def test_campaign_new_offers_only_units_of_ones_scope(cast, signed_in):
    client = signed_in(cast.outsider)
    text = page(client, "campaign_new")
    assert "邻区纪检监察工委" in text and "区机关" not in text and "云澜区干部队伍教育整顿" not in text
    answer = send(client, "campaign_new", name="越权", workforce="干部", unit=cast.organ.pk, region="区", as_of_word="截至")
    assert answer.status_code == 200 and 'value="越权"' in answer.content.decode()
    assert Campaign.objects.count() == 1


# --- phases and next steps ------------------------------------------------------------


PHASE = {"label": "查纠整改", "kind": "inspection", "starts_on": "2026-08-01", "ends_on": "2026-11-15", "goal": ""}


def test_phase_new_adds_a_phase_of_any_name(cast, signed_in):
    assert send(signed_in(cast.office), "phase_new", **PHASE).url == url("campaign_detail")
    phase = Phase.objects.get()
    assert (phase.label, phase.starts_on, phase.ends_on, phase.order) == ("查纠整改", dt.date(2026, 8, 1), dt.date(2026, 11, 15), 1)


def test_phase_new_backwards_comes_back_with_what_was_typed(cast, signed_in):
    answer = send(signed_in(cast.office), "phase_new", **PHASE | {"ends_on": "2026-07-01"})
    body = answer.content.decode()
    assert "结束日期不能早于开始日期 2026-08-01。" in body and 'value="查纠整改"' in body and 'value="2026-07-01"' in body
    assert body.count("结束日期不能早于") == 2  # once in the summary, once at the field
    assert not Phase.objects.exists()


def test_phase_change_keeps_the_log_true(cast, signed_in, deed):
    phase = plan_phase(cast.campaign, kind="inspection", label="检视整治", **deed)
    client = signed_in(cast.office)
    assert 'value="检视整治"' in client.get(url("phase_change", phase.pk)).content.decode()
    assert send(client, "phase_change", phase.pk, version=1, **PHASE).url == url("campaign_detail")
    before = Event.objects.get(action="campaigns.change_phase").detail["before"]
    assert (before["label"], before["starts_on"]) == ("检视整治", None)
    assert Phase.objects.get().label == "查纠整改"


def test_phase_change_with_bad_input_changes_nothing(cast, signed_in, deed):
    phase = plan_phase(cast.campaign, kind="inspection", label="检视整治", **deed)
    answer = send(signed_in(cast.office), "phase_change", phase.pk, **PHASE | {"label": ""})
    assert answer.status_code == 200
    assert Phase.objects.get().label == "检视整治"


def test_another_organs_campaign_is_entered_through_the_pages(cast, signed_in):
    client = signed_in(cast.outsider)
    send(client, "campaign_new", name="政法队伍教育整顿", workforce="政法干警", unit=cast.elsewhere.pk, region="县", as_of_word="截至")
    start = dt.date(2021, 2, 21)
    for label, kind, days in [("动员学习", "learning", 30), ("剖析讨论", "inspection", 75), ("整改提高", "consolidation", 15)]:
        send(client, "phase_new", label=label, kind=kind, starts_on=start, ends_on=start + (days - 1) * DAY)
        start += days * DAY
    send(client, "group_form", name="队伍教育整顿领导小组")
    send(client, "work_groups_form", names="综合保障组\n组织协调组\n整治督查组\n舆论宣传组")
    campaign = Campaign.objects.get(unit=cast.elsewhere)
    assert [p.label for p in campaign.phases.all()] == ["动员学习", "剖析讨论", "整改提高"]
    assert 'viewBox="0 0 120 56"' in client.get(url("campaign_detail")).content.decode()
    assert "下设 4 个组" in page(client, "group_detail")
    assert not cast.campaign.phases.exists()


def test_next_step_new_links_plan_lines(cast, signed_in, item):
    client = signed_in(cast.office)
    assert send(client, "next_step_new", text="抓好收尾", items=[item.pk]).status_code == 302
    assert list(NextStep.objects.get().items.all()) == [item]
    assert send(client, "next_step_new", text="").status_code == 200
    assert NextStep.objects.count() == 1


# --- the plan -------------------------------------------------------------------------


def test_item_new_finds_the_owner_by_name_number_or_both(cast, signed_in):
    client = signed_in(cast.office)
    for n, typed in enumerate(["林知夏", "cadre", "林知夏（cadre）", "林知夏(cadre)"], 1):
        answer = send(client, "item_new", task=f"第{n}项", owner=typed)
        made = PlanItem.objects.get(number=n)
        assert (answer.url, made.owner) == (url("item_detail", made.pk), cast.person(cast.cadre))


@pytest.mark.parametrize(("typed", "told"), [("查无此人", "名册里没有“查无此人”"), ("邻若水", "名册里没有“邻若水”"), ("许望舒", "不止一人叫“许望舒”")])
def test_item_new_with_an_owner_nobody_can_tell(cast, signed_in, deed, typed, told):
    enter_cadre(staff_no="0100", name="许望舒", unit=cast.unit_b, **deed)
    answer = send(signed_in(cast.office), "item_new", task="甲", owner=typed)
    body = answer.content.decode()
    assert told in body and f'value="{typed}"' in body and ">\n甲</textarea>" in body
    assert not PlanItem.objects.exists()


def test_item_new_offers_names_phases_and_groups_of_this_campaign(cast, signed_in, deed, group):
    form_work_groups(group, names=["教育培训组"], **deed)
    plan_phase(cast.campaign, kind="learning", label="学习教育", **deed)
    body = signed_in(cast.office).get(url("item_new")).content.decode()
    assert '<option value="林知夏（cadre）">' in body and "邻若水" not in body
    assert "教育培训组" in body and "学习教育" in body


def test_item_change_carries_the_version_and_saves(cast, signed_in, item):
    client = signed_in(cast.office)
    body = client.get(url("item_change", item.pk)).content.decode()
    assert 'name="version" value="1"' in body and 'value="赵念安（director）"' in body
    assert send(client, "item_change", item.pk, version=1, task="新任务", owner="林知夏", due_on=item.due_on).url == url("item_detail", item.pk)
    item.refresh_from_db()
    assert (item.task, item.owner, item.version, item.when_text) == ("新任务", cast.person(cast.cadre), 2, "")


def test_item_change_after_somebody_else_shows_both_texts_and_can_go_on(cast, signed_in, deed, item):
    change_plan_item(item, version=1, task="别人改的", **deed)
    client = signed_in(cast.office)
    typed = {"task": "我改的", "when_text": item.when_text, "place": item.place, "owner": "赵念安", "due_on": item.due_on}
    answer = send(client, "item_change", item.pk, version=1, **typed)
    body, text = answer.content.decode(), words(answer)
    assert answer.status_code == 409 and "这一项刚才被别人改过" in text
    assert "另一处已改为： 别人改的" in text
    assert 'name="version" value="2"' in body and ">\n我改的</textarea>" in body
    assert PlanItem.objects.get().task == "别人改的"
    assert send(client, "item_change", item.pk, version=2, **typed).status_code == 302
    assert PlanItem.objects.get().task == "我改的"


def test_item_detail_shows_tasks_with_state_and_evidence(cast, signed_in, item):
    task = item.unit_tasks.get(unit=cast.unit_a)
    finish_task(task, note="组织 3 人参观", uploads=[SimpleUploadedFile("签到表.pdf", PDF)], by=cast.liaison, at=timezone.now())
    text = page(signed_in(cast.office), "item_detail", item.pk)
    assert "2 个单位中 1 个已报完成" in text
    assert f"纪检监察科 组织 3 人参观 签到表.pdf 14 字节 {day(item.due_on)} 已完成 {day(timezone.localdate())} 陆青禾 石桥街道纪工委 —" in text
    assert "报完成" in text and "办结" in text and "分解到单位" in text


def test_item_detail_for_a_cadre_shows_the_line_without_the_units(cast, signed_in, item):
    text = page(signed_in(cast.cadre), "item_detail", item.pk)
    assert "开展警示教育" in text and "石桥街道纪工委" not in text and "办结" not in text
    assert "石桥街道纪工委" in page(signed_in(cast.stranger), "item_detail", item.pk)
    assert "纪检监察科" not in page(signed_in(cast.stranger), "item_detail", item.pk)


def test_item_finish_waits_for_the_units_then_closes(cast, signed_in, item, today):
    client = signed_in(cast.office)
    assert f'value="{today}"' in client.get(url("item_finish", item.pk)).content.decode()
    assert "还有 2 个单位没有报完成，请先催办。" in words(send(client, "item_finish", item.pk, done_on=today, version=1))
    item.unit_tasks.update(done_at=timezone.now(), done_by=cast.office)
    assert send(client, "item_finish", item.pk, done_on=today, version=1).status_code == 302
    item.refresh_from_db()
    assert (item.done_on, item.done_by) == (today, cast.office)
    assert "已经办结" in words(send(client, "item_finish", item.pk, done_on=today))


def test_task_assign_to_chosen_units_or_to_all(cast, signed_in, item):
    client = signed_in(cast.office)
    body = client.get(url("task_assign", item.pk)).content.decode()
    assert "区机关" in body and "石桥街道纪工委" not in body.split("<form", 2)[2]  # who has it already isn't offered
    assert "请至少选一个单位" in words(send(client, "task_assign", item.pk, reach="chosen"))
    assert send(client, "task_assign", item.pk, reach="chosen", units=[cast.bureau.pk]).status_code == 302
    assert item.unit_tasks.count() == 3
    send(client, "task_assign", item.pk, reach="all")
    assert [t.unit for t in item.unit_tasks.all()] == [cast.organ, cast.bureau, cast.unit_a, cast.unit_b]
    assert send(client, "task_assign", item.pk, reach="chosen", units=[cast.elsewhere.pk]).status_code == 200


def test_plan_export_gives_the_four_columns_and_is_logged(cast, signed_in, item):
    answer = signed_in(cast.cadre).get(url("plan_export"))
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert [c.value for c in sheet[1]][:5] == ["序号", "时间", "地点", "任务", "负责人"]
    assert [c.value for c in sheet[2]][:5] == [1, "6 月上旬", "市廉政教育基地", "开展警示教育", "赵念安"]
    log = Event.objects.get(action="campaigns.export_plan")
    assert (log.actor_label, log.detail) == ("林知夏", {"rows": 1})


# --- the units' tasks -----------------------------------------------------------------


def test_task_list_tells_what_waits_and_offers_to_report(cast, signed_in, deed, item, today):
    plan_item(cast.campaign, task="迟的", due_on=today - DAY, units=[cast.unit_a], **deed)
    client = signed_in(cast.liaison)
    assert heading(client, "task_list") == "1 项任务逾期，1 项 7 天内到期"
    text = page(client, "task_list")
    assert text.count("报完成") == 2 and "石桥街道纪工委" not in text
    assert "开展警示教育" not in page(client, "task_list", view="overdue")
    assert "没有这样的任务" in page(client, "task_list", view="done")


def test_task_list_of_the_office_filters_by_unit(cast, signed_in, item):
    client = signed_in(cast.office)
    body = client.get(url("task_list"), {"unit": cast.unit_b.pk}).content.decode()
    assert f'<option value="{cast.unit_b.pk}" selected>' in body
    rows = body.split("<tbody>")[1]
    assert "石桥街道纪工委" in rows and "纪检监察科" not in rows
    for odd in ("x", "-1", "99999999999999999999999"):
        assert client.get(url("task_list"), {"unit": odd}).status_code == 200


def test_task_list_for_a_leader_has_no_buttons(cast, signed_in, item):
    text = page(signed_in(cast.director), "task_list")
    assert "石桥街道纪工委" in text and "报完成" not in text


def test_unit_list_counts_the_visitors_units_only(cast, signed_in, item):
    client = signed_in(cast.liaison)
    assert heading(client, "unit_list") == "共分解 1 项次，已完成 0 项次"
    text = page(client, "unit_list")
    assert "纪检监察科" in text and "石桥街道纪工委" not in text


def test_task_list_without_tasks(cast, signed_in):
    assert heading(signed_in(cast.liaison), "task_list") == "没有分解来的任务"


def test_task_finish_keeps_note_and_several_files(cast, signed_in, item):
    task = item.unit_tasks.get(unit=cast.unit_a)
    uploads = [SimpleUploadedFile(name, PDF) for name in ("签到表.pdf", "照片说明.pdf")]
    client = signed_in(cast.liaison)
    assert client.post(url("task_finish", task.pk), {"note": "组织 3 人参观", "uploads": uploads, "version": 1}).url == url("task_list")
    task.refresh_from_db()
    assert (task.note, task.done_by, task.evidence.count()) == ("组织 3 人参观", cast.liaison, 2)
    assert "已报完成" in said(client)


def test_task_finish_with_a_bad_file_or_no_note_keeps_what_was_typed(cast, signed_in, item):
    task = item.unit_tasks.get(unit=cast.unit_a)
    client = signed_in(cast.liaison)
    answer = client.post(url("task_finish", task.pk), {"note": "组织参观", "uploads": [SimpleUploadedFile("a.exe", b"MZ")], "version": 1})
    assert "不接受“a.exe”" in words(answer) and ">\n组织参观</textarea>" in answer.content.decode()
    assert send(client, "task_finish", task.pk, note="  ").status_code == 200
    task.refresh_from_db()
    assert task.done_at is None


def test_task_finish_twice_is_told(cast, signed_in, item):
    task = item.unit_tasks.get(unit=cast.unit_a)
    client = signed_in(cast.liaison)
    send(client, "task_finish", task.pk, note="已办", version=1)
    assert "已经报过完成" in words(send(client, "task_finish", task.pk, note="又办", version=1))


def test_task_finish_of_another_unit(cast, signed_in, item):
    task = item.unit_tasks.get(unit=cast.unit_a)
    assert status(signed_in(cast.stranger), "task_finish", task.pk) == 404
    assert status(signed_in(cast.director), "task_finish", task.pk) == 403  # sees it, has no task to report
    assert send(signed_in(cast.cadre), "task_finish", task.pk, note="替办").status_code == 403
    assert UnitTask.objects.filter(done_at__isnull=False).count() == 0


def test_task_file_through_its_task_only_and_logged(cast, signed_in, item):
    mine, other = item.unit_tasks.get(unit=cast.unit_a), item.unit_tasks.get(unit=cast.unit_b)
    finish_task(mine, note="已办", uploads=[SimpleUploadedFile("签到表.pdf", PDF)], by=cast.liaison, at=timezone.now())
    stored = mine.evidence.get()
    answer = signed_in(cast.office).get(url("task_file", mine.pk, stored.pk))
    assert b"".join(answer.streaming_content) == PDF
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["Content-Disposition"].startswith("attachment")
    assert Event.objects.get(action="campaigns.download_file").detail["file"] == "签到表.pdf"
    assert status(signed_in(cast.office), "task_file", other.pk, stored.pk) == 404
    assert status(signed_in(cast.stranger), "task_file", mine.pk, stored.pk) == 404
    assert status(signed_in(cast.cadre), "task_file", mine.pk, stored.pk) == 403
    assert Event.objects.filter(action="campaigns.download_file").count() == 1


# --- the leading group ----------------------------------------------------------------


def test_group_detail_prints_posts_without_people_and_people_nobody_knows(cast, signed_in, deed, group):
    assert "还没有组成人员" in page(signed_in(cast.office), "group_detail")
    appoint_member(group, role="member", post_text="街道纪工委书记", **deed)
    appoint_member(group, role="head", **deed)
    appoint_member(group, role="deputy", cadre=cast.person(cast.director), post_text="工委副书记兼纪检监察室主任", **deed)
    appoint_member(group, role="member", cadre=cast.person(cast.chief), **deed)
    text = page(signed_in(cast.cadre), "group_detail")
    assert "组织领导、统筹推进 办公室设在纪检监察室 下设 0 个组" in text
    assert "组长 ×× ×× 副组长 赵念安 工委副书记兼纪检监察室主任 成员 ×× 街道纪工委书记 成员 唐克勤 纪检监察室副主任" in text
    assert "移出" not in text


def test_group_detail_joins_a_concurrent_post(cast, signed_in, deed, group):
    both = enter_cadre(staff_no="0101", name="兼任人", unit=cast.unit_b, post="书记", concurrent_posts=("主任",), **deed)
    appoint_member(group, role="member", cadre=both, **deed)
    assert "石桥街道纪工委书记兼石桥街道纪工委主任" in page(signed_in(cast.cadre), "group_detail")


def test_group_detail_before_there_is_one(cast, signed_in):
    assert heading(signed_in(cast.cadre), "group_detail") == "还没有成立领导小组"
    client = signed_in(cast.office)
    assert "成立领导小组" in page(client, "group_detail")
    for name in ("work_groups_form", "member_new"):
        assert status(client, name) == 404


def test_group_form_makes_and_changes(cast, signed_in):
    client = signed_in(cast.office)
    send(client, "group_form", name="领导小组", office_unit=cast.bureau.pk)
    assert 'value="领导小组"' in client.get(url("group_form")).content.decode()
    assert send(client, "group_form", name="教育整顿领导小组", version=1).url == url("group_detail")
    made = LeadingGroup.objects.get()
    assert (made.name, made.office_unit) == ("教育整顿领导小组", None)
    assert send(client, "group_form", name="越权", office_unit=cast.elsewhere.pk).status_code == 200


def test_work_groups_form_counts_the_seeds_names_once_and_warns(cast, signed_in, group):
    client = signed_in(cast.office)
    answer = client.post(url("work_groups_form"), {"names": "综合协调组、线索处置组、教育培训组、宣传舆情组，教育培训组、督导检查组"}, follow=True)
    text = words(answer)
    assert "已设立 5 个下设组。" in text and "“教育培训组”重复列出，只保留一个。" in text and "下设 5 个组" in text
    assert answer.content.decode().count('class="notice look"') == 1
    assert [g.name for g in group.work_groups.all()] == ["综合协调组", "线索处置组", "教育培训组", "宣传舆情组", "督导检查组"]


def test_work_groups_form_with_a_whole_sentence_is_told(cast, signed_in, group):
    answer = send(signed_in(cast.office), "work_groups_form", names="甲组\n" + "很长的一句话" * 6)
    assert "请检查是否漏了分隔" in words(answer) and "甲组" in answer.content.decode()
    assert send(signed_in(cast.office), "work_groups_form", names=" ").status_code == 200
    assert not WorkGroup.objects.exists()


def test_work_group_change_writes_duties(cast, signed_in, deed, group):
    (team, other), _w = form_work_groups(group, names=["综合协调组", "线索处置组"], **deed)
    client = signed_in(cast.office)
    send(client, "work_group_change", team.pk, name="综合协调组", duties="文稿和会务", version=1)
    assert "综合协调组 ×× 增加 文稿和会务" in page(client, "group_detail")
    assert "已经有“综合协调组”" in words(send(client, "work_group_change", other.pk, name="综合协调组", version=1))
    assert status(client, "work_group_change", 999) == 404


def test_member_new_by_post_and_into_a_subgroup(cast, signed_in, deed, group):
    (team,), _w = form_work_groups(group, names=["综合协调组"], **deed)
    client = signed_in(cast.office)
    send(client, "member_new", role="member", post_text="街道纪工委书记")
    assert f'<option value="{team.pk}" selected>' in client.get(url("member_new"), {"work_group": team.pk}).content.decode()
    send(client, "member_new", role="head", cadre="沈若川", work_group=team.pk)
    assert [(m.work_group, str(m)) for m in group.members.all()] == [(None, "成员 街道纪工委书记"), (team, "组长 沈若川")]
    assert "综合协调组 沈若川 纪检监察室副主任" in page(client, "group_detail")


def test_member_new_refusals_come_back(cast, signed_in, deed, group):
    appoint_member(group, role="head", **deed)
    client = signed_in(cast.office)
    assert "已经有组长" in words(send(client, "member_new", role="head", cadre="赵念安"))
    answer = send(client, "member_new", role="member")
    assert "请填写姓名或单位职务" in words(answer)
    assert GroupMember.objects.count() == 1


def test_member_remove_can_be_taken_back(cast, signed_in, deed, group):
    client = signed_in(cast.office)
    member = appoint_member(group, role="member", cadre=cast.colleague.cadre, post_text="记录员", **deed)
    page = client.get(send(client, "member_remove", member.pk).url).content.decode()
    form = re.search(r'<form method="post" action="([^"]+)" class="inline-form">(.*?)</form>', page, re.S)
    assert form[1] == url("member_new") and "撤销" in form[2]
    assert not group.members.filter(cadre=cast.colleague.cadre).exists()
    client.post(form[1], dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2])))
    assert group.members.values_list("role", "post_text").get(cadre=cast.colleague.cadre) == ("member", "记录员")


def test_member_remove_makes_room_for_another_head(cast, signed_in, deed, group):
    head = appoint_member(group, role="head", **deed)
    client = signed_in(cast.office)
    assert client.get(url("member_remove", head.pk)).status_code == 405
    assert send(client, "member_remove", head.pk).url == url("group_detail")
    assert send(client, "member_remove", head.pk).status_code == 404
    assert send(client, "member_new", role="head", cadre="赵念安").status_code == 302


# --- meetings -------------------------------------------------------------------------


def chain(cast, deed, today) -> list[Meeting]:
    """市部署会议 (undated) → 工委会议 → the same day 党工委会议 → three days later 动员部署会议."""
    first = record_meeting(cast.campaign, kind="superior", organ="市纪委", title="市部署会议", **deed)
    second = record_meeting(cast.campaign, kind="committee", organ="区工委", title="工委会议", held_on=today - 20 * DAY, follows=first, agenda=[{"kind": "relay", "text": "传达"}], **deed)
    third = record_meeting(cast.campaign, kind="party", organ="区党工委", title="党工委会议", follows=second, same_day_as_followed=True, **deed)
    fourth = record_meeting(cast.campaign, kind="mobilization", organ="区工委", title="动员部署会议", held_on=today, follows=second, whole_workforce=True, **deed)
    return [first, second, third, fourth]


def test_meeting_list_shows_the_chain_the_days_between_and_late_entry(cast, signed_in, deed, today):
    chain(cast, deed, today)
    client = signed_in(cast.cadre)
    assert heading(client, "meeting_list") == "会议 4 次，2 次日期不详"
    text = page(client, "meeting_list")
    assert "市部署会议 上级部署会议 市纪委 ×月×日 — —" in text
    assert f"工委会议 研究审议会议 贯彻 市部署会议 区工委 {day(today - 20 * DAY)} 补录 间隔不详 传达学习" in text
    assert f"动员部署会议 动员部署会议 贯彻 工委会议 区工委 {day(today)} 20 天后 —" in text
    assert "党工委会议 党工委会议 贯彻 工委会议 区党工委 ×月×日 同日 —" in text
    assert client.get(url("meeting_list")).content.decode().count("indent-2") == 4  # two rows, each with its cell


def test_meeting_list_when_empty(cast, signed_in):
    assert "从上级部署会议记起" in page(signed_in(cast.office), "meeting_list")


MEETING = {"title": "党工委会议", "kind": "party", "organ": "区党工委"}


def test_meeting_new_can_be_left(cast, signed_in):
    assert f'href="{url("meeting_list")}">取消' in signed_in(cast.office).get(url("meeting_new")).content.decode()


def test_meeting_new_takes_agenda_papers_and_words(cast, signed_in, deed, today):
    papers = [file_document(cast.campaign, kind=kind, title=title, **deed) for kind, title in (("opinion", "意见"), ("plan", "实施方案"))]
    first = record_meeting(cast.campaign, kind="superior", organ="市纪委", title="市部署会议", **deed)
    answer = send(
        signed_in(cast.office), "meeting_new", **MEETING, held_on=today, follows=first.pk, place="三楼会议室", host="区党工委书记",
        agenda_1_kind="relay", agenda_1_text="传达市会议精神", agenda_1_documents=[p.pk for p in papers],
        agenda_5_kind="approve", agenda_5_documents=[papers[1].pk],
        instruction_1_speaker="区党工委书记", instruction_1_text="自剜腐肉、自揭疮疤",
    )
    meeting = Meeting.objects.get(kind="party")
    assert answer.url == url("meeting_detail", meeting.pk)
    assert [(a.order, a.kind, a.text, list(a.documents.all())) for a in meeting.agenda.all()] == [(1, "relay", "传达市会议精神", papers), (2, "approve", "", papers[1:])]
    assert [(i.speaker_post, i.text) for i in meeting.instructions.all()] == [("区党工委书记", "自剜腐肉、自揭疮疤")]
    text = page(signed_in(cast.cadre), "meeting_detail", meeting.pk)
    assert "1 传达学习 传达市会议精神 意见 实施方案 2 审议 — 实施方案" in text
    assert "区党工委书记 自剜腐肉、自揭疮疤" in text
    assert "贯彻 市部署会议 ×月×日 间隔不详" in text


def test_meeting_new_without_a_date_is_fine(cast, signed_in):
    assert send(signed_in(cast.office), "meeting_new", **MEETING).status_code == 302
    assert Meeting.objects.get().held_on is None
    assert "×月×日" in page(signed_in(cast.cadre), "meeting_detail", Meeting.objects.get().pk)


@pytest.mark.parametrize(("typed", "told"), [
    ({"agenda_2_text": "研究方案"}, "请选择第 2 项议程的事项。"),
    ({"agenda_4_kind": "relay"}, "请写明第 4 项议程的内容"),
    ({"instruction_1_text": "抓紧"}, "请写明讲话人职务"),
    ({"instruction_2_speaker": "书记"}, "请写明讲话人提出的要求"),
    ({"same_day_as_followed": "on"}, "请选择所贯彻的会议"),
    ({"held_on": "2099-01-01"}, "不能晚于今天"),
    ({"held_on": "去年"}, "召开日期："),
    ({"organ": ""}, "召开单位："),
])
def test_meeting_new_with_gaps_is_told_and_keeps_what_was_typed(cast, signed_in, typed, told):
    answer = send(signed_in(cast.office), "meeting_new", **MEETING | typed)
    body = answer.content.decode()
    assert told in words(answer) and 'value="党工委会议"' in body
    assert not Meeting.objects.exists()
    assert ("<details open>" in body) == any(name.startswith("agenda_4") for name in typed)


def test_meeting_new_on_the_same_day_as_a_meeting_of_another_day(cast, signed_in, deed, today):
    first = record_meeting(cast.campaign, kind="superior", organ="市", title="市会", held_on=today - 2 * DAY, **deed)
    client = signed_in(cast.office)
    assert "请核对" in words(send(client, "meeting_new", **MEETING, held_on=today, follows=first.pk, same_day_as_followed="on"))
    assert "不能早于所贯彻会议" in words(send(client, "meeting_new", **MEETING, held_on=today - 3 * DAY, follows=first.pk))


def test_meeting_change_fills_in_the_date(cast, signed_in, deed, today):
    first, second, *_rest = chain(cast, deed, today)
    client = signed_in(cast.office)
    options = client.get(url("meeting_change", first.pk)).content.decode().split('name="follows"')[1].split("</select>")[0]
    assert "市部署会议" not in options and "工委会议" in options  # a meeting doesn't pass on itself
    data = {"title": "市部署会议", "kind": "superior", "organ": "市纪委", "held_on": today - 22 * DAY}
    assert send(client, "meeting_change", first.pk, version=1, **data).url == url("meeting_detail", first.pk)
    assert "2 天后" in page(client, "meeting_list")
    assert "互相贯彻" in words(send(client, "meeting_change", first.pk, version=2, **data | {"held_on": "", "follows": second.pk}))


def test_meeting_detail_links_up_and_down(cast, signed_in, deed, today):
    _first, second, *_rest = chain(cast, deed, today)
    text = page(signed_in(cast.cadre), "meeting_detail", second.pk)
    assert "贯彻 市部署会议" in text and "后续贯彻 党工委会议 ×月×日 同日" in text and f"后续贯彻 动员部署会议 {day(today)} 20 天后" in text
    assert "修改" not in text and "补录" in text


# --- documents ------------------------------------------------------------------------


def test_document_list_filters_and_tells_who_discussed_it(cast, signed_in, deed, today):
    plan = file_document(cast.campaign, kind="plan", title="实施方案", number="云纪工〔2026〕3 号", issued_on=today, **deed)
    file_document(cast.campaign, kind="opinion", title="中央意见", level="central", **deed)
    for organ, days, kind in (("区党工委", 1, "approve"), ("区工委", 2, "deliberate")):
        record_meeting(cast.campaign, kind="party", organ=organ, title=f"{organ}会议", held_on=today - days * DAY, agenda=[{"kind": kind, "documents": [plan]}], **deed)
    client = signed_in(cast.cadre)
    text = page(client, "document_list")
    assert f"实施方案 云纪工〔2026〕3 号 实施方案 本单位 {day(today)} 区工委 研究审议 区党工委 审议 未上传" in text
    assert "中央意见 无文号 上级意见 中央 ×月×日 — 未上传" in text
    assert "中央意见" not in page(client, "document_list", kind="plan")
    assert "中央意见" in page(client, "document_list", q="意见") and "云纪工" not in page(client, "document_list", q="意见")
    assert "没有文件" in page(client, "document_list", q="查无")


def test_document_new_with_and_without_a_file(cast, signed_in, pdf):
    client = signed_in(cast.office)
    facts = {"title": "实施方案", "kind": "plan", "level": "own", "edition": 1}
    assert client.post(url("document_new"), facts | {"upload": pdf}).url == url("document_list")
    assert send(client, "document_new", **facts | {"title": "规则", "kind": "rules"}).status_code == 302
    assert [(d.title, bool(d.file)) for d in Document.objects.all()] == [("实施方案", True), ("规则", False)]


def test_document_new_with_a_bad_file_keeps_what_was_typed(cast, signed_in):
    bad = SimpleUploadedFile("方案.pdf", b"MZ not a pdf")
    answer = signed_in(cast.office).post(url("document_new"), {"title": "实施方案", "kind": "plan", "level": "own", "edition": 1, "upload": bad})
    assert "不接受“方案.pdf”" in words(answer) and 'value="实施方案"' in answer.content.decode()
    assert not Document.objects.exists()


def test_document_change_adds_the_file_later(cast, signed_in, deed, pdf):
    document = file_document(cast.campaign, kind="plan", title="方案", **deed)
    client = signed_in(cast.office)
    assert status(client, "document_file", document.pk) == 404
    client.post(url("document_change", document.pk), {"title": "实施方案", "kind": "plan", "level": "own", "edition": 2, "upload": pdf, "version": 1})
    document.refresh_from_db()
    assert (document.title, document.edition, document.file.name) == ("实施方案", 2, "实施方案.pdf")


def test_document_file_is_a_logged_download(cast, signed_in, deed, pdf):
    document = file_document(cast.campaign, kind="plan", title="实施方案", upload=pdf, **deed)
    answer = signed_in(cast.cadre).get(url("document_file", document.pk))
    assert b"".join(answer.streaming_content) == PDF
    log = Event.objects.get(action="campaigns.download_file")
    assert (log.actor_label, log.subject_label, log.detail["file"]) == ("林知夏", "实施方案", "实施方案.pdf")
    assert status(signed_in(cast.outsider), "document_file", document.pk) == 404


# --- slips ----------------------------------------------------------------------------


def slip_to(cast, deed, *users, **facts) -> Slip:
    cadres = Cadre.objects.filter(user__in=users)
    return issue_slip(cast.campaign, **{"title": "对照检查", "content": "认真自查", "cadres": cadres} | facts, **deed)


def test_slip_new_to_all_and_to_chosen_units(cast, signed_in, deed, today):
    enter_cadre(staff_no="0102", name="已退休", unit=cast.unit_a, on_duty=False, **deed)
    client = signed_in(cast.office)
    facts = {"kind": "prompt", "title": "对照检查", "content": "认真自查", "due_on": today}
    answer = send(client, "slip_new", **facts, reach="all")
    first = Slip.objects.get()
    assert (answer.url, first.deliveries.count()) == (url("slip_detail", first.pk), 8)
    send(client, "slip_new", **facts | {"kind": "urge"}, reach="units", units=[cast.bureau.pk])
    second = Slip.objects.get(kind="urge")
    assert second.reference == "〔2026〕1 号".replace("2026", str(today.year))
    assert sorted(d.cadre.name for d in second.deliveries.all()) == sorted(["赵念安", "沈若川", "何书言", "唐克勤", "陆青禾", "林知夏", "许望舒"])


@pytest.mark.parametrize(("typed", "told"), [
    ({"reach": "units"}, "请至少选一个单位"),
    ({"due_on": "2020-01-01"}, "时限不能早于今天"),
    ({"title": ""}, "标题："),
    ({"reach": "nobody"}, "发至："),
])
def test_slip_new_with_gaps_sends_nothing(cast, signed_in, typed, told):
    answer = send(signed_in(cast.office), "slip_new", **{"kind": "prompt", "title": "单", "content": "请认真自查", "reach": "all"} | typed)
    assert told in words(answer) and "请认真自查" in answer.content.decode()
    assert not Slip.objects.exists()
    assert cast.cadre.notices.count() == 0


def test_slip_new_to_units_without_cadres_is_told(cast, signed_in, deed):
    empty = open_unit(code="J99", name="空单位", parent=cast.organ, **deed)
    answer = send(signed_in(cast.office), "slip_new", kind="prompt", title="单", content="文", reach="units", units=[empty.pk])
    assert "没有选中任何干部" in words(answer)


def test_slip_list_of_a_cadre_has_only_their_own(cast, signed_in, deed):
    slip_to(cast, deed, cast.cadre)
    slip_to(cast, deed, cast.chief, title="别人的单")
    client = signed_in(cast.cadre)
    assert heading(client, "slip_list") == "1 份提示单等您签收"
    text = page(client, "slip_list")
    assert "对照检查 工作提示单" in text and "待签收" in text and "别人的单" not in text and "已签收/已发" not in text
    acknowledge_slip(SlipDelivery.objects.get(cadre__user=cast.cadre), by=cast.cadre, at=deed["at"])
    assert heading(client, "slip_list") == "提示单和督办单"


def test_slip_list_of_the_office_counts_signatures(cast, signed_in, deed, today):
    slip = slip_to(cast, deed, cast.cadre, cast.stranger, due_on=today + 2 * DAY)
    acknowledge_slip(slip.deliveries.get(cadre__user=cast.cadre), by=cast.cadre, at=deed["at"])
    assert f"{slip.reference} 对照检查 工作提示单 {day(today)} {day(slip.due_on)} 还剩 2 天 1/2 签收 1/2 —" in page(signed_in(cast.office), "slip_list")
    assert "1/1 签收 1/1" in page(signed_in(cast.liaison), "slip_list")  # a liaison counts their own unit


def test_slips_of_a_wide_scope_lead_down_to_the_names(cast, signed_in, deed, monkeypatch):
    build(at=timezone.now())
    slip = slip_to(cast, deed, cast.chief, cast.cadre, cast.colleague, cast.stranger)
    acknowledge_slip(slip.deliveries.get(cadre__user=cast.cadre), by=cast.cadre, at=deed["at"])
    client = signed_in(cast.office)
    monkeypatch.setattr("organizations.breadth.WIDE", 2)

    def seen(**asked):
        context = client.get(url("slip_detail", slip.pk), asked).context
        return [(u["label"], u["signed"], u["sent"]) for u in context["units"]], context

    top, context = seen()
    assert top == [("纪检监察室", 1, 3), ("石桥街道纪工委", 0, 1)] and (context["signed"], context["sent"], len(context["page"])) == (1, 4, 3)
    assert "1/4 签收 1/4" in page(client, "slip_list")
    monkeypatch.setattr("organizations.breadth.LISTED", 2)
    assert "人数较多，逐级往下看" in page(client, "slip_detail", slip.pk) and [d.cadre.name for d in seen(view="signed")[1]["page"]] == ["林知夏"]
    below, context = seen(unit=cast.bureau.pk, view="all")
    assert below == [("纪检监察室", 0, 1), ("纪检监察科", 1, 2)] and {d.cadre.name for d in context["page"]} == {"唐克勤", "林知夏", "许望舒"}
    monkeypatch.setattr("organizations.breadth.WIDE", 1)
    assert [(u["label"], u["is_alone"], u["sent"]) for u in seen(unit=cast.bureau.pk)[1]["units"]] == [("纪检监察室", True, 1), ("纪检监察科", False, 2)]
    assert [d.cadre.name for d in seen(unit=cast.bureau.pk, alone=1)[1]["page"]] == ["唐克勤"]


def test_slip_detail_reading_changes_nothing(cast, signed_in, deed):
    slip = slip_to(cast, deed, cast.cadre)
    text = page(signed_in(cast.cadre), "slip_detail", slip.pk)
    assert "认真自查" in text and "二、本人签收" in text and "各单位签收" not in text
    assert SlipDelivery.objects.get().read_at is None


def test_slip_acknowledge_once_with_feedback(cast, signed_in, deed):
    slip = slip_to(cast, deed, cast.cadre)
    client = signed_in(cast.cadre)
    assert client.get(url("slip_acknowledge", slip.pk)).status_code == 405
    assert send(client, "slip_acknowledge", slip.pk, feedback="照办").url == url("slip_detail", slip.pk)
    send(client, "slip_acknowledge", slip.pk, feedback="又来")
    delivery = SlipDelivery.objects.get()
    assert (delivery.acknowledged_by, delivery.feedback) == (cast.cadre, "照办")
    assert "照办" in page(client, "slip_detail", slip.pk)


def test_slip_acknowledge_with_too_long_a_feedback_comes_back(cast, signed_in, deed):
    slip = slip_to(cast, deed, cast.cadre)
    answer = send(signed_in(cast.cadre), "slip_acknowledge", slip.pk, feedback="长" * 201)
    assert answer.status_code == 200 and "长" * 201 in answer.content.decode() and "还没有保存" in words(answer)
    assert SlipDelivery.objects.waiting().count() == 1


def test_slip_acknowledge_only_by_the_receiver(cast, signed_in, deed):
    slip = slip_to(cast, deed, cast.cadre)
    for who in (cast.office, cast.liaison, cast.colleague, cast.outsider):
        assert send(signed_in(who), "slip_acknowledge", slip.pk).status_code == 404
    assert SlipDelivery.objects.waiting().count() == 1


def test_slip_detail_for_the_office_tells_who_has_not_signed(cast, signed_in, deed, today):
    slip = slip_to(cast, deed, cast.cadre, cast.liaison, cast.stranger, due_on=today + 2 * DAY)
    acknowledge_slip(slip.deliveries.get(cadre__user=cast.cadre), by=cast.cadre, at=deed["at"], feedback="照办")
    client = signed_in(cast.office)
    text = page(client, "slip_detail", slip.pk)
    assert "已签收 1/3 人" in text and "纪检监察科 1/2 1/2 1 石桥街道纪工委 0/1 0/1 1" in text
    assert f"工作提示单{slip.reference}“对照检查”还有 2 人没有签收：纪检监察科 1 人，石桥街道纪工委 1 人。请于{day(slip.due_on)}前本人签收。" in text
    assert text.endswith("姓名 单位 签收时间 反馈 陆青禾 纪检监察科 还剩 2 天 — 梁静姝 石桥街道纪工委 还剩 2 天 —")
    signed = page(client, "slip_detail", slip.pk, view="signed", unit=cast.unit_a.pk)
    assert "未签收 1 已签收 1 全部 2" in signed and signed.endswith("照办")
    assert "林知夏" in signed and "梁静姝" not in signed


@pytest.mark.parametrize("view", ["label", "pk", "nonsense"])
def test_slip_detail_with_an_odd_view_lists_all_of_the_unit(cast, signed_in, deed, view):
    slip = slip_to(cast, deed, cast.cadre, cast.colleague, cast.stranger)
    client, address = signed_in(cast.office), f"/campaigns/slips/{slip.pk}/?unit={cast.unit_a.pk}"
    everybody = client.get(f"{address}&view=sent").context["page"].paginator.count
    assert client.get(f"{address}&view={view}").context["page"].paginator.count == everybody > 0


def test_slip_detail_for_a_liaison_shows_their_unit_only(cast, signed_in, deed):
    slip = slip_to(cast, deed, cast.cadre, cast.stranger)
    text = page(signed_in(cast.stranger), "slip_detail", slip.pk)
    assert "梁静姝" in text and "林知夏" not in text and "纪检监察科" not in text
    assert status(signed_in(cast.colleague), "slip_detail", slip.pk) == 404


def test_slip_detail_with_odd_filters_is_a_page(cast, signed_in, deed):
    slip = slip_to(cast, deed, cast.cadre)
    for odd in ({"unit": "x"}, {"unit": "99999999999999999999999"}, {"view": "?"}, {"page": "-3"}):
        assert signed_in(cast.office).get(url("slip_detail", slip.pk), odd).status_code == 200


# --- rights, once, counts -------------------------------------------------------------


@pytest.mark.parametrize("name", READ_PAGES)
def test_reading_is_for_everyone_of_the_campaign(cast, signed_in, name):
    for who in (cast.director, cast.office, cast.reviewer, cast.supervisor, cast.clues, cast.liaison, cast.cadre, cast.stranger):
        assert status(signed_in(who), name) == 200
    assert status(signed_in(cast.administrator), name) == 403


@pytest.mark.parametrize("name", PLANNER_PAGES)
def test_changing_is_for_the_office(cast, signed_in, group, name):
    assert status(signed_in(cast.office), name) == 200
    for who in (cast.director, cast.supervisor, cast.liaison, cast.cadre, cast.administrator):
        assert status(signed_in(who), name) == 403
        assert send(signed_in(who), name).status_code == 403


@pytest.mark.parametrize("name", ["task_list", "unit_list"])
def test_unit_tasks_are_for_those_who_report_plan_or_read_figures(cast, signed_in, item, name):
    for who in (cast.director, cast.office, cast.supervisor, cast.liaison):
        assert status(signed_in(who), name) == 200
    for who in (cast.cadre, cast.reviewer, cast.administrator):
        assert status(signed_in(who), name) == 403


def test_rows_of_another_organ_are_not_there(cast, signed_in, deed, item, group, pdf):
    phase = plan_phase(cast.campaign, kind="learning", label="甲", **deed)
    meeting = record_meeting(cast.campaign, kind="party", organ="区党工委", title="会", **deed)
    document = file_document(cast.campaign, kind="plan", title="方案", upload=pdf, **deed)
    slip = slip_to(cast, deed, cast.cadre)
    (team,), _w = form_work_groups(group, names=["综合协调组"], **deed)
    member = appoint_member(group, role="head", **deed)
    client = signed_in(cast.outsider)
    for name, pk in [
        ("phase_change", phase.pk), ("item_detail", item.pk), ("item_change", item.pk), ("item_finish", item.pk), ("task_assign", item.pk),
        ("meeting_detail", meeting.pk), ("meeting_change", meeting.pk), ("document_change", document.pk), ("document_file", document.pk),
        ("slip_detail", slip.pk), ("work_group_change", team.pk), ("task_finish", item.unit_tasks.first().pk),
    ]:
        assert status(client, name, pk) == 404, name
        assert status(client, name, 10**30) == 404, name
    assert send(client, "member_remove", member.pk).status_code == 404
    assert send(client, "slip_acknowledge", slip.pk).status_code == 404


def test_a_planner_below_the_campaigns_unit_reads_but_changes_nothing(cast, signed_in, deed, item):
    from organizations.actions import grant_role
    from organizations.roles import Role

    grant_role(cast.colleague, role=Role.OFFICE, unit=cast.unit_a, **deed)
    phase = plan_phase(cast.campaign, kind="learning", label="甲", **deed)
    meeting = record_meeting(cast.campaign, kind="party", organ="区党工委", title="会", **deed)
    document = file_document(cast.campaign, kind="plan", title="方案", **deed)
    client = signed_in(cast.colleague)
    assert "增加安排" not in page(client, "campaign_detail")
    for name, pk in [("phase_change", phase.pk), ("item_change", item.pk), ("item_finish", item.pk), ("task_assign", item.pk), ("meeting_change", meeting.pk), ("document_change", document.pk)]:
        assert status(client, name, pk) == 403, name
    for name in PLANNER_PAGES[1:]:
        assert status(client, name) == 403, name


@pytest.mark.parametrize(("name", "data", "rows"), [
    ("campaign_new", {"name": "第二轮", "workforce": "干部", "region": "区", "as_of_word": "截至"}, Campaign.objects),
    ("phase_new", PHASE, Phase.objects),
    ("next_step_new", {"text": "抓好收尾"}, NextStep.objects),
    ("item_new", {"task": "甲"}, PlanItem.objects),
    ("member_new", {"role": "member", "post_text": "书记"}, GroupMember.objects),
    ("meeting_new", MEETING, Meeting.objects),
    ("document_new", {"title": "方案", "kind": "plan", "level": "own", "edition": 1}, Document.objects),
    ("slip_new", {"kind": "prompt", "title": "单", "content": "文", "reach": "all"}, Slip.objects),
])
def test_a_double_click_makes_one_row(cast, signed_in, group, name, data, rows):
    client, before = signed_in(cast.office), rows.count()
    data = data | {"once": str(uuid.uuid4())} | ({"unit": cast.organ.pk} if name == "campaign_new" else {})
    first, second = send(client, name, **data), send(client, name, **data)
    assert (first.status_code, second.status_code, second.url) == (302, 302, first.url)
    assert rows.count() == before + 1


def test_every_form_carries_the_one_time_token(cast, signed_in, group, item):
    client = signed_in(cast.office)
    for name, args in [*((n, ()) for n in PLANNER_PAGES), ("item_change", (item.pk,)), ("item_finish", (item.pk,)), ("task_assign", (item.pk,)), ("work_groups_form", ()), ("member_new", ())]:
        main = client.get(url(name, *args)).content.decode().split("<main")[1]
        assert main.count('name="once"') == main.count('name="csrfmiddlewaretoken"') == 1, name


def many(cast, deed, n: int) -> None:
    """n rows of everything the lists show."""
    today = timezone.localdate()
    group = LeadingGroup.objects.filter(campaign=cast.campaign).first() or LeadingGroup.objects.create(campaign=cast.campaign, name="领导小组")
    have = Meeting.objects.count()
    before = Meeting.objects.last()
    for i in range(have, have + n):
        unit = open_unit(code=f"M{i}", name=f"单位{i}", parent=cast.organ, **deed)
        cadre = enter_cadre(staff_no=f"M{i}", name=f"干部{i}", unit=unit, post="主任", **deed)
        document = file_document(cast.campaign, kind="plan", title=f"文件{i}", upload=SimpleUploadedFile(f"{i}.pdf", PDF), **deed)
        before = record_meeting(cast.campaign, kind="party", organ="区", title=f"会议{i}", held_on=today, follows=before, agenda=[{"kind": "relay", "documents": [document]}], **deed)
        (team,), _w = form_work_groups(group, names=[f"第{i}组"], **deed)
        for place in (None, team):
            appoint_member(group, role="member", cadre=cadre, work_group=place, **deed)
        line = plan_item(cast.campaign, task=f"任务{i}", owner=cadre, work_group=team, units=[unit, cast.unit_a], **deed)
        finish_task(line.unit_tasks.get(unit=unit), note="已办", uploads=[SimpleUploadedFile(f"{i}.pdf", PDF)], by=cast.office, at=deed["at"])
        add_next_step(cast.campaign, text=f"打算{i}", items=[line], **deed)
        plan_phase(cast.campaign, kind="learning", label=f"环节{i}", starts_on=today, **deed)
        slip_to(cast, deed, cast.office, cast.cadre, cast.chief)
        launch_campaign(name=f"第{i}轮", workforce="干部", unit=cast.organ, parent=cast.campaign, by=cast.office, at=deed["at"] - DAY * 400)


def queries(client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_lists_ask_the_database_the_same_number_of_times_for_1_and_30_rows(cast, signed_in, deed):
    many(cast, deed, 1)
    client = signed_in(cast.office)
    send(client, "campaign_choose", cast.campaign.pk)
    item, slip = PlanItem.objects.first(), Slip.objects.first()
    paths = [url(n) for n in [*READ_PAGES, "task_list", "unit_list", "plan_export"]] + [url("item_detail", item.pk), url("slip_detail", slip.pk) + "?view=all"]
    client.get(paths[0])  # takes the message of the choice away
    one = {path: queries(client, path) for path in paths}
    many(cast, deed, 29)
    assign_task(item, units=cast.campaign.units(), **deed)
    assert {path: queries(client, path) for path in paths} == one
    assert {path: n for path, n in one.items() if n > 15} == {}


def test_long_lists_are_paged_by_thirty(cast, signed_in, deed):
    for i in range(31):
        plan_item(cast.campaign, task=f"任务{i:02}", **deed)
    client = signed_in(cast.cadre)
    assert "任务29" in page(client, "campaign_detail") and "任务30" not in page(client, "campaign_detail")
    assert "第 31—31 条，共 31 条" in page(client, "campaign_detail", page=2)
