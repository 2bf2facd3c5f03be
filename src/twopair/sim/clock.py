"""Clocks that run apart: a node whose own time begins elsewhere and goes faster or slower."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from twopair.base import Micros
from twopair.nodes import Action, Event, Node

_MILLION: Final = 1_000_000


class Rate(NamedTuple):
    """How a clock differs from the world's.

    Args:
        offset: what it shows when the world's shows 0, in microseconds.
        ppm: by how many parts in a million it is fast; negative: slow.
    """

    offset: int
    ppm: int

    def local(self, moment: Micros) -> Micros:
        """What this clock shows at a moment of the world."""
        return Micros(self.offset + moment + moment * self.ppm // _MILLION)

    def world(self, moment: Micros) -> Micros:
        """The first moment of the world at which this clock shows that, or more."""
        found = (moment - self.offset) * _MILLION // (_MILLION + self.ppm) - 1
        while self.local(Micros(found)) < moment:
            found += 1
        return Micros(found)


class Drifting:
    """A node that lives by a clock of its own.

    Args:
        node: the node.
        rate: of its clock.
    """

    def __init__(self, node: Node, rate: Rate) -> None:
        self.node = node
        self._rate = rate

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """See `Node`."""
        return self.node.feed(event, self._rate.local(now))

    def next_deadline(self) -> Micros | None:
        """See `Node`."""
        deadline = self.node.next_deadline()
        return None if deadline is None else self._rate.world(deadline)
