"""The style sheet of the print page, computed from the grid and the fonts in use."""

from reports.renderers import gb9704 as gb

LANDSCAPE_NUMBER_WIDTH = 15.63  # mm: "— 1 —" of 14 pt, the box that is turned


def stylesheet(grid, families):
    """CSS for one grid; ``families`` maps each font of the model to the family that was found."""
    fonts = {role: f'"{family}","{gb.RARE}"' for role, family in families.items()}
    return pages(grid, fonts) + text(grid, fonts) + heads(grid, fonts) + foot(grid) + tables(grid, fonts)


def pages(grid, fonts):
    """Page margins, page numbers, landscape annexes (clause 8: the number stays where portrait pages have it)."""
    number = f'content:"— " counter(page) " —";font:{gb.SMALL_PT}pt/{gb.SMALL_PT}pt {fonts["song"]};white-space:nowrap'
    drop = gb.NUMBER_DROP - gb.DASH_HEIGHT_EM * gb.SMALL_EM + grid.bottom - gb.BOTTOM
    portrait = f"{number};width:60mm;vertical-align:top;padding-top:{drop:.4f}mm"
    turned = (
        f"{number};width:{LANDSCAPE_NUMBER_WIDTH}mm;height:{gb.SMALL_PT}pt;text-align:center;transform:rotate(90deg)"
    )
    return f"""
@page {{ size:A4; margin:{grid.top:.4f}mm {gb.RIGHT}mm {grid.bottom:.4f}mm {gb.LEFT}mm;
  @footnote {{ border:0; padding:0; margin:0; width:{gb.BODY_WIDTH}mm }} }}
@page:right {{ @bottom-right {{ {portrait};text-align:right;margin-right:{gb.SMALL_PT}pt }} }}
@page:left {{ @bottom-left {{ {portrait};text-align:left;margin-left:{gb.SMALL_PT}pt }} }}
@page land {{ size:297mm 210mm; margin:{gb.LEFT}mm {gb.TOP}mm {gb.RIGHT}mm {gb.BOTTOM}mm }}
@page land:right {{ @bottom-right {{ content:none }} @left-bottom {{ {turned};margin:auto 0 10.28mm 20.99mm }} }}
@page land:left {{ @bottom-left {{ content:none }} @left-top {{ {turned};margin:10.28mm 0 auto 20.99mm }} }}
@page bare:right {{ @bottom-right {{ content:none }} }}
@page bare:left {{ @bottom-left {{ content:none }} }}
.land {{ page:land }} .bare {{ page:bare; break-before:page }} .annex, .fresh {{ break-before:page }}
"""


def text(grid, fonts):
    """Paragraphs, finished lines and titles. Kerning and ligatures would shift characters off the grid."""
    roles = " ".join(f".{role} {{ font-family:{stack} }}" for role, stack in fonts.items() if role != "fang")
    return f"""
html {{ font:{gb.BODY_PT}pt/{grid.pitch:.5f}mm {fonts["fang"]}; color:#000;
  font-variant-ligatures:none; font-kerning:none }}
body {{ margin:0; orphans:1; widows:1; letter-spacing:{gb.TIGHTEN:.5f}mm }}
p, h1, h2, h3, h4, h5 {{ margin:0; font-weight:normal; font-size:{gb.BODY_PT}pt; bookmark-level:none;
  break-after:auto; break-inside:auto }}
h2, h3, h4, h5 {{ bookmark-label:attr(data-b) }} .next {{ break-after:avoid }}
h2 {{ bookmark-level:2 }} h3 {{ bookmark-level:3 }} h4 {{ bookmark-level:4 }} h5 {{ bookmark-level:5 }}
.l {{ display:block; white-space:pre }}
.c {{ text-align:center }} .r {{ text-align:right }}
.keep {{ break-before:avoid }} .b {{ height:{grid.pitch:.5f}mm }}
h1.t {{ font:{gb.TITLE_PT}pt/{gb.TITLE_PITCH_PT}pt {fonts["title"]}; letter-spacing:0; text-align:center;
  bookmark-level:1 }}
h1.a {{ bookmark-level:2; bookmark-label:attr(data-b) }}
{roles}
"""


def heads(grid, fonts):
    """The mark and the red rule, whose distance counts from the characters above it, not from their line's box."""
    drop = gb.RED_RULE_DROP - grid.leading
    return f"""
.mark {{ font:{gb.MARK_PT}pt/1 {fonts["title"]}; letter-spacing:0; color:{gb.RED};
  text-align:center; white-space:nowrap }}
.rule {{ border-top:{gb.RED_RULE}mm solid {gb.RED}; margin-top:{drop:.4f}mm }}
.rule.close {{ margin-top:1.5mm }} .issue {{ margin-top:3mm }}
.pair {{ display:flex; justify-content:space-between; white-space:nowrap; padding:0 {gb.CELL:.4f}mm }}
"""


def foot(grid):
    """版记: first and last rule thick, inner ones thin; the last rule closes the type area."""
    thick, thin = f"{gb.RULE_THICK}mm solid #000", f"{gb.RULE_THIN}mm solid #000"
    side = f"{gb.SMALL_EM:.4f}mm"
    return f"""
.foot {{ float:footnote; width:{gb.BODY_WIDTH}mm; padding-bottom:{grid.half:.4f}mm; font-size:{gb.SMALL_PT}pt;
  line-height:{gb.FOOT_PITCH}mm; letter-spacing:0 }}
.foot > div {{ border-top:{thin}; padding:0 {side} }}
.foot > div:first-child {{ border-top:{thick} }} .foot > div:last-child {{ border-bottom:{thick} }}
.foot .two {{ display:flex; justify-content:space-between; white-space:nowrap }} .foot .end {{ text-align:right }}
::footnote-call, ::footnote-marker {{ content:none }}
"""


def tables(grid, fonts):
    """Fixed layout is twice as fast as automatic; a long word wraps anywhere rather than leave its cell."""
    size = f"{gb.TABLE_PT}pt/{gb.TABLE_PITCH_PT}pt"
    return f"""
table {{ border-collapse:collapse; width:100%; table-layout:fixed; letter-spacing:0;
  line-height:{gb.TABLE_PITCH_PT}pt }}
th, td {{ border:.5pt solid #000; padding:1.2mm 1mm; vertical-align:middle;
  overflow-wrap:anywhere; white-space:pre-line }}
td {{ font:{size} {fonts["fang"]}; text-align:left }} td.c {{ text-align:center }} td.r {{ text-align:right }}
th {{ font:{size} {fonts["hei"]}; text-align:center }} tr {{ break-inside:avoid }} .head {{ break-after:avoid }}
.inset {{ margin-bottom:{grid.pitch / 2:.4f}mm }}
figure {{ margin:0; text-align:center; break-inside:avoid }}
figure svg {{ display:block; width:150mm; height:auto; margin:0 auto }}
figcaption {{ font:12pt/{grid.pitch:.5f}mm {fonts["hei"]} }}
"""
