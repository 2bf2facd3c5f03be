"""A packet on Gm as somebody without keys sees it, and what can be done to it on any carrier."""

from enum import Enum
from typing import NamedTuple, Protocol, TypeVar

from twopair.base import Endpoint, Transport

P = TypeVar("P")
"""How a carrier has its packets: `twopair.sim.Packet`, or the octets of an IP packet."""


class Sight(NamedTuple):
    """One packet, as far as it can be read.

    Args:
        sender: name of the host that has the source address, empty for nobody's.
        receiver: name of the host that has the destination address.
        src: source; its port is 0 where ESP hides it.
        dst: destination, likewise.
        transport: None where ESP hides it.
        spi: SPI, None for clear text.
        iv: the eight octets behind the sequence number of ESP, empty where there are none.
        text: SIP, in the clear or in ESP without encryption; else empty.
    """

    sender: str
    receiver: str
    src: Endpoint
    dst: Endpoint
    transport: Transport | None
    spi: int | None
    iv: bytes
    text: bytes

    @property
    def clear(self) -> bool:
        """Whether it is clear text."""
        return self.spi is None

    def says(self, start: str) -> bool:
        """Whether its message begins like this: ``REGISTER``, ``SIP/2.0 401``."""
        return self.text.startswith(start.encode())


class Trick(Enum):
    """What a forged packet is."""

    DATAGRAM = "UDP datagram"
    SEGMENT = "octets of a TCP connection"
    RESET = "TCP RST"
    UNREACHABLE = "ICMP error about a datagram"

    __hash__ = object.__hash__


class Forged(NamedTuple):
    """A packet that an attacker makes: clear text from whatever source it claims."""

    src: Endpoint
    dst: Endpoint
    data: bytes
    trick: Trick = Trick.DATAGRAM


class Wire(Protocol[P]):
    """What a carrier lets an attacker do with packets."""

    def see(self, packet: P) -> Sight:
        """Look at a packet."""
        ...

    def rewritten(self, packet: P, text: bytes) -> P | None:
        """The packet with other text, lengths and checksums put right; an ICV cannot be.

        None where the carrier cannot: a TCP stream that would become longer.
        """
        ...

    def reflected(self, packet: P) -> P:
        """The packet with its two addresses exchanged."""
        ...

    def damaged(self, packet: P) -> P:
        """The packet with an octet of its payload changed."""
        ...

    def forged(self, forged: Forged) -> P | None:
        """A packet made from nothing; None where the carrier has no such packets."""
        ...
