"""What the sets of a node have taken, and what may stand beside it (SA-15..SA-18, SA-22)."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

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


class Claim(NamedTuple):
    """What one pair takes.

    Args:
        way: the selector of both its SAs.
        own: the SPI that we chose: of its inbound SA.
        chosen: the SPI that the peer chose.
    """

    way: Way
    own: Spi
    chosen: Spi


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
        claims, peer = _claims(sa_set), sa_set.address(sa_set.end.other)
        conflict = self._conflict(sa_set, claims, peer)
        if conflict is None:
            set_id, counts = sa_set.set_id, self._chosen
            self._sets[set_id] = sa_set
            for way, own, chosen in claims:
                self._ways[way] = self._own[own] = set_id
                self._at_peer.add((peer, chosen))
                counts[chosen] = counts.get(chosen, 0) + 1
        return conflict

    def release(self, set_id: int) -> SaSet | None:
        """Give back what a set has, and return it; None if it has nothing."""
        sa_set = self._sets.pop(set_id, None)
        if sa_set is None:
            return None
        peer, counts = sa_set.address(sa_set.end.other), self._chosen
        for way, own, chosen in _claims(sa_set):
            self._ways.pop(way, None)
            self._own.pop(own, None)
            self._at_peer.discard((peer, chosen))
            if counts[chosen] == 1:
                del counts[chosen]
            else:
                counts[chosen] -= 1
        return sa_set

    def _conflict(self, sa_set: SaSet, claims: Sequence[Claim], peer: str) -> Conflict | None:
        """The first rule that the set breaks, or None."""
        return next(self._conflicts(sa_set, claims, peer), None)

    def _conflicts(self, sa_set: SaSet, claims: Sequence[Claim], peer: str) -> Iterator[Conflict]:
        """All rules that the set breaks."""
        taken, counts = self._own, self._chosen
        spis = [claim.own for claim in claims] + [claim.chosen for claim in claims]
        ways = [claim.way for claim in claims]
        ways += [(own, own_port, peer, peer_port) for peer, peer_port, own, own_port in ways]
        if sa_set.set_id in self._sets:
            yield Conflict.SET_ID_IN_USE
        if (":" in sa_set.ue) is not (":" in sa_set.pcscf):
            yield Conflict.MIXED_FAMILIES
        if min(spis) < _LEAST_SPI or max(spis) > _LARGEST_SPI:
            yield Conflict.SPI_OUT_OF_RANGE
        if len(set(spis)) < len(spis):
            yield Conflict.SPIS_NOT_DISTINCT
        if not (taken.keys().isdisjoint(own := spis[: len(claims)]) and counts.keys().isdisjoint(own)):
            yield Conflict.OWN_SPI_IN_USE
        if any(self._is_at(peer, claim.chosen) for claim in claims):
            yield Conflict.PEER_SPI_IN_USE
        if len(set(ways)) < len(ways) or not self._ways.keys().isdisjoint(ways):
            yield Conflict.SELECTOR_IN_USE

    def _is_at(self, peer: str, spi: Spi) -> bool:
        """Whether an SA with that peer has the SPI, in whichever direction (SA-18)."""
        if (peer, spi) in self._at_peer:
            return True
        holder = self._own.get(spi)
        if holder is None:
            return False
        other = self._sets[holder]
        return other.address(other.end.other) == peer


def _claims(sa_set: SaSet) -> tuple[Claim, ...]:
    """Of each of its pairs."""
    ue, pcscf, (uc, us, pc, ps), spis = sa_set.ue, sa_set.pcscf, sa_set.ports, sa_set.spis
    both = (
        (Claim((ue, uc, pcscf, ps), spis.ps, spis.uc), Claim((ue, us, pcscf, pc), spis.pc, spis.us))
        if sa_set.end is End.PCSCF
        else (Claim((pcscf, ps, ue, uc), spis.uc, spis.ps), Claim((pcscf, pc, ue, us), spis.us, spis.pc))
    )
    return both[: len(sa_set.pairs)]
