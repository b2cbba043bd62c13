"""What of an SVG drawing is let into a page: shapes and text by list, nothing that loads, links, styles or runs."""

from xml.etree import ElementTree

NAMESPACE = "http://www.w3.org/2000/svg"
TAGS = {
    "svg",
    "g",
    "title",
    "desc",
    "defs",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
}
ALLOWED = """
viewBox width height x y x1 x2 y1 y2 cx cy r rx ry dx dy d points transform fill fill-opacity stroke stroke-width
stroke-opacity stroke-dasharray stroke-linecap stroke-linejoin opacity font-family font-size font-weight text-anchor
dominant-baseline role aria-label aria-labelledby id class preserveAspectRatio
"""
ATTRIBUTES = set(ALLOWED.split())


class SvgError(ValueError):
    """The text is no SVG drawing."""


def safe_svg(text):
    """The drawing with every tag and attribute outside the lists removed, as SVG text that can stand in HTML."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise SvgError(str(error)) from error
    if _name(root.tag) != "svg":
        raise SvgError("no svg element")
    kept = _kept(root)
    kept.set("xmlns", NAMESPACE)
    return ElementTree.tostring(kept, encoding="unicode")


def _name(tag):
    return tag.removeprefix(f"{{{NAMESPACE}}}") if isinstance(tag, str) else ""


def _kept(element):
    fresh = ElementTree.Element(_name(element.tag))
    fresh.text, fresh.tail = element.text, element.tail
    fresh.attrib = {
        key: value for key, value in element.attrib.items() if key in ATTRIBUTES and "url(" not in value.lower()
    }
    fresh.extend(_kept(child) for child in element if _name(child.tag) in TAGS)
    return fresh
