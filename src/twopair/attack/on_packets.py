"""The attacker's view of a real link: IP packets, taken apart and put together by hand."""

from collections.abc import Mapping
from typing import Final

from twopair.attack.sight import Forged, Sight, Trick
from twopair.base import Endpoint, Port, Transport
from twopair.wire import esp, ip

_UDP_HEADER: Final = 8
_ESP_HEADER: Final = 8
_COUNTER_IV: Final = 8
_CHECKSUM_AT: Final = {ip.UDP: 6, ip.TCP: 16}
_UNREACHABLE_PORT: Final = {4: (ip.ICMP, 3, 3), 6: (ip.ICMPV6, 1, 4)}
_QUOTED_OCTETS: Final = 8


class Packets:
    """A `Wire` of IP packets.

    Args:
        names: names of the hosts by address.
        readable: whether ESP does without encryption, IV and all.
    """

    def __init__(self, names: Mapping[str, str], *, readable: bool) -> None:
        self._names = names
        self._readable = readable

    def see(self, packet: bytes) -> Sight:
        """See `Wire`."""
        header = ip.parse(packet)
        source, target = ip.address_text(header.src), ip.address_text(header.dst)
        payload = packet[header.offset : header.total]
        ported = header.protocol in (ip.UDP, ip.TCP) and len(payload) >= _UDP_HEADER
        ports = [int.from_bytes(payload[at : at + 2], "big") if ported else 0 for at in (0, 2)]
        in_esp = header.protocol == esp.ESP and len(payload) > _ESP_HEADER
        return Sight(
            self._names.get(source, ""),
            self._names.get(target, ""),
            Endpoint(source, Port(ports[0])),
            Endpoint(target, Port(ports[1])),
            {ip.UDP: Transport.UDP, ip.TCP: Transport.TCP}.get(header.protocol),
            int.from_bytes(payload[:4], "big") if in_esp else None,
            payload[_ESP_HEADER : _ESP_HEADER + _COUNTER_IV] if in_esp else b"",
            packet[self._text_at(packet, header) : header.total] if ported or self._readable else b"",
        )

    def rewritten(self, packet: bytes, text: bytes) -> bytes | None:
        """See `Wire`; a TCP segment keeps its length, by blanks at the end of the first header line."""
        header = ip.parse(packet)
        at = self._text_at(packet, header)
        missing = header.total - at - len(text)
        if header.protocol != ip.UDP and missing:
            if missing < 0:
                return None
            start, line, rest = text.partition(b"\r\n")
            first, end, others = rest.partition(b"\r\n")
            text = start + line + first + b" " * missing + end + others
        payload = packet[header.offset : at] + text
        if header.protocol == esp.ESP:
            return packet[: header.offset] + payload
        return _summed(packet, header, payload)

    def reflected(self, packet: bytes) -> bytes:
        """See `Wire`; exchanging two addresses leaves the header's checksum right."""
        size, at = (4, 12) if packet[0] >> 4 == 4 else (16, 8)
        middle, end = at + size, at + 2 * size
        return packet[:at] + packet[middle:end] + packet[at:middle] + packet[end:]

    def damaged(self, packet: bytes) -> bytes:
        """See `Wire`."""
        return packet[:-1] + bytes([packet[-1] ^ 1])

    def forged(self, forged: Forged) -> bytes | None:
        """See `Wire`; for octets in a TCP connection one had to know its sequence numbers."""
        src, dst = forged.src, forged.dst
        if forged.trick is Trick.DATAGRAM:
            return ip.udp_datagram(src.address, src.port, dst.address, dst.port, forged.data)
        if forged.trick is Trick.RESET:
            return _reset(src, dst)
        return _unreachable(forged) if forged.trick is Trick.UNREACHABLE else None

    def _text_at(self, packet: bytes, header: ip.Header) -> int:
        """Where SIP begins, behind UDP, TCP, or both ESP without IV and one of them."""
        at, protocol = header.offset, header.protocol
        if protocol == esp.ESP:
            at += _ESP_HEADER
            protocol = ip.UDP if _is_udp(packet, at) else ip.TCP
        if protocol == ip.UDP:
            return at + _UDP_HEADER
        if protocol == ip.TCP and len(packet) > at + 12:
            return min(at + (packet[at + 12] >> 4) * 4, header.total)
        return header.total


def _is_udp(packet: bytes, at: int) -> bool:
    """Whether a UDP header stands there: its length fits what is left but ESP's trailer and ICV."""
    length = int.from_bytes(packet[at + 4 : at + 6], "big")
    return 0 <= len(packet) - at - length <= 18 + 16


def _summed(packet: bytes, header: ip.Header, payload: bytes) -> bytes:
    """The packet with another UDP datagram or TCP segment, both lengths and both checksums right."""
    size = len(payload).to_bytes(2, "big")
    if header.protocol == ip.UDP:
        payload = payload[:4] + size + payload[6:]
    at = _CHECKSUM_AT[header.protocol]
    payload = payload[:at] + b"\0\0" + payload[at + 2 :]
    pseudo = header.src + header.dst + bytes((0, header.protocol)) + size
    total = ip.checksum(pseudo + payload) or 0xFFFF
    payload = payload[:at] + total.to_bytes(2, "big") + payload[at + 2 :]
    return ip.with_payload(packet, header, header.protocol, payload)


def _reset(src: Endpoint, dst: Endpoint) -> bytes:
    """A RST with a sequence number that is a guess."""
    head = src.port.to_bytes(2, "big") + dst.port.to_bytes(2, "big") + bytes(8) + b"\x50\x14" + bytes(6)
    packet = ip.build(src.address, dst.address, ip.TCP, head)
    return _summed(packet, ip.parse(packet), head)


def _unreachable(forged: Forged) -> bytes:
    """ICMP: the datagram that `dst` sent to `src` found no open port there."""
    src, dst = forged.src, forged.dst
    quoted = ip.udp_datagram(dst.address, dst.port, src.address, src.port, forged.data)
    protocol, kind, code = _UNREACHABLE_PORT[quoted[0] >> 4]
    start = quoted[: ip.parse(quoted).offset + _QUOTED_OCTETS]
    message = bytes((kind, code, 0, 0, 0, 0, 0, 0)) + start
    pseudo = b""
    if protocol == ip.ICMPV6:
        ends = ip.address_octets(src.address) + ip.address_octets(dst.address)
        pseudo = ends + len(message).to_bytes(4, "big") + bytes((0, 0, 0, protocol))
    total = ip.checksum(pseudo + message)
    message = message[:2] + total.to_bytes(2, "big") + message[4:]
    return ip.build(src.address, dst.address, protocol, message)
