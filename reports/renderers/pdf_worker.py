"""The process that runs WeasyPrint: ``python -m reports.renderers.pdf_worker``, jobs on stdin, answers on stdout.

A job is JSON; the answer is a PDF or an error, also JSON: {"error": its name, "detail": …}; see ``frames``. The
parent sets FONTS_DIR and FONTCONFIG_FILE. A process of its own keeps the 80 MB of fonts loaded once, keeps WeasyPrint
out of threads (a shared font map crashes them), and can be killed.
"""

import hashlib
import json
import logging
import os
import resource
import sys
import traceback

from reports.document import Doc
from reports.renderers.compose import Metrics
from reports.renderers.engine import HTML, FontConfiguration, URLFetcher, ffi
from reports.renderers.frames import ERROR, PDF, read_frame, write_frame
from reports.renderers.page import FootPlace, Page
from reports.renderers.sheet_page import sheet_html
from reports.sheet import Sheet

VARIANT = "pdf/a-3a"  # archival, tagged, every character mapped to Unicode
MEMORY_LIMIT = 3 * 1024**3
EVEN_FOOT = ("red",)  # 7.4: the 版记 of an official letter stands on its last even page; a bulletin's on its last page


class GateError(Exception):
    """The page cannot be printed as it should: ``name`` says why, ``detail`` what."""

    def __init__(self, name, detail=""):
        super().__init__(name, detail)
        self.name, self.detail = name, detail


class NoFetching(URLFetcher):
    """Nothing outside the document is ever read: no network, no files."""

    def __init__(self):
        super().__init__(allowed_protocols=("data",), allow_redirects=False)


class Warnings(logging.Handler):
    """Collects what WeasyPrint complains of."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())

    def take(self):
        messages, self.messages = self.messages, []
        return messages


class Press:
    """What is loaded once per process: font metrics, font map, fetcher."""

    def __init__(self, fonts_dir):
        self.metrics = Metrics(fonts_dir)
        if self.metrics.missing:
            raise GateError("fonts", ", ".join(self.metrics.missing))
        if ffi.harfbuzz_subset is None:
            raise GateError("subset")
        self.fonts = FontConfiguration()
        self.fetcher = NoFetching()
        self.warnings = Warnings()
        logging.getLogger("weasyprint").handlers = [self.warnings]

    def render(self, doc, profile):
        """The finished PDF. The same document gives the same bytes: its identifier is a hash of its own text."""
        self.warnings.take()
        return self.finished(self.lay_out(doc, profile), doc.to_json())

    def render_sheet(self, sheet):
        """A form or ledger, laid out once."""
        self.warnings.take()
        html = sheet_html(sheet, self.metrics.families)
        return self.finished(self.pages(html), html)

    def finished(self, document, text):
        data = document.write_pdf(pdf_variant=VARIANT, pdf_identifier=hashlib.sha256(text.encode()).digest()[:16])
        self.check(document)
        return data

    def lay_out(self, doc, profile):
        """Lay out once; once more where the 版记 came to stand on the wrong page."""
        document = self.pages(Page(doc, self.metrics, profile).html())
        place = foot_place(doc, document)
        return self.pages(Page(doc, self.metrics, profile, place).html()) if place else document

    def pages(self, html):
        return HTML(string=html, url_fetcher=self.fetcher).render(font_config=self.fonts)

    def check(self, document):
        """The gate: no PDF with an empty box for a character, or in a font that is not ours."""
        missing = {code for font in document.fonts.values() for code in font.missing}
        if missing:
            raise GateError("glyphs", "".join(sorted(map(chr, missing))))
        strange = {font.family for font in document.fonts.values()} - set(self.metrics.files)
        if strange:
            raise GateError("strange fonts", ", ".join(sorted(strange)))


def foot_place(doc, document):
    """Where the 版记 must go instead (7.4, 7.5), or None if it stands right.

    A blank page is needed only when the 版记 already stands alone on an odd page; then neither is numbered.
    """
    if not doc.foot or doc.head.kind not in EVEN_FOOT or len(document.pages) % 2 == 0:
        return None
    return FootPlace(fresh=True, blank=stands_alone(document.pages[-1]))


def stands_alone(page):
    """Whether the last page holds nothing but the 版记: the text ended before it."""
    return "end" not in page.anchors


def answer(press, job):
    """The frame that answers one job: a PDF, or the error and what it concerns."""
    try:
        return PDF, printed(press(), job)
    except GateError as error:
        return ERROR, json.dumps({"error": error.name, "detail": error.detail}).encode()
    except Exception as error:  # one bad document must not cost the next one a fresh process
        name = type(error).__name__  # its message may quote the document, which nobody but its reader may see
        logging.getLogger(__name__).error("render failed: %s\n%s", name, "".join(traceback.format_tb(error.__traceback__)))
        return ERROR, json.dumps({"error": "failed", "detail": name}).encode()


def printed(press, job):
    if "sheet" in job:
        return press.render_sheet(Sheet.from_data(job["sheet"]))
    return press.render(Doc.from_data(job["doc"]), job["profile"])


def opener(fonts_dir):
    """A function that makes the press at its first call, so that what is wrong with the fonts becomes an answer."""
    made = []

    def press():
        if not made:
            made.append(Press(fonts_dir))
        return made[0]

    return press


def main():
    """Answer jobs until stdin closes. Anything else that prints goes to stderr, so it cannot break a frame."""
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))
    press = opener(os.environ["FONTS_DIR"])
    while frame := read_frame(jobs):
        write_frame(answers, *answer(press, json.loads(frame[1])))


if __name__ == "__main__":
    main()
