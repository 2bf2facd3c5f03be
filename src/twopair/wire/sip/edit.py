"""What a relay does to header lines, as far as their names go: made once, used for thousands of messages."""

from collections.abc import Sequence
from itertools import compress
from operator import add

from twopair.wire.sip.native import NATIVE, assemble


def header_line(name: str, value: str) -> str:
    """One header line of our own. A value with a line end in it would be two: that is our mistake."""
    assert "\n" not in value, name
    assert "\r" not in value, name
    return f"{name}: {value}"


class Edit:
    """Lines taken out of a message, and others put in. Compared by identity: orders know what comes of it.

    Args:
        without: names (canonical: long, lower case) of which no line stays.
        above: names of the lines that are put before all others, as they are written.
        below: names of those put behind all others.

    Attributes:
        starts_above: how the lines put before begin: name and colon.
        starts_below: the same for those behind.
        keeps_cseq: whether what was read of CSeq holds.
        keeps_length: whether what was read of Content-Length holds.
    """

    __slots__ = ("above", "below", "keeps_cseq", "keeps_length", "starts_above", "starts_below", "without")

    def __init__(
        self, without: frozenset[str], above: tuple[str, ...] = (), below: tuple[str, ...] = ()
    ) -> None:
        self.without = without
        self.above = above
        self.below = below
        self.starts_above = tuple([f"{name}: " for name in above])
        self.starts_below = tuple([f"{name}: " for name in below])
        self.keeps_cseq = "cseq" not in without
        self.keeps_length = "content-length" not in without

    def applied(
        self, lines: list[str], keep: list[bool], above: Sequence[str], below: Sequence[str]
    ) -> list[str]:
        """The lines that stay, between those of these values."""
        if NATIVE:
            made = assemble(lines, keep, self.starts_above, above, self.starts_below, below)
            if made is not None:
                return made
        ours = [*map(add, self.starts_above, above), *map(add, self.starts_below, below)]
        text = "".join(ours)
        assert "\n" not in text, text  # one value would be two lines: that is our mistake
        assert "\r" not in text, text
        assert len(above) == len(self.above), self.above
        assert len(below) == len(self.below), self.below
        ours[len(above) : len(above)] = compress(lines, keep)
        return ours
