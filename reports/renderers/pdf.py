"""Document model → PDF: the near side of the render worker.

WeasyPrint runs in a worker process per process of ours, and another for what takes minutes, each started when first needed. Every job has a time limit; a
worker that overruns it or dies is killed and replaced. After RECYCLE jobs it is replaced anyway, so that memory
cannot creep.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from reports.document import Doc
from reports.renderers.frames import ERROR, JOB, read_frame, write_frame
from reports.sheet import Sheet

ROOT = Path(__file__).parents[2]
RECYCLE = 200
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR")  # no secrets for the worker


class RenderError(Exception):
    """The PDF could not be made; the message tells the user what to do."""


class WorkerLost(Exception):
    """The worker ended in the middle of a job."""


def fonts_dir():
    """Where the document fonts lie: the environment wins over the settings."""
    return Path(os.environ.get("FONTS_DIR") or settings.FONTS_DIR).resolve()


def render_pdf(doc: Doc, *, profile="fill", timeout=120) -> bytes:
    """The document as PDF/A. Equal documents give equal bytes.

    ``profile`` is a grid of ``gb9704``: "fill" or "word". Raises RenderError when the fonts are not in place, a
    character has no glyph, or the work takes longer than ``timeout`` seconds.
    """
    return _printed({"doc": doc.to_data(), "profile": profile}, timeout, DESK)


def render_sheet(sheet: Sheet, *, timeout=120, is_long=False) -> bytes:
    """The form or ledger as PDF/A, under the same promises. Its words pass through pipes and memory only.

    What takes minutes (``is_long``) is printed by a worker of its own, so that no report or form waits behind it.
    """
    return _printed({"sheet": sheet.to_data()}, timeout, LONG if is_long else DESK)


def _printed(job: dict, timeout: float, desk: "Desk") -> bytes:
    kind, body = desk.run(json.dumps(job).encode(), timeout)
    if kind == ERROR:
        raise RenderError(message(**json.loads(body)))
    return body


def message(error, detail):
    """What the user reads for an error of the worker."""
    if error in ("fonts", "strange fonts"):
        return _("文档字体不齐（%(detail)s），请在服务器上执行 make setup 后重试。") % {"detail": detail}
    if error == "subset":
        return _("服务器缺少 libharfbuzz-subset0，请执行 apt-get install libharfbuzz-subset0 后重试。")
    if error == "glyphs":
        return _("下列字符没有可用的字形，请改写或补装字体：%(detail)s") % {"detail": detail}
    return _("生成 PDF 时出错，请把此信息告诉管理员：%(detail)s") % {"detail": detail}


class Worker:
    """One worker process and its pipes."""

    def __init__(self):
        folder = fonts_dir()
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment = {**kept, "FONTS_DIR": str(folder), "FONTCONFIG_FILE": str(folder / "fonts.conf")}
        command = [sys.executable, "-m", "reports.renderers.pdf_worker"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.jobs = 0

    def usable(self):
        return self.process.poll() is None and self.jobs < RECYCLE

    def run(self, job, timeout):
        """The answer to one job. The timer kills the process, which ends the reading."""
        late = threading.Event()
        timer = threading.Timer(timeout, self._expire, [late])
        timer.start()
        try:
            with suppress(BrokenPipeError):
                write_frame(self.process.stdin, JOB, job)
            frame = read_frame(self.process.stdout)
        finally:
            timer.cancel()
        self.jobs += 1
        if frame:
            return frame
        if late.is_set():
            raise RenderError(_("生成 PDF 超时。如附表很长，请改用 Excel 导出明细。"))
        raise WorkerLost

    def _expire(self, late):
        late.set()
        self.process.kill()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.abandon()

    def abandon(self):
        """Close our ends of the pipes, without touching the process."""
        self.process.returncode = self.process.returncode or 0
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe.close()


class Desk:
    """Hands out jobs one at a time to the worker of this process."""

    def __init__(self):
        self.lock, self.worker = threading.Lock(), None

    def run(self, job, timeout):
        if not self.lock.acquire(timeout=timeout):
            raise RenderError(_("排版任务较多，请稍后重试。"))
        try:
            return self._run(job, timeout)
        finally:
            self.lock.release()

    def _run(self, job, timeout):
        """A job whose worker dies is given once more to a fresh one: the death may have come from outside."""
        for _attempt in range(2):
            try:
                frame = self._fresh().run(job, timeout)
            except WorkerLost:
                self.close()
            except BaseException:  # also when told to stop in the middle: an answer still to come must not be taken for the next job's
                self.close()
                raise
            else:
                if frame[0] == ERROR:
                    self.close()
                return frame
        raise RenderError(_("排版程序异常退出，请重试；如仍出现，请告诉管理员。"))

    def _fresh(self):
        if self.worker and not self.worker.usable():
            self.close()
        self.worker = self.worker or Worker()
        return self.worker

    def close(self):
        if self.worker:
            self.worker.close()
        self.worker = None

    def forget(self):
        """In a forked child the worker belongs to the parent and the lock may be held by a thread that is not here."""
        if self.worker:
            self.worker.abandon()
        self.__init__()


DESK, LONG = Desk(), Desk()
for _desk in (DESK, LONG):
    atexit.register(_desk.close)
    os.register_at_fork(after_in_child=_desk.forget)
