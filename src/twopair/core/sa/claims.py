"""What the sets of a node have taken, and what may stand beside it (SA-15..SA-18, SA-22)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from mypy_extensions import mypyc_attr

from twopair.base import Port, Reason, Spi
from twopair.core.sa.figure1 import ARROWS, Arrow, End
from twopair.core.sa.sa_set import SaSet

_PCSCF: Final = End.PCSCF
_LEAST_SPI: Final = 256
_LARGEST_SPI: Final = 2**32 - 1


class Conflict(Reason):
    """Why a set cannot be installed. The value is (clause, words)."""

    SET_ID_IN_USE = ("SA-01", "the set is installed already")
    MIXED_FAMILIES = ("SA-08", "both ends of a set are of one IP version")
    SPI_OUT_OF_RANGE = ("RFC 4303 §2.1, SA-17", "an SPI outside 256..2^32-1")
    SPIS_NOT_DISTINCT = ("33.203 §7.1, SA-15, SA-16", "the four SPIs of a set must differ")
    OWN_SPI_IN_USE = ("33.203 §7.1, SA-16", "an SPI of ours names another SA, inbound or outbound")
    PEER_SPI_IN_USE = ("33.203 §7.1, SA-15", "an SPI of the peer names another SA of the same peer")
    SELECTOR_IN_USE = ("33.203 §7.1, SA-22", "these addresses and ports belong to another set")


Way = tuple[str, Port, str, Port]
"""The peer's address and port, then ours: what the two SAs of a pair have, in one direction and the other."""


class Place(NamedTuple):
    """A pair of a set.

    Args:
        sa_set: the set.
        pair: which of its pairs.
    """

    sa_set: SaSet
    pair: int

    @property
    def way(self) -> Way:
        """Its selector."""
        return _ways(self.sa_set)[self.pair]

    @property
    def own_address(self) -> str:
        """Our address in it."""
        return self.sa_set.address(self.sa_set.end)

    @property
    def outbound(self) -> Arrow:
        """Its SA that we send with."""
        return next(arrow for arrow in self._arrows if arrow.sender is self.sa_set.end)

    @property
    def inbound(self) -> Arrow:
        """Its SA that we receive with."""
        return next(arrow for arrow in self._arrows if arrow.sender is not self.sa_set.end)

    @property
    def _arrows(self) -> tuple[Arrow, ...]:
        return ARROWS[2 * self.pair : 2 * self.pair + 2]


@mypyc_attr(allow_interpreted_subclasses=True)
class Claims:
    """What the sets of one node have taken, and so where each of them is found.

    There are as many as UEs, so each stands here but four times: by its id, by our two SPIs, and among the
    sets with its peer's address, which are few.
    """

    def __init__(self) -> None:
        self._sets: dict[int, SaSet] = {}
        self._with: dict[str, tuple[SaSet, ...]] = {}  # by the peer's address, oldest first
        self._own: dict[Spi, SaSet] = {}
        self._chosen: dict[Spi, int] = {}  # how many peers have chosen it

    def __iter__(self) -> Iterator[SaSet]:
        return iter(self._sets.values())

    def of(self, set_id: int) -> SaSet | None:
        """The set of that name."""
        return self._sets.get(set_id)

    def between(self, peer: str, peer_port: Port, own: str, own_port: Port) -> Place | None:
        """The pair whose selector has these addresses and ports, in whichever direction."""
        way = peer, peer_port, own, own_port
        for sa_set in reversed(self._with.get(peer, ())):
            ways = _ways(sa_set)
            if way in ways:
                return Place(sa_set, ways.index(way))
        return None

    def behind(self, spi: Spi) -> Place | None:
        """The pair for which we chose that SPI."""
        sa_set = self._own.get(spi)
        if sa_set is None:
            return None
        return Place(sa_set, next(i for i, (own, _) in enumerate(_spis(sa_set)) if own == spi))

    def sends_with(self, peer: str, spi: Spi) -> bool:
        """Whether a set has an SA to that peer with that SPI (SA-18)."""
        for one in self._with.get(peer, ()):
            for _, chosen in _spis(one):
                if chosen == spi:
                    return True
        return False

    def take(self, sa_set: SaSet) -> Conflict | None:
        """Take what a set needs; or nothing, and say why not."""
        peer = _peer(sa_set)
        conflict = self._conflict(sa_set, peer)
        if conflict is None:
            counts = self._chosen
            self._sets[sa_set.set_id] = sa_set
            self._with[peer] = (*self._with.get(peer, ()), sa_set)
            for own, chosen in _spis(sa_set):
                self._own[own] = sa_set
                counts[chosen] = counts.get(chosen, 0) + 1
        return conflict

    def release(self, set_id: int) -> SaSet | None:
        """Give back what a set has, and return it; None if it has nothing."""
        sa_set = self._sets.pop(set_id, None)
        if sa_set is None:
            return None
        peer, counts = _peer(sa_set), self._chosen
        others = tuple([other for other in self._with.pop(peer) if other is not sa_set])
        if others:
            self._with[peer] = others
        for own, chosen in _spis(sa_set):
            self._own.pop(own, None)
            left = counts.pop(chosen) - 1
            if left:
                counts[chosen] = left
        return sa_set

    def _conflict(self, sa_set: SaSet, peer: str) -> Conflict | None:
        """The first rule that the set breaks, or None."""
        return next(self._conflicts(sa_set, peer), None)

    def _conflicts(self, sa_set: SaSet, peer: str) -> Iterator[Conflict]:
        """All rules that the set breaks."""
        pairs = _spis(sa_set)
        spis = [spi for both in pairs for spi in both]
        if sa_set.set_id in self._sets:
            yield Conflict.SET_ID_IN_USE
        if (":" in sa_set.ue) is not (":" in sa_set.pcscf):
            yield Conflict.MIXED_FAMILIES
        if min(spis) < _LEAST_SPI or max(spis) > _LARGEST_SPI:
            yield Conflict.SPI_OUT_OF_RANGE
        if len(set(spis)) < len(spis):
            yield Conflict.SPIS_NOT_DISTINCT
        if self._any_taken([own for own, _ in pairs]):
            yield Conflict.OWN_SPI_IN_USE
        if self._any_at(peer, [chosen for _, chosen in pairs]):
            yield Conflict.PEER_SPI_IN_USE
        if self._crosses(_ways(sa_set)):
            yield Conflict.SELECTOR_IN_USE

    def _any_taken(self, spis: list[Spi]) -> bool:
        """Whether one of them is in use in any SA, inbound or outbound (SA-16)."""
        taken, counts = self._own, self._chosen
        return any(spi in taken or spi in counts for spi in spis)

    def _any_at(self, peer: str, spis: list[Spi]) -> bool:
        """Whether an SA with that peer has one of the SPIs, in whichever direction (SA-18)."""
        for spi in spis:
            other = self._own.get(spi)
            if (other is not None and _peer(other) == peer) or self.sends_with(peer, spi):
                return True
        return False

    def _crosses(self, ways: tuple[Way, ...]) -> bool:
        """Whether these selectors are those of another set, or not all different, in either direction."""
        mirrored = [(own, own_port, peer, peer_port) for peer, peer_port, own, own_port in ways]
        for number, way in enumerate(ways):
            if way in ways[:number] or way in mirrored or self.between(*way) is not None:
                return True
        for peer, peer_port, own, own_port in mirrored:
            if peer in self._with and self.between(peer, peer_port, own, own_port) is not None:
                return True
        return False


def _peer(sa_set: SaSet) -> str:
    """The address of the other end."""
    return sa_set.ue if sa_set.end is _PCSCF else sa_set.pcscf


def _ways(sa_set: SaSet) -> tuple[Way, ...]:
    """Of each of its pairs."""
    ue, pcscf, (uc, us, pc, ps) = sa_set.ue, sa_set.pcscf, sa_set.ports
    both = (
        ((ue, uc, pcscf, ps), (ue, us, pcscf, pc))
        if sa_set.end is _PCSCF
        else ((pcscf, ps, ue, uc), (pcscf, pc, ue, us))
    )
    return both[: len(sa_set.pairs)]


def _spis(sa_set: SaSet) -> tuple[tuple[Spi, Spi], ...]:
    """Of each of its pairs: the SPI that we chose, of its inbound SA, and the one that the peer chose."""
    uc, us, pc, ps = sa_set.spis
    both = ((ps, uc), (pc, us)) if sa_set.end is _PCSCF else ((uc, ps), (us, pc))
    return both[: len(sa_set.pairs)]
