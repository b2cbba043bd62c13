"""整改台账 and 自查问题清单 as PDF: the rows of the Excel sheet under the same filter, made as a job, for who sees the ledger."""

import datetime as dt
import io
import re
from urllib.parse import unquote

import pypdf
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from jobs.models import Job
from jobs.runner import run_pending
from ledger import actions as ledger
from reports import ledger_pdf
from reports.actions import ask_ledger_pdf
from reports.ledger_pdf import filter_words, ledger_sheet
from reports.renderers.pdf import render_sheet
from reports.sheet import Cell, Sheet
from tests.ledger.plays import DAY, S, in_state, opened, reported
from tests.reports.fonts import fonts_dir
from tests.reports.measure import squeeze, tables_of, text_of

URL = "/reports/ledger/pdf/"
HEAD = ["序号", "问题", "表现", "整改措施", "责任领导", "责任部门/单位", "责任人", "整改时限", "完成情况", "销号"]


@pytest.fixture(autouse=True)
def fonts():
    return fonts_dir()


def made(cast, user, *, sheet="ledger", query="", today=None):
    return ledger_sheet(cast.campaign, user, sheet=sheet, query=query, today=today or timezone.localdate())


def texts(row) -> list[str]:
    return [cell.text for cell in row]


def chinese(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_asks_the_job_prints_every_cell(cast):
    now, today = timezone.now(), timezone.localdate()
    due = today + 10 * DAY
    in_state(cast, S.CLOSED, at=now, due_on=due, measures=["补正 3 份", "每周抽查"], lead_official=cast.person(cast.chief))
    answer = client_of(cast.office).post(URL, {"sheet": "ledger", "query": "page=2"})
    job = Job.objects.get()
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    assert (job.kind, job.label, job.args["query"], job.back_url) == ("reports.ledger_pdf", "导出整改台账（PDF）", "", "/ledger/problems/?")
    assert Event.objects.get(action="reports.ask_ledger_pdf").detail == {"sheet": "ledger", "query": ""}
    run_pending()
    job.refresh_from_db()
    assert (job.status, job.result_name, job.result_type) == ("done", f"纪检监察干部队伍教育整顿问题整改台账（截至{today}）.pdf", "application/pdf")
    content = job.result.open("rb").read()
    assert tables_of(content) == [[HEAD, [
        "1", "谈话记录要素不全", "3 份谈话记录没有写明地点和被谈话人意见。", "1. 补正 3 份2. 每周抽查", "唐克勤", "纪检监察科", "林知夏", chinese(due), "已销号：完成", chinese(today),
    ]]]  # fmt: skip
    words = squeeze(text_of(content))
    assert words.startswith("纪检监察干部队伍教育整顿问题整改台账") and f"范围：全部，共1件截至{chinese(today)}" in words
    assert f"单位：{cast.organ.name}" in words and "填报单位（盖章）：审核人：填报人：填报日期：年月日" in words and "第1页共1页" in words


def test_the_list_is_of_the_self_check_only(cast):
    now = timezone.now()
    reported(cast, at=now, aspect_label="作风不正", track="immediate", due_on=None, cause="图省事")
    reported(cast, at=now, source="visit")
    sheet = made(cast, cast.office, sheet="self_check")
    assert sheet.title == "纪检监察干部队伍教育整顿自查问题清单"
    assert [texts(row) for row in (*sheet.head, *sheet.rows)] == [
        ["序号", "责任单位", "责任人", "方面", "表现", "原因", "整改措施", "整改时限", "状态"],
        ["1", "纪检监察科", "林知夏", "作风不正", "3 份谈话记录没有写明地点和被谈话人意见。", "图省事", "", "立行立改", "待确认"],
    ]


def test_the_filter_is_said_and_kept(cast):
    now, today = timezone.now(), timezone.localdate()
    opened(cast, at=now, title="走访登记不实", due_on=today + DAY)
    opened(cast, at=now, title="别的", due_on=today + DAY)
    query = f"q=走访&unit={cast.unit_a.pk}&source=self_check&track=dated&view=not_closed"
    sheet = made(cast, cast.office, query=query)
    assert [texts(row)[1] for row in sheet.rows] == ["走访登记不实"]
    assert sheet.notes[0] == f"单位：{cast.organ.name}　　范围：含“走访”的；责任单位：纪检监察科；来源：自查；整改方式：限期整改；未销号，共 1 件"
    assert filter_words(cast.campaign, cast.office, "view=merged") == "已并入"
    assert filter_words(cast.campaign, cast.office, "view=nonsense&source=nonsense") == "全部"


def test_an_empty_list_says_none(cast):
    sheet = made(cast, cast.office, query="view=overdue")
    assert [[(cell.text, cell.span) for cell in row] for row in sheet.rows] == [[("无", 10)]]
    assert sheet.notes[0].endswith("已逾期，共 0 件")


def test_rows_are_those_the_asker_may_see_now(cast):
    now = timezone.now()
    opened(cast, at=now, title="甲科的")
    opened(cast, at=now, title="街道的", unit=cast.unit_b, person=cast.person(cast.stranger))
    assert [texts(row)[1] for row in made(cast, cast.liaison).rows] == ["甲科的"]
    assert [texts(row)[1] for row in made(cast, cast.stranger).rows] == ["街道的"]
    assert [texts(row) for row in made(cast, cast.outsider).rows] == [["无"]]


def test_the_job_fetches_again_what_may_be_seen(cast):
    opened(cast, at=timezone.now())
    ask_ledger_pdf(cast.campaign, sheet="ledger", query="", by=cast.liaison, at=timezone.now())
    cast.liaison.grants.all().delete()
    run_pending()
    assert tables_of(Job.objects.get().result.open("rb").read()) == [[HEAD, ["无"]]]


def test_more_than_can_be_set_is_refused_before_and_in_the_job(cast, monkeypatch):
    for n in range(3):
        opened(cast, at=timezone.now(), title=f"第{n}件")
    sentence = "这次要排 3 件，超过 PDF 的上限 2 件。请先用筛选条件缩小范围，或者导出 Excel。"
    job = ask_ledger_pdf(cast.campaign, sheet="ledger", query="", by=cast.office, at=timezone.now())
    monkeypatch.setattr(ledger_pdf, "MOST", 2)
    with pytest.raises(ValidationError, match="超过 PDF 的上限"):
        ask_ledger_pdf(cast.campaign, sheet="ledger", query="", by=cast.office, at=timezone.now())
    answer = client_of(cast.office).post(URL, {"query": "source=self_check&page=2"}, follow=True)
    assert [(unquote(url), status) for url, status in answer.redirect_chain] == [("/ledger/problems/?source=self_check", 302)]
    assert [str(message) for message in answer.context["messages"]] == [sentence]
    run_pending()
    job.refresh_from_db()
    assert (job.status, job.message, Job.objects.count()) == ("failed", sentence, 1)


def test_who_sees_no_ledger_and_an_unknown_sheet(cast):
    assert client_of(cast.cadre).post(URL).status_code == 403
    assert client_of(cast.office).post(URL, {"sheet": "all"}).status_code == 404
    assert client_of(cast.office).get(URL).status_code == 405
    assert not Job.objects.exists()


def test_one_row_and_thirty_cost_the_same(cast):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            made(cast, type(cast.office).objects.get(pk=cast.office.pk))
        return len(asked)

    opened(cast, at=timezone.now(), measures=["甲"])
    one = queries()
    for n in range(29):
        ledger.report_progress(opened(cast, at=timezone.now(), measures=["甲", "乙"], title=f"第{n}件"), text="改", made_on=timezone.localdate(), by=cast.cadre, at=timezone.now())
    assert queries() == one


def test_the_ledgers_page_has_one_button(cast):
    opened(cast, at=timezone.now())
    page = client_of(cast.office).get("/ledger/problems/").content.decode()
    assert page.count(f'formaction="{URL}" name="sheet" value="ledger">导出 PDF<') == 1
    page = client_of(cast.office).get("/ledger/problems/?source=self_check").content.decode()
    assert page.count(f'formaction="{URL}" name="sheet" value="self_check">导出问题清单 PDF<') == 1
    assert URL not in client_of(cast.cadre).get("/ledger/problems/").content.decode()


def test_a_row_broken_over_pages_says_its_number_again():
    """And only there: not where the next row begins, nor on the page behind it, nor for short rows, which go to the next page whole."""
    long, short = "三份谈话记录没有写明地点和被谈话人意见，抽查时又发现一份没有签名。" * 16, "谈话记录要素不全" * 3
    rows = tuple((Cell(str(n), kind="centre"), Cell("标题"), Cell(long if n in (3, 4, 8) else short), Cell("措施")) for n in range(1, 25))
    head = (tuple(Cell(heading, kind="label") for heading in ("序号", "问题", "表现", "整改措施")),)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(render_sheet(Sheet("台账", (10, 30, 40, 40), head, rows, landscape=True)))).pages]
    again = [[int(number) for number in re.findall(r"第 (\d+) 件接上页", page)] for page in pages]
    told = [number for page in again for number in page]
    assert (again[0], told) == ([], [3, 4, 8])
    assert len(pages) > len(told) + 1 and again[-1] == []
