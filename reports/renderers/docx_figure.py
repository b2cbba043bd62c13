"""A drawing in a DOCX: SVG for Word since 2016, WPS and LibreOffice, with a PNG of it for what is older."""

import io

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part

from reports.renderers import raster
from reports.renderers.compose import Metrics
from reports.renderers.docx_parts import EMU, escape, paragraph, run
from reports.renderers.pdf import RenderError, fonts_dir, message
from reports.renderers.svg import safe_svg

FIGURE_WIDTH = 150.0  # mm
SVG_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"
PICTURE = "http://schemas.openxmlformats.org/drawingml/2006/picture"
LOOSE = '<w:keepNext/><w:snapToGrid w:val="0"/><w:spacing w:line="240" w:lineRule="auto"/>'


def figure(part, block, number):
    """Body XML of one drawing and its caption; the picture files are added to the document part."""
    svg = safe_svg(block.svg)
    picture, _image = part.get_or_add_image(io.BytesIO(raster.png(svg, words_font())))
    drawing = part.relate_to(svg_part(part, svg, number), RELATIONSHIP_TYPE.IMAGE)
    caption = paragraph(run(block.title, "hei"), "GWCentred") if block.title else ""
    return paragraph(inline(picture, drawing, raster.ratio(svg), block.title, number), "GWCentred", LOOSE) + caption


def words_font():
    """Path of the font the PNG's words are set in."""
    metrics = Metrics(fonts_dir())
    if metrics.missing:
        raise RenderError(message("fonts", ", ".join(metrics.missing)))
    return metrics.files[metrics.families["fang"]]


def svg_part(part, svg, number):
    name = PackURI(f"/word/media/figure{number}.svg")
    return Part(name, "image/svg+xml", svg.encode(), part.package)


def inline(picture, drawing, ratio, title, number):
    """A picture in the line, as wide as the text nearly; ``ratio`` is height over width."""
    extent = f'cx="{round(FIGURE_WIDTH * EMU)}" cy="{round(FIGURE_WIDTH * ratio * EMU)}"'
    extension = f'<a:extLst><a:ext uri="{SVG_EXTENSION}"><asvg:svgBlip r:embed="{drawing}"/></a:ext></a:extLst>'
    names = f'id="{100 + number}" name="figure{number}" descr="{escape(title).replace(chr(34), "&quot;")}"'
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {extent}/><wp:docPr {names}/>'
        f'<a:graphic><a:graphicData uri="{PICTURE}"><pic:pic><pic:nvPicPr><pic:cNvPr {names}/><pic:cNvPicPr/>'
        "</pic:nvPicPr>"
        f'<pic:blipFill><a:blip r:embed="{picture}">{extension}</a:blip>'
        "<a:stretch><a:fillRect/></a:stretch></pic:blipFill>"
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
