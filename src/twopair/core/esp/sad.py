"""The SAD, and the part of the SPD that follows from it (RFC 4301 §4.4; SA-01, SA-15..SA-18).

Inbound SAs are found by destination address and SPI, outbound ones by selector; both are one
dictionary hit, however many sets there are. A set goes in whole or not at all.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final, Generic, NamedTuple, TypeVar

from twopair.base import Spi, Suite
from twopair.core.esp.association import SecurityAssociation, Selector
from twopair.core.esp.replay import IvWatch, ReplayWindow

T = TypeVar("T")

LAST_SEQUENCE: Final = 2**32 - 1
"""The last sequence number an SA may send (SA-07)."""

_SPI_RANGE: Final = range(256, 2**32)
_COUNTER_SUITES: Final = (Suite("null", "aes-gcm"), Suite("aes-gmac", "null"))


class Conflict(Enum):
    """Why a set cannot be installed. The value is (clause, words)."""

    SET_ID_IN_USE = ("SA-01", "the set is installed already")
    MIXED_FAMILIES = ("SA-08", "both ends of a set are of one IP version")
    SPI_OUT_OF_RANGE = ("RFC 4303 §2.1, SA-17", "an SPI outside 256..2^32-1")
    SPIS_NOT_DISTINCT = ("33.203 §7.1, SA-15, SA-16", "the four SPIs of a set must differ")
    OWN_SPI_IN_USE = ("33.203 §7.1, SA-16", "an SPI of ours names another SA, inbound or outbound")
    PEER_SPI_IN_USE = ("33.203 §7.1, SA-15", "an SPI of the peer names another SA of the same peer")
    SELECTOR_IN_USE = ("33.203 §7.1, SA-22", "these addresses and ports belong to another set")

    __hash__ = object.__hash__

    @property
    def clause(self) -> str:
        """Where the rule stands."""
        return self.value[0]

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return self.value[1]


class Named(NamedTuple):
    """An SA with its name of Figure 1: SA1-up, SA1-dn, SA2-dn or SA2-up."""

    name: str
    association: SecurityAssociation


class Outbound(Generic[T]):
    """SAD entry of an SA we send with.

    Attributes:
        sequence: number of the last packet sent; the first packet has 1 (SA-07).
        packets: packets sent.
        octets: octets of IP payload sent, before ESP.
    """

    __slots__ = ("association", "name", "octets", "sequence", "set_id", "spi", "transform")

    def __init__(self, set_id: int, named: Named, transform: T) -> None:
        self.set_id = set_id
        self.name = named.name
        self.association = named.association
        self.spi: Spi = named.association.spi
        self.transform = transform
        self.sequence = 0
        self.octets = 0

    @property
    def packets(self) -> int:
        """Packets sent: each took one sequence number."""
        return self.sequence


class Inbound(Generic[T]):
    """SAD entry of an SA we receive with.

    Attributes:
        window: its anti-replay window (SA-06).
        ivs: watch for repeated IVs, None where IVs are not counters (KEY-08).
        packets: packets accepted.
        octets: octets of IP payload accepted, after ESP.
        replayed: packets dropped as replays.
        bad_icv: packets dropped for their ICV.
    """

    __slots__ = (
        "association",
        "bad_icv",
        "ivs",
        "name",
        "octets",
        "packets",
        "replayed",
        "set_id",
        "spi",
        "transform",
        "window",
    )

    def __init__(self, set_id: int, named: Named, transform: T, ivs: IvWatch | None) -> None:
        self.set_id = set_id
        self.name = named.name
        self.association = named.association
        self.spi: Spi = named.association.spi
        self.transform = transform
        self.window = ReplayWindow()
        self.ivs = ivs
        self.packets = 0
        self.octets = 0
        self.replayed = 0
        self.bad_icv = 0


class InstalledSet(NamedTuple, Generic[T]):
    """The four entries of one set."""

    outbound: tuple[Outbound[T], ...]
    inbound: tuple[Inbound[T], ...]


class Sad(Generic[T]):
    """Every SA of one node.

    Args:
        make: how an SA is carried out: an ESP transform, or nothing where packets are only marked.
            May raise ValueError, upon which nothing is installed.
    """

    def __init__(self, make: Callable[[SecurityAssociation], T]) -> None:
        self._make = make
        self._sets: dict[int, InstalledSet[T]] = {}
        self._outbound: dict[Selector, Outbound[T]] = {}
        self._inbound: dict[tuple[str, Spi], Inbound[T]] = {}
        self._inbound_selectors: set[Selector] = set()
        self._outbound_keys: set[tuple[str, Spi]] = set()
        self._spis_out: Counter[Spi] = Counter()
        self._spis_in: Counter[Spi] = Counter()

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

    def __contains__(self, set_id: object) -> bool:
        return set_id in self._sets

    def __len__(self) -> int:
        return len(self._sets)

    def __iter__(self) -> Iterator[InstalledSet[T]]:
        return iter(self._sets.values())

    def add(
        self, set_id: int, outbound: tuple[Named, ...], inbound: tuple[Named, ...]
    ) -> InstalledSet[T] | Conflict:
        """Install a set whole, or say why not; then nothing has changed (SA-01).

        Raises:
            ValueError: `make` could not carry out an SA; nothing has changed either.
        """
        conflict = self._conflict(set_id, [n.association for n in outbound], [n.association for n in inbound])
        if conflict is not None:
            return conflict
        ivs = IvWatch() if inbound[0].association.suite in _COUNTER_SUITES else None
        installed = InstalledSet(
            tuple(Outbound(set_id, n, self._make(n.association)) for n in outbound),
            tuple(Inbound(set_id, n, self._make(n.association), ivs) for n in inbound),
        )
        self._sets[set_id] = installed
        for out in installed.outbound:
            selector = out.association.selector
            self._outbound[selector] = out
            self._outbound_keys.add((selector.dst, out.spi))
            self._spis_out[out.spi] += 1
        for entry in installed.inbound:
            sa = entry.association
            self._inbound[sa.selector.dst, sa.spi] = entry
            self._inbound_selectors.add(sa.selector)
            self._spis_in[sa.spi] += 1
        return installed

    def remove(self, set_id: int) -> InstalledSet[T] | None:
        """Take a set out and return it; the last reference to its keys goes with that (KEY-10)."""
        removed = self._sets.pop(set_id, None)
        if removed is None:
            return None
        for out in removed.outbound:
            selector = out.association.selector
            del self._outbound[selector]
            self._outbound_keys.discard((selector.dst, out.spi))
            _release(self._spis_out, out.spi)
        for entry in removed.inbound:
            sa = entry.association
            del self._inbound[sa.selector.dst, sa.spi]
            self._inbound_selectors.discard(sa.selector)
            _release(self._spis_in, sa.spi)
        return removed

    def _conflict(
        self, set_id: int, outbound: list[SecurityAssociation], inbound: list[SecurityAssociation]
    ) -> Conflict | None:
        """The first rule that the set breaks, or None."""
        spis = [sa.spi for sa in (*outbound, *inbound)]
        selectors = [sa.selector for sa in (*outbound, *inbound)]
        checks = (
            (Conflict.SET_ID_IN_USE, set_id in self._sets),
            (Conflict.MIXED_FAMILIES, len({":" in a for s in selectors for a in (s.src, s.dst)}) > 1),
            (Conflict.SPI_OUT_OF_RANGE, any(spi not in _SPI_RANGE for spi in spis)),
            (Conflict.SPIS_NOT_DISTINCT, len(set(spis)) < len(spis)),
            (Conflict.OWN_SPI_IN_USE, any(self._own_spi_taken(sa.spi) for sa in inbound)),
            (Conflict.PEER_SPI_IN_USE, any(self._peer_spi_taken(sa) for sa in outbound)),
            (Conflict.SELECTOR_IN_USE, self._selector_taken(selectors)),
        )
        return next((conflict for conflict, broken in checks if broken), None)

    def _own_spi_taken(self, spi: Spi) -> bool:
        """SA-16: in use in any SA of this node, inbound or outbound."""
        return spi in self._spis_in or spi in self._spis_out

    def _peer_spi_taken(self, sa: SecurityAssociation) -> bool:
        """SA-15, SA-18: in use in any SA of the same peer; other peers may have chosen the same."""
        if (sa.selector.dst, sa.spi) in self._outbound_keys:
            return True
        ours = self._inbound.get((sa.selector.src, sa.spi))
        return ours is not None and ours.association.selector.src == sa.selector.dst

    def _selector_taken(self, selectors: list[Selector]) -> bool:
        return len(set(selectors)) < len(selectors) or any(
            s in self._outbound or s in self._inbound_selectors for s in selectors
        )


def _release(counter: "Counter[Spi]", spi: Spi) -> None:
    counter[spi] -= 1
    if not counter[spi]:
        del counter[spi]
