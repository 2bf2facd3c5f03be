"""IPv4 and IPv6 headers: read, made, and rewritten around another payload (RFC 791, RFC 8200)."""

from functools import lru_cache
from ipaddress import ip_address
from struct import Struct, pack
from typing import Final, NamedTuple

from twopair.base import WireError

TCP: Final = 6
UDP: Final = 17
ICMP: Final = 1
ICMPV6: Final = 58
FRAGMENT_HEADER: Final = 44

IPV4_HEAD: Final = Struct("!HHHHHH")
"""First 12 octets of an IPv4 header: version and TOS, length, id, fragment, TTL and protocol, checksum."""

_V6_OPTIONS: Final = (0, 43, 60)  # hop-by-hop, routing, destination options
_MAX_V6_EXTENSIONS: Final = 8


class Header(NamedTuple):
    """What an IP header says.

    Args:
        src: source address, 4 or 16 octets.
        dst: destination address.
        protocol: what follows the header and its options: 6, 17, 50…
        offset: where that begins.
        protocol_at: where in the header `protocol` is written.
        total: length of the packet in octets by its header.
        fragment_at: place of this fragment in the whole payload, in octets.
        more: whether more fragments follow.
        ident: identification that the fragments of one packet share.
    """

    src: bytes
    dst: bytes
    protocol: int
    offset: int
    protocol_at: int
    total: int
    fragment_at: int
    more: bool
    ident: int

    @property
    def is_fragment(self) -> bool:
        """Whether the packet is only a part of one."""
        return self.more or self.fragment_at > 0


@lru_cache(maxsize=4096)  # installing one SA set asks for the same two addresses eighteen times
def address_octets(text: str) -> bytes:
    """The 4 or 16 octets of an address. Raises ValueError for anything else."""
    if ":" not in text:
        try:
            octets = bytes(map(int, text.split(".")))
        except ValueError:
            octets = b""
        if len(octets) == 4 and text == "{}.{}.{}.{}".format(*octets):
            return octets  # the usual, in half the time
    return ip_address(text).packed


def address_text(octets: bytes) -> str:
    """The canonical text of 4 or 16 octets."""
    return str(ip_address(octets))


def checksum(data: bytes | bytearray) -> int:
    """The Internet checksum, 0..65535 (RFC 1071).

    Adding 16-bit words with end-around carry is arithmetic modulo 65535, and so is reading all of
    them as one large number: 2^16 leaves the remainder 1.
    """
    number = int.from_bytes(data, "big")
    if len(data) & 1:
        number <<= 8
    return -number % 0xFFFF


def parse(packet: bytes) -> Header:
    """Read a packet's IP header, over IPv4 options and IPv6 extension headers.

    Raises:
        WireError: not IP, too short, or longer by its header than it is.
    """
    version = packet[0] >> 4 if packet else 0
    if version == 4:
        return _parse_v4(packet)
    if version == 6:
        return _parse_v6(packet)
    raise WireError("not an IP packet", 0, "RFC 791 §3.1")


def _parse_v4(packet: bytes) -> Header:
    if len(packet) < 20:
        raise WireError("IPv4 header cut short", len(packet), "RFC 791 §3.1")
    first, total, ident, fragment, life, _ = IPV4_HEAD.unpack_from(packet)
    offset = (first >> 8 & 15) * 4
    if not 20 <= offset <= total <= len(packet):
        raise WireError("IPv4 lengths disagree", 2, "RFC 791 §3.1")
    return Header(
        src=packet[12:16],
        dst=packet[16:20],
        protocol=life & 0xFF,
        offset=offset,
        protocol_at=9,
        total=total,
        fragment_at=(fragment & 0x1FFF) * 8,
        more=bool(fragment & 0x2000),
        ident=ident,
    )


def _parse_v6(packet: bytes) -> Header:
    if len(packet) < 40:
        raise WireError("IPv6 header cut short", len(packet), "RFC 8200 §3")
    total = 40 + int.from_bytes(packet[4:6], "big")
    if total > len(packet):
        raise WireError("IPv6 payload cut short", 4, "RFC 8200 §3")
    protocol, at, offset = packet[6], 6, 40
    fragment, ident = 0, 0
    for _ in range(_MAX_V6_EXTENSIONS):
        if protocol not in _V6_OPTIONS and protocol != FRAGMENT_HEADER:
            break
        if offset + 8 > total:
            raise WireError("IPv6 extension header cut short", offset, "RFC 8200 §4")
        following = packet[offset]
        if protocol == FRAGMENT_HEADER:
            fragment, ident = (
                int.from_bytes(packet[offset + 2 : offset + 4], "big"),
                int.from_bytes(packet[offset + 4 : offset + 8], "big"),
            )
            protocol, at, offset = following, offset, offset + 8
            break  # what follows a fragment header belongs to the whole, not to this part
        protocol, at, offset = following, offset, offset + (packet[offset + 1] + 1) * 8
    if offset > total:
        raise WireError("IPv6 extension header cut short", offset, "RFC 8200 §4")
    return Header(
        src=packet[8:24],
        dst=packet[24:40],
        protocol=protocol,
        offset=offset,
        protocol_at=at,
        total=total,
        fragment_at=fragment & 0xFFF8,
        more=bool(fragment & 1),
        ident=ident,
    )


def build(src: str, dst: str, protocol: int, payload: bytes, *, ttl: int = 64, ident: int = 0) -> bytes:
    """A whole packet without options. Raises ValueError for addresses of two families."""
    source, target = address_octets(src), address_octets(dst)
    if len(source) != len(target):
        raise ValueError("addresses of two families")
    if len(source) == 4:
        flags = 0 if ident else 0x4000
        head = pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, flags, ttl, protocol, 0)
        head += source + target
        return head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + payload
    return pack("!IHBB", 0x6000_0000, len(payload), protocol, ttl) + source + target + payload


def with_payload(packet: bytes, header: Header, protocol: int, payload: bytes) -> bytes:
    """The packet with its header and options kept, around another payload of another protocol.

    Raises:
        ValueError: the packet would exceed 65535 octets.
    """
    head = bytearray(packet[: header.offset])
    head[header.protocol_at] = protocol
    total = header.offset + len(payload)
    if head[0] >> 4 == 4:
        head[2:4] = _length(total)
        head[10:12] = b"\0\0"
        head[10:12] = checksum(head).to_bytes(2, "big")
    else:
        head[4:6] = _length(total - 40)
    return bytes(head) + payload


def _length(octets: int) -> bytes:
    if octets > 0xFFFF:
        raise ValueError("longer than an IP packet can be")
    return octets.to_bytes(2, "big")
