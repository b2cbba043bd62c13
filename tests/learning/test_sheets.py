"""集中学习台账 as a workbook."""

import datetime as dt
from io import BytesIO

from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from audit.models import Event
from learning.actions import distribute_material, hold_session, record_attendance

HEADINGS = ["学习内容", "所属组织", "学习时间", "学习地点", "学习形式", "主持人", "应到人数", "实到人数", "缺席人员", "补录"]
URL = reverse("learning:session_export")


def held(cast, title="学习党章", days=9, **facts):
    day = timezone.localdate() - dt.timedelta(days=days)
    return hold_session(cast.campaign, unit=cast.organ, title=title, held_on=day, is_held=days >= 0, place="三楼会议室", host="赵念安", form="集体学习", by=cast.office, at=timezone.now(), **facts)


def rows_of(response) -> list[tuple]:
    return [tuple("" if v is None else v for v in row) for row in load_workbook(BytesIO(response.content)).active.values]


def test_session_export_has_the_offices_columns(cast, signed_in):
    topics = [distribute_material(cast.campaign, kind="document", category="rules", title=t, by=cast.office, at=timezone.now()) for t in ("党章", "条例")]
    session = held(cast, topics=topics)
    record_attendance(session, marks={cast.person(cast.cadre).pk: {"status": "leave"}, cast.person(cast.stranger).pk: {"status": "absent"}}, by=cast.office, at=timezone.now())
    held(cast, "还没登记考勤", days=1)
    held(cast, "计划中的", days=-3)
    response = signed_in(cast.office).get(URL)
    today = timezone.localdate()
    assert response["Content-Disposition"].startswith("attachment") and "%E9%9B%86%E4%B8%AD" in response["Content-Disposition"]
    assert rows_of(response) == [
        tuple(HEADINGS),
        ("学习党章；党章；条例", "云澜区纪检监察工委", str(today - dt.timedelta(days=9)), "三楼会议室", "集体学习", "赵念安", 8, 6, "林知夏（请假）、梁静姝（缺席）", "补录"),
        ("还没登记考勤", "云澜区纪检监察工委", str(today - dt.timedelta(days=1)), "三楼会议室", "集体学习", "赵念安", "", "", "", ""),
    ]
    event = Event.objects.get(action="learning.export_sessions")
    assert (event.actor_id, event.detail) == (cast.office.pk, {"rows": 2})


def test_session_export_names_only_cadres_of_the_scope(cast, signed_in):
    session = held(cast)
    record_attendance(session, marks={cast.person(cast.cadre).pk: {"status": "leave"}, cast.person(cast.stranger).pk: {"status": "absent"}}, by=cast.office, at=timezone.now())
    assert rows_of(signed_in(cast.liaison).get(URL))[1][6:9] == (3, 2, "林知夏（请假）")


def test_session_export_never_writes_a_formula(cast, signed_in):
    hold_session(cast.campaign, unit=cast.organ, title='==HYPERLINK("http://x")', place="+1", host="@SUM(A1)", form="-2", is_held=True, by=cast.office, at=timezone.now())
    response = signed_in(cast.office).get(URL)
    cells = next(iter(load_workbook(BytesIO(response.content)).active.iter_rows(min_row=2)))
    assert "f" not in {cell.data_type for cell in cells}
    assert [(c.value, c.quotePrefix) for c in (cells[0], cells[3], cells[4], cells[5])] == [('==HYPERLINK("http://x")', True), ("+1", True), ("-2", True), ("@SUM(A1)", True)]


def test_session_export_is_for_who_follows_the_teaching(cast, signed_in):
    assert signed_in(cast.cadre).get(URL).status_code == 403
    assert signed_in(cast.outsider).get(URL).status_code == 404
    assert not Event.objects.filter(action="learning.export_sessions").exists()
