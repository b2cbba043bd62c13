"""自查自纠情况报告表 as PDF: what it says, who gets it, and that its words are left nowhere."""

import datetime as dt
import io
import json
import tempfile
from pathlib import Path

import pypdf
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from jobs.models import Job
from organizations.models import Cadre
from reports.renderers import pdf
from reports.selfcheck_form import form_of
from selfcheck import actions
from selfcheck.models import SelfCheck
from selfcheck.views.report import with_everything
from tests.reports.fonts import fonts_dir
from tests.reports.measure import tables_of, text_of
from tests.selfcheck.conftest import stage, today  # noqa: F401  a round, and the people's reports in it

SECRET = "收受服务对象两盒茶叶的金丝雀"


@pytest.fixture(autouse=True)
def fonts():
    return fonts_dir()


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def where(report) -> str:
    return f"/reports/selfchecks/{report.pk}/form.pdf"


def cells(report) -> list[list[str]]:
    """The rows of the form before any page is made."""
    return [[cell.text for cell in row] for row in (lambda form: (*form.head, *form.rows))(form_of(with_everything().get(pk=report.pk)))]


def chinese(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def hand_in_two(stage, user) -> SelfCheck:  # noqa: F811
    """Two items under the first aspect, one under the fourth; something else to say."""
    answers = stage.answers("belief_loss", "improper_conduct")
    answers[stage.q["belief_loss"]].items = [actions.ItemDraft(SECRET, "图省事", "退还", "dated", stage.due), actions.ItemDraft("第二件", "疏忽", "改正", "long_term")]
    return actions.submit(stage.report(user), answers=answers, statement="配偶经商已报告。", pledged=True, by=user, at=timezone.now())


def test_every_cell_of_an_accepted_report(cast, stage):  # noqa: F811
    Cadre.objects.filter(user=cast.cadre).update(political_status="中共党员")
    report = actions.accept_report(hand_in_two(stage, cast.cadre), by=cast.reviewer, at=timezone.now(), opinion="属实，同意。")
    answer = client_of(cast.cadre).get(where(report))
    now = chinese(timezone.localdate())
    pledge = stage.round.checklist.pledge
    head = [["姓名", "林知夏", "政治面貌", "中共党员", "自查轮次", "第一轮"], ["单位", "纪检监察科", "职务", ""]]
    pages = tables_of(answer.content)
    assert [page[:2] for page in pages] == [head] * len(pages)
    rows = [row for page in pages for row in page[2:]]
    assert rows == [
        ["一、信仰缺失", "是否存在信仰缺失方面的问题？", "是否存在", "是"],
        ["具体表现（第1项）", SECRET], ["原因分析（第1项）", "图省事"], ["整改措施（第1项）", "退还"],
        ["整改时限", f"限期整改，{chinese(stage.due)}", "完成情况", "待确认"],
        ["具体表现（第2项）", "第二件"], ["原因分析（第2项）", "疏忽"], ["整改措施（第2项）", "改正"],
        ["整改时限", "长期坚持", "完成情况", "待确认"],
        ["二、政治动摇", "是否存在政治动摇方面的问题？", "是否存在", "否"],
        ["三、放弃原则", "是否存在放弃原则方面的问题？", "是否存在", "否"],
        ["四、作风不正", "是否存在作风不正方面的问题？", "是否存在", "是"],
        ["具体表现", "以电话代替上门走访。"], ["原因分析", "图省事"], ["整改措施", "每月上门 4 户"],
        ["整改时限", f"限期整改，{chinese(stage.due)}", "完成情况", "待确认"],
        ["五、滥用权力", "是否存在滥用权力方面的问题？", "是否存在", "否"],
        ["六、清廉失守", "是否存在清廉失守方面的问题？", "是否存在", "否"],
        ["其他需要向组织说明的事项", "配偶经商已报告。"],
        ["本人承诺", f"{pledge}（{now}由本人在平台上作出）本人签名： 年 月 日"],
        ["谈话人意见", "谈话人签名： 年 月 日"],
        ["审核意见", f"属实，同意。（{now}由{cast.reviewer.name}在平台上审核通过）审核人签名： 年 月 日"],
    ]  # fmt: skip
    assert "草稿" not in text_of(answer.content)


def test_a_closed_problem_says_how_it_ended(cast, stage):  # noqa: F811
    from ledger import actions as ledger
    from ledger.models import Problem

    report = actions.accept_report(stage.hand_in(cast.cadre, "improper_conduct"), by=cast.reviewer, at=timezone.now())
    problem = ledger.register_problem(Problem.objects.get(), verifier=cast.reviewer, track="immediate", by=cast.office, at=timezone.now())
    ledger.close_at_once(problem, opinion="已改", by=cast.office, at=timezone.now())
    assert [row for row in cells(report) if row[0] == "整改时限"] == [["整改时限", f"限期整改，{chinese(stage.due)}", "完成情况", f"已销号，完成，{chinese(timezone.localdate())}"]]
    assert cells(report)[-1][1].startswith("审核通过。\n")


def test_a_draft_says_so_and_leaves_blanks_blank(cast, stage):  # noqa: F811
    report = stage.report(cast.cadre)
    answer = client_of(cast.cadre).get(where(report))
    pages = tables_of(answer.content)
    assert pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().startswith("自查自纠情况报告表（草稿）")
    rows = [row for page in pages for row in page[2:]]
    assert pages[0][0] == ["姓名", "林知夏", "自查轮次", "第一轮"]  # the roster has no 政治面貌
    assert rows[:5] == [["一、信仰缺失", "是否存在信仰缺失方面的问题？", "是否存在", ""], ["具体表现", ""], ["原因分析", ""], ["整改措施", ""], ["整改时限", "", "完成情况", ""]]
    assert rows[-4:] == [["其他需要向组织说明的事项", ""], ["本人承诺", f"{stage.round.checklist.pledge}本人签名： 年 月 日"], ["谈话人意见", "谈话人签名： 年 月 日"], ["审核意见", "审核人签名： 年 月 日"]]


def test_posts_given_up_are_not_printed(cast, stage):  # noqa: F811
    from organizations.models import Post

    person = cast.person(cast.cadre)
    for title, until in (("科员", None), ("前任职务", timezone.localdate()), ("街道联络员", None)):
        Post.objects.create(cadre=person, unit=person.unit, title=title, until=until)
    assert cells(stage.report(cast.cadre))[1] == ["单位", "纪检监察科", "职务", "科员、街道联络员"]


def test_the_reviewers_reading_is_on_record_before_and_the_download_too(cast, stage):  # noqa: F811
    report = stage.hand_in(cast.cadre, "improper_conduct")
    answer = client_of(cast.reviewer).get(where(report))
    assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (200, "application/pdf", "nosniff")
    assert {"no-store", "private"} <= set(answer["Cache-Control"].replace(" ", "").split(","))
    assert "attachment" in answer["Content-Disposition"] and "林知夏" not in answer["Content-Disposition"]  # percent-encoded
    deeds = list(Event.objects.about(report).filter(actor_id=cast.reviewer.pk).values_list("action", flat=True))
    assert deeds == ["selfcheck.read_body", "reports.take_form"]


def test_the_authors_own_download_is_no_reading(cast, stage):  # noqa: F811
    report = stage.hand_in(cast.cadre)
    client_of(cast.cadre).get(where(report))
    assert list(Event.objects.about(report).filter(action__in=["selfcheck.read_body", "reports.take_form"]).values_list("action", "actor_id")) == [("reports.take_form", cast.cadre.pk)]


def test_whoever_may_not_read_gets_none(cast, stage):  # noqa: F811
    report = stage.hand_in(cast.cadre, "improper_conduct")
    people = ("director", "office", "liaison", "colleague", "stranger", "chief", "supervisor")
    assert [client_of(getattr(cast, who)).get(where(report)).status_code for who in people] == [404] * len(people)
    assert not Event.objects.filter(action="reports.take_form").exists()
    assert client_of(cast.cadre).post(where(report)).status_code == 405


def test_a_reviewer_whose_time_is_over_gets_none(cast, stage):  # noqa: F811
    report = stage.hand_in(cast.cadre)
    SelfCheck.objects.filter(pk=report.pk).update(review_until=timezone.localdate() - dt.timedelta(days=1))
    assert client_of(cast.reviewer).get(where(report)).status_code == 404


def test_one_item_or_twenty_cost_the_same(cast, stage):  # noqa: F811
    def queries(items: int) -> int:
        answers = stage.answers("improper_conduct")
        answers[stage.q["improper_conduct"]].items *= items
        actions.save_draft(stage.report(cast.cadre), answers=answers, statement="", by=cast.cadre, at=timezone.now())
        report = with_everything().get(pk=stage.report(cast.cadre).pk)
        with CaptureQueriesContext(connection, ) as asked:
            form_of(report)
        return len(asked)

    assert queries(1) == queries(20)


def forms_of(text: str) -> list[bytes]:
    return [text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")]


def test_the_words_are_in_no_job_message_session_or_file(cast, stage, tmp_path, monkeypatch):  # noqa: F811
    """A fresh worker whose temporary folder is watched; the sealed words stand in none of its files, nor anywhere of ours."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pdf.DESK.close()
    report = hand_in_two(stage, cast.cadre)
    before = {path for path in Path(tempfile.gettempdir()).glob("*") if path.is_file()}
    answer = client_of(cast.cadre).get(where(report))
    assert SECRET in text_of(answer.content)
    pdf.DESK.close()
    assert not Job.objects.exists()
    written = [path for folder in (tmp_path, Path(settings.OUTPUT_DIR)) for path in folder.rglob("*") if path.is_file()]
    written += [path for path in Path(tempfile.gettempdir()).glob("*") if path.is_file() and path not in before]
    assert [path.name for path in written if any(needle in path.read_bytes() for needle in forms_of(SECRET))] == []
    assert all(SECRET not in json.dumps(session.get_decoded(), ensure_ascii=False) for session in Session.objects.all())
    assert all(SECRET not in json.dumps(event.detail, ensure_ascii=False) + event.subject_label for event in Event.objects.all())


def test_a_form_that_cannot_be_made_sends_one_back_without_its_words(cast, stage, monkeypatch):  # noqa: F811
    report = hand_in_two(stage, cast.cadre)
    refusal = pdf.RenderError(f"下列字符没有可用的字形：{SECRET}")

    def refuse(*_args, **_facts):
        raise refusal

    monkeypatch.setattr("reports.views.papers.render_sheet", refuse)
    client = client_of(cast.cadre)
    answer = client.get(where(report), follow=True)
    assert answer.redirect_chain == [(f"/selfcheck/{report.pk}/", 302)]
    told = [str(message) for message in answer.context["messages"]]
    assert told == ["这份报告没有排成 PDF。报告里有表情一类特殊符号的，请改写后再试；仍不成功请联系系统管理员，也可以先用浏览器的“打印”。"]


def test_the_pages_lead_to_it(cast, stage):  # noqa: F811
    report = stage.hand_in(cast.cadre)
    for user, address in ((cast.cadre, f"/selfcheck/{report.pk}/"), (cast.reviewer, f"/selfcheck/reviews/{report.pk}/")):
        assert client_of(user).get(address).content.decode().count(f'href="{where(report)}"') == 1


def test_the_talk_before_acceptance_stands_in_its_cell(cast, stage):  # noqa: F811
    report = stage.hand_in(cast.cadre)
    held = timezone.localdate()
    SelfCheck.objects.filter(pk=report.pk).update(talked_on=held, talker="何书言")
    assert cells(report)[-2] == ["谈话人意见", f"（{chinese(held)}由何书言谈心谈话）"]


def test_of_a_report_whose_words_are_destroyed_there_is_no_form(cast, stage):  # noqa: F811
    from selfcheck.actions.retention import purge_reports

    report = stage.hand_in(cast.cadre)
    purge_reports([report.pk], at=timezone.now())
    assert client_of(cast.cadre).get(where(report)).status_code == 404
    assert where(report) not in client_of(cast.cadre).get(f"/selfcheck/{report.pk}/").content.decode()
