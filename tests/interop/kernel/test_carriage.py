"""The kernel at one end, our own engine at the other: both understand each other, in every suite."""

from collections.abc import Iterator
from itertools import product
from socket import SOCK_DGRAM

import pytest
from tests.figure1_sets import CBC, PORTS
from tests.interop.gm_hosts import Gm, GmHost, collected, connected, received
from tests.interop.kernel.kernel_host import KernelHost, mixed

from twopair.backends.kernel.guard import refuse_loopback
from twopair.backends.userspace.engine import Engine
from twopair.base import Port, Suite
from twopair.core.esp import SUITES
from twopair.core.sa import End
from twopair.live.entropy import OsEntropy
from twopair.wire import esp, ip

pytestmark = pytest.mark.guest

KINDS = list(product(End, (4, 6), SUITES))
LARGE = 3000  # more than the MTU


def name_of(kind: tuple[End, int, Suite]) -> str:
    return f"{kind[0].value} in the kernel-IPv{kind[1]}-{kind[2]}"


@pytest.fixture(params=KINDS, ids=[name_of(kind) for kind in KINDS])
def gm(request: pytest.FixtureRequest) -> Iterator[Gm]:
    end, version, suite = request.param
    with mixed(version, suite, (end,)) as gm:
        yield gm


def datagram(gm: Gm, sender: GmHost, port: int, receiver: GmHost, to: int, octets: int) -> None:
    """One arrives as it was sent."""
    data = bytes(i * 7 & 0xFF for i in range(octets))
    with sender.socket(SOCK_DGRAM, port) as out, receiver.socket(SOCK_DGRAM, to) as into:
        out.sendto(data, (receiver.address, to))
        assert collected(gm, into, octets) == data


def test_udp_both_ways_small_and_large(gm: Gm) -> None:
    """SA-02, SA-09, KEY-01..KEY-07: what does not fit the MTU is cut outside of ESP."""
    for octets in (300, LARGE):
        datagram(gm, gm.ue, PORTS.uc, gm.pcscf, PORTS.ps, octets)
        datagram(gm, gm.pcscf, PORTS.pc, gm.ue, PORTS.us, octets)
    assert {ip.parse(packet).protocol for _, packet in gm.packets} == {esp.ESP}
    assert max(len(packet) for _, packet in gm.packets) <= 1500
    for end in End:
        assert len(gm.sent_by(end)) >= 4


def test_tcp_both_ways_small_and_large(gm: Gm) -> None:
    """SA-09: the same SAs carry TCP."""
    client, server = connected(gm)
    with client, server:
        for octets in (300, LARGE):
            data = bytes(i * 5 & 0xFF for i in range(octets))
            for sender, receiver in ((client, server), (server, client)):
                sender.send(data)
                assert collected(gm, receiver, octets) == data
    assert {ip.parse(packet).protocol for _, packet in gm.packets} == {esp.ESP}
    assert max(len(packet) for _, packet in gm.packets) <= 1500


@pytest.fixture(params=(4, 6))
def both(request: pytest.FixtureRequest) -> Iterator[Gm]:
    """The kernel at both ends."""
    with mixed(request.param, CBC, tuple(End)) as gm:
        yield gm


def drops(gm: Gm, end: End) -> dict[str, int]:
    host = gm.hosts[end]
    assert isinstance(host, KernelHost)
    return dict(host.backend.drops())


def test_nothing_protected_is_quoted_in_the_clear(both: Gm) -> None:
    """UNP-06: nobody has the port; a port unreachable would show what was decrypted."""
    with both.ue.socket(SOCK_DGRAM, PORTS.uc) as sender:
        sender.sendto(b"secret", (both.pcscf.address, PORTS.ps))
        both.settle()
    assert both.sent_by(End.PCSCF) == []
    assert drops(both, End.PCSCF)["CLEAR_FROM_PROTECTED"] >= 1


@pytest.mark.parametrize("source", [PORTS.uc, PORTS.us, 5060, 40000])
def test_clear_text_from_any_port_to_a_protected_one(both: Gm, source: int) -> None:
    """SA-21, ERR-17: not delivered, not answered; whole or in fragments."""
    with both.pcscf.socket(SOCK_DGRAM, PORTS.ps) as sock:
        for octets in (10, LARGE):
            packet = ip.udp_datagram(both.ue.address, source, both.pcscf.address, PORTS.ps, bytes(octets))
            for part in ip.fragment(packet, ip.parse(packet), 1500, octets):
                both.inject(End.PCSCF, part)
        assert received(sock) is None
    assert both.sent_by(End.PCSCF) == []
    assert drops(both, End.PCSCF) == {"CLEAR_TO_PROTECTED": 2}


def test_damaged_and_misdirected_packets(both: Gm) -> None:
    """ERR-07, SA-10: a changed ICV; ports of another set under this one's SPI and keys."""
    with both.ue.socket(SOCK_DGRAM, PORTS.uc) as sender, both.pcscf.socket(SOCK_DGRAM, PORTS.ps) as sock:
        sender.sendto(b"hello", (both.pcscf.address, PORTS.ps))
        good = both.ue.port.read()
        assert good is not None
        both.inject(End.PCSCF, good[:-1] + bytes((good[-1] ^ 1,)))
        assert drops(both, End.PCSCF) == {"BAD_ICV": 1}
        forger = Engine(OsEntropy())
        forger.install(both.ue.set._replace(ports=PORTS._replace(uc=Port(6200))))
        wrong = ip.udp_datagram(both.ue.address, 6200, both.pcscf.address, PORTS.ps, b"hello")
        (packet,) = forger.from_host(wrong)
        both.inject(End.PCSCF, packet)
        assert received(sock) is None
    assert drops(both, End.PCSCF) == {"BAD_ICV": 1, "SELECTOR": 1}


def test_the_loopback_device_is_no_way_around(both: Gm) -> None:
    """SA-21: policies do not hold there; the guard does."""
    host = both.pcscf
    assert isinstance(host, KernelHost)
    with host.socket(SOCK_DGRAM, 40000) as sender, host.socket(SOCK_DGRAM, PORTS.ps) as sock:
        refuse_loopback(sock)
        sender.sendto(b"from here", (host.address, PORTS.ps))
        both.settle()
        assert received(sock) is None


def test_segments_leave_room_for_esp(both: Gm) -> None:
    """MSG-08: TCP fills packets up to the MTU, and not one is cut."""
    client, server = connected(both)
    with client, server:
        client.send(bytes(LARGE * 4))
        assert len(collected(both, server, LARGE * 4)) == LARGE * 4
    sizes = [len(packet) for packet in both.sent_by(End.UE)]
    assert 1380 < max(sizes) <= 1500
    assert not any(ip.parse(packet).is_fragment for packet in both.sent_by(End.UE))


@pytest.mark.parametrize("version", [4, 6])
def test_forged_resets_and_icmp_do_not_end_a_connection(version: int) -> None:
    """UNP-06: the attacker knows ports and, for once, the sequence numbers that are expected next."""
    with mixed(version, CBC, (End.PCSCF,)) as gm:
        client, server = connected(gm)
        with client, server:
            client.send(b"x" * LARGE)
            assert len(collected(gm, server, LARGE)) == LARGE
            for packet in forgeries(gm):
                gm.inject(End.PCSCF, packet)
            assert drops(gm, End.PCSCF) == {"CLEAR_TO_PROTECTED": 4}
            server.send(b"200 OK")
            assert collected(gm, client, 6) == b"200 OK"


def forgeries(gm: Gm) -> list[bytes]:
    """RST, RST ACK, FIN ACK and SYN in the clear, and an ICMP port unreachable."""
    ue, pcscf = gm.ue.address, gm.pcscf.address
    last = next(packet for sender, packet in reversed(gm.inner) if sender is End.UE)
    segment = last[ip.parse(last).offset :]
    carried = len(segment) - (segment[12] >> 4) * 4
    expected = (int.from_bytes(segment[4:8], "big") + carried & 0xFFFFFFFF).to_bytes(4, "big")
    found = []
    for flags in (0x04, 0x14, 0x11, 0x02):
        forged = segment[:4] + expected + segment[8:12] + bytes((0x50, flags)) + bytes(6)
        pseudo = ip.address_octets(ue) + ip.address_octets(pcscf) + b"\0\x06" + len(forged).to_bytes(2, "big")
        total = ip.checksum(pseudo + forged).to_bytes(2, "big")
        found.append(ip.build(ue, pcscf, ip.TCP, forged[:16] + total + forged[18:]))
    theirs = segment[2:4] + segment[:2] + segment[8:12] + bytes(12)
    quoted = ip.build(pcscf, ue, ip.TCP, theirs)
    six = ":" in ue
    message = bytes((1, 4) if six else (3, 3)) + bytes(6) + quoted
    over = message
    if six:
        ends = ip.address_octets(ue) + ip.address_octets(pcscf)
        over = ends + len(message).to_bytes(4, "big") + bytes((0, 0, 0, 58)) + message
    message = message[:2] + ip.checksum(over).to_bytes(2, "big") + message[4:]
    return [*found, ip.build(ue, pcscf, ip.ICMPV6 if six else ip.ICMP, message)]
