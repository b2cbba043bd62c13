"""A printed form or ledger → print HTML for WeasyPrint: title in 2号小标宋, one fully ruled table, page x of y."""

from html import escape
from math import ceil

from reports.renderers import gb9704 as gb

PORTRAIT = (gb.TOP, gb.RIGHT, gb.BOTTOM, gb.LEFT)  # mm: the type area of 5.2
LANDSCAPE = (gb.LEFT, 20.0, 22.0, 20.0)  # mm: bound at the top; the rest goes to the columns of a ledger
FORM_PT, FORM_PITCH_PT = 12.0, 18.0  # 小四
ROOM = 16  # mm above a line to sign on, for a few words by hand
LONGEST_WHOLE = 12  # lines: a longer row may break over pages, a shorter one goes to the next as a whole
RULE = ".75pt solid #000"  # each cell draws its right and lower one, also where a page breaks it
PADDING = 2.4  # mm: left and right of a cell's text, with its rules


def sheet_html(sheet, families):
    """``families`` maps each font of the model to the family that was found."""
    title = escape(sheet.title)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><style>{stylesheet(sheet, families)}</style>'
        f"</head><body><h1>{title}</h1>{notes(sheet)}{table(sheet)}{closing(sheet)}</body></html>"
    )


def sizes(sheet):
    """(size, pitch) in pt of the text in the table."""
    return (gb.TABLE_PT, gb.TABLE_PITCH_PT) if sheet.landscape else (FORM_PT, FORM_PITCH_PT)


def column_widths(sheet):
    """In mm, filling the page between its margins."""
    margins = LANDSCAPE if sheet.landscape else PORTRAIT
    room = (gb.PAGE_HEIGHT if sheet.landscape else gb.PAGE_WIDTH) - margins[1] - margins[3]
    return [room * width / sum(sheet.widths) for width in sheet.widths]


def notes(sheet):
    return f'<div class="pair">{"".join(f"<span>{escape(text)}</span>" for text in sheet.notes)}</div>' if any(sheet.notes) else ""


def closing(sheet):
    return f'<div class="pair closing">{"".join(f"<span>{escape(text)}</span>" for text in sheet.closing)}</div>' if sheet.closing else ""


def table(sheet):
    widths = column_widths(sheet)
    columns = "".join(f'<col style="width:{width:.3f}mm">' for width in widths)
    head = "".join(f"<tr>{cells_html(row, 'th' if row_is_heading(row) else 'td')}</tr>" for row in sheet.head)
    rows = "".join(row_html(row, row_class(row, widths, sizes(sheet)[0]), numbered=sheet.landscape) for row in sheet.rows)
    return f"<table><colgroup>{columns}</colgroup><thead>{head}</thead><tbody>{rows}</tbody></table>"


def row_html(row, kind, numbered):
    """In a ledger, a row that breaks says its number again at the head of the next page: named while it lasts, unnamed by an empty row behind it."""
    if kind != "long" or not numbered or len(row) < 2:
        return f"<tr{f' class={kind}' if kind else ''}>{cells_html(row)}</tr>"
    named = f'<td class={row[0].kind} data-again="第 {escape(row[0].text)} 件接上页">{content(row[0])}</td>'
    return f"<tr class=long>{named}{cells_html(row[1:])}</tr><tr class=over><td colspan={sum(cell.span for cell in row)}></td></tr>"


def row_class(row, widths, size):
    """Long ones may break; one that heads others stays with the next."""
    if lines(row, widths, size) > LONGEST_WHOLE:
        return "long"
    return "next" if row[0].kind == "heading" else ""


def row_is_heading(row):
    return all(cell.kind == "label" for cell in row)


def cells_html(row, tag="td"):
    return "".join(
        f"<{tag}{f' colspan={cell.span}' if cell.span > 1 else ''} class={cell.kind}>{content(cell)}</{tag}>" for cell in row
    )


def content(cell):
    if not cell.closing:
        return escape(cell.text)
    return f'<div class="room">{escape(cell.text)}</div><div class="sign">{escape(cell.closing)}</div>'


def lines(row, widths, size):
    """About how many lines the longest cell takes, a hanzi wide and a half-width character alike."""
    most, start = 1, 0
    for cell in row:
        room = max(1, int((sum(widths[start : start + cell.span]) - PADDING) / (size * gb.MM_PER_PT)))
        most = max(most, sum(max(1, ceil(len(part) / room)) for part in cell.text.split("\n")))
        start += cell.span
    return most


def stylesheet(sheet, families):
    fonts = {role: f'"{family}","{gb.RARE}"' for role, family in families.items()}
    margins = " ".join(f"{side}mm" for side in (LANDSCAPE if sheet.landscape else PORTRAIT))
    size, pitch = sizes(sheet)
    return f"""
@page {{ size:A4 {"landscape" if sheet.landscape else "portrait"}; margin:{margins};
  @bottom-center {{ content:"第 " counter(page) " 页　共 " counter(pages) " 页"; font:{size}pt {fonts["song"]}; vertical-align:top; padding-top:{gb.NUMBER_DROP}mm }}
  @top-left {{ content:string(again, start); font:{size}pt {fonts["song"]}; vertical-align:bottom; padding-bottom:2mm }} }}
html {{ font:{size}pt/{pitch}pt {fonts["fang"]}; color:#000; font-variant-ligatures:none; font-kerning:none }}
body {{ margin:0; orphans:2; widows:2 }}
h1 {{ margin:0 0 5mm; font:{gb.TITLE_PT}pt/{gb.TITLE_PITCH_PT}pt {fonts["title"]}; text-align:center; bookmark-level:none }}
.pair {{ display:flex; justify-content:space-between; margin-bottom:2mm; break-after:avoid }}
.closing {{ margin:5mm 0 0; break-before:avoid; break-inside:avoid }}
table {{ border-collapse:separate; border-spacing:0; width:100%; table-layout:fixed }}
th, td {{ border-right:{RULE}; border-bottom:{RULE}; padding:1mm; vertical-align:middle; text-align:left; font-weight:normal;
  overflow-wrap:anywhere; white-space:pre-line; box-decoration-break:clone }}
thead tr:first-child > * {{ border-top:{RULE} }} tr > :first-child {{ border-left:{RULE} }}
th, .heading {{ font-family:{fonts["hei"]} }} .label, .centre, .heading {{ text-align:center }}
tr {{ break-inside:avoid }} tr.next {{ break-after:avoid }} tr.long {{ break-inside:auto }} tr.long td {{ vertical-align:top }} tr.long td.label {{ vertical-align:middle }}
td[data-again] {{ string-set:again attr(data-again) }} tr.over {{ break-before:avoid }} tr.over td {{ string-set:again ""; padding:0; border:0!important; line-height:0 }}
.room {{ min-height:{ROOM}mm }} .sign {{ text-align:right; white-space:pre; break-before:avoid; margin-top:2mm }}
"""
