"""What every node is: events in, actions out, one deadline."""

from collections.abc import Sequence
from typing import Protocol

from twopair.base import Micros
from twopair.nodes.actions import Action
from twopair.nodes.events import Event


class Node(Protocol):
    """A UE, a P-CSCF or a home network, without I/O.

    It keeps no clock and draws no randomness of its own; the owner carries out the actions in their
    order, feeds back their outcomes as events, and asks for the deadline after every `feed`.
    """

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """Take one event at the moment `now` (never before an earlier one) and say what to do, in order."""
        ...

    def next_deadline(self) -> Micros | None:
        """Moment at which `Woke` is to be fed, or None. An early or late `Woke` does no harm."""
        ...
