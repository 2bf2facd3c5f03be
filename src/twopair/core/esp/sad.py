"""The SAD, and the part of the SPD that follows from it (RFC 4301 §4.4; SA-01, SA-18).

Inbound SAs are found by destination address and SPI, outbound ones by selector; both are one
dictionary hit, however many sets there are. A set goes in whole or not at all. What may stand beside
what is not asked here: see `twopair.core.sa.Claims`.
"""

from collections.abc import Callable, Iterator
from typing import Final, Generic, NamedTuple, TypeVar

from twopair.base import Spi, Suite
from twopair.core.esp.association import SecurityAssociation, Selector
from twopair.core.esp.block import WHOLE, last_of
from twopair.core.esp.ledger import Cells
from twopair.core.esp.replay import IvWatch, ReplayWindow

T = TypeVar("T")

LAST_SEQUENCE: Final = WHOLE - 1
"""The last sequence number an SA may send (SA-07)."""

_COUNTER_SUITES: Final = (Suite("null", "aes-gcm"), Suite("aes-gmac", "null"))


class Named(NamedTuple):
    """An SA with its name of Figure 1: SA1-up, SA1-dn, SA2-dn or SA2-up."""

    name: str
    association: SecurityAssociation


class Outbound(Generic[T]):
    """SAD entry of an SA we send with.

    Attributes:
        sequence: number of the last packet sent; the first packet has 1 (SA-07).
        last: the last number that may be sent.
        cells: where it is written down, at `cell`.
        packets: packets sent; those of a predecessor count.
        octets: octets of IP payload sent, before ESP.
    """

    __slots__ = (
        "association",
        "cell",
        "cells",
        "last",
        "name",
        "octets",
        "sequence",
        "set_id",
        "spi",
        "transform",
    )

    def __init__(self, set_id: int, named: Named, transform: T, cells: Cells, cell: int, block: int) -> None:
        self.set_id = set_id
        self.name = named.name
        self.association = named.association
        self.spi: Spi = named.association.spi
        self.transform = transform
        self.cells = cells
        self.cell = cell
        self.sequence = cells[cell]
        self.last = last_of(self.sequence, block)
        self.octets = 0

    @property
    def packets(self) -> int:
        """Packets sent: each took one sequence number."""
        return self.sequence


class Inbound(Generic[T]):
    """SAD entry of an SA we receive with.

    Attributes:
        window: its anti-replay window (SA-06).
        cells: where its highest number is written down, at `cell`.
        moved: takes note of its set when that number changes.
        ivs: watch for repeated IVs, None where IVs are not counters (KEY-08).
        packets: packets accepted.
        octets: octets of IP payload accepted, after ESP.
        replayed: packets dropped as replays.
        bad_icv: packets dropped for their ICV.
        mismatched: packets dropped for ports or addresses that are not this SA's (SA-10).
    """

    __slots__ = (
        "association",
        "bad_icv",
        "cell",
        "cells",
        "ivs",
        "mismatched",
        "moved",
        "name",
        "octets",
        "packets",
        "replayed",
        "set_id",
        "spi",
        "transform",
        "window",
    )

    def __init__(
        self,
        set_id: int,
        named: Named,
        transform: T,
        ivs: IvWatch | None,
        cells: Cells,
        cell: int,
        moved: set[int],
    ) -> None:
        self.set_id = set_id
        self.name = named.name
        self.association = named.association
        self.spi: Spi = named.association.spi
        self.transform = transform
        self.cells = cells
        self.cell = cell
        self.moved = moved
        self.window = ReplayWindow()
        if cells[cell]:
            self.window.resume(cells[cell])
        self.ivs = ivs
        self.packets = 0
        self.octets = 0
        self.replayed = 0
        self.bad_icv = 0
        self.mismatched = 0


class InstalledSet(NamedTuple, Generic[T]):
    """The four entries of one set."""

    outbound: tuple[Outbound[T], ...]
    inbound: tuple[Inbound[T], ...]


class Sad(Generic[T]):
    """Every SA of one node.

    Args:
        make: how an SA is carried out: an ESP transform, or nothing where packets are only marked.
            May raise ValueError, upon which nothing is installed.
        block: how many sequence numbers of each SA are this node's; see `twopair.core.esp.block`.

    Attributes:
        moved: sets that have accepted something; whoever reads it empties it.
    """

    def __init__(self, make: Callable[[SecurityAssociation], T], block: int = WHOLE) -> None:
        self._make = make
        self._block = block
        self.moved: set[int] = set()
        self._sets: dict[int, InstalledSet[T]] = {}
        self._outbound: dict[Selector, Outbound[T]] = {}
        self._inbound: dict[tuple[str, Spi], Inbound[T]] = {}
        self._inbound_selectors: set[Selector] = set()
        self._outbound_keys: set[tuple[str, Spi]] = set()

    def outbound(self, selector: Selector) -> Outbound[T] | None:
        """The SA that protects what goes from here to there, if any."""
        return self._outbound.get(selector)

    def inbound(self, dst: str, spi: Spi) -> Inbound[T] | None:
        """The SA a packet to `dst` with that SPI came over, if any (SA-18)."""
        return self._inbound.get((dst, spi))

    def protects_inbound(self, selector: Selector) -> bool:
        """Whether what comes from there to here must come out of an SA."""
        return selector in self._inbound_selectors

    def is_own(self, dst: str, spi: Spi) -> bool:
        """Whether an SA of ours sends to `dst` with that SPI."""
        return (dst, spi) in self._outbound_keys

    def of(self, set_id: int) -> InstalledSet[T] | None:
        """The set of that name, if it is installed."""
        return self._sets.get(set_id)

    def __contains__(self, set_id: object) -> bool:
        return set_id in self._sets

    def __len__(self) -> int:
        return len(self._sets)

    def __iter__(self) -> Iterator[InstalledSet[T]]:
        return iter(self._sets.values())

    def add(
        self, set_id: int, outbound: tuple[Named, ...], inbound: tuple[Named, ...], cells: Cells
    ) -> InstalledSet[T]:
        """Install a set whole (SA-01); its counters go on from those in its cells.

        Raises:
            ValueError: `make` could not carry out an SA; nothing has changed.
        """
        ivs = IvWatch() if inbound[0].association.suite in _COUNTER_SUITES else None
        installed = InstalledSet(
            tuple(
                Outbound(set_id, n, self._make(n.association), cells, i, self._block)
                for i, n in enumerate(outbound)
            ),
            tuple(
                Inbound(set_id, n, self._make(n.association), ivs, cells, i, self.moved)
                for i, n in enumerate(inbound, len(outbound))
            ),
        )
        self._sets[set_id] = installed
        for out in installed.outbound:
            selector = out.association.selector
            self._outbound[selector] = out
            self._outbound_keys.add((selector.dst, out.spi))
        for entry in installed.inbound:
            sa = entry.association
            self._inbound[sa.selector.dst, sa.spi] = entry
            self._inbound_selectors.add(sa.selector)
        return installed

    def remove(self, set_id: int) -> InstalledSet[T] | None:
        """Take a set out and return it; the last reference to its keys goes with that (KEY-10)."""
        removed = self._sets.pop(set_id, None)
        if removed is None:
            return None
        self.moved.discard(set_id)
        for out in removed.outbound:
            selector = out.association.selector
            del self._outbound[selector]
            self._outbound_keys.discard((selector.dst, out.spi))
        for entry in removed.inbound:
            sa = entry.association
            del self._inbound[sa.selector.dst, sa.spi]
            self._inbound_selectors.discard(sa.selector)
        return removed
