"""Running a campaign, deed by deed: every way each deed can end."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import Event
from campaigns.actions import (
    acknowledge_slip,
    add_next_step,
    appoint_member,
    assign_task,
    change_document,
    change_meeting,
    change_phase,
    change_plan_item,
    change_work_group,
    file_document,
    finish_plan_item,
    finish_task,
    form_leading_group,
    form_work_groups,
    issue_slip,
    launch_campaign,
    plan_item,
    plan_phase,
    read_slip,
    record_meeting,
    release_member,
)
from campaigns.models import (
    Campaign,
    GroupMember,
    Instruction,
    LeadingGroup,
    Meeting,
    Phase,
    PlanItem,
    Slip,
    SlipDelivery,
    UnitTask,
    WorkGroup,
)
from files.models import StoredFile
from organizations.actions import enter_cadre
from organizations.models import Cadre
from tests.cast import NOW, TODAY

DAY = dt.timedelta(days=1)
SEED_NAMES = ["综合协调组", "线索处置组", "教育培训组", "宣传舆情组", "教育培训组", "督导检查组"]


@pytest.fixture
def deed(cast):
    return {"by": cast.office, "at": NOW}


@pytest.fixture
def item(cast, deed):
    return plan_item(cast.campaign, task="开展警示教育", due_on=TODAY + 3 * DAY, units=[cast.unit_a, cast.unit_b], **deed)


def events(action: str) -> int:
    return Event.objects.filter(action=f"campaigns.{action}").count()


# the campaign and its phases


def test_launch_campaign_keeps_its_facts(cast, deed):
    second = launch_campaign(name="回头看", workforce="纪检监察干部", unit=cast.organ, parent=cast.campaign, region="县", as_of_word="截止", **deed)
    assert (second.parent, second.region, second.as_of_word, second.opened_at, second.opened_by) == (cast.campaign, "县", "截止", NOW, cast.office)
    assert events("launch_campaign") == 2  # the cast's and this one


def test_launch_campaign_without_a_name_is_refused(cast, deed):
    with pytest.raises(ValidationError):
        launch_campaign(name="", workforce="干部", unit=cast.organ, **deed)
    assert Campaign.objects.count() == 1


def test_another_organs_phases_are_entered_as_they_are_called(cast, deed):
    start = dt.date(2021, 2, 21)
    lengths = {"学习教育": ("learning", 30), "查纠整改": ("inspection", 75), "总结提升": ("consolidation", 15)}
    for label, (kind, days) in lengths.items():
        plan_phase(cast.campaign, kind=kind, label=label, starts_on=start, ends_on=start + (days - 1) * DAY, **deed)
        start += days * DAY
    phases = list(cast.campaign.phases.all())
    assert [(p.order, p.label, (p.ends_on - p.starts_on).days + 1) for p in phases] == [(1, "学习教育", 30), (2, "查纠整改", 75), (3, "总结提升", 15)]


def test_a_phase_label_stays_as_written_beside_another_spelling(cast, deed):
    plan_phase(cast.campaign, kind="inspection", label="检视整改", **deed)
    plan_phase(cast.campaign, kind="inspection", label="检视整治", **deed)
    assert [p.label for p in cast.campaign.phases.all()] == ["检视整改", "检视整治"]


def test_plan_phase_backwards_is_refused(cast, deed):
    with pytest.raises(ValidationError):
        plan_phase(cast.campaign, kind="learning", label="甲", starts_on=TODAY, ends_on=TODAY - DAY, **deed)
    assert not Phase.objects.exists()
    assert events("plan_phase") == 0


def test_change_phase_logs_what_it_was(cast, deed):
    phase = plan_phase(cast.campaign, kind="learning", label="学习教育", **deed)
    change_phase(phase, label="学习教育", starts_on=TODAY, runs_throughout=True, **deed)
    phase.refresh_from_db()
    assert (phase.starts_on, phase.runs_throughout) == (TODAY, True)
    log = Event.objects.get(action="campaigns.change_phase")
    assert log.detail["before"] == {"label": "学习教育", "starts_on": None, "runs_throughout": False}


def test_change_phase_backwards_is_refused_and_leaves_it(cast, deed):
    phase = plan_phase(cast.campaign, kind="learning", label="甲", starts_on=TODAY, **deed)
    with pytest.raises(ValidationError):
        change_phase(phase, ends_on=TODAY - DAY, **deed)
    assert Phase.objects.get().ends_on is None


# the plan


def test_plan_item_counts_up_and_hands_out(cast, item, deed):
    second = plan_item(cast.campaign, task="修订办法", when_text="贯穿始终", owner_text="各街道纪工委书记", **deed)
    assert [(i.number, i.task) for i in cast.campaign.plan_items.all()] == [(1, "开展警示教育"), (2, "修订办法")]
    assert [t.unit for t in item.unit_tasks.all()] == [cast.unit_a, cast.unit_b]
    assert second.unit_tasks.count() == 0


def test_plan_item_without_a_task_is_refused(cast, deed):
    with pytest.raises(ValidationError):
        plan_item(cast.campaign, task="", **deed)
    assert not PlanItem.objects.exists()


def test_change_plan_item_moves_the_version_and_logs_the_old_text(cast, item, deed):
    changed = change_plan_item(item, version=1, task="开展警示教育和参观", place="市廉政教育基地", **deed)
    assert (changed.version, changed.task, changed.place) == (2, "开展警示教育和参观", "市廉政教育基地")
    assert Event.objects.get(action="campaigns.change_plan_item").detail["before"] == {"task": "开展警示教育", "place": ""}


def test_change_plan_item_from_an_older_copy_is_told(cast, item, deed):
    change_plan_item(item, version=1, task="甲", **deed)
    with pytest.raises(ValidationError, match="被别人改过") as refusal:
        change_plan_item(item, version=1, task="乙", **deed)
    assert refusal.value.code == "conflict"
    assert PlanItem.objects.get().task == "甲"


def test_a_new_deadline_reaches_open_tasks_without_one_of_their_own(cast, item, deed):
    old = item.due_on
    assign_task(item, units=[cast.bureau], due_on=TODAY, **deed)
    finish_task(item.unit_tasks.get(unit=cast.unit_b), note="已办", by=cast.stranger, at=NOW)
    change_plan_item(item, version=1, due_on=old + 9 * DAY, **deed)
    assert {t.unit: t.due_on for t in item.unit_tasks.all()} == {cast.bureau: TODAY, cast.unit_a: old + 9 * DAY, cast.unit_b: old}


def test_finish_plan_item_waits_for_every_unit(cast, item, deed):
    with pytest.raises(ValidationError, match="还有 2 个单位"):
        finish_plan_item(item, done_on=TODAY, **deed)
    for task, who in zip(item.unit_tasks.all(), (cast.liaison, cast.stranger), strict=True):
        finish_task(task, note="已办", by=who, at=NOW)
    done = finish_plan_item(item, done_on=TODAY - DAY, **deed)
    assert (done.done_on, done.done_by, done.version) == (TODAY - DAY, cast.office, 2)


def test_finish_plan_item_twice_or_tomorrow_is_refused(cast, deed):
    item = plan_item(cast.campaign, task="修订办法", **deed)
    with pytest.raises(ValidationError, match="不能晚于今天"):
        finish_plan_item(item, done_on=TODAY + DAY, **deed)
    finish_plan_item(item, done_on=TODAY, **deed)
    with pytest.raises(ValidationError, match="已经办结"):
        finish_plan_item(item, done_on=TODAY, **deed)
    assert events("finish_plan_item") == 1


def test_assign_task_once_per_unit_and_tells_the_liaisons(cast, item, deed):
    assert assign_task(item, units=[cast.unit_a, cast.bureau], due_on=TODAY, **deed) == 1
    assert UnitTask.objects.get(unit=cast.bureau).due_on == TODAY
    assert UnitTask.objects.get(unit=cast.unit_a).due_on == item.due_on
    notice = cast.liaison.notices.get()
    assert (notice.text, notice.url) == ("新任务：开展警示教育", f"/campaigns/items/{item.pk}/")
    assert cast.cadre.notices.count() == 0


def test_finish_task_keeps_note_and_files(cast, item):
    task = item.unit_tasks.get(unit=cast.unit_a)
    uploads = [SimpleUploadedFile("签到表.pdf", b"%PDF-1.4 a"), SimpleUploadedFile("照片说明.pdf", b"%PDF-1.4 b")]
    task = finish_task(task, note="组织 3 人参观", uploads=uploads, by=cast.liaison, at=NOW)
    assert (task.note, task.done_at, task.done_by) == ("组织 3 人参观", NOW, cast.liaison)
    assert sorted(f.name for f in task.evidence.all()) == ["照片说明.pdf", "签到表.pdf"]


def test_finish_task_twice_or_without_a_word_is_refused(cast, item):
    task = item.unit_tasks.get(unit=cast.unit_a)
    with pytest.raises(ValidationError) as refusal:
        finish_task(task, note="  ", by=cast.liaison, at=NOW)
    assert list(refusal.value.message_dict) == ["note"]
    finish_task(task, note="已办", by=cast.liaison, at=NOW)
    with pytest.raises(ValidationError, match="已经报过"):
        finish_task(task, note="又办", by=cast.liaison, at=NOW)
    assert UnitTask.objects.get(pk=task.pk).note == "已办"


def test_finish_task_with_a_bad_file_changes_nothing(cast, item):
    task = item.unit_tasks.get(unit=cast.unit_a)
    with pytest.raises(ValidationError, match="不接受"):
        finish_task(task, note="已办", uploads=[SimpleUploadedFile("a.exe", b"MZ")], by=cast.liaison, at=NOW)
    task.refresh_from_db()
    assert (task.done_at, task.note) == (None, "")
    assert not StoredFile.objects.exists()


def test_add_next_step_counts_up_and_links_plan_lines(cast, item, deed):
    first = add_next_step(cast.campaign, text="抓好收尾", items=[item], **deed)
    second = add_next_step(cast.campaign, text="开展回头看", **deed)
    assert [(s.order, s.text) for s in cast.campaign.next_steps.all()] == [(1, "抓好收尾"), (2, "开展回头看")]
    assert (list(first.items.all()), list(second.items.all())) == ([item], [])
    with pytest.raises(ValidationError):
        add_next_step(cast.campaign, text="", **deed)


# the leading group


def test_form_leading_group_makes_one_and_then_changes_it(cast, deed):
    group = form_leading_group(cast.campaign, name="领导小组", **deed)
    again = form_leading_group(cast.campaign, name="教育整顿领导小组", mandate="统筹推进", office_unit=cast.bureau, **deed)
    assert again.pk == group.pk
    assert LeadingGroup.objects.get().office_unit == cast.bureau
    with pytest.raises(ValidationError):
        form_leading_group(cast.campaign, name="", **deed)


def test_the_seeds_six_names_make_five_groups_and_one_warning(group, deed):
    made, warnings = form_work_groups(group, names=SEED_NAMES, duties={"综合协调组": "文稿和会务"}, **deed)
    assert [g.name for g in made] == ["综合协调组", "线索处置组", "教育培训组", "宣传舆情组", "督导检查组"]
    assert [g.order for g in made] == [1, 2, 3, 4, 5]
    assert warnings == ["“教育培训组”重复列出，只保留一个。"]
    assert WorkGroup.objects.get(name="综合协调组").duties == "文稿和会务"


def test_form_work_groups_again_adds_only_new_names(group, deed):
    form_work_groups(group, names=SEED_NAMES, **deed)
    made, warnings = form_work_groups(group, names=["督导检查组", "案件查办组", " "], **deed)
    assert ([g.name for g in made], len(warnings)) == (["案件查办组"], 1)
    assert group.work_groups.count() == 6


def test_another_organs_four_groups_are_entered_as_they_are_called(group, deed):
    names = ["综合保障组", "组织协调组", "整治督查组", "舆论宣传组"]
    made, warnings = form_work_groups(group, names=names, **deed)
    assert ([g.name for g in made], warnings) == (names, [])


def test_form_work_groups_with_a_name_too_long_is_refused_whole(group, deed):
    with pytest.raises(ValidationError):
        form_work_groups(group, names=["甲组", "长" * 31], **deed)
    assert not WorkGroup.objects.exists()


def test_change_work_group_writes_duties_and_refuses_a_taken_name(group, deed):
    (first, second), _warnings = form_work_groups(group, names=["甲组", "乙组"], **deed)
    assert change_work_group(first, name="甲组", duties="信访初核", **deed).duties == "信访初核"
    with pytest.raises(ValidationError, match="已经有“甲组”"):
        change_work_group(second, name="甲组", duties="", **deed)
    assert WorkGroup.objects.get(pk=second.pk).name == "乙组"


def test_appoint_member_by_post_alone(group, deed):
    member = appoint_member(group, role="member", post_text="街道纪工委书记", **deed)
    assert (member.cadre, str(member)) == (None, "成员 街道纪工委书记")


def test_appoint_a_head_nobody_knows_yet_but_no_nameless_member(group, deed):
    head = appoint_member(group, role="head", **deed)
    assert (head.cadre, head.post_text) == (None, "")
    for role in ("deputy", "member"):
        with pytest.raises(ValidationError, match="姓名或单位职务"):
            appoint_member(group, role=role, **deed)


def test_a_second_head_is_refused_until_the_first_is_released(cast, group, deed):
    head = appoint_member(group, role="head", **deed)
    with pytest.raises(ValidationError, match="已经有组长") as refusal:
        appoint_member(group, role="head", cadre=cast.person(cast.director), **deed)
    assert list(refusal.value.message_dict) == ["role"]
    release_member(head, **deed)
    appoint_member(group, role="head", cadre=cast.person(cast.director), **deed)
    assert [str(m) for m in group.members.all()] == ["组长 赵念安"]
    assert Event.objects.get(action="campaigns.release_member").detail["role"] == "head"


def test_a_subgroup_has_a_head_of_its_own_and_a_person_two_posts(cast, group, deed):
    appoint_member(group, role="head", cadre=cast.person(cast.director), **deed)
    (team,), _w = form_work_groups(group, names=["综合协调组"], **deed)
    appoint_member(group, role="head", cadre=cast.person(cast.director), work_group=team, **deed)
    with pytest.raises(ValidationError, match="已经有组长"):
        appoint_member(group, role="head", work_group=team, **deed)
    assert GroupMember.objects.filter(cadre__user=cast.director).count() == 2


def test_the_same_person_twice_in_one_place_is_refused(cast, group, deed):
    appoint_member(group, role="member", cadre=cast.person(cast.cadre), **deed)
    with pytest.raises(ValidationError, match="林知夏 已在名单中"):
        appoint_member(group, role="member", cadre=cast.person(cast.cadre), **deed)


# meetings and documents


def test_record_meeting_keeps_the_chain_the_papers_and_the_words(cast, deed):
    plan = file_document(cast.campaign, kind="plan", title="实施方案", **deed)
    city = record_meeting(cast.campaign, kind="superior", organ="市纪委监委", title="市部署会议", **deed)
    party = record_meeting(
        cast.campaign, kind="party", organ="区党工委", title="党工委会议", held_on=TODAY, follows=city,
        agenda=[{"kind": "relay", "text": "传达市会议精神"}, {"kind": "approve", "documents": [plan]}],
        instructions=[{"speaker_post": "区党工委书记", "text": "自剜腐肉、自揭疮疤"}], **deed,
    )
    assert (city.held_on, party.days_after_followed()) == (None, None)
    assert [(a.order, a.kind, a.text, list(a.documents.all())) for a in party.agenda.all()] == [(1, "relay", "传达市会议精神", []), (2, "approve", "", [plan])]
    assert str(Instruction.objects.get()) == "区党工委书记：自剜腐肉、自揭疮疤"
    assert (party.entered_at, party.entered_by) == (NOW, cast.office)


def test_a_meeting_in_the_future_or_before_its_predecessor_is_refused(cast, deed):
    with pytest.raises(ValidationError, match="不能晚于今天"):
        record_meeting(cast.campaign, kind="party", organ="区党工委", title="会", held_on=TODAY + DAY, **deed)
    first = record_meeting(cast.campaign, kind="superior", organ="市", title="市会", held_on=TODAY, **deed)
    with pytest.raises(ValidationError, match="不能早于"):
        record_meeting(cast.campaign, kind="party", organ="区党工委", title="会", held_on=TODAY - DAY, follows=first, **deed)
    assert Meeting.objects.count() == 1


def test_change_meeting_fills_in_a_date_and_leaves_its_entry(cast, deed):
    meeting = record_meeting(cast.campaign, kind="superior", organ="市", title="市会", **deed)
    changed = change_meeting(meeting, held_on=TODAY - 9 * DAY, by=cast.office, at=NOW + DAY)
    assert (changed.held_on, changed.entered_at, changed.is_late_entry(TODAY)) == (TODAY - 9 * DAY, NOW, True)
    assert Event.objects.get(action="campaigns.change_meeting").detail["before"] == {"held_on": "None"}


def test_change_meeting_to_the_future_or_into_a_ring_is_refused(cast, deed):
    first = record_meeting(cast.campaign, kind="superior", organ="市", title="甲", **deed)
    second = record_meeting(cast.campaign, kind="party", organ="区", title="乙", follows=first, **deed)
    with pytest.raises(ValidationError, match="不能晚于今天"):
        change_meeting(first, held_on=TODAY + DAY, **deed)
    with pytest.raises(ValidationError, match="互相贯彻"):
        change_meeting(first, follows=second, **deed)
    with pytest.raises(ValidationError, match="互相贯彻"):
        change_meeting(first, follows=first, **deed)
    assert Meeting.objects.get(pk=first.pk).follows is None


def test_file_document_with_and_without_a_file(cast, deed, pdf):
    bare = file_document(cast.campaign, kind="opinion", title="意见", level="central", **deed)
    full = file_document(cast.campaign, kind="plan", title="实施方案", upload=pdf, **deed)
    assert (bare.file, full.file.name) == (None, "实施方案.pdf")
    assert events("file_document") == 2


def test_file_document_with_a_bad_file_or_no_title_is_refused(cast, deed):
    with pytest.raises(ValidationError, match="不接受"):
        file_document(cast.campaign, kind="plan", title="实施方案", upload=SimpleUploadedFile("a.pdf", b"MZ"), **deed)
    with pytest.raises(ValidationError):
        file_document(cast.campaign, kind="plan", title="", **deed)
    assert not cast.campaign.documents.exists()


def test_change_document_adds_the_file_later_and_keeps_it(cast, deed, pdf):
    document = file_document(cast.campaign, kind="plan", title="方案", **deed)
    change_document(document, title="实施方案", upload=pdf, **deed)
    changed = change_document(document, title="实施方案（修订）", **deed)
    assert (changed.title, changed.file.name) == ("实施方案（修订）", "实施方案.pdf")
    assert Event.objects.filter(action="campaigns.change_document").last().detail["before"]["title"] == "方案"


# slips


def cadres(*users):
    return Cadre.objects.filter(user__in=users)


def test_issue_slip_reaches_each_cadre_once_and_tells_them(cast, deed):
    person = cast.person(cast.cadre)
    slip = issue_slip(cast.campaign, title="对照检查", content="认真自查", cadres=[person, person, cast.person(cast.chief)], due_on=TODAY, **deed)
    assert (slip.reference, slip.deliveries.count()) == ("〔2026〕1 号", 2)
    notice = cast.cadre.notices.get()
    assert (notice.text, notice.url) == ("工作提示单〔2026〕1 号：对照检查", f"/campaigns/slips/{slip.pk}/")


def test_slips_are_numbered_by_kind_and_year(cast, deed):
    def number(kind, at):
        return issue_slip(cast.campaign, kind=kind, title="单", content="文", cadres=cadres(cast.cadre), by=cast.office, at=at).reference

    later = NOW.replace(year=2027)
    assert [number("prompt", NOW), number("prompt", NOW), number("urge", NOW), number("prompt", later), number("prompt", NOW)] == [
        "〔2026〕1 号", "〔2026〕2 号", "〔2026〕1 号", "〔2027〕1 号", "〔2026〕3 号",
    ]


def test_the_year_of_a_slip_is_that_of_the_office_not_of_greenwich(cast):
    eve = dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC)  # already 2027 in Shanghai
    assert issue_slip(cast.campaign, title="单", content="文", cadres=cadres(cast.cadre), by=cast.office, at=eve).year == 2027


def test_issue_slip_to_nobody_is_refused_and_uses_no_number(cast, deed):
    with pytest.raises(ValidationError, match="没有选中任何干部"):
        issue_slip(cast.campaign, title="单", content="文", cadres=[], **deed)
    assert issue_slip(cast.campaign, title="单", content="文", cadres=cadres(cast.cadre), **deed).number == 1


def test_issue_slip_to_a_cadre_without_an_account(cast, deed):
    paper = enter_cadre(staff_no="0099", name="无账号", unit=cast.unit_a, **deed)
    slip = issue_slip(cast.campaign, title="单", content="文", cadres=[paper], **deed)
    assert slip.deliveries.get().cadre == paper


def delivered(cast, deed) -> SlipDelivery:
    return issue_slip(cast.campaign, title="单", content="文", cadres=cadres(cast.cadre), **deed).deliveries.get()


def test_read_slip_notes_the_first_time_only(cast, deed):
    delivery = delivered(cast, deed)
    read_slip(delivery, at=NOW)
    read_slip(delivery, at=NOW + DAY)
    delivery.refresh_from_db()
    assert delivery.read_at == NOW


def test_acknowledge_slip_by_the_receiver_twice_is_once(cast, deed):
    delivery = delivered(cast, deed)
    acknowledge_slip(delivery, feedback="收到，照办", by=cast.cadre, at=NOW)
    acknowledge_slip(delivery, feedback="改了", by=cast.cadre, at=NOW + DAY)
    delivery.refresh_from_db()
    assert (delivery.acknowledged_at, delivery.acknowledged_by, delivery.feedback, delivery.read_at) == (NOW, cast.cadre, "收到，照办", NOW)
    assert events("acknowledge_slip") == 1


def test_acknowledge_slip_for_somebody_else_is_refused(cast, deed):
    delivery = delivered(cast, deed)
    for other in (cast.office, cast.liaison, cast.administrator):
        with pytest.raises(ValidationError, match="本人签收"):
            acknowledge_slip(delivery, by=other, at=NOW)
    assert SlipDelivery.objects.waiting().count() == 1


def test_a_slip_is_late_after_its_day_until_signed(cast, deed):
    slip = issue_slip(cast.campaign, title="单", content="文", cadres=cadres(cast.cadre), due_on=TODAY, **deed)
    delivery = slip.deliveries.get()
    assert (delivery.is_late(TODAY), delivery.is_late(TODAY + DAY)) == (False, True)
    assert not acknowledge_slip(delivery, by=cast.cadre, at=NOW).is_late(TODAY + DAY)
    assert str(delivery) == "〔2026〕1 号 → 林知夏"
    assert Slip.objects.count() == 1
