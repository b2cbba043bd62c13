"""Two versions of a text side by side: which paragraphs came, went or were rewritten, and in which words."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORD = re.compile(r"\{\{[^}]*\}\}|[A-Za-z0-9.]+|.")
ALIKE = 0.4  # paragraphs less alike than this are not one rewritten, but one gone and one come
Piece = tuple[str, str]  # ("=", "+" or "-", words)
LABELS: dict[str, Promise] = {"+": _("新增"), "-": _("删去"), "~": _("改写"), "=": _("未改")}


@dataclass(frozen=True)
class Change:
    """A paragraph (or, unchanged, a run of `count` of them): what became of it, and its pieces."""

    mark: str
    pieces: tuple[Piece, ...] = ()
    count: int = 1

    @property
    def label(self) -> Promise:
        return LABELS[self.mark]


def changes(old: str, new: str) -> list[Change]:
    """In reading order; blank lines don't count."""
    before, after = ([line for line in text.splitlines() if line.strip()] for text in (old, new))
    out: list[Change] = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        out += [Change("=", count=b - a)] if what == "equal" else _replaced(before[a:b], after[c:d])
    return out


def _replaced(before: list[str], after: list[str]) -> list[Change]:
    """Paragraphs that gave way to others, one by one."""
    out: list[Change] = []
    for gone, come in zip_longest(before, after):
        if gone and come and SequenceMatcher(None, gone, come, autojunk=False).ratio() >= ALIKE:
            out.append(Change("~", tuple(_pieces(WORD.findall(gone), WORD.findall(come)))))
        else:
            out += [Change(mark, ((mark, words),)) for mark, words in (("-", gone), ("+", come)) if words]
    return out


def _pieces(before: list[str], after: list[str]) -> list[Piece]:
    """Words kept, taken out and put in; a single one kept between two changes is told as part of them."""
    kept, gone, come = [], [], []
    out: list[Piece] = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal" and (b - a > 1 or not (gone or come)):
            out += _told(kept, gone, come)
            kept, gone, come = before[a:b], [], []
        else:
            gone += before[a:b]
            come += after[c:d]
    return out + _told(kept, gone, come)


def _told(kept: list[str], gone: list[str], come: list[str]) -> list[Piece]:
    return [(mark, "".join(words)) for mark, words in (("=", kept), ("-", gone), ("+", come)) if words]
