"""UDP datagrams and TCP segments, read from what an IP header or ESP carried."""

from struct import Struct
from typing import Final

from twopair.base import Endpoint, Port, Transport, WireError
from twopair.inspect.seen import Segment
from twopair.wire import ip

_PORTS: Final = Struct("!HH")
_UDP_OCTETS: Final = 8
_TCP_OCTETS: Final = 20


def read_segment(protocol: int, src: str, dst: str, payload: bytes) -> Segment | None:
    """The datagram or segment in an IP payload; None for other protocols.

    Raises:
        WireError: its header is cut short or lies about its length.
    """
    if protocol == ip.UDP:
        return _udp(src, dst, payload)
    if protocol == ip.TCP:
        return _tcp(src, dst, payload)
    return None


def _ends(src: str, dst: str, payload: bytes) -> tuple[Endpoint, Endpoint]:
    source, target = _PORTS.unpack_from(payload)
    return Endpoint(src, Port(source)), Endpoint(dst, Port(target))


def _udp(src: str, dst: str, payload: bytes) -> Segment:
    if len(payload) < _UDP_OCTETS:
        raise WireError("UDP header cut short", len(payload), "RFC 768")
    length = int.from_bytes(payload[4:6], "big")
    if not _UDP_OCTETS <= length <= len(payload):
        raise WireError("UDP length disagrees with the packet", 4, "RFC 768")
    return Segment(Transport.UDP, *_ends(src, dst, payload), payload[_UDP_OCTETS:length])


def _tcp(src: str, dst: str, payload: bytes) -> Segment:
    if len(payload) < _TCP_OCTETS:
        raise WireError("TCP header cut short", len(payload), "RFC 9293 §3.1")
    offset = (payload[12] >> 4) * 4
    if not _TCP_OCTETS <= offset <= len(payload):
        raise WireError("TCP data offset outside the segment", 12, "RFC 9293 §3.1")
    return Segment(
        Transport.TCP,
        *_ends(src, dst, payload),
        data=payload[offset:],
        sequence=int.from_bytes(payload[4:8], "big"),
        flags=payload[13] & 0x3F,
    )
