"""One walk along the chain, through the table or an archive: where it is, and what it expects next."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .anchors import Anchor
from .chain import FORMATS, Format, Values, format_in_use, mac_of
from .faults import Fault, moment

Anchors = Mapping[int, Sequence[Anchor]]


class Line(NamedTuple):
    """A sealed line as it is found; no values when it can't even be read as one."""

    seq: int
    mac: str
    pk: int
    values: Values | None


class Walk:
    """From a line, or the beginning, onward. Keys only grow newer on the way: a key that was replaced seals nothing any more."""

    def __init__(self, anchors: Anchors, keys: Mapping[int, str], *, seq: int = 0, mac: str = "", key: int = 0):
        self.anchors, self.keys, self.seq, self.mac = anchors, keys, seq, mac
        self.form, self.key = format_in_use(), key or min(keys, default=1)

    def step(self, line: Line) -> Fault | None:
        """What is wrong with the next line, if anything."""
        expected = self.seq + 1
        if not isinstance(line.seq, int) or line.seq < expected:
            return Fault("order", seq=line.seq, pk=line.pk)
        if line.seq > expected:
            return Fault("missing", seq=expected)
        if not self._is_sealed(line):
            return Fault("content", seq=line.seq, pk=line.pk)
        for anchor in self.anchors.get(line.seq, ()):
            if anchor.mac != line.mac:
                return Fault("rewritten", seq=line.seq, pk=line.pk, at=moment(anchor.at))
        self.seq, self.mac = line.seq, line.mac
        return None

    def _is_sealed(self, line: Line) -> bool:
        """By the format and key of the line before, else by others: both may have been changed in between."""
        if line.values is None:
            return False
        try:
            found = next((seal for seal in self._seals() if mac_of(line.values, line.seq, self.mac, seal[0], self.keys[seal[1]]) == line.mac), None)
        except (TypeError, ValueError, RecursionError):
            return False
        self.form, self.key = found or (self.form, self.key)
        return found is not None

    def _seals(self) -> Iterator[tuple[Format, int]]:
        if self.key in self.keys:
            yield self.form, self.key
        yield from ((form, key) for key in self.keys if key >= self.key for form in FORMATS.values() if (form, key) != (self.form, self.key))
