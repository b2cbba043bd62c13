"""Somebody with a browser, for benchmarks: cookies, redirects, forms sent as the page has them. A connection for each request."""

import gzip
import html
import http.client
import re
import urllib.parse
from dataclasses import dataclass
from functools import cached_property

FORM = "application/x-www-form-urlencoded"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"[^>]*? value="([^"]*)"')


class Broken(Exception):
    """No answer came, or one that says that the server can't at the moment (5xx): whoever asked may ask again."""


@dataclass(frozen=True)
class Page:
    """An answer: status, the path it leads to (redirects only), what came, and the path that was asked for."""

    status: int
    leads_to: str
    body: bytes
    is_packed: bool
    path: str

    @cached_property
    def text(self) -> str:
        return (gzip.decompress(self.body) if self.is_packed else self.body).decode()

    def names(self, pattern: str) -> list[str]:
        """The names of the page's fields that match, each once, in their order."""
        return list(dict.fromkeys(re.findall(rf'name="({pattern})"', self.text)))

    def form(self, which: str) -> dict[str, str]:
        """The hidden fields of the first form that has `which` in its opening tag. Raises ValueError when there is none."""
        found = re.search(rf"<form [^>]*{re.escape(which)}[^>]*>(.*?)</form>", self.text, re.DOTALL)
        if found is None:
            raise ValueError(f"{self.path} ({self.status}) has no form {which}")
        return {name: html.unescape(value) for name, value in HIDDEN.findall(found[1])}


class Visitor:
    """One browser. Raises Broken whenever a request gets no answer, or a 5xx."""

    def __init__(self, port: int, timeout: float = 30):
        self.port, self.timeout = port, timeout
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str) -> Page:
        """One request, no redirect followed."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        headers |= {"Accept-Encoding": "gzip", "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = FORM
        try:
            line.request(method, path, urllib.parse.urlencode(fields) if fields is not None else None, headers)
            answer = line.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Broken(f"{method} {path}: {type(error).__name__}") from error
        finally:
            line.close()
        if answer.status >= 500:
            raise Broken(f"{method} {path}: {answer.status}")
        self._keep(answer.headers.get_all("Set-Cookie", []))
        return Page(answer.status, answer.getheader("Location", ""), body, answer.getheader("Content-Encoding") == "gzip", path)

    def _keep(self, sent: list[str]) -> None:
        """Cookies of an answer that came whole; one that is emptied is taken away."""
        for line in sent:
            name, _is, value = line.partition(";")[0].partition("=")
            if value.strip('"'):
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)

    def open(self, path: str) -> Page:
        """A page, over its redirects."""
        for _n in range(6):
            page = self.ask("GET", path)
            if not page.leads_to:
                return page
            path = page.leads_to
        raise ValueError(f"{path}: redirected for ever")

    def sign_in(self, username: str, password: str) -> Page:
        """Over the sign-in page; the page it leads to. Raises ValueError when the password is refused."""
        hidden = self.ask("GET", "/accounts/sign-in/").form("/accounts/sign-in/")
        page = self.ask("POST", "/accounts/sign-in/", hidden | {"username": username, "password": password})
        if page.status != 302:
            raise ValueError(f"{username} could not sign in: {page.status}")
        return page
