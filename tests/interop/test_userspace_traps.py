"""Traps of ESP in user space, each with real sockets: the kernel's own UDP and TCP on both devices."""

from collections.abc import Iterator
from itertools import product

import pytest
from tests.figure1_sets import PORTS
from tests.interop.gm_hosts import SOCK_DGRAM, SOCK_STREAM, Gm, collected, connected, gm_hosts, received

from twopair.core.sa import End
from twopair.wire import esp, ip

pytestmark = pytest.mark.lab

KINDS = list(product(("tun", "veth"), (4, 6)))


@pytest.fixture(params=KINDS, ids=[f"{kind}-IPv{version}" for kind, version in KINDS])
def gm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gm]:
    kind, version = request.param
    with gm_hosts(kind, version, monkeypatch) as gm:
        assert gm.ue.port.kind == kind
        yield gm


def send_up(gm: Gm, data: bytes) -> bytes:
    """A datagram from port_uc to port_ps; what the P-CSCF's socket gets."""
    sender, receiver = gm.ue.socket(SOCK_DGRAM, PORTS.uc), gm.pcscf.socket(SOCK_DGRAM, PORTS.ps)
    with sender, receiver:
        sender.sendto(data, (gm.pcscf.address, PORTS.ps))
        return collected(gm, receiver, len(data))


def test_datagram_passes_under_esp(gm: Gm) -> None:
    """SA-02: and nothing else is on the wire."""
    assert send_up(gm, b"REGISTER") == b"REGISTER"
    assert [ip.parse(packet).protocol for _, packet in gm.packets] == [esp.ESP]


@pytest.mark.parametrize("octets", [1472, 3000, 60000])
def test_large_datagram_is_cut_outside_only(gm: Gm, octets: int) -> None:
    """A datagram beyond the wire's MTU: fragments of ESP, none of UDP, each within the MTU."""
    data = bytes(i & 0xFF for i in range(octets))
    assert send_up(gm, data) == data
    assert len(gm.packets) > octets // 1480
    assert all(len(packet) <= 1500 for _, packet in gm.packets)
    assert {ip.parse(packet).protocol for _, packet in gm.packets} == {esp.ESP}


@pytest.mark.parametrize("source", [PORTS.uc, PORTS.us, 5060, 40000])
def test_clear_text_from_any_port_to_a_protected_one(gm: Gm, source: int) -> None:
    """SA-21, ERR-17: not delivered, not answered; whole or in fragments."""
    with gm.pcscf.socket(SOCK_DGRAM, PORTS.ps) as sock:
        for octets in (10, 3000):
            packet = ip.udp_datagram(gm.ue.address, source, gm.pcscf.address, PORTS.ps, bytes(octets))
            for part in ip.fragment(packet, ip.parse(packet), 1500, octets):
                gm.inject(End.PCSCF, part)
        assert received(sock) is None
    assert gm.sent_by(End.PCSCF) == []
    assert gm.pcscf.engine.drops() == {"CLEAR_TO_PROTECTED": 2}


def test_clear_syn_is_met_with_silence(gm: Gm) -> None:
    """SA-21: neither SYN-ACK where somebody listens, nor RST where nobody does."""
    with gm.pcscf.socket(SOCK_STREAM, PORTS.ps) as listener:
        listener.listen()
        for port in (PORTS.ps, PORTS.pc):
            ports = (40000).to_bytes(2, "big") + port.to_bytes(2, "big")
            syn = ports + bytes(8) + b"\x50\x02\xff\xff" + bytes(4)
            gm.inject(End.PCSCF, ip.build(gm.ue.address, gm.pcscf.address, ip.TCP, _summed(gm, syn)))
    assert gm.sent_by(End.PCSCF) == []


def test_nothing_protected_is_quoted_in_the_clear(gm: Gm) -> None:
    """UNP-06: nobody has the port; the kernel's port unreachable would show what was decrypted."""
    with gm.ue.socket(SOCK_DGRAM, PORTS.uc) as sender:
        sender.sendto(b"secret", (gm.pcscf.address, PORTS.ps))
        gm.settle()
    assert gm.sent_by(End.PCSCF) == []
    assert gm.pcscf.engine.drops() == {"CLEAR_FROM_PROTECTED": 1}


def test_replayed_and_reflected_packets(gm: Gm) -> None:
    """SA-06, SA-16: counted, each under its own reason."""
    assert send_up(gm, b"REGISTER") == b"REGISTER"
    (_, packet), *_ = gm.packets
    with gm.pcscf.socket(SOCK_DGRAM, PORTS.ps) as sock:
        gm.inject(End.PCSCF, packet)
        assert received(sock) is None
    header = ip.parse(packet)
    gm.inject(End.UE, packet.replace(header.src + header.dst, header.dst + header.src))
    assert gm.pcscf.engine.drops() == {"REPLAYED": 1}
    assert gm.ue.engine.drops() == {"REFLECTED": 1}


def test_packet_from_another_source_address(gm: Gm) -> None:
    """SA-10: the outer header is not under the ICV, but it is under the selector."""
    with gm.ue.socket(SOCK_DGRAM, PORTS.uc) as sender, gm.pcscf.socket(SOCK_DGRAM, PORTS.ps) as sock:
        sender.sendto(b"REGISTER", (gm.pcscf.address, PORTS.ps))
        packet = None
        while packet is None:
            packet = gm.ue.port.read()
        (outer,) = gm.ue.engine.from_host(packet)
        source = ip.parse(outer).src
        gm.inject(End.PCSCF, outer.replace(source, source[:-1] + b"\x63"))
        assert received(sock) is None
    assert gm.pcscf.engine.drops() == {"SELECTOR": 1}


def test_tcp_runs_both_ways_and_lives_through_forged_resets(gm: Gm) -> None:
    """UNP-06, MSG-01: a clear RST with the right numbers and an ICMP error change nothing."""
    client, server = connected(gm)
    with client, server:
        client.send(b"x" * 20000)
        assert len(collected(gm, server, 20000)) == 20000
        assert all(len(packet) <= 1500 and not ip.parse(packet).is_fragment for _, packet in gm.packets)
        assert {ip.parse(packet).protocol for _, packet in gm.packets} == {esp.ESP}
        _forge_resets(gm)
        server.send(b"200 OK")
        assert collected(gm, client, 6) == b"200 OK"
    assert {c.name for c in gm.ue.engine.query() if c.packets} == {"SA1-up", "SA1-dn"}


def _forge_resets(gm: Gm) -> None:
    """The attacker knows ports and, for once, the very sequence numbers that are expected next."""
    last = [packet for sender, packet in gm.inner if sender is End.UE][-1]
    segment = last[ip.parse(last).offset :]
    carried = len(segment) - (segment[12] >> 4) * 4
    expected = int.from_bytes(segment[4:8], "big") + carried & 0xFFFFFFFF
    ports = segment[:4]
    for flags in (0x04, 0x14, 0x11, 0x02):
        forged = ports + expected.to_bytes(4, "big") + segment[8:12] + bytes((0x50, flags)) + bytes(6)
        gm.inject(End.PCSCF, ip.build(gm.ue.address, gm.pcscf.address, ip.TCP, _summed(gm, forged)))
    down = ip.build(gm.pcscf.address, gm.ue.address, ip.TCP, ports[2:] + ports[:2] + bytes(16))
    six = ":" in gm.ue.address
    unreachable = bytes((1, 4) if six else (3, 3)) + bytes(6) + down
    protocol = ip.ICMPV6 if six else ip.ICMP
    gm.inject(End.PCSCF, ip.build(gm.ue.address, gm.pcscf.address, protocol, unreachable))
    assert gm.pcscf.engine.drops() == {"CLEAR_TO_PROTECTED": 4, "ICMP": 1}


def _summed(gm: Gm, segment: bytes) -> bytes:
    """A TCP segment with its checksum."""
    pseudo = ip.address_octets(gm.ue.address) + ip.address_octets(gm.pcscf.address)
    pseudo += b"\0\x06" + len(segment).to_bytes(2, "big")
    return segment[:16] + ip.checksum(pseudo + segment).to_bytes(2, "big") + segment[18:]


@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_STREAM])
def test_packets_read_have_whole_checksums(gm: Gm, kind: int) -> None:
    """No offload: the peer's kernel will check what ours leaves in."""
    with gm.ue.socket(kind, PORTS.uc) as sock:
        if kind == SOCK_DGRAM:
            sock.sendto(b"x" * 900, (gm.pcscf.address, PORTS.ps))
        else:
            with pytest.raises(BlockingIOError):
                sock.connect((gm.pcscf.address, PORTS.ps))
        packet = None
        while packet is None:
            packet = gm.ue.port.read()
    header = ip.parse(packet)
    length = header.total - header.offset
    pseudo = header.src + header.dst + bytes((0, header.protocol)) + length.to_bytes(2, "big")
    assert ip.checksum(pseudo + packet[header.offset :]) == 0


def test_port_says_why_it_is_what_it_is(gm: Gm) -> None:
    wanted = {"tun": "/dev/net/tun can be opened", "veth": "/dev/net/tun: Permission denied"}
    assert gm.ue.why == wanted[gm.ue.port.kind]
