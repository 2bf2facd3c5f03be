"""The engine: IP packets in, IP packets out, and every reason to drop one."""

import logging

import pytest
from tests.figure1_sets import CBC, FAMILIES, GCM, PORTS, SPIS, Dice, sa_set

from twopair.backends.contract import InstallError
from twopair.backends.userspace.engine import Engine
from twopair.base import Endpoint, Port, Spi, Suite
from twopair.core.esp import LAST_SEQUENCE, Drop, make_transform
from twopair.core.sa import End, Spis
from twopair.wire import esp, ip

VERSIONS = pytest.mark.parametrize("version", [4, 6])
GMAC = Suite("aes-gmac", "null")


class Gm:
    """Both ends' engines with one set installed, and their addresses."""

    def __init__(self, version: int = 4, suite: Suite = CBC) -> None:
        self.a, self.b = FAMILIES[version]
        self.ue, self.pcscf = Engine(Dice(1)), Engine(Dice(2))
        self.set = sa_set(End.UE, suite, ue=self.a, pcscf=self.b)
        for port in (PORTS.uc, PORTS.us):
            self.ue.close(Endpoint(self.a, port))
        for port in (PORTS.pc, PORTS.ps):
            self.pcscf.close(Endpoint(self.b, port))
        self.ue.install(self.set)
        self.pcscf.install(sa_set(End.PCSCF, suite, ue=self.a, pcscf=self.b))

    def up(self, data: bytes = b"REGISTER", src: int = PORTS.uc, dst: int = PORTS.ps) -> bytes:
        """A datagram of the UE, as its kernel makes it."""
        return ip.udp_datagram(self.a, src, self.b, dst, data)

    def sealed(self, data: bytes = b"REGISTER") -> bytes:
        (packet,) = self.ue.from_host(self.up(data))
        return packet

    def forged(self, payload: bytes, protocol: int = 17, sequence: int = 1) -> bytes:
        """What only an owner of the keys can make, on SA1-up."""
        transform = make_transform(self.set.outbound[0], Dice(3))
        return ip.build(self.a, self.b, esp.ESP, transform.seal(SPIS.ps, sequence, payload, protocol))

    def dropped(self, drop: Drop, *packets: bytes) -> bool:
        """Whether the P-CSCF's host gets nothing of these, and one is counted under that reason."""
        before = self.pcscf.drops().get(drop.name, 0)
        got = [inner for packet in packets for inner in self.pcscf.from_wire(packet)]
        return not got and self.pcscf.drops().get(drop.name, 0) == before + 1


# what works


@VERSIONS
@pytest.mark.parametrize("suite", [CBC, GCM, GMAC, Suite("hmac-sha-1-96", "null")], ids=str)
def test_datagram_crosses_protected_and_comes_out_as_it_was(version: int, suite: Suite) -> None:
    """SA-02, SA-18: transport mode; the SPI on the wire is the one its receiver chose."""
    gm = Gm(version, suite)
    packet = gm.sealed()
    header = ip.parse(packet)
    assert header.protocol == esp.ESP
    assert packet[header.offset : header.offset + 8] == SPIS.ps.to_bytes(4, "big") + b"\0\0\0\1"
    if version == 4:
        assert ip.checksum(packet[:20]) == 0
    assert gm.pcscf.from_wire(packet) == [gm.up()]


@VERSIONS
def test_tcp_segments_use_the_same_sas(version: int) -> None:
    """SA-09, MSG-01: and what comes back goes over the pair's other SA."""
    gm = Gm(version)
    there = ip.build(
        gm.a, gm.b, ip.TCP, PORTS.uc.to_bytes(2, "big") + PORTS.ps.to_bytes(2, "big") + bytes(16)
    )
    back = ip.build(gm.b, gm.a, ip.TCP, PORTS.ps.to_bytes(2, "big") + PORTS.uc.to_bytes(2, "big") + bytes(16))
    assert gm.pcscf.from_wire(gm.ue.from_host(there)[0]) == [there]
    assert gm.ue.from_wire(gm.pcscf.from_host(back)[0]) == [back]
    used = {c.name for c in gm.ue.query() if c.packets}
    assert used == {"SA1-up", "SA1-dn"}


@VERSIONS
def test_outer_packet_is_cut_and_put_together(version: int) -> None:
    """A 3 kB MESSAGE passes: cut after ESP at the wire's MTU, never before."""
    gm = Gm(version)
    big = gm.up(bytes(3000))
    parts = gm.ue.from_host(big)
    assert len(parts) == 3
    assert all(len(part) <= 1500 for part in parts)
    assert {ip.parse(part).protocol for part in parts} == {esp.ESP}
    (whole,) = [inner for part in reversed(parts) for inner in gm.pcscf.from_wire(part)]
    offset = ip.parse(big).offset
    assert whole[offset:] == big[offset:]


@VERSIONS
def test_clear_text_between_unprotected_ports_passes(version: int) -> None:
    gm = Gm(version)
    clear = gm.up(src=5060, dst=5060)
    assert gm.ue.from_host(clear) == [clear]
    assert gm.pcscf.from_wire(clear) == [clear]
    big = gm.up(bytes(3000), src=5060, dst=5060)
    parts = gm.ue.from_host(big)
    assert len(parts) == 3
    assert sum(len(gm.pcscf.from_wire(part)) for part in parts) == 1


def test_ipv4_options_and_ipv6_extensions_are_kept() -> None:
    gm = Gm(4)
    packet = bytearray(gm.up())
    packet = packet[:20] + b"\1\1\1\0" + packet[20:]
    packet[0], packet[2:4] = 0x46, len(packet).to_bytes(2, "big")
    (outer,) = gm.ue.from_host(bytes(packet))
    assert outer[20:24] == b"\1\1\1\0"
    (inner,) = gm.pcscf.from_wire(outer)
    assert inner[20:] == packet[20:]
    gm = Gm(6)
    wrapped = ip.build(gm.a, gm.b, 60, bytes((17, 0, 1, 4, 0, 0, 0, 0)) + gm.up()[40:])
    (outer,) = gm.ue.from_host(wrapped)
    assert gm.pcscf.from_wire(outer) == [wrapped]


def test_octets_behind_the_packet_are_cut_off() -> None:
    """Ethernet pads what is shorter than 60 octets."""
    gm = Gm(4)
    assert gm.pcscf.from_wire(gm.sealed() + bytes(7)) == [gm.up()]


def test_counters_of_each_sa() -> None:
    """ERR-32."""
    gm = Gm()
    packet = gm.sealed()
    gm.pcscf.from_wire(packet)
    gm.pcscf.from_wire(packet)
    gm.pcscf.from_wire(gm.sealed()[:-1] + b"?")
    sent = next(c for c in gm.ue.query() if c.name == "SA1-up")
    got = next(c for c in gm.pcscf.query() if c.name == "SA1-up")
    assert (sent.packets, sent.octets, sent.spi) == (2, 32, SPIS.ps)
    assert (got.packets, got.octets, got.replayed, got.bad_icv) == (1, 16, 1, 1)


def test_cost_does_not_grow_with_the_sets() -> None:
    """Look-ups are dictionary hits: two hundred sets, and each packet finds its own."""
    engine = Engine(Dice())
    base = SPIS
    for n in range(200):
        spis = type(base)(*(Spi(s + 10 * (n + 1)) for s in (10000, 10001, 20000, 20001)))
        engine.install(sa_set(End.PCSCF, GCM, set_id=n, ue=f"10.1.{n // 100}.{n % 100}", spis=spis))
    packet = ip.udp_datagram("10.0.0.1", PORTS.pc, "10.1.1.50", PORTS.us, b"x")
    (outer,) = engine.from_host(packet)
    assert int.from_bytes(outer[20:24], "big") == 10001 + 10 * 151


# every reason to drop what came as ESP


@VERSIONS
def test_unknown_spi(version: int) -> None:
    """Drop.UNKNOWN_SPI, UNP-07: silence; and an SPI counts only with its destination (SA-18)."""
    gm = Gm(version)
    offset = ip.parse(gm.sealed()).offset
    packet = gm.sealed()
    stranger = packet[:offset] + (777).to_bytes(4, "big") + packet[offset + 4 :]
    assert gm.dropped(Drop.UNKNOWN_SPI, stranger)
    header = ip.parse(packet)
    elsewhere = packet.replace(header.dst, header.dst[:-1] + b"\x63")
    assert gm.dropped(Drop.UNKNOWN_SPI, elsewhere)


@VERSIONS
def test_reflected(version: int) -> None:
    """Drop.REFLECTED, SA-16: distinct SPIs are what defeats sending a packet back to its sender."""
    gm = Gm(version)
    packet = gm.sealed()
    header = ip.parse(packet)
    back = packet.replace(header.src + header.dst, header.dst + header.src)
    assert gm.ue.from_wire(back) == []
    assert gm.ue.drops() == {Drop.REFLECTED.name: 1}


@VERSIONS
def test_bad_icv(version: int) -> None:
    """Drop.BAD_ICV, ERR-07; the window does not move, so the honest packet still passes (SA-06)."""
    gm = Gm(version)
    packet = gm.sealed()
    assert gm.dropped(Drop.BAD_ICV, packet[:-1] + bytes((packet[-1] ^ 1,)))
    offset = ip.parse(packet).offset
    ahead = packet[: offset + 4] + b"\x7f\xff\xff\xff" + packet[offset + 8 :]
    assert gm.dropped(Drop.BAD_ICV, ahead)
    assert gm.pcscf.from_wire(packet) == [gm.up()]


@VERSIONS
def test_replayed(version: int) -> None:
    """Drop.REPLAYED, SA-06: the same packet again, and one that is older than the window."""
    gm = Gm(version)
    packets = [gm.sealed() for _ in range(70)]
    assert gm.pcscf.from_wire(packets[1])
    assert gm.dropped(Drop.REPLAYED, packets[1])
    assert gm.pcscf.from_wire(packets[69])
    assert gm.dropped(Drop.REPLAYED, packets[0])
    assert gm.pcscf.from_wire(packets[6])


@VERSIONS
def test_bad_padding(version: int) -> None:
    """Drop.BAD_PADDING, KEY-09: under a right ICV, from a peer that pads with zeros."""
    gm = Gm(version, Suite("hmac-sha-1-96", "null"))
    transform = make_transform(gm.set.outbound[0], Dice())
    mac = transform._mac.copy()  # type: ignore[attr-defined]
    body = esp.HEADER.pack(SPIS.ps, 1) + gm.up()[-16:] + b"\0\0\2\x11"
    mac.update(body)
    assert gm.dropped(Drop.BAD_PADDING, ip.build(gm.a, gm.b, esp.ESP, body + mac.finalize()[:12]))


@VERSIONS
def test_dummy(version: int) -> None:
    """Drop.DUMMY, SA-04."""
    gm = Gm(version)
    assert gm.dropped(Drop.DUMMY, gm.forged(b"anything", protocol=59))


@VERSIONS
def test_selector(version: int) -> None:
    """Drop.SELECTOR, SA-10: addresses, protocol and both ports, with a right ICV each time."""
    gm = Gm(version)
    offset = ip.parse(gm.up()).offset
    right = gm.up()[offset:]
    for n, (src, dst) in enumerate(
        [(PORTS.us, PORTS.ps), (PORTS.uc, PORTS.pc), (5060, 5060), (PORTS.ps, PORTS.uc)]
    ):
        wrong = src.to_bytes(2, "big") + dst.to_bytes(2, "big") + right[4:]
        assert gm.dropped(Drop.SELECTOR, gm.forged(wrong, sequence=n + 1))
    for n, protocol in enumerate((1, 4, 41, 50, 132, 136)):
        assert gm.dropped(Drop.SELECTOR, gm.forged(right, protocol, sequence=n + 10))
    packet = gm.forged(right, sequence=20)
    source = ip.parse(packet).src
    assert gm.dropped(Drop.SELECTOR, packet.replace(source, source[:-1] + b"\x63"))
    assert gm.pcscf.from_wire(gm.forged(right, sequence=21)) == [gm.up()]


@VERSIONS
def test_selector_of_a_payload_without_ports(version: int) -> None:
    """Drop.SELECTOR, SA-10: shorter than the ports are."""
    gm = Gm(version)
    assert gm.dropped(Drop.SELECTOR, gm.forged(b"\x17", sequence=1))


@VERSIONS
def test_malformed_esp(version: int) -> None:
    """Drop.MALFORMED_ESP: no room for IV and ICV, or cipher text that is no whole number of blocks."""
    gm = Gm(version)
    header = SPIS.ps.to_bytes(4, "big") + bytes(4)
    for octets in (0, 4, 27, 28, 29, 43, 45, 51):
        assert gm.dropped(Drop.MALFORMED_ESP, ip.build(gm.a, gm.b, esp.ESP, header + bytes(octets)))


# every reason to drop clear text


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


def icmp_about(packet: bytes, src: str, dst: str) -> bytes:
    """A destination-unreachable that quotes a packet."""
    six = packet[0] >> 4 == 6
    body = bytes((1 if six else 3, 1 if six else 3)) + bytes(6) + packet[:64]
    return ip.build(src, dst, ip.ICMPV6 if six else ip.ICMP, body)


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


# what cannot be carried


@VERSIONS
def test_sequence_exhausted(version: int) -> None:
    """Drop.SEQUENCE_EXHAUSTED, SA-07: the last number is used, then nothing more is sent."""
    gm = Gm(version)
    sa = next(iter(gm.ue._out.values()))
    sa.sequence = LAST_SEQUENCE - 1
    src, dst = sa.association.selector.src_port, sa.association.selector.dst_port
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


# faults and installation


@pytest.mark.parametrize("suite", [GCM, GMAC], ids=str)
def test_repeated_iv_is_counted_and_logged_once(suite: Suite, caplog: pytest.LogCaptureFixture) -> None:
    """KEY-08: the peer's fault; its packets are authentic, and taken."""
    gm = Gm(4, suite)
    transform = make_transform(gm.set.outbound[0], Dice())
    transform._prefix = 3  # type: ignore[attr-defined] # or-ed with 1, 2 and 3 it gives the same IV
    with caplog.at_level(logging.WARNING):
        for sequence in (1, 2, 3):
            body = transform.seal(SPIS.ps, sequence, gm.up()[20:], 17)
            assert gm.pcscf.from_wire(ip.build(gm.a, gm.b, esp.ESP, body))
    assert gm.pcscf.faults == {"REPEATED_IV": 2}
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"ue": "10.0.1.300", "set_id": 2},
        {
            "ports": PORTS._replace(uc=Port(70000)),
            "set_id": 2,
            "spis": Spis(Spi(5001), Spi(5002), Spi(5003), Spi(5004)),
        },
        {"set_id": 1},
    ],
)
def test_failed_install_leaves_nothing(changes: dict[str, object]) -> None:
    """SA-01, ERR-24: whatever is wrong with the set."""
    gm = Gm()
    before = [sorted(map(repr, part)) for part in vars(gm.ue).values() if isinstance(part, dict | set)]
    with pytest.raises(InstallError):
        gm.ue.install(sa_set(End.UE, **changes))  # type: ignore[arg-type]
    assert [
        sorted(map(repr, part)) for part in vars(gm.ue).values() if isinstance(part, dict | set)
    ] == before
