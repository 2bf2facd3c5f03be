"""Somebody on the link: sees every IP packet as it crosses, and holds what keys he was told of.

ESP is opened with the keys of `learn`, outer fragments are put together, TCP is put in order, and
what comes out are packets, SIP messages and faults. The observer never sends, keeps no replay window
and believes nobody: an SA is named only if the ICV of the packet verifies under its key.
"""

from collections import OrderedDict
from typing import Final

from twopair.base import Endpoint, Micros, Transport, WireError
from twopair.core.sa import SaSet
from twopair.inspect.dialogue import Carrier, Dialogue
from twopair.inspect.keyring import Keyring
from twopair.inspect.seen import SYN, EspHead, Seen, SeenFault, SeenPacket, Segment
from twopair.inspect.segment import read_segment
from twopair.inspect.stream import Direction
from twopair.wire import esp, ip

_DIRECTIONS_KEPT: Final = 10_000


class Observer:
    """Turns the packets of one link into what was said on it."""

    def __init__(self) -> None:
        self._keyring = Keyring()
        self._dialogue = Dialogue()
        self._reassembly = ip.Reassembly()
        self._directions: OrderedDict[tuple[Endpoint, Endpoint], Direction] = OrderedDict()

    def learn(self, sa_set: SaSet) -> None:
        """Be told the keys of a set; both ends may tell of theirs."""
        self._keyring.learn(sa_set)

    def packet(self, time: Micros, packet: bytes) -> list[Seen]:
        """Take an IP packet as it crossed; say what it was, then the messages that it completed.

        Args:
            time: when it was seen; never before an earlier one.
            packet: from the IP header on. Of a packet in fragments something is said with the last.
        """
        try:
            header = ip.parse(packet)
            if header.is_fragment:
                whole = self._reassembly.add(packet, header, time)
                return [] if whole is None else self.packet(time, whole)
            return self._whole(time, packet, header)
        except WireError as error:
            return [SeenFault(time, "", "", f"not readable as IP: {error}")]

    def _whole(self, time: Micros, packet: bytes, header: ip.Header) -> list[Seen]:
        src, dst = ip.address_text(header.src), ip.address_text(header.dst)
        payload, protocol = packet[header.offset : header.total], header.protocol
        head, fault = None, ""
        try:
            if protocol == esp.ESP:
                head, payload, protocol = self._open(header.dst, payload)
                fault = "" if head.sa else f"no known key opens ESP with SPI 0x{head.spi:08x}"
            segment = read_segment(protocol, src, dst, payload)
        except WireError as error:
            segment, fault = None, str(error)
        seen: list[Seen] = [SeenPacket(time, src, dst, header.protocol, header.total, head, segment)]
        if fault:
            seen.append(SeenFault(time, src, dst, fault))
        if segment is not None:
            seen += self._said(time, segment, head)
        return seen

    def _open(self, dst: bytes, packet: bytes) -> tuple[EspHead, bytes, int]:
        """What an ESP packet shows, and payload and protocol inside; nothing inside if no key opens it."""
        if len(packet) < esp.HEADER.size:
            raise WireError("ESP header cut short", len(packet), "RFC 4303 §2")
        spi, sequence = esp.HEADER.unpack_from(packet)
        opened = self._keyring.open(dst, packet)
        if opened is None:
            return EspHead(spi, sequence), b"", esp.NO_NEXT_HEADER
        known = opened.known
        iv = packet[esp.HEADER.size :][: known.transform.iv_octets]
        return EspHead(spi, sequence, known.name, known.held_by, iv), opened.payload, opened.protocol

    def _said(self, time: Micros, segment: Segment, head: EspHead | None) -> list[Seen]:
        """The messages that a datagram is, or that a segment completes."""
        carrier = Carrier(segment.transport, segment.src, segment.dst)
        if head is not None:
            carrier = carrier._replace(sa=head.sa, spi=head.spi, held_by=head.held_by)
        data = segment.data
        if segment.transport is Transport.TCP:
            data = self._in_order(segment)
        return [*self._dialogue.octets(time, carrier, data)] if data else []

    def _in_order(self, segment: Segment) -> bytes:
        ends = segment.src, segment.dst
        direction = self._directions.pop(ends, None)
        if direction is None or (segment.flags & SYN and segment.sequence != direction.start):
            self._dialogue.begin(*ends)
            direction = Direction(segment)
        self._directions[ends] = direction
        if len(self._directions) > _DIRECTIONS_KEPT:
            self._directions.popitem(last=False)
        return direction.add(segment)
