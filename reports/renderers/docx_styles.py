"""The styles of the DOCX: a short list of our own and the built-in headings, in the names offices know.

Characters are set to 98 % of their width, which puts 28 of them on 156 mm in Word, WPS and LibreOffice alike. The
textbook way (a character grid with negative spacing) makes LibreOffice set 14 to a line, and condensed spacing loses
punctuation there.
"""

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from reports.renderers import gb9704 as gb

TWIPS = 1440 / 25.4  # per mm
KEPT = {"Normal", "DefaultParagraphFont", "TableNormal", "NoList"}
EAST_ASIAN = '<w:widowControl w:val="0"/><w:kinsoku/><w:overflowPunct w:val="0"/>'
EAST_ASIAN += '<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
INDENT = '<w:ind w:firstLineChars="200" w:firstLine="640"/>'
RUN_STYLES = {"kai": "GWKai", "hei": "GWHei", "song": "GWSong", "title": "GWBiaoSong"}
RUN_NAMES = {"kai": "公文楷体", "hei": "公文黑体", "song": "公文宋体", "title": "公文小标宋"}
SETTINGS = (
    '<w:characterSpacingControl {0} w:val="doNotCompress"/>',
    "<w:compat {0}><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/><w:ulTrailSpace/>"
    "<w:doNotExpandShiftReturn/><w:adjustLineHeightInTable/><w:useFELayout/><w:compatSetting "
    'w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>',
)


def twips(mm):
    return round(mm * TWIPS)


def pitch_twips(pitch):
    """Row pitch in whole twips, rounded down: rounded up, the last of 22 rows would not fit."""
    return int(pitch * TWIPS)


def fonts(role):
    name = gb.OFFICE_NAMES[role]
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}"/>'


def exact(twentieths):
    """Line spacing of exactly so many twentieths of a point."""
    return f'<w:spacing w:before="0" w:after="0" w:line="{twentieths}" w:lineRule="exact"/>'


def restyle(file, grid):
    """Replace the styles of the python-docx template by ours and switch on East Asian typesetting."""
    root = file.styles.element
    for style in root.findall(qn("w:style")):
        if style.get(qn("w:styleId")) not in KEPT:
            root.remove(style)
    defaults = root.find(qn("w:docDefaults"))
    root.replace(defaults, parse_xml(doc_defaults()))
    root.replace(root.find(f'{qn("w:style")}[@{qn("w:styleId")}="Normal"]'), parse_xml(normal(grid)))
    for xml in (*paragraph_styles(), *(run_style(role) for role in RUN_STYLES)):
        root.append(parse_xml(xml))
    settle(file.settings.element)


def settle(settings):
    for xml in SETTINGS:
        fresh = parse_xml(xml.format(nsdecls("w")))
        for old in settings.findall(fresh.tag):
            settings.remove(old)
        anchor = settings.find(qn("w:rsids"))
        settings.append(fresh) if anchor is None else anchor.addprevious(fresh)


def doc_defaults():
    language = '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'
    size = f'<w:sz w:val="{int(gb.BODY_PT * 2)}"/><w:szCs w:val="{int(gb.BODY_PT * 2)}"/>'
    return (
        f'<w:docDefaults {nsdecls("w")}><w:rPrDefault><w:rPr>{fonts("fang")}<w:kern w:val="0"/>{size}{language}</w:rPr>'
        f"</w:rPrDefault><w:pPrDefault><w:pPr>{EAST_ASIAN}</w:pPr></w:pPrDefault></w:docDefaults>"
    )


def normal(grid):
    return style_xml("Normal", "Normal", "fang", exact(pitch_twips(grid.pitch)) + '<w:jc w:val="both"/>', default=True)


def paragraph_styles():
    """Ours and the built-in Title and headings, which fill Word's navigation pane."""
    small, cell = int(gb.SMALL_PT * 20), int(gb.TABLE_PITCH_PT * 20)
    loose = '<w:snapToGrid w:val="0"/>'
    title = exact(int(gb.TITLE_PITCH_PT * 20)) + '<w:jc w:val="center"/>'
    return [
        style_xml("GWBody", "公文正文", "fang", INDENT),
        style_xml("Title", "Title", "title", loose + title, size=gb.TITLE_PT),
        *(
            style_xml(f"Heading{n}", f"heading {n}", role, f'<w:keepNext/>{INDENT}<w:outlineLvl w:val="{n - 1}"/>')
            for n, role in enumerate(("hei", "kai", "fang", "fang"), 1)
        ),
        style_xml("GWCentred", "公文居中", "fang", '<w:jc w:val="center"/>'),
        style_xml("GWByline", "公文题下", "kai", '<w:jc w:val="center"/>'),
        style_xml("GWClosing", "公文落款", "fang", '<w:keepLines/><w:jc w:val="right"/>'),
        style_xml(
            "GWMark", "公文发文机关标志", "title", loose + '<w:jc w:val="center"/>', size=gb.MARK_PT, color=gb.RED[1:]
        ),
        style_xml("GWCell", "公文表格", "fang", loose + exact(cell) + '<w:jc w:val="left"/>', size=gb.TABLE_PT),
        style_xml(
            "GWFoot", "公文版记", "fang", loose + exact(twips(gb.FOOT_PITCH)) + '<w:jc w:val="left"/>', size=gb.SMALL_PT
        ),
        style_xml("GWNumber", "公文页码", "song", loose + exact(small), size=gb.SMALL_PT),
    ]


def style_xml(key, name, role, paragraph="", size=gb.BODY_PT, color="", default=False):
    """One paragraph style; only body size is condensed to 98 %."""
    base = "" if default else '<w:basedOn w:val="Normal"/>'
    kind = ' w:default="1"' if default else "" if name.isascii() else ' w:customStyle="1"'
    after = '<w:next w:val="GWBody"/>' if key.startswith(("Heading", "Title")) else ""
    tint = f'<w:color w:val="{color}"/>' if color else ""
    scale = 98 if size == gb.BODY_PT else 100
    half = int(size * 2)
    return (
        f'<w:style {nsdecls("w")} w:type="paragraph"{kind} w:styleId="{key}"><w:name w:val="{name}"/>{base}{after}'
        f"<w:qFormat/><w:pPr>{EAST_ASIAN if default else ''}{paragraph}</w:pPr>"
        f'<w:rPr>{fonts(role)}{tint}<w:w w:val="{scale}"/><w:sz w:val="{half}"/><w:szCs w:val="{half}"/></w:rPr>'
        "</w:style>"
    )


def run_style(role):
    return (
        f'<w:style {nsdecls("w")} w:type="character" w:customStyle="1" w:styleId="{RUN_STYLES[role]}">'
        f'<w:name w:val="{RUN_NAMES[role]}"/><w:basedOn w:val="DefaultParagraphFont"/><w:qFormat/>'
        f"<w:rPr>{fonts(role)}</w:rPr></w:style>"
    )
