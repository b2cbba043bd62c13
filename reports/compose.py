"""From a briefing's text to the document model: headings numbered, figures and facts put in and remembered, blanks marked."""

import datetime as dt
import re
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from . import document as model
from .charts import trend
from .dashboard import weekly_trend
from .facts import FACTS, PARTS
from .figures import REGISTRY, Scope, figure
from .material import Material
from .models import Briefing

PLACE = re.compile(r"\{\{\s*([a-z_]+)\s*(\|\s*cn\s*)?\}\}")
BLANKS = re.compile(r"×月×日|××")
PART = re.compile(r"^\s*@\s*(\S+)\s*$", re.MULTILINE)
HEADING = re.compile(r"^(#{1,3})\s+(.+)$")
FONT = {"h1": "hei", "h2": "kai", "h3": "fang", "p": "fang"}
DEPTH = 4  # a fact may name facts that name figures


@dataclass
class Composer:
    """Composes one text; `used` collects every figure and fact that went in, with its value."""

    scope: Scope
    as_of: dt.date
    used: dict[str, dict] = field(default_factory=dict)
    material: Material = field(init=False)

    def __post_init__(self):
        self.material = Material(self.scope, self.as_of)

    def gather(self, body: str) -> None:
        """Count and read at once what the text and its facts name."""
        keys = {place[1] for place in PLACE.finditer(body)}
        told = [FACTS[key] for key in FACTS if key in keys]
        parts = [PARTS[name] for name in PARTS if name in PART.findall(body)]
        counted = [key for key in REGISTRY if key in keys] + [key for fact in told for key in fact.figures]
        self.material.gather(figures=counted, lists=[name for one in (*told, *parts) for name in one.lists])

    def runs(self, text: str, font: str = "fang", fact: str = "", depth: int = DEPTH) -> list[model.Run]:
        """Text with its placeholders resolved, as runs; unknown keys raise ValidationError naming them."""
        out: list[model.Run] = []
        end = 0
        for place in PLACE.finditer(text):
            out += self._plain(text[end : place.start()], font, fact)
            out += self._resolve(place[1], bool(place[2]), font, depth)
            end = place.end()
        return out + self._plain(text[end:], font, fact)

    def _plain(self, text: str, font: str, fact: str) -> list[model.Run]:
        out, end = [], 0
        for gap in BLANKS.finditer(text):
            out += [model.Run(text[end : gap.start()], font, fact), model.Run(gap[0], font, fact, blank=True)]
            end = gap.end()
        return [run for run in [*out, model.Run(text[end:], font, fact)] if run.text]

    def _resolve(self, key: str, in_words: bool, font: str, depth: int) -> list[model.Run]:
        if key in REGISTRY:
            return [model.Run(self._number(key, in_words), font, key)]
        if key not in FACTS or not depth:
            raise ValidationError(_("没有名为“%(key)s”的数据，请核对双花括号里的名称。"), params={"key": key}, code="unknown_fact")
        text = FACTS[key].tell(self.material)
        self.used.setdefault(key, {"text": text})
        return self.runs(text, font, depth=depth - 1)

    def _number(self, key: str, in_words: bool) -> str:
        known = figure(key)
        if key not in self.used:
            self.used[key] = {"value": known.shown(self.material.figure(key)), "label": str(known.label), "unit": str(known.unit), "definition": str(known.definition)}
        shown = self.used[key]["value"]
        return model.chinese_number(int(shown)) if in_words and shown.isdigit() and int(shown) else shown or "××"

    def blocks(self, body: str) -> list[model.Block]:
        """The text's lines as numbered headings and paragraphs, its drawings with their tables."""
        self.gather(body)
        out: list[model.Block] = []
        count = {1: 0, 2: 0, 3: 0}
        pending: list[model.Run] = []  # a heading that runs into the next paragraph
        for line in self._lines(body):
            if not isinstance(line, str):
                out, pending = [*out, *self._flush(pending), line], []
                continue
            heading = HEADING.match(line)
            if heading:
                out += self._flush(pending)
                level, text = len(heading[1]), heading[2]
                count[level] += 1
                count |= {deeper: 0 for deeper in count if deeper > level}
                style = f"h{level}"
                runs = self.runs(model.ordinal(level, count[level]) + text, FONT[style])
                pending = runs if level > 1 and text.endswith("。") else []
                out += [] if pending else [model.Para(tuple(runs), style)]
            else:
                style = "h2" if pending else "p"
                out.append(model.Para(tuple(pending + self.runs(line)), style))
                pending = []
        return out + self._flush(pending)

    @staticmethod
    def _flush(pending: list[model.Run]) -> list[model.Para]:
        return [model.Para(tuple(pending), "h2")] if pending else []

    def _lines(self, body: str) -> list[str | model.Figure | model.Table]:
        lines: list[str | model.Figure | model.Table] = []
        for line in (raw.strip() for raw in body.splitlines()):
            if line.startswith("@"):
                lines += self._part(line[1:].strip())
            elif line:
                lines.append(line)
        return [line for line in lines if not isinstance(line, str) or line.strip()]

    def _part(self, name: str) -> list:
        """The lines or the drawing that `@name` stands for."""
        if name in DRAWINGS:
            return DRAWINGS[name](self.scope, self.as_of)
        if name not in PARTS:
            raise ValidationError(_("没有名为“@%(name)s”的段落，可用的有：%(known)s。"), params={"name": name, "known": "、".join([*PARTS, *DRAWINGS])})
        return PARTS[name].tell(self.material)


def trend_blocks(scope: Scope, as_of: dt.date) -> list[model.Figure | model.Table]:
    """The dashboard's trend as a drawing, and the same numbers as a table; nothing when there are no problems."""
    points = weekly_trend(scope, as_of)
    if not points:
        return []
    rows = tuple((f"{p.day.month}月{p.day.day}日", str(p.found), str(p.closed)) for p in points)
    return [
        model.Figure(trend(points), _("问题与销号走势（每周累计，件）")),
        model.Table((_("截至"), _("应整改"), _("已销号")), rows, (2, 1, 1), align=("l", "r", "r"), annex=False),
    ]


DRAWINGS = {"走势图": trend_blocks}


def chinese_date(day: dt.date | None) -> str:
    """“2026年9月18日”, a visible blank when the report has no date."""
    return f"{day.year}年{day.month}月{day.day}日" if day else "×年×月×日"


def compose(briefing: Briefing, body: str) -> tuple[model.Doc, dict[str, dict]]:
    """The document of a briefing's text as of its date, and every fact that went in. Raises ValidationError."""
    composer = Composer(Scope(briefing.campaign), briefing.as_of)
    blocks: list[model.Block] = []
    if briefing.audience:
        blocks.append(model.Para((model.Run(f"{briefing.audience.rstrip('：')}："),), "to", 0))
    blocks += composer.blocks(body)
    if briefing.number or briefing.dated_on:
        blocks.append(model.Para((model.Run(briefing.organ),), "sign", 0))
        blocks.append(model.Para((model.Run(chinese_date(briefing.dated_on)),), "date", 0))
    doc = model.Doc(
        title=briefing.title,
        head=_head(briefing),
        blocks=tuple(blocks),
        foot=_foot(briefing),
        subtitle="" if briefing.number else briefing.organ,
        meta={"author": briefing.organ, "subject": f"数据截至{chinese_date(briefing.as_of)}"},
    )
    return doc, composer.used


def _head(briefing: Briefing) -> model.Head:
    if briefing.kind == Briefing.Kind.BULLETIN and briefing.issue_no:
        return model.Head(kind="brief", mark=_("教育整顿工作简报"), number=f"第{briefing.issue_no}期", issuer=briefing.organ, date=chinese_date(briefing.dated_on))
    if briefing.number:
        return model.Head(kind="red", mark=f"{briefing.organ}文件", number=briefing.number, signer=briefing.signer)
    return model.Head()


def _foot(briefing: Briefing) -> model.Foot | None:
    if not briefing.number:
        return None
    lines = (("抄送：", briefing.copies_to.rstrip("。") + "。"),) if briefing.copies_to else ()
    return model.Foot(lines=lines, printer=briefing.organ, print_date=f"{chinese_date(briefing.dated_on)}印发")
