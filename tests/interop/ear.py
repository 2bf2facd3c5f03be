"""What an ear on the bridge has heard: ESP is counted, the rest is what everybody can read."""

from collections.abc import Iterator
from socket import socket
from typing import Final, NamedTuple

from twopair.base import Endpoint, Micros, Port
from twopair.wire import ip
from twopair.wire.esp import ESP

_ETHERNET: Final = 14
_IP: Final = (0x0800, 0x86DD)
_OUTGOING: Final = 4
_UDP_HEADER: Final = 8
_FLAGS: Final = ("FIN", "SYN", "RST", "PSH", "ACK")
"""Of TCP, from the lowest bit on (RFC 9293 §3.1)."""


class Clear(NamedTuple):
    """A UDP datagram or TCP segment without protection.

    Args:
        src: where it came from.
        dst: where it went.
        kind: ``UDP``, or the flags of TCP: ``SYN ACK``.
        line: the first one of what it carries; empty where it carries nothing.
    """

    src: Endpoint
    dst: Endpoint
    kind: str
    line: str


class Heard(NamedTuple):
    """What crossed Gm, in order of appearance."""

    clear: list[Clear]
    protected: int

    @property
    def lines(self) -> list[str]:
        """First lines of what could be read."""
        return [packet.line for packet in self.clear if packet.line]

    @property
    def beside_5060(self) -> list[Clear]:
        """Clear text neither from nor to the unprotected port: there must be none (SA-21)."""
        return [packet for packet in self.clear if 5060 not in (packet.src.port, packet.dst.port)]


def packets(ear: socket) -> Iterator[tuple[bytes, bytes]]:
    """Hardware address of the sender, and IP packet, of all since the last call; each once."""
    while True:
        try:
            frame, (_, kind, packet_type, *_) = ear.recvfrom(70_000)
        except BlockingIOError:
            return
        if kind in _IP and packet_type != _OUTGOING:
            yield frame[6:12], frame[_ETHERNET:]


def esp_packets(ear: socket) -> Iterator[bytes]:
    """All ESP that was heard, SPI to ICV, put together where it came in fragments."""
    reassembly = ip.Reassembly()
    for _, packet in packets(ear):
        header = ip.parse(packet)
        whole = reassembly.add(packet, header, Micros(0)) if header.is_fragment else packet
        if whole is not None and header.protocol == ESP:
            header = ip.parse(whole)
            yield whole[header.offset : header.total]


def heard(ear: socket) -> Heard:
    """Everything since the last call; each packet once, when it comes in from a host."""
    clear: list[Clear] = []
    protected = 0
    for _, packet in packets(ear):
        header = ip.parse(packet)
        protected += header.protocol == ESP
        if header.protocol in (ip.UDP, ip.TCP):
            clear.append(_read(packet, header))
    return Heard(clear, protected)


def _read(packet: bytes, header: ip.Header) -> Clear:
    at = header.offset
    src, dst = (Port(int.from_bytes(packet[at + i : at + i + 2], "big")) for i in (0, 2))
    udp = header.protocol == ip.UDP
    data = at + (_UDP_HEADER if udp else (packet[at + 12] >> 4) * 4)
    kind = "UDP" if udp else " ".join(name for n, name in enumerate(_FLAGS) if packet[at + 13] >> n & 1)
    return Clear(
        Endpoint(ip.address_text(header.src), src),
        Endpoint(ip.address_text(header.dst), dst),
        kind,
        packet[data : header.total].split(b"\r\n")[0].decode(errors="replace"),
    )
