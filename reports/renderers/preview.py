"""Document model → HTML: a fragment for the browser preview, and a whole file that needs nothing else.

Every text is escaped, drawings pass ``safe_svg``; the fragment holds no style and no script, its looks are the site's
``.a4``. A run computed from a figure becomes a link, so that every number can be opened.
"""

from collections.abc import Callable
from html import escape

from reports.document import Doc, Figure, Para, Table, annex_labels
from reports.renderers.svg import safe_svg

HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6"}
CLASSES = {"to": "to", "sign": "sign", "date": "date", "attach": "attach", "note": "remark", "byline": "by"}
ALIGN = {"l": "", "c": ' class="c"', "r": ' class="r"'}
STYLE = """
body { margin: 0; background: #ebe8e0; color: #000; }
.a4 { box-sizing: border-box; width: 210mm; max-width: 100%; margin: 0 auto; padding: 37mm 26mm 35mm 28mm; }
.a4 { background: #fff; font: 16pt/29pt FangSong_GB2312, FangSong, 仿宋, STFangsong, serif; overflow-wrap: anywhere; }
.a4 p, .a4 h2, .a4 h3, .a4 h4, .a4 h5, .a4 h6 { margin: 0; font-size: 1em; font-weight: 400; }
.a4 p, .a4 h3, .a4 h4, .a4 h5, .a4 h6 { text-indent: 2em; text-align: justify; }
.a4 h2 { font: 22pt/36pt FZXiaoBiaoSong-B05S, 方正小标宋简体, STSong, SimSun, serif; text-align: center; margin: 0 0 1em; }
.a4 h3, .a4 .hei, .a4 th { font-family: SimHei, 黑体, sans-serif; }
.a4 h4, .a4 .kai, .a4 .by { font-family: KaiTi_GB2312, KaiTi, 楷体, serif; }
.a4 .to, .a4 .by, .a4 .mark, .a4 .issue, .a4 .caption, .a4 .annex-label, .a4 .corner { text-indent: 0; }
.a4 .by, .a4 .mark, .a4 .issue, .a4 .caption, .a4 figure { text-align: center; }
.a4 .sign, .a4 .date { text-align: right; }
.a4 .mark { color: #e60000; font-size: 32pt; line-height: 1.4; }
.a4 .pair { display: flex; justify-content: space-between; text-indent: 0; }
.a4 .docket { border-bottom: 2px solid #e60000; margin-bottom: 2em; }
.a4 .colophon-lines { border: solid; border-width: 1px 0; margin-top: 2em; font-size: 14pt; }
.a4 .colophon-lines p { text-indent: 0; }
.a4 .blank { border-bottom: 1px solid; padding: 0 .3em; }
.a4 table { border-collapse: collapse; width: 100%; font-size: 10.5pt; line-height: 1.5; }
.a4 th, .a4 td { border: 1px solid; padding: .3em; white-space: pre-line; }
.a4 th, .a4 .c { text-align: center; }
.a4 .r { text-align: right; }
.a4 figure { margin: 1em 0; }
.a4 svg { max-width: 100%; height: auto; }
@page { size: A4; margin: 37mm 26mm 35mm 28mm; }
@media print { body { background: none; } .a4 { width: auto; padding: 0; } }
"""


def preview_html(doc: Doc, fact_url: Callable[[str], str] | None = None) -> str:
    """``<article class="a4">`` for the page. ``fact_url(key)`` gives the address of a figure; without it none are
    linked.
    """
    labels = annex_labels(doc)
    blocks = "".join(_block(block, labels.get(i, ""), fact_url, i) for i, block in enumerate(doc.blocks))
    title = "<br>".join(escape(line) for line in doc.title.split("\n"))
    subtitle = f'<p class="by">{escape(doc.subtitle)}</p>' if doc.subtitle else ""
    inner = f"{_head(doc.head)}<h2>{title}</h2>{subtitle}{blocks}{_foot(doc.foot)}"
    return f'<article class="a4" lang="zh-CN">{inner}</article>'


def standalone_html(doc: Doc) -> str:
    """A complete HTML file with its own small style sheet."""
    title = escape(doc.title.replace("\n", ""))
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>{preview_html(doc)}</body></html>\n"
    )


def _line(kind, text, tag="p"):
    return f'<{tag} class="{kind}">{escape(text)}</{tag}>' if text else ""


def _pair(left, right):
    spans = "".join(f"<span>{escape(text)}</span>" for text in (left, right) if text)
    return f'<p class="pair">{spans}</p>' if spans else ""


def _head(head):
    if head.kind == "none":
        return ""
    corner = "".join(_line("corner", text) for text in head.corner)
    rest = (
        _pair(head.number, head.signer_line)
        if head.kind == "red"
        else _line("issue", head.issue) + _pair(head.issuer, head.date)
    )
    return f'<header class="docket">{corner}{_line("mark", head.mark)}{rest}</header>'


def _foot(foot):
    if not foot:
        return ""
    lines = "".join(_line("foot-line", label + text) for label, text in foot.lines)
    last = _pair(foot.printer, foot.print_date) + _line("r", foot.copies)
    return f'<footer class="colophon-lines">{lines}{last}</footer>'


def _block(block, label, fact_url, number):
    if isinstance(block, Para):
        return _para(block, fact_url, number)
    if isinstance(block, Figure):
        caption = f"<figcaption>{escape(block.title)}</figcaption>" if block.title else ""
        return f"<figure>{safe_svg(block.svg)}{caption}</figure>"
    return _table(block, label)


def _para(para, fact_url, number):
    if para.style == "blank":
        return '<p class="gap"></p>'
    tag, kind = HEADINGS.get(para.style, "p"), CLASSES.get(para.style)
    if tag != "p" and len(runs := para.runs) > 1 and runs[0].font != runs[-1].font:
        tag, kind = "p", "run-in"
    attribute = f' class="{kind}"' if kind else ""
    attribute += f' id="part-{number}"' if para.style in ("h1", "h2") else ""  # where the outline leads
    return f"<{tag}{attribute}>{''.join(_run(run, fact_url) for run in para.runs)}</{tag}>"


def _run(run, fact_url):
    text = escape(run.text)
    if run.font != "fang":
        text = f'<span class="{run.font}">{text}</span>'
    if run.blank:
        text = f'<span class="blank">{text}</span>'
    if run.fact and fact_url:
        text = f'<a class="fact" href="{escape(fact_url(run.fact))}">{text}</a>'
    return text


def _table(table: Table, label):
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.head)
    kinds = [ALIGN[align] for align in table.align]
    rows = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in table.rows
    )
    names = _line("annex-label", label) + _line("caption", table.title)
    inner = f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f'<section>{names}<div class="table-scroll"><table class="table">{inner}</table></div></section>'
