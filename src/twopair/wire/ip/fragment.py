"""Fragmentation and reassembly of whole IP packets (RFC 791 §3.2, RFC 8200 §4.5, RFC 5722)."""

from collections import OrderedDict
from typing import Final

from twopair.base import SECOND, Micros, WireError
from twopair.wire.ip.header import FRAGMENT_HEADER, Header, checksum

LIFETIME: Final = Micros(30 * SECOND)
"""How long a fragment waits for the others; RFC 8200 §4.5 has 60 s, Linux 30 s for IPv4."""

_MAX_PARTS: Final = 128  # of one packet; each new one is compared with all others


def fragment(packet: bytes, header: Header, mtu: int, ident: int) -> list[bytes]:
    """Cut a packet into parts of at most `mtu` octets, all with that identification.

    Don't-fragment is not asked: the packet is ours, made longer by ESP, and its sender cannot know.
    """
    if header.total <= mtu:
        return [packet[: header.total]]
    if len(header.src) == 4:
        return _fragment_v4(packet, header, mtu, ident & 0xFFFF)
    return _fragment_v6(packet, header, mtu, ident)


def _fragment_v4(packet: bytes, header: Header, mtu: int, ident: int) -> list[bytes]:
    payload = packet[header.offset : header.total]
    step = (mtu - header.offset) & ~7
    parts = []
    for at in range(0, len(payload), step):
        piece = payload[at : at + step]
        head = bytearray(packet[: header.offset])
        more = 0x2000 if at + step < len(payload) else 0
        head[2:4] = (len(head) + len(piece)).to_bytes(2, "big")
        head[4:6] = ident.to_bytes(2, "big")
        head[6:8] = (more | at // 8).to_bytes(2, "big")
        head[10:12] = b"\0\0"
        head[10:12] = checksum(head).to_bytes(2, "big")
        parts.append(bytes(head) + piece)
    return parts


def _fragment_v6(packet: bytes, header: Header, mtu: int, ident: int) -> list[bytes]:
    payload = packet[header.offset : header.total]
    step = (mtu - header.offset - 8) & ~7
    head = bytearray(packet[: header.offset])
    head[header.protocol_at] = FRAGMENT_HEADER
    parts = []
    for at in range(0, len(payload), step):
        piece = payload[at : at + step]
        more = at + step < len(payload)
        head[4:6] = (header.offset - 40 + 8 + len(piece)).to_bytes(2, "big")
        extension = bytes((header.protocol, 0)) + (at | more).to_bytes(2, "big") + ident.to_bytes(4, "big")
        parts.append(bytes(head) + extension + piece)
    return parts


class _Partial:
    """The fragments of one packet that have come so far."""

    __slots__ = ("end", "head", "octets", "parts", "since")

    def __init__(self, since: Micros) -> None:
        self.since = since
        self.parts: dict[int, bytes] = {}
        self.octets = 0
        self.end: int | None = None
        self.head: tuple[bytes, Header] | None = None

    def overlaps(self, start: int, stop: int) -> bool:
        return any(start < at + len(part) and at < stop for at, part in self.parts.items())


class Reassembly:
    """Puts packets together again, with bounded memory.

    Overlapping fragments spoil their packet (RFC 5722 §4): what two ends read differently is how
    clear text would get past a check of ports. The oldest unfinished packet makes room for a new one.

    Args:
        packets: how many unfinished packets are kept.
        octets: how many octets they may hold together.

    Attributes:
        discarded: unfinished packets given up: overlap, age, or room.
    """

    def __init__(self, packets: int = 64, octets: int = 1 << 20) -> None:
        self._limit_packets = packets
        self._limit_octets = octets
        self._octets = 0
        self._partial: OrderedDict[tuple[bytes, bytes, int, int], _Partial] = OrderedDict()
        self.discarded = 0

    def add(self, packet: bytes, header: Header, now: Micros) -> bytes | None:
        """Take a fragment; the whole packet once it is complete, else None.

        Raises:
            WireError: the fragment cannot belong to a packet, or overlaps another; the packet it
                named is given up.
        """
        self._make_room(now)
        key = (header.src, header.dst, header.protocol, header.ident)
        partial = self._partial.get(key)
        if partial is None:
            partial = self._partial[key] = _Partial(now)
        start, piece = header.fragment_at, packet[header.offset : header.total]
        stop = start + len(piece)
        if not _fits(partial, header, start, stop):
            self._give_up(key)
            raise WireError("fragments overlap or disagree", header.offset, "RFC 5722 §4")
        partial.parts[start] = piece
        partial.octets += len(piece)
        self._octets += len(piece)
        if not header.more:
            partial.end = stop
        if start == 0:
            partial.head = (packet, header)
        if partial.head is None or partial.octets != partial.end:
            return None
        del self._partial[key]
        self._octets -= partial.octets
        payload = b"".join(partial.parts[at] for at in sorted(partial.parts))
        try:
            return _whole(*partial.head, payload)
        except WireError:
            self.discarded += 1
            raise

    def _make_room(self, now: Micros) -> None:
        while self._partial:
            key, oldest = next(iter(self._partial.items()))
            full = len(self._partial) >= self._limit_packets or self._octets > self._limit_octets
            if not full and now - oldest.since < LIFETIME:
                return
            self._give_up(key)

    def _give_up(self, key: tuple[bytes, bytes, int, int]) -> None:
        self._octets -= self._partial.pop(key).octets
        self.discarded += 1


def _fits(partial: _Partial, header: Header, start: int, stop: int) -> bool:
    """Whether a fragment can be part of what has come: whole units, in bounds, no overlap."""
    if len(partial.parts) >= _MAX_PARTS or stop == start or stop > 0xFFFF or (header.more and stop % 8):
        return False
    last = partial.end if header.more else stop
    if last is not None and (stop > last or (not header.more and partial.end is not None)):
        return False
    if not header.more and any(at + len(part) > stop for at, part in partial.parts.items()):
        return False
    return not partial.overlaps(start, stop)


def _whole(packet: bytes, header: Header, payload: bytes) -> bytes:
    """The packet as it was before it was cut, from its first fragment's header."""
    if len(header.src) == 4:
        head = bytearray(packet[: header.offset])
        total = len(head) + len(payload)
        if total > 0xFFFF:
            raise WireError("reassembled packet too long", 2, "RFC 791 §3.2")
        head[2:4] = total.to_bytes(2, "big")
        head[6:8] = b"\0\0"
        head[10:12] = b"\0\0"
        head[10:12] = checksum(head).to_bytes(2, "big")
        return bytes(head) + payload
    # The fragment header goes; the header before it names what came after.
    head = bytearray(packet[: header.offset - 8])
    head[_next_header_of_fragment(packet, header)] = header.protocol
    total = len(head) - 40 + len(payload)
    if total > 0xFFFF:
        raise WireError("reassembled packet too long", 4, "RFC 8200 §4.5")
    head[4:6] = total.to_bytes(2, "big")
    return bytes(head) + payload


def _next_header_of_fragment(packet: bytes, header: Header) -> int:
    """Where the number 44 that announced the fragment header is written."""
    at, offset = 6, 40
    while offset < header.offset - 8:
        at, offset = offset, offset + (packet[offset + 1] + 1) * 8
    return at
