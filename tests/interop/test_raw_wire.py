"""ESP on ordinary interfaces: three processes, three namespaces, real kernels in between."""

import multiprocessing
import os
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection

import pytest
from tests.figure1_sets import PORTS
from tests.interop.raw_hosts import ADDRESSES, Router

from twopair.core.sa import End
from twopair.wire import esp, ip

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces for three processes: needs root"),
    pytest.mark.skipif(not os.access("/dev/net/tun", os.R_OK | os.W_OK), reason="needs /dev/net/tun"),
]
FRAGMENT = 44


def _inside(body: Callable[[Router], None], crash: bool, conn: Connection) -> None:
    try:
        router = Router(crash=crash)
        body(router)
        after = router.close()
        assert after == router.before, "the rules of a host are not as they were"
        conn.send("")
    except BaseException:
        conn.send(traceback.format_exc())


def in_lab(body: Callable[[Router], None], *, crash: bool = False) -> None:
    """Run `body` in a process of its own, which becomes the router and is the parent of both hosts."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=_inside, args=(body, crash, there))
    process.start()
    told = here.recv() if here.poll(60) else "no answer in 60 s"
    process.join(5)
    assert told == ""


def ends(version: int) -> tuple[str, str]:
    return ADDRESSES[End.UE][version], ADDRESSES[End.PCSCF][version]


def protocols(router: Router) -> set[int]:
    return {header.protocol for _, header in router.seen()}


def test_udp_and_tcp_travel_as_esp() -> None:
    """SA-02, SA-09: also datagrams beyond the MTU, and TCP segments within it; IPv4 and IPv6."""

    def body(router: Router) -> None:
        for version in (4, 6):
            ue, pcscf = ends(version)
            for data in (b"REGISTER", b"x" * 3000):
                router.tell(End.UE, "udp", version, PORTS.uc, (pcscf, PORTS.ps), data)
                assert router.expect(End.PCSCF, "udp", version, PORTS.ps, data)
                router.tell(End.PCSCF, "udp", version, PORTS.pc, (ue, PORTS.us), data)
                assert router.expect(End.UE, "udp", version, PORTS.us, data)
            assert protocols(router) == {esp.ESP}
            router.tell(End.UE, "connect", version, PORTS.uc, (pcscf, PORTS.ps))
            assert router.expect(End.UE, "connected", version)
            router.tell(End.UE, "tcp", version, b"INVITE" * 200)
            assert router.expect(End.PCSCF, "tcp", version, PORTS.ps, b"INVITE" * 200)
            router.tell(End.PCSCF, "tcp", version, b"180 Ringing")
            assert router.expect(End.UE, "tcp", version, PORTS.uc, b"180 Ringing")
            found = router.seen()
            assert {header.protocol for _, header in found} == {esp.ESP}
            assert not any(header.is_fragment for _, header in found)
        for end in End:
            assert router.ask(end, "drops") == ("drops", {}, 0)

    in_lab(body)


def clear_datagrams(version: int) -> list[bytes]:
    """Every claim an attacker can make to the P-CSCF, short and long."""
    ue, pcscf = ends(version)
    stranger = {4: "10.9.9.9", 6: "fd09::9"}[version]
    sources = [(ue, PORTS.uc), (ue, 6102), (stranger, PORTS.uc), (pcscf, PORTS.pc)]
    return [
        ip.udp_datagram(src, src_port, pcscf, port, bytes(octets))
        for src, src_port in sources
        for port in (PORTS.ps, PORTS.pc)
        for octets in (10, 3000)
    ]


def clear_segments(version: int) -> list[bytes]:
    """SYN, RST, ACK, SYN-ACK, FIN, on the connection's own ports and on others, short and long."""
    ue, pcscf = ends(version)
    packets = []
    for src_port in (PORTS.uc, 6109):
        for flags in (0x02, 0x04, 0x10, 0x12, 0x11):
            for octets in (0, 3000):
                head = (
                    src_port.to_bytes(2, "big")
                    + PORTS.ps.to_bytes(2, "big")
                    + bytes(8)
                    + bytes((0x50, flags))
                )
                segment = head + b"\xff\xff\0\0\0\0" + bytes(octets)
                pseudo = ip.address_octets(ue) + ip.address_octets(pcscf) + b"\0\6"
                check = ip.checksum(pseudo + len(segment).to_bytes(2, "big") + segment)
                segment = segment[:16] + check.to_bytes(2, "big") + segment[18:]
                packets.append(ip.build(ue, pcscf, ip.TCP, segment))
    return packets


def test_clear_text_is_neither_delivered_nor_answered() -> None:
    """SA-21, UNP-06, ERR-17: from any source, whole or in fragments; the connection lives on."""

    def body(router: Router) -> None:
        for version in (4, 6):
            _, pcscf = ends(version)
            router.tell(End.UE, "connect", version, PORTS.uc, (pcscf, PORTS.ps))
            assert router.expect(End.UE, "connected", version)
            router.hear(lambda: False, 0.1)
            router.seen()
            heard = len(router.heard[End.PCSCF])
            packets = clear_datagrams(version) + clear_segments(version)
            for packet in packets:
                router.inject(packet)
            router.hear(lambda: False, 0.5)
            assert len(router.heard[End.PCSCF]) == heard
            sources = {ip.address_text(header.src) for device, header in router.seen() if device == "r-ue"}
            assert sources == set(), "something answered"
            router.tell(End.UE, "tcp", version, b"still here")
            assert router.expect(End.PCSCF, "tcp", version, PORTS.ps, b"still here")

    in_lab(body)


def test_guard_is_what_stops_clear_fragments() -> None:
    """SA-21: a first fragment has no ports for the rules; without the filter it would be delivered."""

    def body(router: Router) -> None:
        ue, pcscf = ends(4)
        fragmented = ip.udp_datagram(ue, PORTS.uc, pcscf, PORTS.ps, bytes(3000))
        whole = ip.udp_datagram(ue, PORTS.uc, pcscf, PORTS.ps, b"whole")
        router.inject(fragmented)
        router.hear(lambda: False, 0.3)
        assert router.heard[End.PCSCF] == []
        router.tell(End.PCSCF, "open")
        router.hear(lambda: False, 0.1)
        router.inject(whole)
        router.hear(lambda: False, 0.3)
        assert router.heard[End.PCSCF] == []
        router.inject(ip.udp_datagram(ue, PORTS.uc, pcscf, PORTS.ps, bytes(3001)))
        assert router.expect(End.PCSCF, "udp", 4, PORTS.ps, bytes(3001))

    in_lab(body)


def test_rules_of_a_crashed_predecessor_go() -> None:
    """And at the end the namespace is as it was before any of us: local rule first, no tables."""

    def body(router: Router) -> None:
        _, pcscf = ends(4)
        router.tell(End.UE, "udp", 4, PORTS.uc, (pcscf, PORTS.ps), b"REGISTER")
        assert router.expect(End.PCSCF, "udp", 4, PORTS.ps, b"REGISTER")
        (_, now) = router.ask(End.PCSCF, "rules")
        tables = {line.split()[-1] for line in now if "route" in line}
        assert len(tables) == 1

    in_lab(body, crash=True)
