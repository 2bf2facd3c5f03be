"""UDP datagrams, and the packet that an ICMP error quotes (RFC 768, RFC 792, RFC 4443)."""

from typing import Final

from twopair.base import WireError
from twopair.wire.ip.header import ICMP, ICMPV6, UDP, Header, address_octets, build, checksum

_V4_ERRORS: Final = frozenset((3, 4, 5, 11, 12))
_LAST_V6_ERROR: Final = 127


def udp_datagram(src: str, src_port: int, dst: str, dst_port: int, data: bytes) -> bytes:
    """A whole IP packet with a UDP datagram, checksum included."""
    length = (8 + len(data)).to_bytes(2, "big")
    ports = src_port.to_bytes(2, "big") + dst_port.to_bytes(2, "big")
    pseudo = address_octets(src) + address_octets(dst) + b"\0\x11" + length
    total = checksum(pseudo + ports + length + b"\0\0" + data) or 0xFFFF
    return build(src, dst, UDP, ports + length + total.to_bytes(2, "big") + data)


def quoted(packet: bytes, header: Header) -> tuple[bytes, bytes, int, bytes] | None:
    """What an ICMP error is about: source, destination, protocol and first octets of its payload.

    None for anything that is not an ICMP error (echo, neighbour discovery). An error that quotes
    too little to name a flow has empty octets.

    Raises:
        WireError: the ICMP message is cut short.
    """
    if header.protocol not in (ICMP, ICMPV6):
        return None
    if header.offset + 8 > header.total:
        raise WireError("ICMP message cut short", header.offset, "RFC 792")
    kind = packet[header.offset]
    if not (kind in _V4_ERRORS if header.protocol == ICMP else kind <= _LAST_V6_ERROR):
        return None
    inner = packet[header.offset + 8 : header.total]
    if header.protocol == ICMP and len(inner) >= 20:
        return inner[12:16], inner[16:20], inner[9], inner[(inner[0] & 15) * 4 :][:8]
    if header.protocol == ICMPV6 and len(inner) >= 40:
        return inner[8:24], inner[24:40], inner[6], inner[40:48]
    return b"", b"", 0, b""
