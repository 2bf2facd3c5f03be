"""The engine: what crosses it, and what it counts."""

import pytest
from tests.figure1_sets import CBC, GCM, PORTS, SPIS, Dice, sa_set
from tests.unit.backends.userspace.engines import GMAC, VERSIONS, Gm

from twopair.backends.userspace.engine import Engine
from twopair.base import Spi, Suite
from twopair.core.sa import End
from twopair.wire import esp, ip


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
