"""What crosses a simulated network: datagrams and the steps of TCP, each marked or clear."""

from enum import Enum
from typing import NamedTuple

from twopair.backends.memory import Mark
from twopair.base import Flow, Micros


class Kind(Enum):
    """What a packet does; all but DATAGRAM belong to a TCP connection."""

    DATAGRAM = "datagram"
    SYN = "SYN"
    ACCEPT = "SYN-ACK"
    DATA = "data"
    FIN = "FIN"
    RST = "RST"
    REFUSED = "RST in answer to a SYN"

    __hash__ = object.__hash__


class Packet(NamedTuple):
    """One packet on its way.

    Args:
        kind: what it does.
        flow: as its sender sees it: local is the source.
        mark: what stands for ESP around it, None for clear text.
        data: the datagram, or a piece of the stream.
    """

    kind: Kind
    flow: Flow
    mark: Mark | None
    data: bytes = b""


class Observed(NamedTuple):
    """A packet with data as somebody on the network saw it.

    Args:
        time: when it was sent.
        network: name of the network it crossed.
        flow: as its sender sees it.
        spi: SPI on the wire, None for clear text.
        data: the octets; whoever has no keys would not see them where there is an SPI.
        kind: DATAGRAM, DATA or SYN.
    """

    time: Micros
    network: str
    flow: Flow
    spi: int | None
    data: bytes
    kind: Kind
