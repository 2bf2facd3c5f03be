"""Back end without bytes: the same SAD and rules, packets carry a mark instead of being encrypted.

For the simulator and story tests. Its world asks twice per packet, each end's own back end::

    mark = sender.outbound(flow, len(data))          # Drop: never leaves; None: leaves in the clear
    drop = receiver.inbound(flow.mirrored(), mark, len(data))     # None: deliver

`flow` is always as the asked end sees it: `local` is its own side. A mark is what ESP would be to an
attacker: it can be kept and sent again (REPLAYED), sent back (REFLECTED), sent on other ports
(SELECTOR) or damaged (`mark.altered()`: BAD_ICV), but not made.
"""

from typing import NamedTuple

from twopair.backends.contract import Features
from twopair.backends.tables import Tables
from twopair.base import Flow, Spi
from twopair.core.esp import SUITES, WHOLE, Drop, Inbound
from twopair.core.sa import Arrow, Place, SaSet, Way
from twopair.crypto.annex_i import EspKeys

_FEATURES = Features(name="memory", encrypts=False, suites=SUITES)


class Mark(NamedTuple):
    """What stands for ESP around a packet.

    Args:
        spi: SPI on the wire; a world's trace shows it.
        sequence: sequence number.
        keys: the sender's keys; None once the packet was altered. Only back ends look at them.
    """

    spi: Spi
    sequence: int
    keys: EspKeys | None

    def altered(self) -> "Mark":
        """The mark of this packet after somebody without the keys changed any octet of it."""
        return self._replace(keys=None)


class MemoryBackend(Tables[tuple[int, str]]):
    """SA sets of one simulated host; an `IpsecBackend` whose packets are marked (product: memory).

    Args:
        block: how many sequence numbers of an SA are this host's.
    """

    def __init__(self, block: int = WHOLE) -> None:
        super().__init__(_key, block=block)

    @property
    def features(self) -> Features:
        """What it can do."""
        return _FEATURES

    def outbound(self, flow: Flow, octets: int = 0) -> Mark | Drop | None:
        """What becomes of a packet this host sends: marked, dropped, or None: sent in the clear."""
        local, remote = flow.local, flow.remote
        place = self._claims.between(remote.address, remote.port, local.address, local.port)
        if place is None:
            return self._drop(Drop.CLEAR_FROM_PROTECTED) if local in self._closed else None
        sa = self._sends(place.sa_set, place.outbound)
        if sa.sequence >= sa.last:
            return self._drop(Drop.SEQUENCE_EXHAUSTED)
        sa.sequence += 1
        sa.octets += octets
        return Mark(sa.spi, sa.sequence, place.sa_set.keys)

    def inbound(self, flow: Flow, mark: Mark | None, octets: int = 0) -> Drop | None:
        """Why a packet that reached this host is dropped, or None: deliver it."""
        local, remote = flow.local, flow.remote
        way = remote.address, remote.port, local.address, local.port
        if mark is None:
            closed = local in self._closed or self._claims.between(*way) is not None
            return self._drop(Drop.CLEAR_TO_PROTECTED) if closed else None
        place = self._claims.behind(mark.spi)
        if place is None or place.own_address != local.address:
            own = self._claims.sends_with(remote.address, mark.spi)
            return self._drop(Drop.REFLECTED if own else Drop.UNKNOWN_SPI)
        sa = self._receives(place.sa_set, place.inbound)
        drop = self._judge(sa, mark, place, way)
        if drop is not None:
            return self._drop(drop)
        sa.packets += 1
        sa.octets += octets
        return None

    @staticmethod
    def _judge(sa: Inbound, mark: Mark, place: Place, way: Way) -> Drop | None:
        """The checks of RFC 4303 §3.4 in their order: replay, ICV, then selectors."""
        if not sa.window.fresh(mark.sequence):
            sa.replayed += 1
            return Drop.REPLAYED
        if mark.keys != place.sa_set.keys:
            sa.bad_icv += 1
            return Drop.BAD_ICV
        sa.window.accept(mark.sequence)
        sa.moved.add(sa.set_id)
        if place.way != way:
            sa.mismatched += 1
            return Drop.SELECTOR
        return None


def _key(sa_set: SaSet, arrow: Arrow) -> tuple[int, str]:
    return sa_set.set_id, arrow.name
