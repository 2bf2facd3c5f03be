"""What an observer of a link tells: packets, the SIP messages they carried, and what was wrong."""

from dataclasses import dataclass
from typing import NamedTuple

from twopair.base import Endpoint, Micros, Transport
from twopair.core.sa import End
from twopair.wire.sip import Request, Response

SYN, ACK = 0x02, 0x10
"""Flags of a TCP header (RFC 9293 §3.1)."""


class Segment(NamedTuple):
    """A UDP datagram or a TCP segment.

    Args:
        transport: UDP or TCP.
        src: sender.
        dst: receiver.
        data: octets behind the UDP or TCP header.
        sequence: TCP sequence number of the first of them; 0 for UDP.
        flags: TCP flags; 0 for UDP.
    """

    transport: Transport
    src: Endpoint
    dst: Endpoint
    data: bytes
    sequence: int = 0
    flags: int = 0

    @property
    def opens_connection(self) -> bool:
        """Whether this is the first segment of a TCP handshake."""
        return self.flags & (SYN | ACK) == SYN


class EspHead(NamedTuple):
    """What an ESP packet shows, and what a known key adds.

    Args:
        spi: SPI on the wire.
        sequence: sequence number on the wire; None in a simulated world, which does not show it.
        sa: SA1-up, SA1-dn, SA2-dn or SA2-up; None if no known key opens the packet.
        held_by: the ends whose key opens it; both, unless something is wrong.
        iv: the IV, where the algorithm has one.
    """

    spi: int
    sequence: int | None
    sa: str | None = None
    held_by: tuple[End, ...] = ()
    iv: bytes = b""


@dataclass(frozen=True, slots=True)
class SeenPacket:
    """One IP packet as it crossed the link, put together from its fragments.

    Args:
        time: when its last octet was seen.
        src: source address, canonical text.
        dst: destination address.
        protocol: IP protocol number on the wire, 50 for ESP.
        octets: length of the packet on the wire.
        esp: None for a packet in the clear.
        segment: the datagram or segment in it; None if it has none or no known key opens it.
    """

    time: Micros
    src: str
    dst: str
    protocol: int
    octets: int
    esp: EspHead | None
    segment: Segment | None

    @property
    def readable(self) -> bool:
        """Whether anybody on the link can read it without a key."""
        return self.esp is None


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """One SIP message as it crossed the link.

    Args:
        time: when its last octet was seen.
        transport: UDP or TCP.
        src: sender, with the port inside ESP.
        dst: receiver.
        sa: SA1-up, SA1-dn, SA2-dn or SA2-up; None for a message in the clear.
        spi: SPI on the wire, None for a message in the clear.
        message: what was said.
        step: SM1, SM6, SM7, SM12, or "" outside registration (33.203 §6.1).
        held_by: the ends whose keys open it.
        again: whether these very octets went the same way before: a retransmission by SIP.
    """

    time: Micros
    transport: Transport
    src: Endpoint
    dst: Endpoint
    sa: str | None
    spi: int | None
    message: Request | Response
    step: str = ""
    held_by: tuple[End, ...] = ()
    again: bool = False

    @property
    def start_line(self) -> str:
        """First line of the message, without its line end."""
        return self.message.start_line


@dataclass(frozen=True, slots=True)
class SeenFault:
    """Something that is not as it ought to be: no key opens it, or what is inside cannot be read."""

    time: Micros
    src: str
    dst: str
    what: str


Seen = SeenPacket | SeenMessage | SeenFault
