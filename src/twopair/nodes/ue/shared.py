"""What the registrations of one UE have in common: one user, one host (MGU-09; RFC 5626 §4.2)."""

from typing import Protocol

from twopair.nodes.ue.sets import SetTable


class Engaged(Protocol):
    """A part of a registration that may be in a call."""

    @property
    def busy(self) -> bool:
        """Whether it is."""
        ...


class Shared:
    """Where registrations of one UE find each other; one that is alone has it for itself.

    Attributes:
        tables: the SA sets of each.
        calls: the call of each.
    """

    def __init__(self) -> None:
        self.tables: list[SetTable] = []
        self.calls: list[Engaged] = []
        self._sets_made = 0

    def next_set_id(self) -> int:
        """A name for one more set of this UE."""
        self._sets_made += 1
        return self._sets_made

    @property
    def spis(self) -> frozenset[int]:
        """Every SPI in use, inbound or outbound (SA-15)."""
        return frozenset(spi for table in self.tables for live in table for spi in live.sa_set.spis)

    def stands_beside(self, table: SetTable) -> bool:
        """Whether another registration has a set in use."""
        return any(other is not table and other.in_use is not None for other in self.tables)

    @property
    def busy(self) -> bool:
        """Whether the user is in a call, over whichever registration."""
        return any(calls.busy for calls in self.calls)
