"""The one document model: what an official document says, before any page or file format.

Composers build a ``Doc``; the PDF, DOCX and HTML writers read nothing else, so the three say the same. Every part is
frozen and made of plain values: ``to_json`` and ``from_json`` are exact inverses, and the JSON is stored with an
issued version. Text is cleaned when a part is made: characters no file format can carry are dropped there, once, for
all writers.

Blank rows the standard asks for (under a title, above a signature) are the writers' business; ``Para`` of style
``blank`` is for a deliberate one.
"""

import json
import re
import unicodedata
from dataclasses import asdict, dataclass, field

STYLES = ("p", "h1", "h2", "h3", "h4", "to", "sign", "date", "attach", "note", "byline", "blank")
FONTS = ("fang", "kai", "hei", "song", "title")
HEADS = ("red", "brief", "none")
SIGNER_LABEL = "签发人："
ANNEX_LABEL = "附件"
DIGITS = "零一二三四五六七八九"
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format, lone surrogates, line and paragraph separators
VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")


def clean(text, keep_breaks=False):
    """Text without characters that XML or a font cannot carry; tabs and line breaks become spaces unless breaks are
    kept.
    """
    text = re.sub(r"\r\n?", "\n", text).replace("\t", " ")
    text = text if keep_breaks else text.replace("\n", " ")
    text = NONCHARACTERS.sub("", VARIATION_SELECTORS.sub("", text))
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in INVISIBLE)


def _set(part, name, value):
    """Set a field of a frozen part while it is being made."""
    object.__setattr__(part, name, value)


def _clean_fields(part, *names, keep_breaks=False):
    for name in names:
        _set(part, name, clean(getattr(part, name), keep_breaks))


def _require(value, allowed):
    if value not in allowed:
        raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")


@dataclass(frozen=True)
class Run:
    """Text in one font. ``fact`` is the key of the figure it was computed from; ``blank`` marks a gap such as ×月×日."""

    text: str
    font: str = "fang"
    fact: str = ""
    blank: bool = False

    def __post_init__(self):
        _require(self.font, FONTS)
        _clean_fields(self, "text")


@dataclass(frozen=True)
class Para:
    """One paragraph. ``indent`` is its first-line indent in 字; ``to``, ``sign`` and the like have their own place."""

    runs: tuple[Run, ...]
    style: str = "p"
    indent: float = 2

    def __post_init__(self):
        _require(self.style, STYLES)
        _set(self, "runs", tuple(self.runs))

    @property
    def text(self):
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Table:
    """A table of plain text. ``widths`` are relative, ``align`` holds l, c or r per column.

    As an ``annex`` it starts a page of its own under 附件, ``landscape`` if wanted; otherwise it stands in the text
    with its title above it.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    title: str = ""
    landscape: bool = False
    align: tuple[str, ...] = ()
    annex: bool = True

    def __post_init__(self):
        _clean_fields(self, "title")
        _set(self, "head", tuple(clean(cell, keep_breaks=True) for cell in self.head))
        _set(self, "rows", tuple(tuple(clean(str(cell), keep_breaks=True) for cell in row) for row in self.rows))
        _set(self, "widths", tuple(self.widths))
        _set(self, "align", tuple(self.align) or ("l",) * len(self.head))
        for row in (self.widths, self.align, *self.rows):
            if len(row) != len(self.head):
                raise ValueError(f"a row of {len(row)} cells under {len(self.head)} headings")


@dataclass(frozen=True)
class Figure:
    """A drawing of our own making: SVG of shapes and text, see ``renderers.svg`` for what is let through."""

    svg: str
    title: str = ""

    def __post_init__(self):
        _clean_fields(self, "title")


@dataclass(frozen=True)
class Head:
    """版头. ``red`` is the 红头 of an official letter, ``brief`` the 报头 of a bulletin.

    ``mark`` 发文机关标志 or name of the bulletin; ``number`` 发文字号 or 第×期; ``issue_total`` 总第×期; ``signer`` 签发人
    without its label; ``issuer`` and ``date`` 编印单位 and 日期 of a bulletin; ``copy_no`` 份号, ``secret`` 密级和保密期限,
    ``urgency`` 紧急程度.
    """

    kind: str = "none"
    mark: str = ""
    number: str = ""
    signer: str = ""
    issuer: str = ""
    date: str = ""
    issue_total: str = ""
    copy_no: str = ""
    secret: str = ""
    urgency: str = ""

    def __post_init__(self):
        _require(self.kind, HEADS)
        _clean_fields(self, *(name for name in self.__dataclass_fields__ if name != "kind"))

    @property
    def issue(self):
        """第3期（总第18期）"""
        return f"{self.number}（{self.issue_total}）" if self.issue_total else self.number

    @property
    def corner(self):
        """份号, 密级, 紧急程度: what stands in the upper left corner, one row each."""
        return tuple(text for text in (self.copy_no, self.secret, self.urgency) if text)

    @property
    def signer_line(self):
        return SIGNER_LABEL + self.signer if self.signer else ""


@dataclass(frozen=True)
class Foot:
    """版记: ``lines`` are (label, text) pairs such as ("抄送：", "市纪委监委。"); then 印发机关, 印发日期 and 印发份数."""

    lines: tuple[tuple[str, str], ...] = ()
    printer: str = ""
    print_date: str = ""
    copies: str = ""

    def __post_init__(self):
        _clean_fields(self, "printer", "print_date", "copies")
        _set(self, "lines", tuple((clean(label), clean(text)) for label, text in self.lines))


Block = Para | Table | Figure


@dataclass(frozen=True)
class Doc:
    """A whole document. A line break in ``title`` is the author's own choice of where to break it.

    ``meta`` holds author, subject and the like, as text, for the properties of the file.
    """

    title: str
    head: Head = Head()
    blocks: tuple[Block, ...] = ()
    foot: Foot | None = None
    subtitle: str = ""
    meta: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        _clean_fields(self, "title", keep_breaks=True)
        _clean_fields(self, "subtitle")
        _set(self, "blocks", tuple(self.blocks))
        _set(self, "meta", {key: clean(str(value)) for key, value in self.meta.items()})

    def to_data(self):
        """Plain dicts, lists and values; each block carries the name of its kind."""
        data = asdict(self)
        data["blocks"] = [{"block": KINDS[type(block)], **asdict(block)} for block in self.blocks]
        return data

    @classmethod
    def from_data(cls, data):
        foot = data["foot"] and Foot(**data["foot"])
        blocks = tuple(_block(item) for item in data["blocks"])
        return cls(data["title"], Head(**data["head"]), blocks, foot, data["subtitle"], data["meta"])

    def to_json(self):
        """One canonical text: equal documents have equal JSON, fit for hashing."""
        return json.dumps(self.to_data(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text):
        return cls.from_data(json.loads(text))


KINDS = {Para: "para", Table: "table", Figure: "figure"}
CLASSES = {name: kind for kind, name in KINDS.items()}


def _block(item):
    values = {key: value for key, value in item.items() if key != "block"}
    if item["block"] == "para":
        values["runs"] = tuple(Run(**run) for run in values["runs"])
    return CLASSES[item["block"]](**values)


def chinese_number(n):
    """11 → 十一, 105 → 一百零五; 1 to 9999."""
    if not 1 <= n <= 9999:
        raise ValueError(f"no numeral for {n}")
    out = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, n = divmod(n, unit)
        if digit:
            out += DIGITS[digit] + name
        elif out and n and not out.endswith("零"):
            out += "零"
    return out[1:] if out.startswith("一十") else out


def ordinal(level, n):
    """The number of a heading, levels 1 to 4: 一、 /（一）/ 1. /（1） (GB/T 9704—2012, 7.3.3)."""
    if level not in (1, 2, 3, 4):
        raise ValueError(f"no heading level {level}")
    chinese = chinese_number(n)
    return (f"{chinese}、", f"（{chinese}）", f"{n}.", f"（{n}）")[level - 1]


def annex_labels(doc):
    """{index of an annex among the blocks: its label}, 附件 if it is the only one, else 附件1, 附件2 (7.3.7)."""
    places = [i for i, block in enumerate(doc.blocks) if isinstance(block, Table) and block.annex]
    alone = len(places) == 1
    return {place: ANNEX_LABEL if alone else f"{ANNEX_LABEL}{n}" for n, place in enumerate(places, 1)}


def plain_text(doc):
    """Every word in reading order, one part a line; what PDF, DOCX and HTML must all contain. Words in drawings
    excepted.
    """
    labels = annex_labels(doc)
    lines = [*_head_lines(doc.head), *doc.title.split("\n"), doc.subtitle]
    for i, block in enumerate(doc.blocks):
        lines += _block_lines(block, labels.get(i, ""))
    if doc.foot:
        lines += _foot_lines(doc.foot)
    return "\n".join(line for line in lines if line)


def _head_lines(head):
    if head.kind == "red":
        return [*head.corner, head.mark, head.number, head.signer_line]
    if head.kind == "brief":
        return [*head.corner, head.mark, head.issue, head.issuer, head.date]
    return []


def _block_lines(block, label):
    if isinstance(block, Para):
        return [block.text]
    if isinstance(block, Figure):
        return [block.title]
    return [label, block.title, *block.head, *(cell for row in block.rows for cell in row)]


def _foot_lines(foot):
    return [*(label + text for label, text in foot.lines), foot.printer, foot.print_date, foot.copies]
