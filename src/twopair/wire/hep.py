"""HEP3: a captured SIP message as one packet for a capture server (sipcapture/HEP, revision 37).

Four octets ``HEP3`` and the length of the whole, then chunks: vendor, type, length of the chunk, value.
"""

from struct import Struct
from typing import Final, NamedTuple

from twopair.base import SECOND, Endpoint, Micros, WireError
from twopair.wire import ip

_HEAD: Final = Struct("!4sH")
_CHUNK: Final = Struct("!HHH")
_U8: Final = Struct("!B")
_U16: Final = Struct("!H")
_U32: Final = Struct("!I")

_FAMILY, _PROTOCOL, _SRC_PORT, _DST_PORT, _SECOND, _MICRO = 0x01, 0x02, 0x07, 0x08, 0x09, 0x0A
_KIND, _CAPTURE_ID, _AUTH_KEY, _PAYLOAD, _CORRELATION = 0x0B, 0x0C, 0x0E, 0x0F, 0x11
_ADDRESSES: Final = {4: (0x02, 0x03, 0x04), 16: (0x0A, 0x05, 0x06)}
"""Octets of an address to protocol family (AF_INET, AF_INET6) and the chunks of source and destination."""

_SIP: Final = 1
_MOST_OCTETS: Final = 0xFFFF
_CLAUSE: Final = "HEP3 rev. 37"


class Hep(NamedTuple):
    """What is told of one message.

    Args:
        protocol: of IP, 17 for UDP and 6 for TCP.
        src: where it came from; of the same address family as `dst`.
        dst: where it went.
        at: microseconds since 1970.
        payload: the message.
        capture_id: names the sender to the server, 32 bits.
        correlation: the same for all messages that belong together, however many legs they are on.
        auth_key: what the server wants to hear; it crosses the wire as it is.
    """

    protocol: int
    src: Endpoint
    dst: Endpoint
    at: Micros
    payload: bytes
    capture_id: int
    correlation: bytes = b""
    auth_key: bytes = b""


def encode(hep: Hep) -> bytes:
    """The packet. Raises WireError for one of more than 65,535 octets."""
    src, dst = ip.address_octets(hep.src.address), ip.address_octets(hep.dst.address)
    family, of_src, of_dst = _ADDRESSES[len(src)]
    second, micro = divmod(hep.at, SECOND)
    body = b"".join(
        (
            _chunk(_FAMILY, _U8.pack(family)),
            _chunk(_PROTOCOL, _U8.pack(hep.protocol)),
            _chunk(of_src, src),
            _chunk(of_dst, dst),
            _chunk(_SRC_PORT, _U16.pack(hep.src.port)),
            _chunk(_DST_PORT, _U16.pack(hep.dst.port)),
            _chunk(_SECOND, _U32.pack(second)),
            _chunk(_MICRO, _U32.pack(micro)),
            _chunk(_KIND, _U8.pack(_SIP)),
            _chunk(_CAPTURE_ID, _U32.pack(hep.capture_id)),
            _chunk(_AUTH_KEY, hep.auth_key) if hep.auth_key else b"",
            _chunk(_CORRELATION, hep.correlation) if hep.correlation else b"",
            _chunk(_PAYLOAD, hep.payload),
        )
    )
    octets = _HEAD.size + len(body)
    if octets > _MOST_OCTETS:
        raise WireError(f"{octets} octets in one packet", 0, _CLAUSE)
    return _HEAD.pack(b"HEP3", octets) + body


def _chunk(kind: int, value: bytes) -> bytes:
    octets = _CHUNK.size + len(value)
    if octets > _MOST_OCTETS:
        raise WireError(f"{octets} octets in one chunk", 0, _CLAUSE)
    return _CHUNK.pack(0, kind, octets) + value
