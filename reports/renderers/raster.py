"""A PNG of one of our own drawings, for Word before 2016, which shows no SVG.

Covers what ``svg`` lets through and charts use: rectangles, circles, lines, straight paths and text, with inherited
attributes and translations. Curves are drawn as their chords.
"""

import io
import re
from functools import lru_cache
from xml.etree import ElementTree

from PIL import Image, ImageColor, ImageDraw, ImageFont

WIDTH = 1800  # pixels: 300 dpi on 150 mm
INHERITED = ("fill", "stroke", "stroke-width", "font-size", "text-anchor")
DEFAULTS = {"fill": "black", "stroke": "none", "stroke-width": "1", "font-size": "16", "text-anchor": "start"}
ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")


def png(svg, font_path):
    """The drawing as PNG, its words in the given font."""
    root = ElementTree.fromstring(svg)
    _left, _top, width, height = view_box(root)
    canvas = Canvas(width, height, font_path)
    canvas.paint(root, DEFAULTS, (-_left, -_top))
    out = io.BytesIO()
    canvas.image.save(out, "PNG", optimize=True)
    return out.getvalue()


def view_box(root):
    """(left, top, width, height) in the drawing's own units."""
    box = numbers(root.get("viewBox", ""))
    if len(box) == 4 and box[2] > 0 and box[3] > 0:
        return tuple(box)
    size = [numbers(root.get(name, "")) for name in ("width", "height")]
    return 0.0, 0.0, size[0][0] if size[0] else 300.0, size[1][0] if size[1] else 150.0


def ratio(svg):
    """Height over width."""
    _left, _top, width, height = view_box(ElementTree.fromstring(svg))
    return height / width


def numbers(text):
    return [float(found) for found in NUMBER.findall(text or "")]


def name(element):
    return element.tag.rpartition("}")[2]


def colour(value):
    """An RGB triple; None for none; black for what Pillow does not know."""
    if value == "none":
        return None
    try:
        return ImageColor.getrgb(value)
    except ValueError:
        return (0, 0, 0)


@lru_cache(maxsize=32)
def font(path, size):
    return ImageFont.truetype(path, size)


class Canvas:
    """A white picture in drawing units."""

    def __init__(self, width, height, font_path):
        self.scale, self.font_path = WIDTH / width, font_path
        self.image = Image.new("RGB", (WIDTH, max(1, round(height * self.scale))), "white")
        self.draw = ImageDraw.Draw(self.image)

    def paint(self, element, inherited, shift):
        style = inherited | {key: element.get(key) for key in INHERITED if element.get(key)}
        move = re.search(r"translate\(([^)]*)\)", element.get("transform", ""))
        offset = (numbers(move.group(1)) + [0.0])[:2] if move else (0.0, 0.0)
        shift = shift[0] + offset[0], shift[1] + offset[1]
        getattr(self, f"draw_{name(element)}", self.nothing)(element, style, shift)
        if name(element) not in ("title", "desc", "defs", "text"):
            for child in element:
                self.paint(child, style, shift)

    def nothing(self, element, style, shift):
        """Groups and what is not drawn."""

    def at(self, x, y, shift):
        return (x + shift[0]) * self.scale, (y + shift[1]) * self.scale

    def look(self, style):
        """Pillow's fill, outline and width for an SVG style."""
        width = max(1, round((numbers(style["stroke-width"]) or [1.0])[0] * self.scale))
        return {"fill": colour(style["fill"]), "outline": colour(style["stroke"]), "width": width}

    def values(self, element, *names):
        return [(numbers(element.get(key)) or [0.0])[0] for key in names]

    def draw_rect(self, element, style, shift):
        x, y, width, height = self.values(element, "x", "y", "width", "height")
        self.draw.rectangle([self.at(x, y, shift), self.at(x + width, y + height, shift)], **self.look(style))

    def draw_circle(self, element, style, shift):
        x, y, r = self.values(element, "cx", "cy", "r")
        self.draw.ellipse([self.at(x - r, y - r, shift), self.at(x + r, y + r, shift)], **self.look(style))

    def draw_line(self, element, style, shift):
        x1, y1, x2, y2 = self.values(element, "x1", "y1", "x2", "y2")
        self.stroke([(x1, y1), (x2, y2)], style, shift, closed=False)

    def draw_polyline(self, element, style, shift):
        values = numbers(element.get("points"))
        self.stroke(list(zip(values[::2], values[1::2], strict=False)), style, shift, closed=False)

    def draw_polygon(self, element, style, shift):
        values = numbers(element.get("points"))
        self.stroke(list(zip(values[::2], values[1::2], strict=False)), style, shift, closed=True)

    def draw_path(self, element, style, shift):
        for points, closed in subpaths(element.get("d", "")):
            self.stroke(points, style, shift, closed)

    def stroke(self, points, style, shift, closed):
        look, places = self.look(style), [self.at(x, y, shift) for x, y in points]
        if closed and look["fill"] and len(places) > 2:
            self.draw.polygon(places, fill=look["fill"])
        if look["outline"] and len(places) > 1:
            self.draw.line(places + places[:1] * closed, fill=look["outline"], width=look["width"], joint="curve")

    def draw_text(self, element, style, shift):
        (x, y), size = self.values(element, "x", "y"), max(1, round(numbers(style["font-size"])[0] * self.scale))
        anchor = ANCHORS.get(style["text-anchor"], "ls")
        words = "".join(element.itertext())
        self.draw.text(
            self.at(x, y, shift), words, fill=colour(style["fill"]), font=font(self.font_path, size), anchor=anchor
        )


def subpaths(d):
    """[(points, closed)] of a path; every curve as the chord to its end."""
    paths, x, y = [], 0.0, 0.0
    for command, rest in COMMAND.findall(d):
        kind, values = command.upper(), numbers(rest)
        base = (x, y) if command.islower() else (0.0, 0.0)
        step = {"H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "A": 7}.get(kind, 2)
        if kind == "Z" and paths:
            paths[-1] = (paths[-1][0], True)
        for i in range(0, len(values) - step + 1, step):
            end = values[i : i + step]
            x = x if kind == "V" else base[0] + (end[0] if kind == "H" else end[-2])
            y = y if kind == "H" else base[1] + end[-1]
            if (kind == "M" and i == 0) or not paths:
                paths.append(([], False))
            paths[-1][0].append((x, y))
            base = (x, y) if command.islower() else base
    return paths
