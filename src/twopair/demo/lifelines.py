"""Three lifelines and the arrows between them.

A double line is ESP, a dashed one clear text, a thin one the network behind the P-CSCF: nothing
depends on colour. The ports stand at the ends of an arrow, as in Figure 1 of the paper.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from twopair.demo.canvas import Row, folded
from twopair.demo.record import Host

WIDTH: Final = 100
NARROWEST: Final = 80
WIDEST: Final = 140
"""Wide enough that an arrow carries every REGISTER of a 3GPP network in one line."""


class Columns(NamedTuple):
    """In which columns the lifelines stand.

    Args:
        width: of a whole row.
        left: column of the left lifeline; times and ports stand before it.
        middle: of the P-CSCF's.
        right: of the right one; ports stand behind it.
    """

    width: int
    left: int
    middle: int
    right: int

    @classmethod
    def of(cls, width: int) -> "Columns":
        """The columns for a screen of that width: 80 on a narrower one, 140 on a wider one."""
        width = max(NARROWEST, min(width, WIDEST))
        left, right = 14, width - 8
        return cls(width, left, (left + right) // 2, right)

    @property
    def short(self) -> int:
        """Length of an arrow to a host without a lifeline."""
        return self.right - self.middle - 7


_AROUND: Final = 6
"""Columns of an arrow that its words leave free: both ends, the head, a space before and behind."""


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
        words: written on the arrow; they have to fit, see `room`.
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

    @property
    def room(self) -> int:
        """How many letters fit on it."""
        return abs(self.end - self.start) - _AROUND

    def draw(self, row: Row) -> None:
        """Put it on a row that has the lifelines."""
        stroke, style = self.stroke, self.stroke.style
        low, high = sorted((self.start, self.end))
        rightward = self.end > self.start
        row.put(low + 1, stroke.line * (high - low - 1), style)
        row.put(self.start, stroke.leaves_right if rightward else stroke.leaves_left, style)
        head = "✗" if self.lost else stroke.right if rightward else stroke.left
        row.put(self.end + (-1 if rightward else 1), head, "bold red" if self.lost else f"bold {style}")
        if self.words:
            row.put(low + 3, f" {self.words} ", style if stroke is CORE else f"bold {style}")
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

    def __init__(self, columns: Columns, left: Host, middle: Host, right: Host) -> None:
        self.columns = columns
        self._hosts = {columns.left: left, columns.middle: middle, columns.right: right}
        self._at = {host.name: x for x, host in self._hosts.items()}

    def at(self, host: Host) -> int | None:
        """Column of a host's lifeline."""
        return self._at.get(host.name)

    def row(self) -> Row:
        """A row with nothing but the lifelines."""
        row = Row(self.columns.width)
        for x in self._hosts:
            row.put(x, "│", "dim")
        return row

    def heading(self) -> Iterator[Row]:
        """Names and addresses above the lifelines."""
        names, addresses = Row(self.columns.width), Row(self.columns.width)
        for x, host in self._hosts.items():
            names.centre(x, host.title, "bold")
            addresses.centre(x, host.address, "dim")
        yield names
        yield addresses

    def core_arrow(self, sender: Host, receiver: Host, words: str, step: str) -> Iterator[Row]:
        """A message behind the P-CSCF: in one row where it fits, else with its words above the arrow."""
        start, end, far = self.at(sender), self.at(receiver), ""
        if start is None and end is not None:
            start, far = end + self.columns.short, sender.title
        elif end is None and start is not None:
            end, far = start + self.columns.short, receiver.title
        if start is None or end is None:
            return
        arrow = Arrow(CORE, start, end, f"{step} {words}".strip())
        if len(arrow.words) > arrow.room:
            yield from self.label(min(start, end), words, step, CORE.style)
            arrow = arrow._replace(words="")
        row = self.row()
        arrow.draw(row)
        if far:
            row.put(max(start, end), f" {far}", "dim")
        yield row

    def label(self, low: int, words: str, step: str = "", style: str = "bold") -> Iterator[Row]:
        """What is said, right of the lifeline at `low`, on as many lines of that column as it needs."""
        high = min(x for x in (*self._hosts, self.columns.width) if x > low)
        at = low + 2 + (5 if step else 0)
        for number, line in enumerate(folded(words, high - at - 1)):
            row = self.row()
            if number == 0 and step:
                row.put(low + 2, step, style)
            row.put(at, line, style)
            yield row
