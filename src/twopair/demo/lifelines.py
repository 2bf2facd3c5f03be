"""Three lifelines and the arrows between them.

A double line is ESP, a dashed one clear text, a thin one the network behind the P-CSCF: nothing
depends on colour. The ports stand at the ends of an arrow, as in Figure 1 of the paper.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from twopair.demo.canvas import Row, shortened
from twopair.demo.record import Host

WIDTH: Final = 100
LEFT: Final = 14
MIDDLE: Final = 53
RIGHT: Final = 92

_SHORT: Final = 32  # columns of an arrow to a host without a lifeline, and of what is written on it


class Stroke(NamedTuple):
    """How an arrow is drawn: line, heads, and how it leaves a lifeline to the right and to the left."""

    line: str
    right: str
    left: str
    leaves_right: str
    leaves_left: str
    style: str


ESP: Final = Stroke("═", "►", "◄", "╞", "╡", "green")
CLEAR: Final = Stroke("╌", ">", "<", "├", "┤", "yellow")
CORE: Final = Stroke("─", ">", "<", "├", "┤", "dim")


class Arrow(NamedTuple):
    """What is drawn between two lifelines.

    Args:
        stroke: of which kind.
        start: column of the sender's lifeline.
        end: column of the receiver's.
        words: written on the arrow.
        port_at_start: written beyond the sender's lifeline.
        port_at_end: written beyond the receiver's.
        lost: the receiver cannot read it: the head is a cross.
    """

    stroke: Stroke
    start: int
    end: int
    words: str = ""
    port_at_start: str = ""
    port_at_end: str = ""
    lost: bool = False

    def draw(self, row: Row) -> None:
        """Put it on a row that has the lifelines."""
        stroke, style = self.stroke, self.stroke.style
        low, high = sorted((self.start, self.end))
        rightward = self.end > self.start
        row.put(low + 1, stroke.line * (high - low - 1), style)
        row.put(self.start, stroke.leaves_right if rightward else stroke.leaves_left, style)
        head = "✗" if self.lost else stroke.right if rightward else stroke.left
        row.put(self.end + (-1 if rightward else 1), head, "bold red" if self.lost else f"bold {style}")
        words = shortened(self.words, high - low - 7)
        if words:
            row.put(low + 3, f" {words} ", style if stroke is CORE else f"bold {style}")
        here, there = (
            (self.port_at_start, self.port_at_end) if rightward else (self.port_at_end, self.port_at_start)
        )
        row.end(low - 2, here, "cyan")
        row.put(high + 2, there, "cyan")


class Lifelines:
    """Who stands where. The P-CSCF is always in the middle.

    A fourth, the home network where two UEs talk, has no lifeline: it is named at the end of a short
    arrow.
    """

    def __init__(self, left: Host, middle: Host, right: Host) -> None:
        self._hosts = {LEFT: left, MIDDLE: middle, RIGHT: right}
        self._at = {host.name: x for x, host in self._hosts.items()}

    def at(self, host: Host) -> int | None:
        """Column of a host's lifeline."""
        return self._at.get(host.name)

    def row(self) -> Row:
        """A row with nothing but the lifelines."""
        row = Row(WIDTH)
        for x in self._hosts:
            row.put(x, "│", "dim")
        return row

    def heading(self) -> Iterator[Row]:
        """Names and addresses above the lifelines."""
        names, addresses = Row(WIDTH), Row(WIDTH)
        for x, host in self._hosts.items():
            names.centre(x, host.title, "bold")
            addresses.centre(x, host.address, "dim")
        yield names
        yield addresses

    def core_arrow(self, sender: Host, receiver: Host, words: str) -> Row:
        """A message behind the P-CSCF, in one row."""
        row = self.row()
        start, end = self.at(sender), self.at(receiver)
        if start is not None and end is not None:
            Arrow(CORE, start, end, words).draw(row)
            return row
        known, far = (start, receiver) if start is not None else (end, sender)
        if known is not None:
            outward = start is not None
            low, high = known, known + _SHORT
            Arrow(CORE, low if outward else high, high if outward else low, words).draw(row)
            row.put(high, f" {far.title}", "dim")
        return row
