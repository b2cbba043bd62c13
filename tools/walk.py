"""Walks every address a person can reach in the served demo.

An address is read once as the browser would fetch it; the pages that show something new (a view, or an element with a class
not met on that view) are those worth opening in a browser.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.urls import resolve

QUERIES_PER_VIEW = 12  # addresses that differ only in their query: filters, sort orders, pages of a list
UNREAD = {"script", "style", "textarea", "code", "title"}
SPOKEN = ("title", "alt", "aria-label", "placeholder", "data-confirm", "content")


class Page(HTMLParser):
    """What a reader meets: text, spoken attributes, links, headings, and the kinds of elements."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[str] = []
        self.kinds: set[tuple[str, str]] = set()
        self.headings = 0
        self.title = ""
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self._inside.append(tag)
        self.kinds.add((tag, found.get("class") or found.get("type") or ""))
        self.headings += tag == "h1"
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag != "meta":
            self.words += [found[name] for name in SPOKEN if found.get(name)]

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data):
        if "title" in self._inside[-1:]:
            self.title += data
        elif not UNREAD & set(self._inside):
            self.words.append(data)


@dataclass
class Walk:
    """What a person's walk found: addresses that did not answer 200, the pages read, and those a browser should open."""

    refused: dict[str, int] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    to_open: list[str] = field(default_factory=list)


def view_of(path: str) -> str:
    return resolve(path.split("?")[0]).view_name


def walk(request, base: str, *, start: str = "/", with_queries: int = QUERIES_PER_VIEW, met: dict[str, set] | None = None) -> Walk:
    """Read every address that links lead to from `start`, each once; of those that differ by their query some per view.

    `met`: kinds of elements by view that were shown to others before and are not new; it is added to.
    """
    found, todo, known = Walk(), [start], {start}
    asked: dict[str, int] = defaultdict(int)
    kinds = {} if met is None else met
    while todo:
        path = todo.pop(0)
        answer = request.get(base + path, timeout=60_000)
        if answer.status != 200:
            found.refused[path] = answer.status
            continue
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page = Page(answer.text())
        found.pages[path] = page
        if page.kinds - kinds.setdefault(view_of(path), set()):
            kinds[view_of(path)] |= page.kinds
            found.to_open.append(path)
        for link in page.links:
            target = urlsplit(urljoin(base + path, link))
            if f"{target.scheme}://{target.netloc}" != base or target.path.startswith("/static/"):
                continue
            address = target.path + (f"?{target.query}" if target.query else "")
            if address in known:
                continue
            known.add(address)
            if target.query:
                asked[view_of(target.path)] += 1
                if asked[view_of(target.path)] > with_queries:
                    continue
            todo.append(address)
    return found
