"""One unidirectional security association, as a value (RFC 4301 §4.4.2.1; 33.203 §7.1)."""

from dataclasses import dataclass
from typing import NamedTuple

from twopair.base import Port, Spi, Suite
from twopair.crypto.annex_i import EspKeys


class Selector(NamedTuple):
    """What an SA protects: both addresses and both ports; UDP and TCP alike (SA-09).

    Give it by keyword: ``Selector(src=…, src_port=…, dst=…, dst_port=…)``.
    """

    src: str
    src_port: Port
    dst: str
    dst_port: Port

    def reversed(self) -> "Selector":
        """The selector of the opposite direction."""
        return Selector(src=self.dst, src_port=self.dst_port, dst=self.src, dst_port=self.src_port)


class IvSpace(NamedTuple):
    """The part of the shared GCM/GMAC IV space that belongs to one sender and pair (KEY-08).

    Args:
        role: bit 63 of the IV: 0 for packets that the UE sends, 1 for the P-CSCF's.
        pair: bit 62: 0 for SA1, 1 for SA2.
    """

    role: int
    pair: int


@dataclass(frozen=True, slots=True)
class SecurityAssociation:
    """One direction: ESP in transport mode, 32-bit sequence numbers, replay window 64 (SA-02..SA-07).

    Counters and replay window are not here: they live in its SAD entry.
    """

    spi: Spi
    selector: Selector
    suite: Suite
    keys: EspKeys
    iv_space: IvSpace
