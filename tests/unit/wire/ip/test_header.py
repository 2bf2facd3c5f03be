"""IP headers."""

from ipaddress import ip_address

import pytest

from twopair.base import WireError
from twopair.wire.ip import (
    ICMP,
    ICMPV6,
    UDP,
    Header,
    address_octets,
    build,
    checksum,
    parse,
    quoted,
    udp_datagram,
    with_payload,
)

V4 = udp_datagram("10.0.1.1", 6100, "10.0.0.1", 5062, b"hello")
V6 = udp_datagram("fd00::1", 6100, "fd00::2", 5062, b"hello")


@pytest.mark.parametrize("text", ["10.0.1.1", "255.0.0.1", "fd00::1", "::ffff:1.2.3.4", "::"])
def test_octets_of_an_address(text: str) -> None:
    assert address_octets(text) == ip_address(text).packed


@pytest.mark.parametrize(
    "text",
    ["", "x", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", " 1.2.3.4", "+1.2.3.4", "1_0.2.3.4", "1.2.3.٤"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Also what `int` would take for a number."""
    with pytest.raises(ValueError, match="does not appear to be"):
        address_octets(text)


def test_checksum_of_rfc_1071() -> None:
    """RFC 1071 §3: the example's sum is ddf2."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert checksum(b"\xff\xff") == 0
    assert checksum(b"\x01") == checksum(b"\x01\x00")


@pytest.mark.parametrize("packet", [V4, V6])
def test_built_packets_have_right_checksums(packet: bytes) -> None:
    header = parse(packet)
    length = header.total - header.offset
    pseudo = header.src + header.dst + bytes((0, UDP)) + length.to_bytes(2, "big")
    assert checksum(pseudo + packet[header.offset :]) == 0
    if len(header.src) == 4:
        assert checksum(packet[:20]) == 0
    assert not header.is_fragment
    assert packet[header.protocol_at] == header.protocol == UDP


def test_ipv4_options_are_passed_over() -> None:
    packet = bytearray(V4[:20] + b"\x94\x04\0\0" + V4[20:])
    packet[0] = 0x46
    packet[2:4] = len(packet).to_bytes(2, "big")
    assert parse(bytes(packet)).offset == 24


def test_ipv6_extension_headers_are_passed_over() -> None:
    """What an attacker may put before a UDP header, to hide it."""
    options = bytes((60, 0, 1, 4, 0, 0, 0, 0)) + bytes((UDP, 1)) + bytes(14)
    packet = build("fd00::1", "fd00::2", 0, options + V6[40:])
    header = parse(packet)
    assert (header.protocol, header.offset, header.protocol_at) == (UDP, 64, 48)
    assert with_payload(packet, header, 50, b"esp!")[48] == 50


@pytest.mark.parametrize("packet", [V4, V6])
def test_every_cut_is_a_wire_error(packet: bytes) -> None:
    for end in range(len(packet)):
        with pytest.raises(WireError):
            parse(packet[:end])


@pytest.mark.parametrize(
    "packet",
    [
        b"\x50" + V4[1:],
        b"\x41" + V4[1:],
        b"\x4f" + V4[1:24],
        build("fd00::1", "fd00::2", 0, b"\x11\xff" + bytes(6)),
    ],
)
def test_disagreeing_lengths_are_wire_errors(packet: bytes) -> None:
    with pytest.raises(WireError):
        parse(packet)


@pytest.mark.parametrize("packet", [V4, V6])
def test_another_payload(packet: bytes) -> None:
    header = parse(packet)
    other = with_payload(packet, header, 50, b"esp!")
    again = parse(other)
    assert (again.protocol, other[again.offset :]) == (50, b"esp!")
    assert (again.src, again.dst) == (header.src, header.dst)
    with pytest.raises(ValueError, match="longer"):
        with_payload(packet, header, 50, bytes(65536))


def test_families_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="two families"):
        build("10.0.0.1", "fd00::1", UDP, b"")


def icmp(kind: int, about: bytes) -> tuple[bytes, Header]:
    six = about[0] >> 4 == 6
    ends = ("fd00::9", "fd00::1") if six else ("10.0.0.9", "10.0.1.1")
    packet = build(*ends, ICMPV6 if six else ICMP, bytes((kind, 0)) + bytes(6) + about)
    return packet, parse(packet)


def test_what_an_icmp_error_quotes() -> None:
    """UNP-06: the flow it is about can be told."""
    for kind, about, at in ((3, V4, 20), (1, V6, 40)):
        packet, header = icmp(kind, about)
        inner = parse(about)
        assert quoted(packet, header) == (inner.src, inner.dst, UDP, about[at : at + 8])


def test_what_quotes_nothing() -> None:
    packet, header = icmp(8, V4)  # an echo request carries data, not a quotation
    assert quoted(packet, header) is None
    packet, header = icmp(135, V6)
    assert quoted(packet, header) is None
    assert quoted(V4, parse(V4)) is None
    packet = build("10.0.0.9", "10.0.1.1", ICMP, b"\x03\0" + bytes(10))
    assert quoted(packet, parse(packet)) == (b"", b"", 0, b"")
    short = build("10.0.0.9", "10.0.1.1", ICMP, b"\x03\0")
    with pytest.raises(WireError):
        quoted(short, parse(short))
