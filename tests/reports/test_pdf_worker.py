"""The render worker against crashes, forks, threads, time and the outside world."""

import http.server
import io
import os
import subprocess
import sys
import threading

import pypdf
import pytest
from billiard.exceptions import SoftTimeLimitExceeded

from reports.document import Doc, Head, Para, Run, Table
from reports.renderers import pdf
from reports.renderers.engine import HTML
from reports.renderers.pdf import RenderError, render_pdf
from reports.renderers.pdf_worker import NoFetching
from tests.reports import samples
from tests.reports.fonts import fonts_dir
from tests.reports.measure import squeeze, text_of


@pytest.fixture(scope="module")
def letter():
    fonts_dir()
    return render_pdf(samples.letter())


def test_worker_killed_between_jobs_is_replaced(letter):
    render_pdf(Doc("标题"))
    pdf.DESK.worker.process.kill()
    pdf.DESK.worker.process.wait()
    assert render_pdf(samples.letter()) == letter


def test_worker_killed_mid_way_recovers(letter, monkeypatch):
    render_pdf(Doc("标题"))
    first = pdf.DESK.worker.process
    monkeypatch.setattr(pdf, "write_frame", lambda *frame, send=pdf.write_frame: (first.kill(), send(*frame)))
    assert render_pdf(samples.letter()) == letter
    assert pdf.DESK.worker.process.pid != first.pid


def test_worker_over_time_is_killed_and_the_next_job_works(letter):
    long = Doc("标题", blocks=[samples.ledger(2000)])
    with pytest.raises(RenderError, match="超时"):
        render_pdf(long, timeout=1.5)
    assert pdf.DESK.worker is None
    assert render_pdf(samples.letter()) == letter


def test_worker_is_replaced_after_its_share_of_jobs(monkeypatch):
    render_pdf(Doc("标题"))
    first = pdf.DESK.worker
    monkeypatch.setattr(pdf, "RECYCLE", first.jobs)
    render_pdf(Doc("标题"))
    assert pdf.DESK.worker is not first
    assert first.process.poll() is not None


def test_an_answer_to_a_job_that_was_given_up_is_not_taken_for_the_next_ones(letter, monkeypatch):
    """A Celery worker is told to stop while it waits for the PDF."""

    def told_to_stop(pipe):
        raise SoftTimeLimitExceeded

    render_pdf(Doc("标题"))
    with monkeypatch.context() as patch, pytest.raises(SoftTimeLimitExceeded):
        patch.setattr(pdf, "read_frame", told_to_stop)
        render_pdf(Doc("别人的标题"))
    assert pdf.DESK.worker is None
    assert render_pdf(samples.letter()) == letter


def test_what_takes_minutes_has_a_worker_of_its_own(letter):
    """A report is printed while a ledger is."""
    render_pdf(Doc("标题"))
    with pdf.LONG.lock:
        assert render_pdf(samples.letter(), timeout=20) == letter
    assert pdf.LONG is not pdf.DESK


def test_forked_child_has_its_own_worker(letter):
    render_pdf(Doc("标题"))
    parent, (reading, writing) = pdf.DESK.worker, os.pipe()
    child = os.fork()
    if not child:
        ok = pdf.DESK.worker is None and not pdf.DESK.lock.locked()
        os.write(writing, b"y" if ok and render_pdf(samples.letter()) == letter else b"n")
        pdf.DESK.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 1) == b"y"
    assert render_pdf(samples.letter()) == letter
    assert pdf.DESK.worker is parent


def test_threads_take_turns(letter):
    results = []
    threads = [threading.Thread(target=lambda: results.append(render_pdf(samples.letter()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [letter] * 3


# the outside world


class Listener(http.server.BaseHTTPRequestHandler):
    hits = []

    def do_GET(self):
        self.hits.append(self.path)
        self.send_error(404)

    def log_message(self, *args):
        pass


@pytest.fixture
def payload(tmp_path):
    """HTML that asks for a listener and a file in every way WeasyPrint knows: (its text, the paths asked for)."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secret = tmp_path / "secret.txt"
    secret.write_text("机密内容")
    web, file = f"http://127.0.0.1:{server.server_port}", secret.as_uri()
    Listener.hits = []
    yield (
        f'<style>@import "{web}/a.css"; @font-face{{font-family:x;src:url({web}/f.ttf)}} p{{background:url({web}/b.png);font-family:x}}</style>'
        f'<link rel=stylesheet href="{web}/l.css"><link rel=attachment href="{file}"><p>x<img src="{web}/i.png"><img src="{file}">'
        f'<a rel=attachment href="{file}">y</a><svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{web}/s.png" width=9 height=9 /></svg>'
    )
    server.shutdown()
    server.server_close()


def embedded(data):
    return pypdf.PdfReader(io.BytesIO(data)).attachments


def test_nothing_is_fetched(payload):
    data = HTML(string=payload, url_fetcher=NoFetching()).write_pdf()
    assert (Listener.hits, dict(embedded(data))) == ([], {})


def test_the_payload_would_be_fetched_by_default(payload):
    data = HTML(string=payload).write_pdf()
    assert {"/a.css", "/l.css", "/i.png"} <= set(Listener.hits)
    assert "secret.txt" in embedded(data)


def test_markup_in_a_document_is_only_text(payload):
    doc = Doc(
        payload[:40],
        Head("brief", "<b>&amp;", "</style><script>"),
        [Para([Run(payload)]), Table((payload,), ((payload,),), (1,), annex=False)],
    )
    text = squeeze(text_of(render_pdf(doc)))
    assert text.count(squeeze(payload)[:60]) == 3
    assert Listener.hits == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere libraries are not found by their sonames")
def test_the_engine_is_loaded_without_running_other_programs():
    script = """
import ctypes.util, sys
find, ran = ctypes.util.find_library, []
sys.addaudithook(lambda event, args: ran.append(args[0]) if event == "subprocess.Popen" else None)
from reports.renderers.engine import ffi
assert ffi.pango.pango_version() and ffi.harfbuzz_subset
assert not ran, ran
assert ctypes.util.find_library is find
"""
    subprocess.run([sys.executable, "-c", script], cwd=pdf.ROOT, check=True)
