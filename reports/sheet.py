"""A printed form or ledger: one ruled table under a title, before any page or file format.

Composers build a ``Sheet``, ``renderers.sheet_page`` writes it. Like a ``Doc`` it is frozen, made of plain values, and
cleaned of what no font can carry when it is made. Unlike a ``Doc`` it is never stored: it may hold opened words.
"""

from dataclasses import asdict, dataclass

from reports.document import clean

KINDS = ("text", "centre", "label", "heading")


@dataclass(frozen=True)
class Cell:
    """Text over ``span`` columns; a row that begins with a ``heading`` stays with the next. ``closing`` is a line at the foot of the cell, such as one to sign on, with room above it."""

    text: str = ""
    span: int = 1
    kind: str = "text"
    closing: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is not one of {', '.join(KINDS)}")
        for name in ("text", "closing"):
            object.__setattr__(self, name, clean(str(getattr(self, name)), keep_breaks=True))


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """``widths`` are relative, one for each column; ``head`` rows come again on every page.

    ``notes`` stand above the table, at its left and right; ``closing`` below it, spread over the line.
    """

    title: str
    widths: tuple[float, ...]
    head: tuple[Row, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, str] = ("", "")
    closing: tuple[str, ...] = ()
    landscape: bool = False

    def __post_init__(self):
        for name in ("notes", "closing"):
            object.__setattr__(self, name, tuple(clean(text) for text in getattr(self, name)))
        object.__setattr__(self, "title", clean(self.title))
        for row in (*self.head, *self.rows):
            if sum(cell.span for cell in row) != len(self.widths):
                raise ValueError(f"a row over {sum(cell.span for cell in row)} of {len(self.widths)} columns")

    def to_data(self) -> dict:
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict) -> "Sheet":
        rows = {name: tuple(tuple(Cell(**cell) for cell in row) for row in data[name]) for name in ("head", "rows")}
        return cls(**data | rows | {name: tuple(data[name]) for name in ("widths", "notes", "closing")})
