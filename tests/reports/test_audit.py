"""The log's page: who sees which lines, what its head says, verification and export in the background."""

import csv
import datetime as dt
import html
import io
import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.templatetags.page import day
from audit.actions import archive_log, verify_log
from audit.anchors import write_anchor
from audit.chain import seal
from audit.log import record
from audit.models import Event, Segment
from audit.triggers import remove
from jobs.models import Job
from jobs.runner import run_pending
from tests.cast import NOW


@pytest.fixture(autouse=True)
def anchors(settings, tmp_path):
    settings.AUDIT_ANCHORS = tmp_path / "anchors.txt"
    return settings.AUDIT_ANCHORS


@pytest.fixture
def admin(cast, signed_in):
    """The auditor's client, in a log where all is sealed."""
    with transaction.atomic():
        record("ledger.close_problem", by=cast.office, at=NOW, subject=cast.unit_a)
    seal(connection)
    return signed_in(cast.auditor)


def text(response) -> str:
    main = re.split(r"<main[^>]*>", response.content.decode())[1]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())


def rows(client, **asked) -> list[str]:
    return [e.action for e in client.get("/audit/", asked).context["page"]]


def test_audit_log_shows_number_address_and_result(cast, admin):
    admin.get("/ledger/problems/", REMOTE_ADDR="10.1.2.3")  # the administrator has no ledger
    seal(connection)
    page = admin.get("/audit/")
    event = Event.objects.get(action="access.denied")
    first = re.search(r"<tbody><tr>(.*?)</tr>", page.content.decode())[1]
    cells = [" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", first)]
    assert (cells[0], *cells[2:]) == (str(event.seq), "简明序", "10.1.2.3", "访问未获准 拒绝访问", "没有权限")


@pytest.mark.parametrize(("asked", "found"), [
    ({"who": "沈若"}, ["ledger.close_problem", "campaigns.launch_campaign"]),
    ({"who": "10.1."}, ["access.denied"]),
    ({"action": "纪检监察科", "since": "2026-09-18", "who": "沈若川"}, ["ledger.close_problem"]),
    ({"action": "访问未获准"}, ["access.denied"]),
    ({"result": "denied"}, ["access.denied"]),
    ({"result": "denied", "until": "2026-09-18"}, []),
    ({"who": "没有此人"}, []),
])  # fmt: skip
def test_audit_log_is_filtered(cast, admin, asked, found):
    admin.get("/ledger/problems/", REMOTE_ADDR="10.1.2.3")
    assert rows(admin, **asked) == found


def test_audit_log_says_whether_it_is_whole(cast, admin):
    total = admin.get("/audit/").context["page"].paginator.count
    assert f"日志 {total} 条 ，还没有核验过" in text(admin.get("/audit/"))
    verify_log(by=cast.auditor, at=NOW)
    seal(connection)
    page = text(admin.get("/audit/"))
    assert f"日志 {total + 1} 条 ，核验完好 最近一次核验 9 月 18 日 10:40" in page
    assert "没有通过核验" not in page


def test_audit_log_alarms_when_it_is_not_whole(cast, admin):
    remove(connection)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_event SET actor_label = '别人' WHERE seq = 3")
    verify_log(by=None, at=NOW)
    seal(connection)
    page = admin.get("/audit/")
    assert "，核验发现问题" in text(page) and "日志没有通过核验 第 3 条（编号" in text(page) and 'role="alert"' in page.content.decode()


def test_audit_verify_runs_in_the_background(cast, admin):
    answer = admin.post("/audit/verify/")
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"], job.kind, job.label, job.back_url) == (302, f"/jobs/{job.pk}/", "reports.verify_log", "核验审计日志", "/audit/")
    seal(connection)
    count = Event.objects.count()
    run_pending()
    job.refresh_from_db()
    assert (job.status, job.message) == ("done", f"日志完好：{count} 条首尾相接，与 0 个库外锚点相符。")
    assert Event.objects.get(action="audit.verify_log").actor_label == "简明序"


def test_audit_verify_that_finds_something_is_a_job_that_failed(cast, admin):
    remove(connection)
    admin.post("/audit/verify/")
    seal(connection)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_event SET actor_label = '别人' WHERE seq = 3")
    run_pending()
    job = Job.objects.get()
    assert (job.status, job.message[:17]) == ("failed", "日志没有通过核验。第 3 条（编号")


def test_audit_export_is_what_the_page_shows(cast, admin):
    answer = admin.post("/audit/export/", {"query": "who=沈若川&action=ledger&page=1&x=%00"})
    job = Job.objects.get()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    run_pending()
    job.refresh_from_db()
    assert (job.status, job.message, job.result_type, job.result_name[-4:]) == ("done", "共 1 条。", "text/csv; charset=utf-8", ".csv")
    lines = list(csv.reader(io.StringIO(job.result.read().decode("utf-8-sig"))))
    assert [line[2:3] + line[5:9] for line in lines] == [
        ["办理人", "事项", "事项代码", "对象", "对象类型"], ["沈若川", "ledger.close_problem", "ledger.close_problem", str(cast.unit_a), "organizations.unit"],
    ]  # fmt: skip
    event = Event.objects.get(action="reports.export_log")
    assert (event.actor_label, event.detail) == ("简明序", {"asked": {"who": "沈若川", "action": "ledger"}, "rows": 1})


def test_audit_export_under_a_wrong_filter_is_refused(cast, admin):
    answer = admin.post("/audit/export/", {"query": "since=不是日期"}, follow=True)
    assert "筛选条件有误，没有导出。" in text(answer) and not Job.objects.exists()


def test_audit_export_gives_the_scope_of_the_moment(cast, admin):
    """Who lost the right between asking and the work gets nothing."""
    from organizations.models import RoleGrant

    admin.post("/audit/export/")
    RoleGrant.objects.filter(user=cast.auditor).delete()
    run_pending()
    assert Job.objects.get().message == "共 0 条。"


def all_archived(settings, tmp_path) -> Segment:
    """Some years later."""
    settings.AUDIT_ARCHIVE = tmp_path / "archive"
    write_anchor(now=NOW)
    later = timezone.make_aware(dt.datetime(2031, 1, 5, 9, 30))
    return archive_log(before=dt.date(2028, 1, 1), by=None, at=later)


def test_audit_log_says_what_was_archived_and_when(cast, admin, settings, tmp_path):
    assert "已归档的日志" not in text(admin.get("/audit/"))
    segment = all_archived(settings, tmp_path)
    seal(connection)
    page = text(admin.get("/audit/"))
    since, until = day(segment.since), day(segment.until)
    assert f"已归档的日志 {since}至 {until}的 {segment.count} 条（第 1 至 {segment.last_seq} 条） 2031 年 1 月 5 日 09:30 由系统归档，文件 {segment.file_name} 这些日志已写入归档文件" in page
    assert rows(admin) == []
    assert verify_log(by=None, at=NOW, with_archive=True).is_intact


def test_audit_log_costs_the_same_with_many_lines(cast, admin):
    with CaptureQueriesContext(connection) as few:
        admin.get("/audit/")
    with transaction.atomic():
        for _n in range(60):
            record("tests.deed", by=cast.office, at=NOW)
    with CaptureQueriesContext(connection) as many:
        admin.get("/audit/", {"who": "沈"})
    assert len(few) < 15 and len(many) <= len(few) + 1
