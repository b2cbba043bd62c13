"""What the demo's briefing costs as PDF, in a new process and in one that runs, beside Chromium, LibreOffice and Typst with the same text and fonts.

usage: python benchmarks/report_pdf.py [--runs 5]     Rivals are optional: chromium, soffice (libreoffice-writer), `pip install typst`.
Ours: the document model to PDF/A through the render worker. Chromium prints our print HTML, LibreOffice converts our DOCX, Typst sets the same
paragraphs on the same page. Before each measurement a number in the text is changed, so that nobody has the page ready.
"""

import argparse
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

from stage import set_up  # isort: skip

import pypdf
from django.core.management import call_command
from ledger_pdf import cpu
from results import Row, Sample, Table, publish, side_by_side

from reports.actions import document_of
from reports.document import Doc, Para, Run
from reports.models import Briefing
from reports.renderers import gb9704 as gb
from reports.renderers import pdf
from reports.renderers.compose import Metrics
from reports.renderers.docx import render_docx
from reports.renderers.page import Page
from reports.renderers.pdf import render_pdf

Work = Callable[[], bytes]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SOFFICE = shutil.which("soffice")
TYPST = importlib.util.find_spec("typst")
PLAYWRIGHT = importlib.util.find_spec("playwright")
NUMBERS = count(1)
TYPST_HEAD = f"""#set page(paper: "a4", margin: (top: {gb.TOP}mm, bottom: {gb.BOTTOM}mm, left: {gb.LEFT}mm, right: {gb.RIGHT}mm), numbering: "— 1 —")
#set text(lang: "zh", region: "cn", size: {gb.BODY_PT}pt, font: ("GW FangSong", "GW Rare"))
#set par(justify: true, first-line-indent: (amount: 2em, all: true), leading: 13pt, spacing: 13pt)
"""


class Rivals:
    """The briefing in the forms the others take, in a folder with a font set-up that knows ours under the offices' names."""

    def __init__(self, doc: Doc, folder: Path):
        self.doc, self.folder, self.metrics = doc, folder, Metrics(pdf.fonts_dir())
        aliases = "".join(f'<alias binding="same"><family>{office}</family><prefer><family>{self.metrics.families[role]}</family></prefer></alias>' for role, office in gb.OFFICE_NAMES.items())
        (folder / "fonts.conf").write_text(f"<fontconfig><dir>{pdf.fonts_dir()}</dir><cachedir>{folder}/cache</cachedir>{aliases}</fontconfig>")
        self.env = os.environ | {"FONTCONFIG_FILE": str(folder / "fonts.conf"), "HOME": str(folder)}

    def changed(self) -> Doc:
        return replace(self.doc, blocks=(*self.doc.blocks, Para([Run(f"第 {next(NUMBERS)} 稿。")])))

    def html(self) -> str:
        return Page(self.changed(), self.metrics).html()

    def typst(self) -> bytes:
        def quoted(text: str) -> str:
            return json.dumps(text, ensure_ascii=False)

        def run(one: Run) -> str:
            return f'#text(font: ("{self.metrics.families[one.font]}", "GW Rare"), {quoted(one.text)})'

        doc = self.changed()
        title = f"#align(center, text(size: {gb.TITLE_PT}pt, font: {quoted(self.metrics.families['title'])}, {quoted(doc.title)}))\n\n"
        return (TYPST_HEAD + title + "\n\n".join("".join(map(run, block.runs)) for block in doc.blocks if isinstance(block, Para))).encode()

    def run(self, *command: str) -> None:
        subprocess.run(command, env=self.env, check=True, capture_output=True, cwd=self.folder, timeout=120)

    def written(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def chromium(self) -> bytes:
        (self.folder / "briefing.html").write_text(self.html())
        self.run(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.folder}/chromium", "--no-pdf-header-footer", "--print-to-pdf=chromium.pdf", f"file://{self.folder}/briefing.html")
        return self.written("chromium.pdf")

    def libreoffice(self) -> bytes:
        (self.folder / "briefing.docx").write_bytes(render_docx(self.changed()))
        self.run(SOFFICE, f"-env:UserInstallation=file://{self.folder}/libreoffice", "--headless", "--convert-to", "pdf", "briefing.docx")
        return self.written("briefing.pdf")

    def typst_process(self) -> bytes:
        (self.folder / "briefing.typ").write_bytes(self.typst())
        self.run(sys.executable, "-c", f"import typst; typst.compile('briefing.typ', output='typst.pdf', font_paths=[{str(pdf.fonts_dir())!r}], ignore_system_fonts=True)")
        return self.written("typst.pdf")


def cold_works(rivals: Rivals) -> dict[str, Work]:
    """Each in a new process."""

    def ours() -> bytes:
        pdf.DESK.close()
        return render_pdf(rivals.changed())

    works = {"ours": ours}
    works |= {"Chromium": rivals.chromium} if CHROMIUM else {}
    works |= {"LibreOffice": rivals.libreoffice} if SOFFICE else {}
    return works | ({"Typst": rivals.typst_process} if TYPST else {})


def warm_works(rivals: Rivals, stack: ExitStack) -> dict[str, Work]:
    """Each in a process that has made one before; LibreOffice has none without a server of its own."""
    works: dict[str, Work] = {"ours": lambda: render_pdf(rivals.changed())}
    if CHROMIUM and PLAYWRIGHT:
        from playwright.sync_api import sync_playwright

        page = stack.enter_context(sync_playwright()).chromium.launch(executable_path=CHROMIUM, env=rivals.env).new_page()

        def chromium() -> bytes:
            page.set_content(rivals.html())
            return page.pdf(prefer_css_page_size=True)

        works["Chromium"] = chromium
    if TYPST:
        import typst

        works["Typst"] = lambda: typst.compile(rivals.typst(), font_paths=[str(pdf.fonts_dir())], ignore_system_fonts=True)
    return works


def rows_of(what: str, times: dict[str, Sample]) -> list[Row]:
    seconds = {name: Sample(time.median / 1000, time.p95 / 1000, time.n) for name, time in times.items()}
    ours = seconds.pop("ours")
    return [Row(what, ours, name, theirs, "s") for name, theirs in seconds.items()]


def made(works: dict[str, Work]) -> str:
    """What each makes, so that a rival that printed something else is seen."""

    def told(name: str, content: bytes) -> str:
        return f"{name} {len(pypdf.PdfReader(io.BytesIO(content)).pages)} pages, {len(content) // 1024} KB"

    return "; ".join(told(name, work()) for name, work in works.items())


def missing() -> dict[str, str]:
    reasons = {
        "Chromium": "" if CHROMIUM else "no chromium is installed", "LibreOffice": "" if SOFFICE else "no soffice is installed (libreoffice-writer)",
        "Typst": "" if TYPST else "the package typst is not installed", "Chromium warm": "" if PLAYWRIGHT or not CHROMIUM else "the package playwright is not installed",
    }  # fmt: skip
    return {name: reason for name, reason in reasons.items() if reason}


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--runs", type=int, default=5)
    options = asked.parse_args()
    set_up()
    call_command("demo", verbosity=0)
    doc = document_of(Briefing.objects.get(status=Briefing.Status.ISSUED))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        rivals = Rivals(doc, Path(folder))
        cold = cold_works(rivals)
        told = made(cold)
        rows = rows_of("cold: a new process", side_by_side(cold, options.runs, warm_up=0))
        warm, runs = warm_works(rivals, stack), options.runs * 3
        before = cpu(pdf.DESK.worker.process.pid)
        rows += rows_of("warm: the second and later", side_by_side(warm, runs))
        processor = (cpu(pdf.DESK.worker.process.pid) - before) / (runs + 1)
    words = (
        f"The demo's issued briefing: {told}. Ours: document model to PDF/A by the render worker, imports and fonts included when it is new. Rivals: Chromium prints our print HTML (headless; warm: a browser kept open), LibreOffice "
        "converts our DOCX, Typst sets the same paragraphs (cold: a new Python with it; warm: in this process), all with our fonts, a number in the text changed each time. They take turns; each had made one before, so that files are cached and "
        f"profiles exist. Warm, our worker takes {processor:.2f} s of processor. Wanted: warm at most 0.6 s, cold not slower than Chromium and LibreOffice."
    )
    publish(Table("A briefing as PDF", words, rows, missing()))


if __name__ == "__main__":
    main()
