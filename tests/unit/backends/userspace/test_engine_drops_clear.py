"""Every reason to drop clear text, and what cannot be carried (SA-21, UNP-06, ERR-17, ERR-32)."""

import pytest
from tests.figure1_sets import PORTS, Dice
from tests.unit.backends.userspace.engines import VERSIONS, Gm, entries, icmp_about

from twopair.backends.userspace.engine import Engine
from twopair.base import Endpoint
from twopair.core.esp import LAST_SEQUENCE, Drop
from twopair.wire import ip


@VERSIONS
@pytest.mark.parametrize("src", [PORTS.uc, 6102, 5060])
def test_clear_to_protected(version: int, src: int) -> None:
    """Drop.CLEAR_TO_PROTECTED, SA-21, ERR-17: from any source port and address."""
    gm = Gm(version)
    assert gm.dropped(Drop.CLEAR_TO_PROTECTED, gm.up(src=src))
    stranger = "10.9.9.9" if version == 4 else "fd09::9"
    assert gm.dropped(Drop.CLEAR_TO_PROTECTED, ip.udp_datagram(stranger, src, gm.b, PORTS.pc, b"REGISTER"))


@VERSIONS
def test_clear_tcp_segments_to_protected(version: int) -> None:
    """Drop.CLEAR_TO_PROTECTED, UNP-06: SYN, RST, FIN, ACK, before TCP sees them."""
    gm = Gm(version)
    ports = PORTS.uc.to_bytes(2, "big") + PORTS.ps.to_bytes(2, "big")
    for flags in (0x02, 0x04, 0x11, 0x12, 0x10):
        segment = ports + bytes(8) + bytes((0x50, flags)) + bytes(6)
        assert gm.dropped(Drop.CLEAR_TO_PROTECTED, ip.build(gm.a, gm.b, ip.TCP, segment))


@VERSIONS
def test_clear_fragments_to_protected(version: int) -> None:
    """Drop.CLEAR_TO_PROTECTED: judged when whole, with ports hidden behind the first eight octets or not."""
    gm = Gm(version)
    packet = gm.up(bytes(3000))
    for mtu in (1500, 576):
        parts = ip.fragment(packet, ip.parse(packet), mtu, mtu)
        assert gm.dropped(Drop.CLEAR_TO_PROTECTED, *parts)
        assert gm.dropped(Drop.CLEAR_TO_PROTECTED, *parts[::-1])


def test_clear_text_behind_headers_that_hide_its_ports() -> None:
    """Drop.CLEAR_TO_PROTECTED: IPv4 options, IPv6 extension headers."""
    gm = Gm(4)
    packet = bytearray(gm.up())
    packet = packet[:20] + b"\1\1\1\0" + packet[20:]
    packet[0], packet[2:4] = 0x46, len(packet).to_bytes(2, "big")
    assert gm.dropped(Drop.CLEAR_TO_PROTECTED, bytes(packet))
    gm = Gm(6)
    options = bytes((60, 0, 1, 4, 0, 0, 0, 0)) + bytes((17, 0, 1, 4, 0, 0, 0, 0))
    assert gm.dropped(Drop.CLEAR_TO_PROTECTED, ip.build(gm.a, gm.b, 0, options + gm.up()[40:]))


@VERSIONS
def test_policy_stands_without_closed_ports(version: int) -> None:
    """Drop.CLEAR_TO_PROTECTED, RFC 4301 §5.2: what an SA protects is not taken without it."""
    gm = Gm(version)
    for port in (PORTS.pc, PORTS.ps):
        gm.pcscf.reopen(Endpoint(gm.b, port))
    assert gm.dropped(Drop.CLEAR_TO_PROTECTED, gm.up())
    other = gm.up(src=5060)
    assert gm.pcscf.from_wire(other) == [other]
    gm.pcscf.remove(1)
    assert gm.pcscf.from_wire(gm.up()) == [gm.up()]


@VERSIONS
def test_clear_from_protected(version: int) -> None:
    """Drop.CLEAR_FROM_PROTECTED, SA-21: also a RST that the kernel would send, and after the set is gone."""
    gm = Gm(version)
    assert gm.ue.from_host(gm.up(dst=5060)) == []
    segment = PORTS.uc.to_bytes(2, "big") + (5999).to_bytes(2, "big") + bytes(8) + b"\x50\x04" + bytes(6)
    assert gm.ue.from_host(ip.build(gm.a, gm.b, ip.TCP, segment)) == []
    gm.ue.remove(1)
    assert gm.ue.from_host(gm.up()) == []
    assert gm.ue.drops() == {Drop.CLEAR_FROM_PROTECTED.name: 3}


@VERSIONS
def test_icmp_about_protected_flows(version: int) -> None:
    """Drop.ICMP, UNP-06: about a protected port, or about ESP; what concerns neither passes."""
    gm = Gm(version)
    down = ip.udp_datagram(gm.b, PORTS.ps, gm.a, PORTS.uc, b"200 OK")
    assert gm.dropped(Drop.ICMP, icmp_about(down, gm.a, gm.b))
    assert gm.dropped(Drop.ICMP, icmp_about(gm.pcscf.from_host(down)[0], gm.a, gm.b))
    clear = icmp_about(ip.udp_datagram(gm.b, 5060, gm.a, 5060, b"x"), gm.a, gm.b)
    assert gm.pcscf.from_wire(clear) == [clear]
    echo = ip.build(
        gm.a, gm.b, ip.ICMPV6 if version == 6 else ip.ICMP, bytes((128 if version == 6 else 8, 0)) + bytes(6)
    )
    assert gm.pcscf.from_wire(echo) == [echo]


@VERSIONS
def test_icmp_that_would_quote_what_was_protected(version: int) -> None:
    """Drop.CLEAR_FROM_PROTECTED: a port unreachable would carry decrypted octets in the clear."""
    gm = Gm(version)
    (inner,) = gm.pcscf.from_wire(gm.sealed())
    assert gm.pcscf.from_host(icmp_about(inner, gm.b, gm.a)) == []
    assert gm.pcscf.drops() == {Drop.CLEAR_FROM_PROTECTED.name: 1}


@VERSIONS
def test_fragment(version: int) -> None:
    """Drop.FRAGMENT: what a host cut before ESP has no ports; other addresses are not concerned."""
    gm = Gm(version)
    packet = gm.up(bytes(3000))
    assert [gm.ue.from_host(part) for part in ip.fragment(packet, ip.parse(packet), 1500, 7)] == [[], [], []]
    assert gm.ue.drops() == {Drop.FRAGMENT.name: 3}
    part = ip.fragment(packet, ip.parse(packet), 1500, 7)[1]
    assert Engine(Dice()).from_host(part) == [part]


@VERSIONS
def test_sequence_exhausted(version: int) -> None:
    """Drop.SEQUENCE_EXHAUSTED, SA-07: the last number is used, then nothing more is sent."""
    gm = Gm(version)
    (sa, _), _ = entries(gm.ue)
    sa.sequence = LAST_SEQUENCE - 1
    src, dst = PORTS.uc, PORTS.ps
    (last,) = gm.ue.from_host(gm.up(src=src, dst=dst))
    offset = ip.parse(last).offset
    assert last[offset + 4 : offset + 8] == b"\xff\xff\xff\xff"
    assert gm.ue.from_host(gm.up(src=src, dst=dst)) == []
    assert gm.ue.drops() == {Drop.SEQUENCE_EXHAUSTED.name: 1}


@VERSIONS
def test_too_large(version: int) -> None:
    """Drop.TOO_LARGE."""
    gm = Gm(version)
    assert gm.ue.from_host(gm.up(bytes(65500))) == []
    assert gm.ue.drops() == {Drop.TOO_LARGE.name: 1}


@VERSIONS
def test_reassembly(version: int) -> None:
    """Drop.REASSEMBLY: fragments that overlap."""
    gm = Gm(version)
    (packet,) = Engine(Dice(), mtu=9000).from_host(gm.up(bytes(3000), src=5060, dst=5060))
    header = ip.parse(packet)
    parts = [ip.fragment(packet, header, mtu, 5)[n] for n, mtu in ((0, 1500), (1, 1400))]
    assert gm.dropped(Drop.REASSEMBLY, *parts)


@pytest.mark.parametrize(
    "packet", [b"", b"E", b"\x45" + bytes(30), b"\x60" + bytes(10), b"\x90" * 60, b"\x46" + bytes(23)]
)
def test_malformed_ip(packet: bytes) -> None:
    """Drop.MALFORMED_IP, from either side."""
    gm = Gm()
    assert gm.dropped(Drop.MALFORMED_IP, packet)
    assert gm.ue.from_host(packet) == []
    assert gm.ue.drops() == {Drop.MALFORMED_IP.name: 1}


def test_every_drop_has_clause_and_words() -> None:
    assert all(drop.clause and drop.words for drop in Drop)
