"""Document model → print HTML for WeasyPrint, on the grid of GB/T 9704—2012.

Body paragraphs arrive as finished lines from the composer, one block ``<span class="l">`` each. Nothing in the flow
is positioned, transformed or made transparent: WeasyPrint paints such boxes last, and the text would be extracted out
of order. The 版记 is a footnote, which pins it to the foot of its page; where it must stand (7.4, last even page) is
found by counting pages, see ``FootPlace``.
"""

from dataclasses import dataclass
from html import escape

from reports.document import Figure, Para, Table, annex_labels
from reports.renderers import gb9704 as gb
from reports.renderers import layout
from reports.renderers.compose import compose
from reports.renderers.page_css import stylesheet
from reports.renderers.svg import safe_svg

BLANK_ROW = '<p class="b"></p>'
KEPT_ROW = '<p class="b keep"></p>'
META = {"author": "author", "subject": "description", "keywords": "keywords"}
LEVELS = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h5"}
CLOSING = {"sign", "date"}
CENTRED = {"byline"}


@dataclass(frozen=True)
class FootPlace:
    """How the 版记 is reached: on the page where the text ends, on a fresh page, or on a fresh one after a blank one."""

    fresh: bool = False
    blank: bool = False


class Page:
    """One document being written as HTML."""

    def __init__(self, doc, metrics, profile="fill", foot_place=FootPlace()):
        self.doc, self.metrics, self.foot_place = doc, metrics, foot_place
        self.grid = gb.grid(profile)
        self.labels = annex_labels(doc)
        self.spaces = layout.right_spaces(doc.blocks, lambda para: metrics.text_width(para.runs))

    def html(self):
        meta = "".join(
            f'<meta name="{name}" content="{escape(self.doc.meta[key])}">'
            for key, name in META.items()
            if self.doc.meta.get(key)
        )
        title = escape(self.doc.title.replace("\n", ""))
        style = stylesheet(self.grid, self.metrics.families)
        return (
            f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>{meta}'
            f"<style>{style}</style>"
            f'</head><body>{self.head()}{self.title()}{self.blocks()}<div id="end"></div>{self.foot()}</body></html>'
        )

    # the head

    def head(self):
        return {"red": self.red_head, "brief": self.brief_head, "none": str}[self.doc.head.kind]()

    def red_head(self):
        head = self.doc.head
        corner = "".join(
            f'<p class="{"" if text == head.copy_no else "hei"}">{escape(text)}</p>' for text in head.corner
        )
        drop = gb.MARK_DROP + self.grid.half
        rows = BLANK_ROW * gb.ROWS_AFTER_MARK
        number = f'<p class="c">{escape(head.number)}</p>'
        if head.signer:
            label, name = head.signer_line[: -len(head.signer)], head.signer
            signer = f'<span>{escape(label)}<span class="kai">{escape(name)}</span></span>'
            number = f'<div class="pair"><span>{escape(head.number)}</span>{signer}</div>'
        return (
            f'<div style="height:{drop:.4f}mm">{corner}</div>{self.mark()}{rows}{number}<div class="rule"></div>'
            + BLANK_ROW * gb.ROWS_AFTER_RULE
        )

    def mark(self):
        mark = self.doc.head.mark
        return f'<div class="mark" style="font-size:{gb.mark_pt(mark)}pt">{escape(mark)}</div>'

    def brief_head(self):
        head = self.doc.head
        corner = [f'<p class="hei">{escape(text)}</p>' for text in head.corner]
        corner += [BLANK_ROW] * (2 - len(corner))
        pair = f'<div class="pair"><span>{escape(head.issuer)}</span><span>{escape(head.date)}</span></div>'
        return (
            f'{"".join(corner)}{self.mark()}<p class="c issue">{escape(head.issue)}</p>{pair}'
            f'<div class="rule close"></div>{BLANK_ROW}'
        )

    # the text

    def title(self):
        lines = "<br>".join(escape(line) for line in layout.title_lines(self.doc.title))
        subtitle = f'<p class="c kai">{escape(self.doc.subtitle)}</p>' if self.doc.subtitle else ""
        return f'<h1 class="t">{lines}</h1>{subtitle}'

    def blocks(self):
        return "".join(self.block(i, block) for i, block in enumerate(self.doc.blocks))

    def block(self, i, block):
        row = KEPT_ROW if layout.keeps_with_text(block) else BLANK_ROW
        rows = row * layout.rows_before(self.doc.blocks, i)
        if isinstance(block, Para):
            return rows + self.para(block, self.spaces.get(i, 0))
        if isinstance(block, Figure):
            return rows + figure(block)
        return rows + (annex(block, self.labels[i]) if block.annex else inline_table(block))

    def para(self, para, right):
        if para.style == "blank":
            return BLANK_ROW
        if para.style in CLOSING:
            return f'<p class="r keep" style="padding-right:{right * gb.CELL:.4f}mm">{runs_html(para.runs)}</p>'
        if para.style in CENTRED:
            return f'<p class="c kai">{runs_html(para.runs)}</p>'
        tag, label = LEVELS.get(para.style, "p"), ""
        if tag != "p":
            keep = ' class="next"' if layout.stands_alone(para) else ""
            label = f'{keep} data-b="{escape(layout.bookmark(para))}"'
        return f"<{tag}{label}>{self.lines(para)}</{tag}>"

    def lines(self, para):
        indent = 0.0 if para.style == "to" else para.indent
        hang = 0.0
        if para.style == "attach":
            label = layout.attach_label(para)
            hang = indent + sum(self.metrics.width(char, para.runs[0].font) for char in label)
        return "".join(line_html(line) for line in compose(para.runs, self.metrics, indent=indent, hang=hang))

    # the foot

    def foot(self):
        if not self.doc.foot:
            return ""
        note = f'<div class="foot" id="foot">{foot_html(self.doc.foot)}</div>'
        place = self.foot_place
        if place.blank:
            return f'<div class="bare">&#8203;</div><div class="bare">{note}</div>'
        return f'<div class="fresh">{note}</div>' if place.fresh or self.ends_in_annex() else note

    def ends_in_annex(self):
        last = self.doc.blocks[-1] if self.doc.blocks else None
        return isinstance(last, Table) and last.annex and last.landscape


def runs_html(runs):
    return "".join(
        escape(r.text) if r.font == "fang" else f'<span class="{r.font}">{escape(r.text)}</span>' for r in runs
    )


def line_html(line):
    """One finished line; its letter-spacing is written only where it differs from the grid's."""
    style = f"padding-left:{line.indent * gb.CELL:.4f}mm;" if line.indent else ""
    if line.spacing:
        style += f"letter-spacing:{gb.TIGHTEN + line.spacing * gb.CELL:.5f}mm"
    attribute = f' style="{style}"' if style else ""
    return f'<span class="l"{attribute}>{"".join(piece_html(piece) for piece in line.pieces)}</span>'


def piece_html(piece):
    trim = f' style="margin-{piece.side}:-{piece.trim * gb.CELL:.4f}mm"' if piece.trim else ""
    font = f' class="{piece.font}"' if piece.font != "fang" else ""
    return f"<span{font}{trim}>{escape(piece.text)}</span>" if font or trim else escape(piece.text)


def figure(block):
    caption = f"<figcaption>{escape(block.title)}</figcaption>" if block.title else ""
    return f"<figure>{safe_svg(block.svg)}{caption}</figure>"


def annex(table, label):
    """7.3.7: a new page, its label at the left of row 1, its title centred on row 3."""
    kind = "annex land" if table.landscape else "annex"
    lines = "<br>".join(escape(line) for line in layout.title_lines(table.title)) if table.title else ""
    mark = escape(f"{label} {table.title}")
    title = f'<h1 class="t a" data-b="{mark}">{lines}</h1>{BLANK_ROW}' if lines else ""
    return f'<div class="{kind}"><p class="hei">{escape(label)}</p>{BLANK_ROW}{title}{table_html(table)}</div>'


def inline_table(table):
    title = f'<p class="c hei head">{escape(table.title)}</p>' if table.title else ""
    return f'<div class="inset">{title}{table_html(table)}</div>'


def table_html(table):
    total = sum(table.widths)
    columns = "".join(f'<col style="width:{100 * width / total:.3f}%">' for width in table.widths)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    kinds = [f' class="{align}"' if align != "l" else "" for align in table.align]
    rows = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in table.rows
    )
    return f"<table><colgroup>{columns}</colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def foot_html(foot):
    rows = [foot_line(label, text) for label, text in foot.lines]
    if foot.printer or foot.print_date:
        rows.append(f'<div class="two"><span>{escape(foot.printer)}</span><span>{escape(foot.print_date)}</span></div>')
    if foot.copies:
        rows.append(f'<div class="end">{escape(foot.copies)}</div>')
    return "".join(rows)


def foot_line(label, text):
    """7.4.2: turned-over lines begin under the first character after the colon."""
    hang = len(label) * gb.SMALL_EM
    style = f"padding-left:{gb.SMALL_EM + hang:.4f}mm;text-indent:-{hang:.4f}mm"
    return f'<div style="{style}">{escape(label)}{escape(text)}</div>'
