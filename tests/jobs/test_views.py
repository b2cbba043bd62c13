"""A job's page and its result: for the asker alone, every download recorded."""

import pytest

from audit.models import Event
from jobs import runner
from jobs.actions import queue_job
from jobs.models import Job
from jobs.registry import Result
from jobs.runner import run_pending
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


@pytest.mark.parametrize("who", ["director", "administrator", "outsider", "cadre"])
def test_nobody_but_the_asker_sees_a_job_or_its_result(cast, signed_in, job, who):
    run_pending()
    client = signed_in(getattr(cast, who))
    assert [client.get(f"/jobs/{job.pk}/{rest}").status_code for rest in ("", "result/")] == [404, 404]
    assert not Event.objects.filter(action="jobs.download_result").exists()


def test_a_job_without_a_file_has_no_result(cast, signed_in, job, work):
    work(Result(message="已导入"))
    run_pending()
    client = signed_in(cast.office)
    assert client.get(f"/jobs/{job.pk}/result/").status_code == 404
    assert "下载" not in page(client, job)


def test_jobs_are_only_read(cast, signed_in, job):
    assert signed_in(cast.office).post(f"/jobs/{job.pk}/").status_code == 405
