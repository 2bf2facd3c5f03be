"""The ESP engine: IP packets in, IP packets out (RFC 4301 §5, RFC 4303 §3).

It stands between a host, whose kernel makes and takes clear packets, and the wire. Bytes to bytes,
without any I/O. The usual packet (IPv4 without options, IPv6 without extension headers) takes a
short way: addresses and ports lie next to each other, so one slice of the packet is the selector, and
one dictionary hit finds its SA; likewise destination and SPI. All others take the long way through
`wire.ip.parse` to the same few functions.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Mapping
from socket import AF_INET, AF_INET6, inet_pton
from typing import Final

from twopair.backends.contract import Features
from twopair.backends.tables import Tables
from twopair.base import Endpoint, Entropy, Micros, Port, Spi, WireError
from twopair.core.esp import (
    PORTED,
    SUITES,
    WHOLE,
    Drop,
    Inbound,
    Inside,
    Ledger,
    Outbound,
    SecurityAssociation,
    Transform,
    make_transform,
    misfit,
    receive,
    send,
)
from twopair.core.sa import ARROWS, Arrow, Place, SaSet
from twopair.wire import esp, ip

_log = logging.getLogger(__name__)

_FEATURES: Final = Features(name="userspace", encrypts=True, suites=SUITES)
_IPV4_PLAIN: Final = 0x45
"""First octet of an IPv4 header without options."""

WIRE_MTU: Final = 1500

MOST_EQUIPPED: Final = 8_192
"""SAs that have ciphers at a time: 0.7 to 6.3 kB each, and 2 to 13 µs to make anew (ADR 27)."""

_ARROW: Final = {arrow.name: arrow for arrow in ARROWS}

Packets = list[bytes]


def endpoint_key(endpoint: Endpoint) -> bytes:
    """An endpoint as it stands in a packet: address octets, then the port."""
    return ip.address_octets(endpoint.address) + endpoint.port.to_bytes(2, "big")


def selector_key(sa: SecurityAssociation) -> bytes:
    """Source and destination address, source and destination port, as they stand in a packet."""
    s = sa.selector
    addresses = ip.address_octets(s.src) + ip.address_octets(s.dst)
    return addresses + s.src_port.to_bytes(2, "big") + s.dst_port.to_bytes(2, "big")


def _inbound_key(sa: SecurityAssociation) -> bytes:
    """Destination address and SPI, as they stand in a packet."""
    return ip.address_octets(sa.selector.dst) + sa.spi.to_bytes(4, "big")


def _key(sa_set: SaSet, arrow: Arrow) -> bytes:
    sa = sa_set.association(arrow)
    return selector_key(sa) if arrow.sender is sa_set.end else _inbound_key(sa)


def _spi(key: bytes) -> Spi:
    return Spi(int.from_bytes(key[-4:], "big"))


class Engine(Tables[bytes]):
    """ESP for one host: an `IpsecBackend` with `from_host` and `from_wire`.

    Args:
        entropy: where the IVs of CBC come from.
        mtu: of the wire, in octets. Packets that ESP makes longer leave in fragments of the *outer*
            packet (RFC 4303 §3.3.4), and such fragments are put together again on receipt.
        ledger: where counters are written down, if they are to outlive the process.
        block: how many sequence numbers of an SA are this host's.

    Attributes:
        faults: what a peer did wrong without its packet being dropped, by name: REPEATED_IV (KEY-08).
    """

    def __init__(
        self, entropy: Entropy, *, mtu: int = WIRE_MTU, ledger: Ledger | None = None, block: int = WHOLE
    ) -> None:
        super().__init__(_key, ledger, block=block)
        self._entropy = entropy
        self._equipped: deque[Outbound | Inbound] = deque()
        self._mtu = mtu
        self._ports: set[bytes] = set()
        self._addresses: Counter[bytes] = Counter()
        self._reassembly = ip.Reassembly()
        self._ident = 0
        self.faults: Counter[str] = Counter()

    @property
    def features(self) -> Features:
        """What it can do."""
        return _FEATURES

    def close(self, endpoint: Endpoint) -> None:
        """See `IpsecBackend`."""
        if endpoint not in self._closed:
            super().close(endpoint)
            key = endpoint_key(endpoint)
            self._ports.add(key)
            self._addresses[key[:-2]] += 1

    def reopen(self, endpoint: Endpoint) -> None:
        """See `IpsecBackend`."""
        if endpoint in self._closed:
            super().reopen(endpoint)
            key = endpoint_key(endpoint)
            self._ports.discard(key)
            self._leave(key[:-2])

    def drops(self) -> Mapping[str, int]:
        """See `IpsecBackend`; with the packets that were never completed from their fragments."""
        counts = dict(super().drops())
        if self._reassembly.discarded:
            counts[Drop.REASSEMBLY.name] = self._reassembly.discarded
        return counts

    def _unfit(self, sa_set: SaSet) -> str:
        for address in (sa_set.ue, sa_set.pcscf):
            try:
                inet_pton(AF_INET6 if ":" in address else AF_INET, address)
            except OSError:
                return f"{address!r} is no address"
        if not all(0 <= port < 1 << 16 for port in sa_set.ports):
            return "a port outside 0..65535"
        return misfit(sa_set.suite, sa_set.keys)

    def _entered(self, sa_set: SaSet) -> None:
        self._addresses[ip.address_octets(sa_set.address(sa_set.end))] += 1

    def _left(self, sa_set: SaSet) -> None:
        self._leave(ip.address_octets(sa_set.address(sa_set.end)))

    def _selector(self, sa_set: SaSet, arrow: Arrow) -> bytes:
        return selector_key(sa_set.association(arrow))

    def _equip(self, sa: Outbound | Inbound) -> Transform:
        """The ciphers of an SA: of those that got theirs last, however many there are."""
        sa_set = self._claims.of(sa.set_id)
        assert sa_set is not None, "an entry goes with its set"
        sa.transform = made = make_transform(sa_set.association(_ARROW[sa.name]), self._entropy)
        self._equipped.append(sa)
        if len(self._equipped) > MOST_EQUIPPED:
            self._equipped.popleft().transform = None
        return made

    def _leave(self, address: bytes) -> None:
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]

    # from the host towards the wire

    def from_host(self, packet: bytes) -> Packets:
        """What goes on the wire for a packet that the host sends: ESP, the packet itself, or nothing."""
        if len(packet) >= 28 and packet[0] == _IPV4_PLAIN:
            first, total, ident, fragment, life, check = ip.IPV4_HEAD.unpack_from(packet)
            protocol = life & 0xFF
            if not fragment & 0x3FFF and total == len(packet) and protocol in PORTED:
                sa = self._out.get(packet[12:24])
                if sa is not None:
                    body = send(sa, sa.transform or self._equip(sa), packet[20:], protocol)
                    if isinstance(body, Drop) or len(body) + 20 > self._mtu:
                        return self._wrap(packet, body)
                    longer = len(body) + 20
                    # The checksum is brought up to date, not made anew: one that was wrong stays wrong.
                    check = (check + total + protocol - longer - esp.ESP) % 0xFFFF
                    head = ip.IPV4_HEAD.pack(first, longer, ident, fragment, life & 0xFF00 | esp.ESP, check)
                    return [head + packet[12:20] + body]
        elif len(packet) >= 48 and packet[0] >> 4 == 6 and packet[6] in PORTED:
            sa = self._out.get(packet[8:44])
            if sa is not None:
                body = send(sa, sa.transform or self._equip(sa), packet[40:], packet[6])
                if isinstance(body, Drop) or len(body) + 40 > self._mtu:
                    return self._wrap(packet, body)
                return [packet[:4] + len(body).to_bytes(2, "big") + b"\x32" + packet[7:40] + body]
        return self._from_host_slowly(packet)

    def _from_host_slowly(self, packet: bytes) -> Packets:
        """IPv4 options, IPv6 extension headers, fragments, ICMP, and what is no IP packet."""
        try:
            header = ip.parse(packet)
            if header.is_fragment:
                # Larger than the TUN's MTU, which is nearly as large as a packet can be.
                return self._lose(Drop.FRAGMENT) if header.src in self._addresses else [packet]
            if header.protocol in PORTED:
                key = header.src + header.dst + packet[header.offset : header.offset + 4]
                sa = self._out.get(key) or self._first_to(key)
                if sa is not None:
                    payload = packet[header.offset : header.total]
                    body = send(sa, sa.transform or self._equip(sa), payload, header.protocol)
                    return self._wrap(packet, body)
            return self._clear_out(packet)
        except WireError:
            return self._lose(Drop.MALFORMED_IP)

    def _first_to(self, key: bytes) -> Outbound | None:
        """The SA whose first packet goes out with this selector, if there is one."""
        place = self._between(key)
        return None if place is None else self._sends(place.sa_set, place.outbound)

    def _between(self, key: bytes) -> Place | None:
        """The pair that protects what goes out with this selector."""
        width = len(key) // 2 - 2
        own, peer = ip.address_text(key[:width]), ip.address_text(key[width:-4])
        own_port, peer_port = int.from_bytes(key[-4:-2], "big"), int.from_bytes(key[-2:], "big")
        return self._claims.between(peer, Port(peer_port), own, Port(own_port))

    def _wrap(self, packet: bytes, body: bytes | Drop) -> Packets:
        """The outer packet of any length and shape, cut at the MTU of the wire."""
        if isinstance(body, Drop):
            return self._lose(body)
        try:
            return self._cut(ip.with_payload(packet, ip.parse(packet), esp.ESP, body))
        except ValueError:
            return self._lose(Drop.TOO_LARGE)

    def _cut(self, packet: bytes) -> Packets:
        if len(packet) <= self._mtu:
            return [packet]
        self._ident = self._ident + 1 & 0xFFFFFFFF
        return ip.fragment(packet, ip.parse(packet), self._mtu, self._ident)

    def _clear_out(self, packet: bytes) -> Packets:
        """Clear text leaves, unless it comes from a protected port or quotes a protected packet."""
        header = ip.parse(packet)
        if header.src in self._addresses:
            if header.protocol in PORTED and self._is_closed(header.src, packet, header.offset):
                return self._lose(Drop.CLEAR_FROM_PROTECTED)
            if self._quotes_protected(packet, header, ours_is_source=False):
                return self._lose(Drop.CLEAR_FROM_PROTECTED)
        return self._cut(packet)

    def _is_closed(self, ours: bytes, packet: bytes, at: int) -> bool:
        return ours + packet[at : at + 2] in self._ports

    # from the wire towards the host

    def from_wire(self, packet: bytes) -> Packets:
        """What the host gets for a packet from the wire: what was in ESP, the packet itself, or nothing."""
        try:
            if len(packet) >= 28 and packet[0] == _IPV4_PLAIN and packet[9] == esp.ESP:
                first, total, ident, fragment, life, check = ip.IPV4_HEAD.unpack_from(packet)
                if not fragment & 0x3FFF and total == len(packet):
                    opened = self._open(packet[16:24], packet[20:], packet[12:20])
                    if opened is None:
                        return []
                    payload, protocol, _ = opened
                    shorter = len(payload) + 20
                    check = (check + total + esp.ESP - shorter - protocol) % 0xFFFF
                    head = ip.IPV4_HEAD.pack(first, shorter, ident, fragment, life & 0xFF00 | protocol, check)
                    return [head + packet[12:20] + payload]
            elif len(packet) >= 48 and packet[0] >> 4 == 6 and packet[6] == esp.ESP:
                opened = self._open(packet[24:44], packet[40:], packet[8:40])
                if opened is None:
                    return []
                payload, protocol, _ = opened
                length = len(payload).to_bytes(2, "big")
                return [packet[:4] + length + bytes((protocol,)) + packet[7:40] + payload]
            return self._from_wire_slowly(packet)
        except WireError:
            return self._lose(Drop.MALFORMED_IP)

    def _from_wire_slowly(self, packet: bytes) -> Packets:
        """Fragments, clear text, IPv4 options, IPv6 extension headers."""
        header = ip.parse(packet)
        if header.is_fragment:
            return self._collect(packet, header)
        if header.protocol == esp.ESP:
            key = header.dst + packet[header.offset : header.offset + 4]
            opened = self._open(key, packet[header.offset : header.total], header.src + header.dst)
            return (
                [] if opened is None else [ip.with_payload(packet, header, opened.protocol, opened.payload)]
            )
        return self._clear_in(packet[: header.total], header)

    def _collect(self, packet: bytes, header: ip.Header) -> Packets:
        """Keep a fragment until its packet is whole: only then does it have ports and an ICV to judge by."""
        try:
            whole = self._reassembly.add(packet, header, Micros(time.monotonic_ns() // 1000))
        except WireError:
            return []  # counted by the reassembly
        return [] if whole is None else self.from_wire(whole)

    def _open(self, key: bytes, body: bytes, addresses: bytes) -> Inside | None:
        """What is inside an ESP packet; or None, the packet being dropped and counted.

        Args:
            key: destination address and SPI.
            body: the ESP packet, SPI to ICV.
            addresses: source and destination address.
        """
        sa = self._in.get(key) or self._first_from(key)
        if sa is None:
            self._drop(self._unknown(key, addresses))
            return None
        inside = receive(sa, sa.transform or self._equip(sa), body, addresses)
        if isinstance(inside, Drop):
            self._drop(inside)
            return None
        if inside.iv_repeated:
            self._fault(sa)
        return inside

    def _first_from(self, key: bytes) -> Inbound | None:
        """The SA whose first packet comes with this destination and SPI, if there is one."""
        place = self._claims.behind(_spi(key))
        if place is None or key[:-4] != ip.address_octets(place.own_address):
            return None
        return self._receives(place.sa_set, place.inbound)

    def _unknown(self, key: bytes, addresses: bytes) -> Drop:
        """Whether an SPI nobody here chose is one that we send with to the packet's claimed source."""
        source = ip.address_text(addresses[: len(addresses) // 2])
        return Drop.REFLECTED if self._claims.sends_with(source, _spi(key)) else Drop.UNKNOWN_SPI

    def _clear_in(self, packet: bytes, header: ip.Header) -> Packets:
        """Clear text reaches the host, unless it goes to a protected port or speaks of a protected flow."""
        if header.dst in self._addresses:
            if header.protocol in PORTED:
                at = header.offset
                back = header.dst + header.src + packet[at + 2 : at + 4] + packet[at : at + 2]
                to_closed = self._is_closed(header.dst, packet, at + 2)
                if to_closed or back in self._out or self._between(back) is not None:
                    return self._lose(Drop.CLEAR_TO_PROTECTED)
            elif self._quotes_protected(packet, header, ours_is_source=True):
                return self._lose(Drop.ICMP)
        return [packet]

    def _quotes_protected(self, packet: bytes, header: ip.Header, *, ours_is_source: bool) -> bool:
        """Whether this is an ICMP error about one of our protected flows, or about ESP (UNP-06)."""
        about = ip.quoted(packet, header)
        if about is None:
            return False
        src, dst, protocol, start = about
        ours, at = (src, 0) if ours_is_source else (dst, 2)
        return protocol == esp.ESP or (protocol in PORTED and self._is_closed(ours, start, at))

    def _lose(self, drop: Drop) -> Packets:
        self._drop(drop)
        return []

    def _fault(self, sa: Inbound) -> None:
        """Count a repeated IV, and log the first of each SA set's."""
        if not self.faults["REPEATED_IV"]:
            _log.warning("the peer of SA %s (set %d) repeats IVs under one key (KEY-08)", sa.name, sa.set_id)
        self.faults["REPEATED_IV"] += 1
