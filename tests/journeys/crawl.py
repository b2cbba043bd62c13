"""What is wrong with a page: in its words, and as Chromium shows it at both sizes."""

import re
from collections.abc import Iterator

from axe_playwright_python.base import AXE_FILE_PATH
from walk import Page

SIZES = ((1366, 768), (390, 844))
REFLOWED = ((683, 384), (320, 640))  # a laptop's window at 200 %, and the narrowest that must need no sideways scroll (WCAG 1.4.10)
AXE = AXE_FILE_PATH.read_text()
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Latin words a Chinese office page may show.
LATIN = re.compile(r"[A-Za-z][A-Za-z_]{2,}")
KNOWN_LATIN = {"PDF", "Word", "Excel", "DOCX", "XLSX", "xlsx", "docx", "pdf", "png", "jpg", "PNG", "JPG", "PPTX", "xls", "csv", "Ctrl", "Shift", "Enter", "Esc", "Tab", "WPS"}
RAW = re.compile(r"\{\{ *[a-z]|\{%|\bNone\b|\bTrue\b|\bFalse\b|<[a-z]+ |&(?:amp|lt|gt|quot);|\b[a-z]+_[a-z_]+\b")


def foreign_words(text: str) -> Iterator[str]:
    """English words and raw code in a text that should be Chinese; staff numbers and file hashes pass."""
    yield from RAW.findall(text)
    for word in LATIN.findall(re.sub(r"\b[A-Za-z]{1,4}\d+\b|\b[0-9a-f]{8,}\b", " ", text)):
        if word not in KNOWN_LATIN:
            yield word


def page_faults(page: Page) -> Iterator[str]:
    if not re.search(r"[一-鿿]", page.title):
        yield f"title {page.title!r}"
    if page.headings != 1:
        yield f"{page.headings} h1"
    for words in page.words:
        yield from (f"not Chinese: {word!r} in {words.strip()[:60]!r}" for word in foreign_words(words))


AXE_RUN = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ['violations']});
  return found.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 140) + ' ' + (n.any[0] || n.all[0] || n.none[0] || {message: ''}).message).join(' | '));
}"""


def too_wide(page, width: int, height: int) -> Iterator[str]:
    page.set_viewport_size({"width": width, "height": height})
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if over > 0:
        yield f"{width}: {over}px too wide"


def look(page, base: str, path: str) -> list[str]:
    """Open the page at both sizes: console, width, axe."""
    heard: list[str] = []

    def hear(message):
        if message.type == "error":
            heard.append(f"console: {message.text}")

    page.on("console", hear)
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    page.goto(base + path)
    page.evaluate(AXE)
    page.evaluate("document.querySelectorAll('thead th').forEach(head => { head.style.position = 'static'; })")  # one that sticks covers a row only while one scrolls on
    for width, height in SIZES:
        heard += too_wide(page, width, height)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")  # a bar that sticks to the window's foot then covers nothing
        heard += [f"{width}: {violation}" for violation in page.evaluate(AXE_RUN, AXE_RULES)]
    for width, height in REFLOWED:
        heard += too_wide(page, width, height)
    page.remove_listener("console", hear)
    return heard
