"""整改台账 and 问题清单 in Excel, read back as the office will read them."""

from io import BytesIO

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from audit.models import Event
from jobs.models import Job
from jobs.runner import run_pending
from ledger import actions
from ledger.models import Problem
from ledger.sheets import ProblemResource, export_problems, in_batches
from tests.ledger.plays import DAY, S, in_state, opened, reported

TABLE = ["序号", "问题", "表现", "整改措施", "责任领导", "责任部门/单位", "责任人", "整改时限", "完成情况", "销号", "编号", "原因", "整改方式"]
LIST = ["序号", "编号", "责任部门/单位", "责任人", "方面", "表现", "原因", "整改措施", "整改时限", "状态"]


def silent(percent, message=""):
    """Nobody watches the progress."""


def made(cast, user, *, sheet="ledger", query="", campaign=None):
    """The sheet as the job makes it, read back."""
    result = export_problems({"user": user.pk, "campaign": (campaign or cast.campaign).pk, "sheet": sheet, "query": query}, silent)
    with result.content as content:
        return load_workbook(BytesIO(content.read())).active


def rows(sheet) -> list[dict]:
    head, *body = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in body]


def test_the_ledger_prints_every_column(cast):
    now, today = timezone.now(), timezone.localdate()
    problem = in_state(
        cast, S.CLOSED, at=now, due_on=today + 10 * DAY, measures=["补正 3 份", "每周抽查"], cause="图省事",
        lead_official=cast.person(cast.chief),
    )
    sheet = made(cast, cast.office)
    date = f"{today.year}年{today.month}月{today.day}日"
    due = today + 10 * DAY
    assert [cell.value for cell in sheet[1]] == TABLE
    assert [cell.value for cell in sheet[2]] == [
        1, "谈话记录要素不全", "3 份谈话记录没有写明地点和被谈话人意见。", "1. 补正 3 份\n2. 每周抽查", "唐克勤", "纪检监察科", "林知夏",
        f"{due.year}年{due.month}月{due.day}日", "已销号：完成", date, problem.code, "图省事", "限期整改",
    ]
    assert (sheet.freeze_panes, sheet["A1"].font.bold, sheet["A2"].font.bold, sheet.title) == ("A2", True, False, "整改台账")
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")


def test_the_ledger_tells_the_newest_progress_of_an_open_problem(cast):
    now, today = timezone.now(), timezone.localdate()
    problem = opened(cast, at=now, track="long_term", due_on=None, deadline_text="立行立改，长期坚持")
    actions.report_progress(problem, text="补了 1 份", made_on=today - DAY, by=cast.cadre, at=now)
    actions.report_progress(problem, text="又补了 2 份", made_on=today, by=cast.cadre, at=now)
    row = rows(made(cast, cast.office))[0]
    assert row["完成情况"] == f"整改中：{today.year}年{today.month}月{today.day}日，又补了 2 份"
    assert (row["整改时限"], row["销号"]) == ("立行立改，长期坚持", None)


def test_the_list_is_of_the_self_check_only(cast):
    now = timezone.now()
    own = reported(cast, at=now, aspect_label="作风不正", track="immediate", due_on=None)
    reported(cast, at=now, source="visit")
    sheet = made(cast, cast.office, sheet="self_check")
    assert [cell.value for cell in sheet[1]] == LIST
    assert [list(row.values()) for row in rows(sheet)] == [
        [1, own.code, "纪检监察科", "林知夏", "作风不正", "3 份谈话记录没有写明地点和被谈话人意见。", None, None, "立行立改", "待确认"]
    ]


@pytest.mark.parametrize("text", ["=1+1", "+86-10", "-3", "@SUM(A1)", "=HYPERLINK(\"http://x\")", "\t=1"])
def test_what_was_typed_is_never_a_live_formula(cast, text):
    reported(cast, at=timezone.now(), title=text)
    cell = made(cast, cast.office)["B2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_characters_excel_cannot_hold_are_left_out(cast):
    reported(cast, at=timezone.now(), title="记录\x0b不全")
    assert made(cast, cast.office)["B2"].value == "记录不全"


def test_the_sheet_holds_what_its_asker_may_see_under_the_filters(cast):
    now = timezone.now()
    in_a = reported(cast, at=now)
    in_b = reported(cast, at=now, unit=cast.unit_b, person=cast.person(cast.stranger), source="visit")
    assert {row["编号"] for row in rows(made(cast, cast.office))} == {in_a.code, in_b.code}
    assert {row["编号"] for row in rows(made(cast, cast.stranger))} == {in_b.code}
    assert {row["编号"] for row in rows(made(cast, cast.office, query="source=visit"))} == {in_b.code}
    assert rows(made(cast, cast.office, query="view=closed")) == []
    assert rows(made(cast, cast.outsider)) == []


@pytest.mark.parametrize("count, batches", [(1, 1), (30, 3)])
def test_the_sheet_needs_a_fixed_number_of_queries_a_batch(cast, django_assert_num_queries, monkeypatch, count, batches):
    monkeypatch.setattr("ledger.sheets.BATCH", 10)
    now = timezone.now()
    for n in range(count):
        actions.report_progress(opened(cast, at=now, title=f"第 {n} 件", measures=["一", "二"]), text="有进展", made_on=timezone.localdate(), by=cast.cadre, at=now)
    with django_assert_num_queries(1 + 3 * batches + 3):  # the count; nothing in year 0, nothing after the last row, no later year
        lines = list(ProblemResource().lines(Problem.objects.all(), silent))
    assert [line[0] for line in lines] == list(range(1, count + 1))


def test_batches_hold_every_row_once_in_the_order_of_the_ledger(cast, monkeypatch):
    monkeypatch.setattr("ledger.sheets.BATCH", 2)
    for n in range(5):
        reported(cast, title=f"{n}", at=timezone.now())
    Problem.objects.filter(title="4").update(year=2000)  # the greatest number in the earliest year
    assert [problem.title for problem in in_batches(Problem.objects.all())] == ["4", "0", "1", "2", "3"]


def test_a_big_sheet_tells_how_far_it_is(cast, monkeypatch):
    monkeypatch.setattr("ledger.sheets.BATCH", 2)
    for _n in range(5):
        reported(cast, at=timezone.now())
    told = []
    list(ProblemResource().lines(Problem.objects.all(), lambda percent, message="": told.append((percent, message))))
    assert told == [(36, "已写 2 件，共 5 件"), (72, "已写 4 件，共 5 件")]


def test_problem_export_queues_a_job_that_makes_the_sheet(cast, signed_in):
    reported(cast, at=timezone.now(), source="visit")
    reported(cast, at=timezone.now(), source="talk")
    client = signed_in(cast.office)
    response = client.post("/ledger/problems/export/", {"sheet": "ledger", "query": "source=visit&page=3"})
    job = Job.objects.get()
    assert response.url == f"/jobs/{job.pk}/"
    assert (job.kind, job.label, job.back_url) == ("ledger.export", "导出整改台账", "/ledger/problems/?source=visit")
    event = Event.objects.get(action="ledger.export_problems")
    assert (event.actor_id, event.detail) == (cast.office.pk, {"sheet": "ledger", "query": "source=visit"})
    assert run_pending() == 1
    job.refresh_from_db()
    assert (job.status, job.message, job.result_name) == ("done", "共 1 件。", f"整改台账（{timezone.localdate():%Y-%m-%d}）.xlsx")
    answer = client.get(f"/jobs/{job.pk}/result/")
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    assert [row["编号"] for row in rows(sheet)] == [Problem.objects.get(source="visit").code]


def test_problem_export_is_for_those_who_see_a_ledger(cast, signed_in):
    assert signed_in(cast.cadre).post("/ledger/problems/export/", {"sheet": "ledger"}).status_code == 403
    assert signed_in(cast.office).post("/ledger/problems/export/", {"sheet": "all"}).status_code == 404
    assert signed_in(cast.office).get("/ledger/problems/export/").status_code == 405
    assert not Job.objects.exists()
