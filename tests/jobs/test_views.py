"""A job's page and its result: for the asker alone, every download recorded."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from audit.models import Event
from jobs import runner
from jobs.actions import queue_job
from jobs.models import Job
from jobs.registry import Result
from jobs.runner import claim, run_pending
from tests.cast import NOW


@pytest.fixture
def work(monkeypatch):
    """The work that the next job does."""

    def as_work(result):
        monkeypatch.setattr(runner, "KINDS", {"tests.work": lambda args, report: result() if callable(result) else result})

    return as_work


@pytest.fixture
def job(cast, work) -> Job:
    work(Result(b"PK-content", "整改台账.xlsx", "application/vnd.ms-excel", "共 3 件"))
    return queue_job("tests.work", label="导出整改台账", args={}, by=cast.office, at=NOW, back_url="/ledger/")


def page(client, job, **headers) -> str:
    return " ".join(client.get(f"/jobs/{job.pk}/", **headers).content.decode().split())


def test_job_detail_follows_the_job(cast, signed_in, job):
    client = signed_in(cast.office)
    assert "排队中，马上开始。" in page(client, job) and 'hx-trigger="load' in page(client, job)
    run_pending()
    done = page(client, job)
    assert "已完成" in done and "共 3 件" in done and "整改台账.xlsx" in done and ">下载</a>" in done and 'href="/ledger/"' in done and 'hx-trigger="load' not in done


def test_job_detail_gives_htmx_only_the_progress(cast, signed_in, job):
    fragment = page(signed_in(cast.office), job, HTTP_HX_REQUEST="true")
    assert fragment.startswith('<div id="job"') and "<html" not in fragment


def test_job_detail_tells_a_failure(cast, signed_in, job, work):
    work(lambda: 1 / 0)
    run_pending()
    assert "没有成功" in page(signed_in(cast.office), job) and "ZeroDivision" not in page(signed_in(cast.office), job)


def test_job_result_is_downloaded_and_recorded(cast, signed_in, job):
    client = signed_in(cast.office)
    assert client.get(f"/jobs/{job.pk}/result/").status_code == 404  # not done yet
    run_pending()
    response = client.get(f"/jobs/{job.pk}/result/")
    assert (b"".join(response.streaming_content), response["Content-Type"]) == (b"PK-content", "application/vnd.ms-excel")
    assert "attachment" in response["Content-Disposition"]
    event = Event.objects.get(action="jobs.download_result")
    assert (event.actor_label, event.subject_id, event.detail) == ("沈若川", str(job.pk), {"name": "整改台账.xlsx"})


@pytest.mark.parametrize("who", ["director", "security", "auditor", "outsider", "cadre"])
def test_nobody_but_the_asker_sees_a_job_or_its_result(cast, signed_in, job, who):
    run_pending()
    client = signed_in(getattr(cast, who))
    assert [client.get(f"/jobs/{job.pk}/{rest}").status_code for rest in ("", "result/")] == [404, 404]
    assert [client.post(f"/jobs/{job.pk}/{deed}/").status_code for deed in ("cancel", "retry")] == [404, 404]
    assert str(job.pk) not in client.get("/jobs/").content.decode()
    assert not Event.objects.filter(action="jobs.download_result").exists()


def test_a_job_without_a_file_has_no_result(cast, signed_in, job, work):
    work(Result(message="已导入"))
    run_pending()
    client = signed_in(cast.office)
    assert client.get(f"/jobs/{job.pk}/result/").status_code == 404
    assert "下载" not in page(client, job)


def test_jobs_are_only_read(cast, signed_in, job):
    assert signed_in(cast.office).post(f"/jobs/{job.pk}/").status_code == 405


# --- the file is what was made, or it isn't given out ---


@pytest.mark.parametrize("harm", [lambda path: path.write_bytes(b"PK-forged"), lambda path: path.unlink()])
def test_a_result_that_was_changed_or_lost_is_not_given_out(cast, signed_in, job, harm):
    run_pending()
    harm(Path(Job.objects.get().result.path))
    client = signed_in(cast.office)
    answer = client.get(f"/jobs/{job.pk}/result/", follow=True)
    assert answer.redirect_chain == [(f"/jobs/{job.pk}/", 302)]
    assert "与生成时不一致或已丢失，不能下载" in answer.content.decode()
    assert Event.objects.get(action="jobs.download_result").result == "refused"


def test_a_result_is_readable_by_its_owner_alone_and_nothing_lies_beside_it(cast, job):
    run_pending()
    path = Path(Job.objects.get().result.path)
    assert (path.stat().st_mode & 0o777, [p.name for p in path.parent.glob("*.part")]) == (0o600, [])


# --- the list ---


def listed(client, query: str = "") -> str:
    return " ".join(client.get(f"/jobs/{query}").content.decode().split())


def test_job_list_shows_ones_own_with_state_result_and_deeds(cast, signed_in, job, work):
    client = signed_in(cast.office)
    assert "1 项任务正在办理" in listed(client) and f"/jobs/{job.pk}/cancel/" in listed(client)
    run_pending()
    done = listed(client)
    assert "没有正在办理的任务" in done and "整改台账" in done and "已完成" in done and "共 3 件" in done and f"/jobs/{job.pk}/result/" in done and "/cancel/" not in done
    work(lambda: 1 / 0)
    bad = queue_job("tests.work", label="导出名册", args={}, by=cast.office, at=NOW)
    run_pending()
    failed = listed(client, "?view=failed")
    assert "1 项未成功" in failed and "导出名册" in failed and "办理时出错" in failed and f"/jobs/{bad.pk}/retry/" in failed and "导出整改台账" not in failed
    assert "导出名册" not in listed(client, "?view=over") and "没有这样的任务" in listed(client, "?view=now") and "导出名册" in listed(client, "?view=nonsense")


def test_job_list_says_when_there_is_nothing(cast, signed_in):
    assert "还没有后台任务" in listed(signed_in(cast.cadre))


def test_job_list_turns_its_pages(cast, signed_in):
    for n in range(31):
        queue_job("tests.work", label=f"导出第{n:02}次", args={}, by=cast.office, at=NOW + dt.timedelta(minutes=n))
    client = signed_in(cast.office)
    assert "导出第30次" in listed(client) and "导出第00次" not in listed(client) and "导出第00次" in listed(client, "?page=2")


@pytest.mark.parametrize("who", ["office", "administrator"])
def test_job_list_asks_as_much_of_30_rows_as_of_1(cast, signed_in, django_assert_max_num_queries, who):
    client, costs = signed_in(getattr(cast, who)), []
    for rows in (1, 30):
        while Job.objects.count() < rows:
            queue_job("tests.work", label="导出", args={}, by=cast.office, at=NOW)
        with django_assert_max_num_queries(14) as asked:
            client.get("/jobs/")
        costs.append(len(asked))
    assert costs[0] == costs[1]


# --- the system administrator ---


def test_an_administrator_sees_that_a_job_is_there_and_nothing_of_what_is_in_it(cast, signed_in, job):
    run_pending()
    client = signed_in(cast.administrator)
    for page_of in (listed(client), page(client, job)):
        assert "沈若川" in page_of and "已完成" in page_of
        assert not [secret for secret in ("导出整改台账", "共 3 件", "整改台账.xlsx", "/result/", 'href="/ledger/"') if secret in page_of]
    assert client.get(f"/jobs/{job.pk}/result/").status_code == 404
    assert "沈若川" not in listed(client, "?whose=own")


@pytest.mark.parametrize(("made", "words", "hidden"), [(ValidationError("林知夏的职务有误"), "原因已告知提交人", "林知夏"), (ZeroDivisionError(), "办理时出错", "ZeroDivision")])
def test_an_administrator_learns_the_kind_of_failure(cast, signed_in, job, work, made, words, hidden):
    def fail():
        raise made

    work(fail)
    run_pending()
    assert words in listed(signed_in(cast.administrator)) and hidden not in listed(signed_in(cast.administrator))


def test_an_administrator_cancels_and_retries(cast, signed_in, job):
    client = signed_in(cast.administrator)
    assert client.post(f"/jobs/{job.pk}/cancel/")["Location"] == f"/jobs/{job.pk}/"
    assert (Job.objects.get().status, Job.objects.get().cancelled_by) == ("cancelled", cast.administrator)
    assert "管知远于" in page(signed_in(cast.office), job)
    client = signed_in(cast.administrator)
    client.post(f"/jobs/{job.pk}/retry/")
    assert (Job.objects.get().status, Job.objects.get().asked_by) == ("queued", cast.office)


def test_an_administrator_sees_their_own_scope_and_not_the_other_administrators(cast, signed_in, settings):
    for who in (cast.outsider, cast.auditor, cast.security, cast.liaison, cast.administrator, None):
        queue_job("tests.work", label="导出", args={}, by=who, at=NOW)
    client = signed_in(cast.administrator)
    seen = {job.asked_by for job in client.get("/jobs/").context["page"].object_list}
    assert seen == {cast.liaison, cast.administrator, None}
    settings.SEPARATE_ADMINISTRATORS = False
    assert {job.asked_by for job in client.get("/jobs/").context["page"].object_list} == seen | {cast.auditor, cast.security}


# --- deeds ---


def test_job_cancel_by_its_asker(cast, signed_in, job):
    client = signed_in(cast.office)
    answer = client.post(f"/jobs/{job.pk}/cancel/", follow=True).content.decode()
    assert "已取消；正在办理的，稍后停下。" in answer and "沈若川于" in answer and Job.objects.get().status == "cancelled"
    assert "不用取消" in client.post(f"/jobs/{job.pk}/cancel/", follow=True).content.decode()


def test_job_detail_of_a_running_job_that_was_cancelled_says_so(cast, signed_in, job):
    claim("a", now=NOW)
    client = signed_in(cast.office)
    client.post(f"/jobs/{job.pk}/cancel/")
    assert "正在取消，办完手上这一步就停下" in page(client, job) and "/cancel/" not in page(client, job)


def test_job_retry_twice_is_once(cast, signed_in, job, work):
    work(lambda: 1 / 0)
    run_pending()
    client = signed_in(cast.office)
    words = [client.post(f"/jobs/{job.pk}/retry/", follow=True).content.decode() for _click in range(2)]
    assert "已重新排队。" in words[0] and "不用重试" in words[1]
    assert Event.objects.filter(action="jobs.retry_job").count() == 1


def test_the_list_is_found_from_inbox_preferences_and_accounts(cast, signed_in):
    client = signed_in(cast.administrator)
    assert ['href="/jobs/"' in client.get(path).content.decode() for path in ("/accounts/inbox/", "/accounts/preferences/", "/organizations/accounts/")] == [True] * 3
