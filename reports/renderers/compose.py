"""The line composer: Chinese paragraphs on a grid of 28 cells, every full line filled exactly.

WeasyPrint cannot justify between Chinese characters nor trim punctuation, so lines are made here and handed over
finished. Widths are in em of the body size, one em to a cell. Rules: no mark that closes may begin a line and none
that opens may end one (避头尾); numbers, Latin words, —— and …… and short blanks such as ×月×日 stay whole. A closing mark
that just misses the line is pulled in by trimming the empty halves of marks; what cannot be pulled in goes to the
next line, and the line is spread evenly over all gaps.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont, TTLibError

from reports.renderers import gb9704 as gb

NOT_FIRST = set("、，。．；：？！）》〉】〕」』”’…—·％‰℃,.;:?!)]}%")
NOT_LAST = set("（《〈【〔「『“‘([{")
EMPTY_RIGHT = set("、，。．；：）》〉】〕」』”’")  # marks whose right half is empty
EMPTY_LEFT = set("（《〈【〔「『“‘")
WORD_MARKS = set(".-/%")
TRIM = 0.5  # em: the most one mark may lose
PULL = 1.0  # em: the most a line may be overfull before trimming
LOOSEST = 8.0  # em: a line left emptier than this is cut inside a word after all
WHOLE = 8.0  # em: longest blank kept on one line
TINY = 1e-6


class Face(NamedTuple):
    """One font file: its family, its code points, and the widths in em that are not one."""

    family: str
    covers: frozenset[int]
    widths: dict[int, float]


class Glyph(NamedTuple):
    char: str
    font: str
    width: float
    blank: int  # number of the unbreakable blank it belongs to, 0 for none


@dataclass(frozen=True)
class Piece:
    """Text of one font within a line. ``trim`` em are cut from its ``side``, left or right."""

    text: str
    font: str
    trim: float = 0.0
    side: str = ""


@dataclass(frozen=True)
class Line:
    """A finished line: its pieces, the extra space in em after each character, and its indent in cells."""

    pieces: tuple[Piece, ...]
    spacing: float
    indent: float

    @property
    def text(self):
        return "".join(piece.text for piece in self.pieces)


@lru_cache(maxsize=32)
def load_face(path):
    with TTFont(path, fontNumber=0, lazy=True) as font:
        font.setGlyphOrder(range(font["maxp"].numGlyphs))  # glyphs by number: nobody asks for their 20,000 names
        cmap, advances, units = font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm
        widths = {code: advances[name][0] / units for code, name in cmap.items() if advances[name][0] != units}
        return Face(font["name"].getBestFamilyName(), frozenset(cmap), widths)


@lru_cache(maxsize=4)
def font_files(folder):
    """{family: path} of every font under folder, under each of its names."""
    files = {}
    for path in sorted(Path(folder).rglob("*.[ot]t[fc]")):
        try:
            with TTFont(path, fontNumber=0, lazy=True) as font:
                names = {record.toUnicode() for record in font["name"].names if record.nameID in (1, 16)}
        except (OSError, TTLibError):
            continue
        files.update((name, str(path)) for name in names)
    return files


class Metrics:
    """Widths from the font files that will really be used: per font the first family of its list found in folder."""

    def __init__(self, folder):
        self.files = font_files(str(folder))
        self.families = {role: self._first(names) for role, names in gb.FAMILIES.items()}

    def _first(self, names):
        return next((name for name in names if name in self.files), names[-1])

    @property
    def missing(self):
        """Families of our own that are not there."""
        wanted = [*(names[-1] for names in gb.FAMILIES.values()), gb.RARE]
        return [name for name in wanted if name not in self.files]

    def width(self, char, font):
        """Width in em; a character the font lacks is measured in the face for rare ones."""
        face, code = load_face(self.files[self.families[font]]), ord(char)
        if code not in face.covers:
            face = load_face(self.files[gb.RARE])
        return face.widths.get(code, 1.0)

    def text_width(self, runs):
        return sum(self.width(char, run.font) for run in runs for char in run.text)


def glyphs(runs, metrics):
    """The runs as single glyphs; a blank no wider than WHOLE gets a number that keeps it together."""
    out = []
    for number, run in enumerate(runs, 1):
        widths = [metrics.width(char, run.font) for char in run.text]
        blank = number if run.blank and sum(widths) <= WHOLE else 0
        out += [Glyph(char, run.font, width, blank) for char, width in zip(run.text, widths, strict=True)]
    return out


def may_break(before, after):
    """Whether a line may end after one glyph and the next begin with the other."""
    if after.char in NOT_FIRST or before.char in NOT_LAST:
        return False
    if before.blank and before.blank == after.blank:
        return False
    return not (in_word(before.char) and in_word(after.char))


def in_word(char):
    """Letters and digits of a number, a Latin word or a web address."""
    return char.isascii() and (char.isalnum() or char in WORD_MARKS)


def compose(runs, metrics, measure=float(gb.CELLS), indent=2.0, hang=0.0):
    """Break runs into lines of ``measure`` cells; the first is set in by ``indent``, the others by ``hang``."""
    text, lines, start = glyphs(runs, metrics), [], 0
    while start < len(text):
        inset = hang if lines else indent
        end = line_end(text, start, measure - inset)
        lines.append(make_line(text[start:end], measure - inset, inset, last=end == len(text)))
        start = end
    return lines


def line_end(text, start, room):
    """Index after the last glyph of the line that begins at start."""
    fit, width = fill(text, start, room)
    if fit == len(text) or may_break(text[fit - 1], text[fit]):
        return fit
    pulled = pull_in(text, start, fit, width - room)
    return pulled or push_out(text, start, fit)


def fill(text, start, room):
    """As many glyphs as fit, at least one: (index after them, their width)."""
    end, width = start + 1, text[start].width
    while end < len(text) and width + text[end].width <= room + TINY:
        width += text[end].width
        end += 1
    return end, width


def pull_in(text, start, fit, over):
    """End of a line that takes in the closing marks at fit by trimming, or None."""
    end = fit
    while end < len(text) and text[end].char in NOT_FIRST:
        over += text[end].width
        end += 1
    if end == fit or (end < len(text) and not may_break(text[end - 1], text[end])):
        return None
    slack = TRIM * sum(trimmable(glyph.char) for glyph in text[start:end])
    return end if over <= min(slack, PULL) + TINY else None


def push_out(text, start, fit):
    """The last legal end before fit; a hard cut where that would leave the line too empty."""
    end, left = fit - 1, text[fit - 1].width
    while end > start and left <= LOOSEST:
        if may_break(text[end - 1], text[end]):
            return end
        end -= 1
        left += text[end].width
    return fit


def trimmable(char):
    return char in EMPTY_RIGHT or char in EMPTY_LEFT


def make_line(line, room, inset, last):
    """Trim an overfull line, spread a short one; the last keeps its natural width."""
    over = sum(glyph.width for glyph in line) - room
    if over > TINY:
        return Line(pieces(line, trims(line, over)), 0.0, inset)
    spacing = 0.0 if last else -over / max(1, len(line) - 1)
    return Line(pieces(line, {}), spacing, inset)


def trims(line, over):
    """{index: em to cut}: a mark at the end of the line gives first, then all others alike."""
    marks = [i for i, glyph in enumerate(line) if trimmable(glyph.char)]
    cuts = {}
    if marks and marks[-1] == len(line) - 1:
        cuts[marks.pop()] = min(TRIM, over)
    rest = over - sum(cuts.values())
    if rest > TINY:
        cuts.update((i, rest / len(marks)) for i in marks)
    return cuts


def pieces(line, cuts):
    """Neighbours of one font together, each trimmed mark alone."""
    out = []
    for i, glyph in enumerate(line):
        if i in cuts:
            out.append(Piece(glyph.char, glyph.font, cuts[i], "left" if glyph.char in EMPTY_LEFT else "right"))
        elif out and out[-1].font == glyph.font and not out[-1].trim:
            out[-1] = Piece(out[-1].text + glyph.char, glyph.font)
        else:
            out.append(Piece(glyph.char, glyph.font))
    return tuple(out)
