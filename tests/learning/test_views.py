"""The pages of teaching and learning."""

import datetime as dt
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from learning.actions import (
    distribute_material,
    hold_activity,
    hold_session,
    hold_test,
    make_up_session,
    record_attendance,
    submit_reflection,
)
from learning.models import (
    Attendance,
    EducationActivity,
    KnowledgeTest,
    Reflection,
    SessionCount,
    StudyMaterial,
    StudySession,
)
from organizations.actions import enter_cadre
from organizations.kept import build, is_built
from tests.cast import NOW

PDF = b"%PDF-1.4\n%%EOF\n"
DAY = dt.timedelta(days=1)


def today() -> dt.date:
    return timezone.localdate()


def at(name: str, *args) -> str:
    return reverse(f"learning:{name}", args=args)


def text(response) -> str:
    """What the page says, without line breaks and tags' spacing."""
    return "".join(response.content.decode().split())


def held(cast, unit=None, title="学习党章", days=1, **facts):
    return hold_session(cast.campaign, unit=unit or cast.unit_a, title=title, held_on=today() - days * DAY, is_held=days > 0, place="三楼会议室", host="赵念安", by=cast.office, at=timezone.now(), **facts)


def attended(cast, session, **statuses):
    marks = {cast.person(getattr(cast, name)).pk: {"status": status} for name, status in statuses.items()}
    record_attendance(session, marks=marks, by=cast.office, at=timezone.now())
    return session


def material(cast, title="中国共产党章程", **facts) -> StudyMaterial:
    return distribute_material(cast.campaign, kind="document", category="rules", title=title, by=cast.office, at=timezone.now(), **facts)


# --- the list -----------------------------------------------------------------------------------------------------------


def test_session_list_tells_the_office_how_many_came(cast, signed_in):
    attended(cast, held(cast), cadre="absent")
    attended(cast, held(cast, cast.organ, "学习报告", days=9), stranger="leave")
    page = text(signed_in(cast.office).get(at("session_list")))
    assert "已举行集中学习2次" in page and "2人次待补学" in page
    assert '应到11人次，实到9人次，<spanclass="nowrap">已补学0人次，待补学2人次' in page
    assert page.index("学习党章") < page.index("学习报告")
    assert page.count("补录</span>") == 1
    assert "我要补学" not in page


@pytest.mark.parametrize("who", ["office", "liaison"])
def test_session_list_of_a_wide_scope_reads_the_same_totals(cast, signed_in, monkeypatch, who):
    build(at=timezone.now())
    attended(cast, held(cast, cast.organ, "全区学习"), stranger="leave", colleague="absent")
    held(cast, cast.unit_a, "还没有登记")
    client = signed_in(getattr(cast, who))
    counted = client.get(at("session_list")).context["totals"]
    monkeypatch.setattr("organizations.choosing.SHORT", 0)
    read = client.get(at("session_list")).context["totals"]
    assert read == {key: counted[key] for key in read} and read["missing"] and read["unrecorded"] == 1


def test_session_list_counts_only_the_scope_of_a_liaison(cast, signed_in):
    attended(cast, held(cast, cast.organ, "全区学习"), stranger="leave", colleague="absent")
    held(cast, cast.unit_b, "街道自己的学习")
    page = text(signed_in(cast.liaison).get(at("session_list")))
    assert '应到3人次，实到2人次，<spanclass="nowrap">已补学0人次，待补学1人次' in page
    assert "全区学习" in page and "街道自己的学习" not in page


def test_session_list_puts_a_cadres_own_make_up_first(cast, signed_in):
    attended(cast, held(cast), cadre="leave")
    held(cast, cast.unit_b, "街道自己的学习")
    material(cast, is_required=True)
    page = text(signed_in(cast.cadre).get(at("session_list")))
    assert "您有1次集中学习待补学" in page and "一、我要补学" in page and "二、集中学习" in page
    assert "我应到1次，实到0次，已补学0次" in page and "请假，待补学" in page
    assert "中国共产党章程" in page and "街道自己的学习" not in page
    assert "登记集中学习" not in page and "导出台账" not in page


def test_session_list_says_what_waits_for_its_attendance(cast, signed_in):
    held(cast)
    held(cast, title="下周学习", days=-7)
    page = text(signed_in(cast.office).get(at("session_list")))
    assert "已举行集中学习1次" in page and "1次待登记考勤" in page and "未举行" in page


def test_session_list_narrows_by_state_unit_and_words(cast, signed_in):
    attended(cast, held(cast, title="甲"))
    held(cast, cast.unit_b, "乙")
    held(cast, title="丙", days=-2)
    client = signed_in(cast.office)

    def titles(query):
        return [s.title for s in client.get(at("session_list") + query).context["page"]]

    assert titles("") == ["丙", "乙", "甲"]
    assert titles("?state=held") == ["乙", "甲"]
    assert titles("?state=planned") == ["丙"]
    assert titles("?state=unrecorded") == ["乙"]
    assert titles(f"?unit={cast.unit_b.pk}") == ["乙"]
    assert titles("?q=甲") == ["甲"]
    assert titles("?q=赵念安&state=held") == ["乙", "甲"]
    assert titles("?state=nonsense&unit=x") == ["丙", "乙", "甲"]


def test_session_list_of_nothing_says_what_to_do(cast, signed_in):
    assert "还没有举行集中学习" in text(signed_in(cast.office).get(at("session_list")))
    assert "安排您参加的集中学习会列在这里" in text(signed_in(cast.cadre).get(at("session_list")))


def test_session_list_without_campaign_is_404_and_without_right_403(cast, signed_in):
    assert signed_in(cast.outsider).get(at("session_list")).status_code == 404
    assert signed_in(cast.administrator).get(at("session_list")).status_code == 403


# --- a new session ------------------------------------------------------------------------------------------------------


def session_data(cast, **changes):
    return {"title": "学习条例", "held_on": str(today()), "place": "三楼", "host": "赵念安", "unit": cast.unit_a.pk, "form": "集体学习", "once": str(uuid.uuid4())} | changes


def test_session_new_leads_to_who_came(cast, signed_in):
    topic = material(cast)
    response = signed_in(cast.liaison).post(at("session_new"), session_data(cast, topics=[topic.pk]))
    session = StudySession.objects.get()
    assert response.url == at("attendance_form", session.pk)
    assert (session.title, session.place, session.host, session.unit, session.form, session.is_held) == ("学习条例", "三楼", "赵念安", cast.unit_a, "集体学习", False)
    assert (session.entered_by, list(session.topics.all())) == (cast.liaison, [topic])


def test_session_new_of_a_past_day_counts_as_held_and_of_a_later_day_is_a_plan(cast, signed_in):
    client = signed_in(cast.office)
    client.post(at("session_new"), session_data(cast, held_on=str(today() - 5 * DAY)))
    later = client.post(at("session_new"), session_data(cast, title="下周", held_on=str(today() + 7 * DAY)))
    past, plan = StudySession.objects.order_by("pk")
    assert (past.is_held, past.is_late_entry, plan.is_held) == (True, True, False)
    assert later.url == at("session_detail", plan.pk)


def test_session_new_offers_only_units_of_the_scope(cast, signed_in):
    client = signed_in(cast.liaison)
    assert [u.name for u in client.get(at("session_new")).context["form"].fields["unit"].queryset] == ["纪检监察科"]
    response = client.post(at("session_new"), session_data(cast, unit=cast.unit_b.pk))
    assert response.status_code == 200 and response.context["form"].errors["unit"]
    assert not StudySession.objects.exists()


def test_session_new_gives_back_what_was_typed(cast, signed_in):
    page = text(signed_in(cast.office).post(at("session_new"), session_data(cast, title="", place="区委党校一楼")))
    assert "还没有保存，请先改正下面几处" in page and "区委党校一楼" in page
    assert not StudySession.objects.exists()


def test_session_new_twice_with_one_token_makes_one(cast, signed_in):
    client, data = signed_in(cast.office), session_data(cast)
    urls = {client.post(at("session_new"), data).url for _try in range(2)}
    assert StudySession.objects.count() == 1 and len(urls) == 1


def test_session_new_is_for_who_runs_the_teaching(cast, signed_in):
    assert signed_in(cast.cadre).get(at("session_new")).status_code == 403
    assert signed_in(cast.outsider).get(at("session_new")).status_code == 404


# --- one session --------------------------------------------------------------------------------------------------------


def test_session_detail_shows_facts_counts_and_lines(cast, signed_in):
    session = attended(cast, held(cast, topics=[material(cast)]), cadre="absent")
    response = signed_in(cast.office).get(at("session_detail", session.pk))
    page = text(response)
    assert "学习党章" in page and "主持人赵念安" in page and "中国共产党章程" in page and "更正考勤" in page
    assert "应到3" in page and "实到2" in page and "缺席1" in page
    assert [row.cadre.name for row in response.context["page"]] == ["林知夏", "陆青禾", "许望舒"]
    assert page.count("登记补学") == 1


def test_session_detail_narrows_to_one_status(cast, signed_in):
    session = attended(cast, held(cast), cadre="absent")
    response = signed_in(cast.office).get(at("session_detail", session.pk), {"show": "present"})
    assert [row.cadre.name for row in response.context["page"]] == ["陆青禾", "许望舒"]


def test_session_detail_shows_a_cadre_only_their_own_line(cast, signed_in):
    session = attended(cast, held(cast), cadre="leave", colleague="absent")
    page = text(signed_in(cast.cadre).get(at("session_detail", session.pk)))
    assert "林知夏" in page and "许望舒" not in page and "登记我的补学" in page and "更正考勤" not in page


def test_session_detail_shows_reflections_to_author_and_teacher_only(cast, signed_in):
    session = attended(cast, held(cast))
    submit_reflection(session, cadre=cast.person(cast.cadre), text="对照检查，深受触动", by=cast.cadre, at=NOW)
    url = at("session_detail", session.pk) + "?show=reflections"
    for user, seen in [(cast.office, True), (cast.liaison, True), (cast.cadre, True), (cast.colleague, False), (cast.director, False), (cast.stranger, False)]:
        assert ("深受触动" in text(signed_in(user).get(url))) is seen, user.username


def test_session_detail_of_another_organ_is_404(cast, signed_in):
    assert signed_in(cast.outsider).get(at("session_detail", held(cast).pk)).status_code == 404


# --- attendance ---------------------------------------------------------------------------------------------------------


def attendance_data(client, url, **changes) -> dict:
    """The form as it is shown, with some fields touched."""
    form = client.get(url).context["form"]
    return {field.html_name: field.value() or "" for field in form} | {"once": str(uuid.uuid4())} | changes


def test_attendance_form_lists_the_roster_all_present(cast, signed_in):
    session = held(cast)
    response = signed_in(cast.liaison).get(at("attendance_form", session.pk))
    form = response.context["form"]
    assert [(cadre.name, status.value(), note.value()) for cadre, status, note in form.rows()] == [("林知夏", "present", ""), ("陆青禾", "present", ""), ("许望舒", "present", "")]
    assert "应到3人" in text(response) and "林知夏：到会情况" in text(response)
    assert f'href="{at("session_detail", session.pk)}">取消' in response.content.decode()


def test_attendance_form_saves_the_exceptions(cast, signed_in):
    session, person = held(cast), cast.person(cast.cadre)
    client, url = signed_in(cast.liaison), at("attendance_form", session.pk)
    response = client.post(url, attendance_data(client, url, **{f"status_{person.pk}": "leave", f"note_{person.pk}": "因公出差"}))
    assert response.url == at("session_detail", session.pk)
    assert {(a.cadre.name, a.status, a.note, a.entered_by) for a in Attendance.objects.all()} == {
        ("林知夏", "leave", "因公出差", cast.liaison), ("陆青禾", "present", "", cast.liaison), ("许望舒", "present", "", cast.liaison),
    }


def test_attendance_form_corrects_and_leaves_newcomers_out(cast, signed_in):
    session, person = attended(cast, held(cast), cadre="leave"), cast.person(cast.cadre)
    row = session.attendance.get(cadre__user=cast.colleague)
    Attendance.objects.filter(pk=row.pk).update(status="made_up", made_up_on=today())
    enter_cadre(staff_no="n1", name="新来者", unit=cast.unit_a, by=None, at=NOW)
    client, url = signed_in(cast.office), at("attendance_form", session.pk)
    assert "更正考勤" in text(client.get(url)) and "不在应到之列" in text(client.get(url))
    client.post(url, attendance_data(client, url, **{f"status_{person.pk}": "absent"}))
    assert dict(session.attendance.values_list("cadre__name", "status")) == {"林知夏": "absent", "陆青禾": "present", "许望舒": "made_up"}


def test_attendance_form_from_an_older_copy_is_told_once(cast, signed_in):
    session, person = attended(cast, held(cast), cadre="absent"), cast.person(cast.cadre)
    client, url = signed_in(cast.office), at("attendance_form", session.pk)
    data = attendance_data(client, url, **{f"note_{person.pk}": "病假"})
    make_up_session(session.attendance.get(cadre=person), made_up_on=today(), by=cast.cadre, at=timezone.now())
    response = client.post(url, data)
    assert response.status_code == 409 and "刚才被别人改过" in text(response) and "病假" in text(response) and "另一处已改为：</strong><spanclass=\"pre-line\">已补学" in text(response)
    assert session.attendance.get(cadre=person).status == "made_up"
    again = {field.html_name: field.value() or "" for field in response.context["form"]}
    assert client.post(url, again | {"once": str(uuid.uuid4())}).status_code == 302
    assert session.attendance.get(cadre=person).note == "病假"


def test_attendance_form_refuses_nonsense_and_keeps_what_was_typed(cast, signed_in):
    session, person = held(cast), cast.person(cast.cadre)
    client, url = signed_in(cast.office), at("attendance_form", session.pk)
    response = client.post(url, attendance_data(client, url, **{f"status_{person.pk}": "asleep", f"note_{person.pk}": "家中有事"}))
    assert "还没有保存" in text(response) and "家中有事" in text(response)
    assert not Attendance.objects.exists()


def test_attendance_form_twice_with_one_token_is_recorded_once(cast, signed_in):
    session = held(cast)
    client, url = signed_in(cast.office), at("attendance_form", session.pk)
    data = attendance_data(client, url)
    assert [client.post(url, data).status_code for _try in range(2)] == [302, 302]
    assert Event.objects.filter(action="learning.record_attendance").count() == 1


def test_attendance_form_is_for_who_runs_the_unit(cast, signed_in):
    session = held(cast, cast.organ)
    assert signed_in(cast.cadre).get(at("attendance_form", session.pk)).status_code == 403
    assert signed_in(cast.liaison).get(at("attendance_form", session.pk)).status_code == 403
    assert signed_in(cast.outsider).get(at("attendance_form", session.pk)).status_code == 404


def test_attendance_form_stays_usable_with_200_people(cast, signed_in, django_assert_max_num_queries):
    for n in range(200):
        enter_cadre(staff_no=f"x{n}", name=f"干部{n}", unit=cast.unit_a, by=None, at=NOW)
    session = held(cast)
    client, url = signed_in(cast.office), at("attendance_form", session.pk)
    with django_assert_max_num_queries(15):
        data = attendance_data(client, url)
    assert client.post(url, data).status_code == 302
    assert session.attendance.count() == 203


# --- make-up and reflection ---------------------------------------------------------------------------------------------


def test_make_up_by_oneself(cast, signed_in):
    row = attended(cast, held(cast, topics=[material(cast)]), cadre="leave").attendance.get(cadre__user=cast.cadre)
    client = signed_in(cast.cadre)
    assert '补学<spanclass="nowrap">“学习党章”' in text(client.get(at("make_up", row.pk))) and "中国共产党章程" in text(client.get(at("make_up", row.pk)))
    response = client.post(at("make_up", row.pk), {"version": 1, "made_up_on": str(today()), "once": str(uuid.uuid4())})
    row.refresh_from_db()
    assert (response.url, row.status, row.made_up_on) == (at("session_list"), "made_up", today())


def test_make_up_by_the_liaison_and_not_by_a_reviewer_or_colleague(cast, signed_in):
    row = attended(cast, held(cast), cadre="leave").attendance.get(cadre__user=cast.cadre)
    assert signed_in(cast.reviewer).get(at("make_up", row.pk)).status_code == 403
    assert signed_in(cast.colleague).get(at("make_up", row.pk)).status_code == 404
    assert signed_in(cast.stranger).get(at("make_up", row.pk)).status_code == 404
    response = signed_in(cast.liaison).post(at("make_up", row.pk), {"version": 1, "made_up_on": str(today())})
    row.refresh_from_db()
    assert (response.url, row.status) == (at("session_detail", row.session_id), "made_up")


def test_make_up_on_a_later_day_is_refused_with_the_day_kept(cast, signed_in):
    row = attended(cast, held(cast), cadre="leave").attendance.get(cadre__user=cast.cadre)
    day = str(today() + DAY)
    page = text(signed_in(cast.cadre).post(at("make_up", row.pk), {"version": 1, "made_up_on": day, "once": str(uuid.uuid4())}))
    row.refresh_from_db()
    assert "补学日期不能晚于今天" in page and day in page and row.status == "leave"


def test_reflection_form_writes_and_replaces_ones_own(cast, signed_in):
    session, client = attended(cast, held(cast)), signed_in(cast.cadre)
    assert client.post(at("reflection_form", session.pk), {"text": "第一稿"}).url == at("session_detail", session.pk)
    assert "第一稿" in text(client.get(at("reflection_form", session.pk)))
    client.post(at("reflection_form", session.pk), {"text": "第二稿", "version": 1})
    assert list(Reflection.objects.values_list("cadre__name", "text")) == [("林知夏", "第二稿")]


def test_reflection_form_refuses_nothing_written_people_off_the_roster_and_plans(cast, signed_in):
    session, plan = attended(cast, held(cast)), held(cast, title="下周", days=-7)
    client = signed_in(cast.cadre)
    assert client.post(at("reflection_form", session.pk), {"text": " "}).context["form"].errors["text"]
    assert client.get(at("reflection_form", plan.pk)).status_code == 404
    assert signed_in(cast.supervisor).get(at("reflection_form", session.pk)).status_code == 403
    assert signed_in(cast.outsider).get(at("reflection_form", session.pk)).status_code == 404
    assert not Reflection.objects.exists()


# --- materials ----------------------------------------------------------------------------------------------------------


def material_data(**changes):
    return {"title": "纪律处分条例", "kind": "document", "category": "rules", "is_required": "on", "once": str(uuid.uuid4())} | changes


def test_material_list_counts_and_narrows(cast, signed_in):
    material(cast, is_required=True)
    distribute_material(cast.campaign, kind="book", category="law", title="监察法", by=cast.office, at=NOW)
    client = signed_in(cast.cadre)
    page = text(client.get(at("material_list")))
    assert "已下发学习材料和书目2件" in page and "必修1件" in page and "下发材料" not in page
    assert [m.title for m in client.get(at("material_list"), {"category": "law"}).context["page"]] == ["监察法"]


def test_material_new_stores_the_file_and_material_file_records_its_reading(cast, signed_in):
    response = signed_in(cast.office).post(at("material_new"), material_data(upload=SimpleUploadedFile("条例.pdf", PDF)))
    kept = StudyMaterial.objects.get()
    assert (response.url, kept.title, kept.is_required, kept.is_sample, kept.file.name) == (at("material_list"), "纪律处分条例", True, False, "条例.pdf")
    download = signed_in(cast.cadre).get(at("material_file", kept.pk))
    assert b"".join(download.streaming_content) == PDF and "attachment" in download["Content-Disposition"]
    event = Event.objects.get(action="learning.download_material")
    assert (event.actor_id, event.subject_label, event.detail) == (cast.cadre.pk, "纪律处分条例", {"file": "条例.pdf"})


def test_material_new_refuses_a_wrong_file_and_keeps_what_was_typed(cast, signed_in):
    page = text(signed_in(cast.office).post(at("material_new"), material_data(upload=SimpleUploadedFile("条例.exe", b"MZ"))))
    assert "不接受" in page and "纪律处分条例" in page and not StudyMaterial.objects.exists()


def test_material_new_twice_with_one_token_makes_one(cast, signed_in):
    client, data = signed_in(cast.office), material_data()
    for _try in range(2):
        client.post(at("material_new"), data)
    assert StudyMaterial.objects.count() == 1


def test_materials_keep_their_doors(cast, signed_in):
    bare, kept = material(cast), material(cast, "有文件", upload=SimpleUploadedFile("a.pdf", PDF))
    assert signed_in(cast.cadre).get(at("material_new")).status_code == 403
    assert signed_in(cast.liaison).get(at("material_new")).status_code == 403  # for the whole campaign, not one unit
    assert signed_in(cast.cadre).get(at("material_file", bare.pk)).status_code == 404
    assert signed_in(cast.outsider).get(at("material_file", kept.pk)).status_code == 404
    assert not Event.objects.filter(action="learning.download_material").exists()


# --- activities ---------------------------------------------------------------------------------------------------------


def activity_data(**changes):
    return {"title": "参观廉政教育基地", "category": "warning", "kind": "base_visit", "held_on": str(today()), "places": "市廉政教育基地、廉洁文化主题车站", "is_held": "on", "once": str(uuid.uuid4())} | changes


def test_activity_new_and_list(cast, signed_in):
    client = signed_in(cast.office)
    assert client.post(at("activity_new"), activity_data()).url == at("activity_list")
    hold_activity(cast.campaign, category="tradition", kind="memorial_visit", title="参观纪念馆", by=cast.office, at=NOW)
    page = text(signed_in(cast.cadre).get(at("activity_list")))
    assert "已开展教育活动2场" in page and "市廉政教育基地、廉洁文化主题车站" in page and "×月×日" in page and "登记活动" not in page
    assert [a.title for a in client.get(at("activity_list"), {"category": "tradition"}).context["page"]] == ["参观纪念馆"]


def test_activity_new_of_a_later_day_is_refused_with_what_was_typed(cast, signed_in):
    page = text(signed_in(cast.office).post(at("activity_new"), activity_data(held_on=str(today() + DAY))))
    assert "日期晚于今天" in page and "参观廉政教育基地" in page and not EducationActivity.objects.exists()


def test_activity_new_twice_with_one_token_makes_one_and_is_the_offices(cast, signed_in):
    client, data = signed_in(cast.office), activity_data()
    for _try in range(2):
        client.post(at("activity_new"), data)
    assert EducationActivity.objects.count() == 1
    for user in (cast.cadre, cast.liaison, cast.director):
        assert signed_in(user).get(at("activity_new")).status_code == 403
    assert signed_in(cast.outsider).get(at("activity_list")).status_code == 404


# --- tests --------------------------------------------------------------------------------------------------------------


def score_data(scores: str, **changes):
    return {"title": "应知应会", "held_on": str(today()), "pass_mark": "60", "scores": scores, "once": str(uuid.uuid4())} | changes


def test_test_new_lists_the_scope_ready_for_the_marks(cast, signed_in):
    form = signed_in(cast.liaison).get(at("test_new")).context["form"]
    assert form["scores"].value() == "cadre 林知夏 \nliaison 陆青禾 \ncolleague 许望舒 "


def test_test_new_lists_nobody_where_they_are_many_and_says_so(cast, signed_in, monkeypatch):
    monkeypatch.setattr("learning.forms.MOST_LINES", 2)
    client = signed_in(cast.liaison)
    response = client.get(at("test_new"))
    assert response.context["form"]["scores"].value() is None and "超过2人，没有逐人列出，请只填应考的人" in text(response)
    client.post(at("test_new"), score_data("cadre 88"))
    assert list(KnowledgeTest.objects.get().results.values_list("cadre__name", flat=True)) == ["林知夏"]


def test_test_new_reads_lines_as_they_come(cast, signed_in):
    lines = "cadre 林知夏 88.5\n\nliaison\t陆青禾\ncolleague，59\nchief 唐克勤 未参加"
    response = signed_in(cast.office).post(at("test_new"), score_data(lines))
    test = KnowledgeTest.objects.get()
    assert response.url == at("test_detail", test.pk)
    found = {name: score if score is None else str(score) for name, score in test.results.values_list("cadre__name", "score")}
    assert found == {"林知夏": "88.5", "陆青禾": None, "许望舒": "59.0", "唐克勤": None}


@pytest.mark.parametrize(("line", "why"), [
    ("nobody 80", "第1行：名册中没有工号“nobody”，或不在您的范围内。"),
    ("stranger 80", "第1行：名册中没有工号“stranger”，或不在您的范围内。"),
    ("cadre 张三 80", "读不成成绩"), ("cadre NaN", "读不成成绩"), ("cadre -5", "读不成成绩"), ("cadre 1e3", "读不成成绩"), ("cadre 999.5", "读不成成绩"),
    ("cadre 80\ncadre 90", "第2行：林知夏出现了两次，请只留一行。"),
])
def test_test_new_says_which_line_is_wrong_and_writes_nothing(cast, signed_in, line, why):
    response = signed_in(cast.liaison).post(at("test_new"), score_data(line))
    assert why in text(response) and response.context["form"]["scores"].value() == line
    assert not KnowledgeTest.objects.exists()


def test_test_new_twice_with_one_token_makes_one_and_is_for_teachers(cast, signed_in):
    client, data = signed_in(cast.office), score_data("cadre 80")
    for _try in range(2):
        client.post(at("test_new"), data)
    assert KnowledgeTest.objects.count() == 1
    assert signed_in(cast.cadre).get(at("test_new")).status_code == 403
    assert signed_in(cast.director).get(at("test_new")).status_code == 403


@pytest.fixture
def tested(cast):
    scores = dict(zip([cast.person(u) for u in (cast.cadre, cast.colleague, cast.liaison, cast.stranger)], [88, 59, None, 70], strict=True))
    return hold_test(cast.campaign, title="应知应会", held_on=today(), scores=scores, by=cast.office, at=timezone.now())


def test_test_detail_counts_and_lists_in_order_of_units(cast, signed_in, tested):
    response = signed_in(cast.office).get(at("test_detail", tested.pk))
    page = text(response)
    for words in ("应考</dt><dd>4人", "实考</dt><dd>3人", "及格</dt><dd>2人", "66.7%", "未及格1", "未参加1", "不排名"):
        assert words in page
    assert [r.cadre.name for r in response.context["page"]] == ["林知夏", "陆青禾", "许望舒", "梁静姝"]
    failed = signed_in(cast.office).get(at("test_detail", tested.pk), {"show": "failed"}).context["page"]
    missing = signed_in(cast.office).get(at("test_detail", tested.pk), {"show": "missing"}).context["page"]
    assert ([r.cadre.name for r in failed], [r.cadre.name for r in missing]) == (["许望舒"], ["陆青禾"])


def test_test_detail_shows_a_cadre_their_own_mark_only(cast, signed_in, tested):
    page = text(signed_in(cast.cadre).get(at("test_detail", tested.pk)))
    assert "您的成绩88.0分" in page and "及格率" not in page and "许望舒" not in page
    assert "您不在这次测试的应考名单中" in text(signed_in(cast.chief).get(at("test_detail", tested.pk)))


def test_test_detail_shows_a_leader_the_counts_without_the_marks(cast, signed_in, tested):
    page = text(signed_in(cast.director).get(at("test_detail", tested.pk)))
    assert "66.7%" in page and "许望舒" not in page


def test_test_detail_shows_a_liaison_the_marks_of_their_own_unit_only(cast, signed_in, tested):
    for who, names in [(cast.liaison, ["林知夏", "陆青禾", "许望舒"]), (cast.stranger, ["梁静姝"])]:
        response = signed_in(who).get(at("test_detail", tested.pk))
        assert [r.cadre.name for r in response.context["page"]] == names
        assert all((name in text(response)) == (name in names) for name in ["林知夏", "许望舒"])


def test_test_list_tells_rates_to_who_follows_and_ones_own_mark(cast, signed_in, tested):
    assert "66.7%" in text(signed_in(cast.office).get(at("test_list")))
    assert "50.0%" in text(signed_in(cast.liaison).get(at("test_list")))
    page = text(signed_in(cast.cadre).get(at("test_list")))
    assert "88.0" in page and "%" not in page
    assert signed_in(cast.outsider).get(at("test_detail", tested.pk)).status_code == 404


# --- cost ---------------------------------------------------------------------------------------------------------------


def queries(client, url, django_assert_max_num_queries) -> int:
    connection.finish()  # as the deeds' commit would
    with django_assert_max_num_queries(15) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["office", "cadre"])
@pytest.mark.parametrize("name", ["session_list", "material_list", "activity_list", "test_list"])
def test_lists_cost_the_same_with_1_and_30_rows(cast, signed_in, django_assert_max_num_queries, name, who):
    def fill(n):
        topic = material(cast, f"材料{n}", is_required=True, upload=SimpleUploadedFile("a.pdf", PDF))
        attended(cast, held(cast, title=f"第{n}次", topics=[topic]), cadre="absent")
        hold_activity(cast.campaign, category="warning", kind="film", title=f"片{n}", by=cast.office, at=NOW)
        hold_test(cast.campaign, title=f"测试{n}", scores={cast.person(cast.cadre): 80}, by=cast.office, at=NOW)

    build(at=timezone.now())
    assert is_built(SessionCount)  # which a process asks once
    fill(1)
    client = signed_in(getattr(cast, who))
    few = queries(client, at(name), django_assert_max_num_queries)
    for n in range(2, 31):
        fill(n)
    assert queries(client, at(name), django_assert_max_num_queries) == few


@pytest.mark.parametrize("show", ["", "reflections"])
def test_session_detail_costs_the_same_with_1_and_30_people(cast, signed_in, django_assert_max_num_queries, show):
    def fill(first, last):
        for n in range(first, last):
            person = enter_cadre(staff_no=f"r{n}", name=f"干部{n}", unit=cast.unit_b, by=None, at=NOW)
            Attendance.objects.create(session=session, cadre=person, entered_at=NOW)
            Reflection.objects.create(session=session, cadre=person, text="有收获", submitted_at=NOW)

    session = held(cast)
    fill(0, 1)
    client, url = signed_in(cast.office), at("session_detail", session.pk) + f"?show={show}"
    few = queries(client, url, django_assert_max_num_queries)
    fill(1, 30)
    assert queries(client, url, django_assert_max_num_queries) == few


def test_test_detail_costs_the_same_with_1_and_30_people(cast, signed_in, django_assert_max_num_queries):
    people = [enter_cadre(staff_no=f"r{n}", name=f"干部{n}", unit=cast.unit_b, by=None, at=NOW) for n in range(30)]
    small, large = (hold_test(cast.campaign, title=t, scores=dict.fromkeys(rows, 70), by=cast.office, at=NOW) for t, rows in (("一人", people[:1]), ("三十人", people)))
    client = signed_in(cast.office)
    few = queries(client, at("test_detail", small.pk), django_assert_max_num_queries)
    assert queries(client, at("test_detail", large.pk), django_assert_max_num_queries) == few
