"""What the sets of a node have taken, and what may stand beside it (SA-15..SA-18, SA-22)."""

from collections.abc import Iterator
from typing import Final

from twopair.base import Port, Reason, Spi
from twopair.core.sa.figure1 import End
from twopair.core.sa.sa_set import SaSet

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


class Claims:
    """What the sets of one node have taken, and so where each of them is found."""

    def __init__(self) -> None:
        self._sets: dict[int, SaSet] = {}
        self._ways: dict[Way, int] = {}
        self._own: dict[Spi, int] = {}
        self._chosen: dict[Spi, int] = {}  # how many peers have chosen it
        self._at_peer: set[tuple[str, Spi]] = set()

    def between(self, peer: str, peer_port: Port, own: str, own_port: Port) -> int | None:
        """The set whose selector has these addresses and ports, in whichever direction."""
        return self._ways.get((peer, peer_port, own, own_port))

    def behind(self, spi: Spi) -> int | None:
        """The set in which we chose that SPI."""
        return self._own.get(spi)

    def sends_with(self, peer: str, spi: Spi) -> bool:
        """Whether a set has an SA to that peer with that SPI (SA-18)."""
        return (peer, spi) in self._at_peer

    def take(self, sa_set: SaSet) -> Conflict | None:
        """Take what a set needs; or nothing, and say why not."""
        conflict = self._conflict(sa_set)
        if conflict is None:
            set_id, peer = sa_set.set_id, _peer(sa_set)
            self._sets[set_id] = sa_set
            for way in _ways(sa_set):
                self._ways[way] = set_id
            own, chosen = _spis(sa_set)
            for spi in own:
                self._own[spi] = set_id
            for spi in chosen:
                self._at_peer.add((peer, spi))
                self._chosen[spi] = self._chosen.get(spi, 0) + 1
        return conflict

    def release(self, set_id: int) -> SaSet | None:
        """Give back what a set has, and return it; None if it has nothing."""
        sa_set = self._sets.pop(set_id, None)
        if sa_set is None:
            return None
        for way in _ways(sa_set):
            self._ways.pop(way, None)
        own, chosen = _spis(sa_set)
        for spi in own:
            self._own.pop(spi, None)
        for spi in chosen:
            self._at_peer.discard((_peer(sa_set), spi))
            if self._chosen[spi] == 1:
                del self._chosen[spi]
            else:
                self._chosen[spi] -= 1
        return sa_set

    def _conflict(self, sa_set: SaSet) -> Conflict | None:
        """The first rule that the set breaks, or None."""
        return next(self._conflicts(sa_set), None)

    def _conflicts(self, sa_set: SaSet) -> Iterator[Conflict]:
        """All rules that the set breaks."""
        spis, peer = sa_set.spis, _peer(sa_set)
        if sa_set.set_id in self._sets:
            yield Conflict.SET_ID_IN_USE
        if (":" in sa_set.ue) is not (":" in sa_set.pcscf):
            yield Conflict.MIXED_FAMILIES
        if min(spis) < _LEAST_SPI or max(spis) > _LARGEST_SPI:
            yield Conflict.SPI_OUT_OF_RANGE
        if len(set(spis)) < len(spis):
            yield Conflict.SPIS_NOT_DISTINCT
        own, chosen = _spis(sa_set)
        if any(spi in self._own or spi in self._chosen for spi in own):
            yield Conflict.OWN_SPI_IN_USE
        if any((peer, spi) in self._at_peer or self._is_own_towards(peer, spi) for spi in chosen):
            yield Conflict.PEER_SPI_IN_USE
        ways = [*_ways(sa_set), *map(_reversed, _ways(sa_set))]
        if len(set(ways)) < len(ways) or any(way in self._ways for way in ways):
            yield Conflict.SELECTOR_IN_USE

    def _is_own_towards(self, peer: str, spi: Spi) -> bool:
        holder = self._own.get(spi)
        return holder is not None and _peer(self._sets[holder]) == peer


def _peer(sa_set: SaSet) -> str:
    return sa_set.ue if sa_set.end is End.PCSCF else sa_set.pcscf


def _ways(sa_set: SaSet) -> tuple[Way, Way]:
    """Of SA1 and of SA2."""
    ue, pcscf, (uc, us, pc, ps) = sa_set.ue, sa_set.pcscf, sa_set.ports
    if sa_set.end is End.PCSCF:
        return (ue, uc, pcscf, ps), (ue, us, pcscf, pc)
    return (pcscf, ps, ue, uc), (pcscf, pc, ue, us)


def _reversed(way: Way) -> Way:
    return way[2], way[3], way[0], way[1]


def _spis(sa_set: SaSet) -> tuple[tuple[Spi, Spi], tuple[Spi, Spi]]:
    """Those that we chose, of our inbound SAs; then those that the peer chose."""
    uc, us, pc, ps = sa_set.spis
    return ((pc, ps), (uc, us)) if sa_set.end is End.PCSCF else ((uc, us), (pc, ps))
