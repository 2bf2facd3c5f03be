"""What the sets of a node have taken, and what may stand beside it (SA-15..SA-18, SA-22)."""

from collections.abc import KeysView
from typing import Final, NamedTuple, TypeVar

from twopair.base import Reason, Spi
from twopair.core.esp.association import Selector
from twopair.core.sa.sa_set import SaSet

T = TypeVar("T")

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


class Claim(NamedTuple):
    """What a set takes.

    Args:
        selectors: of all its SAs, in both directions.
        own: SPIs that we chose: of its inbound SAs.
        peers: SPIs that the peer chose.
        at_peer: the peer's address with each of its SPIs, inbound and outbound (SA-18).
    """

    selectors: list[Selector]
    own: list[Spi]
    peers: list[Spi]
    at_peer: list[tuple[str, Spi]]


class Claims:
    """What the sets of one node have taken."""

    def __init__(self) -> None:
        self._sets: dict[int, Claim] = {}
        self._selectors: set[Selector] = set()
        self._own: set[Spi] = set()
        self._peers: dict[Spi, int] = {}  # how many peers have chosen it
        self._at_peer: set[tuple[str, Spi]] = set()

    def take(self, sa_set: SaSet) -> Conflict | None:
        """Take what a set needs; or nothing, and say why not."""
        claim = _claim(sa_set)
        conflict = self._conflict(sa_set, claim)
        if conflict is None:
            self._sets[sa_set.set_id] = claim
            self._selectors.update(claim.selectors)
            self._own.update(claim.own)
            self._at_peer.update(claim.at_peer)
            for spi in claim.peers:
                self._peers[spi] = self._peers.get(spi, 0) + 1
        return conflict

    def release(self, set_id: int) -> None:
        """Give back what a set has; nothing if it has nothing."""
        claim = self._sets.pop(set_id, None)
        if claim is None:
            return
        self._selectors.difference_update(claim.selectors)
        self._own.difference_update(claim.own)
        self._at_peer.difference_update(claim.at_peer)
        for spi in claim.peers:
            if self._peers[spi] == 1:
                del self._peers[spi]
            else:
                self._peers[spi] -= 1

    def _conflict(self, sa_set: SaSet, claim: Claim) -> Conflict | None:
        """The first rule that the set breaks, or None."""
        selectors, own, peers, at_peer = claim
        spis = own + peers
        checks = (
            (Conflict.SET_ID_IN_USE, sa_set.set_id in self._sets),
            (Conflict.MIXED_FAMILIES, (":" in sa_set.ue) is not (":" in sa_set.pcscf)),
            (Conflict.SPI_OUT_OF_RANGE, min(spis) < _LEAST_SPI or max(spis) > _LARGEST_SPI),
            (Conflict.SPIS_NOT_DISTINCT, len(set(spis)) < len(spis)),
            (Conflict.OWN_SPI_IN_USE, _meet(own, self._own) or _meet(own, self._peers.keys())),
            (Conflict.PEER_SPI_IN_USE, _meet(at_peer, self._at_peer)),
            (
                Conflict.SELECTOR_IN_USE,
                len(set(selectors)) < len(selectors) or _meet(selectors, self._selectors),
            ),
        )
        return next((conflict for conflict, broken in checks if broken), None)


def _claim(sa_set: SaSet) -> Claim:
    peer = sa_set.address(sa_set.end.other)
    claim = Claim([], [], [], [])
    for arrow in sa_set.arrows:
        spi = sa_set.spis.of(arrow.spi_of)
        claim.selectors.append(sa_set.selector(arrow))
        (claim.peers if arrow.sender is sa_set.end else claim.own).append(spi)
        claim.at_peer.append((peer, spi))
    return claim


def _meet(wanted: list[T], taken: set[T] | KeysView[T]) -> bool:
    """Whether they have something in common. A list is looked up one by one; two sets would be searched."""
    return not taken.isdisjoint(wanted)
