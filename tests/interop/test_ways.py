"""Requests and answers that do not get there the first way: real sockets, real ESP (PCS-26, MSG-05)."""

import asyncio
import json
import sys
from collections.abc import Sequence
from socket import socket

import pytest
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Programs

from twopair.base import Micros, Received, Transport
from twopair.core.sip import Why
from twopair.live.lab import Lab, usual
from twopair.nodes import Event, Node
from twopair.nodes.actions import Action
from twopair.nodes.facts import MessageAnswered, MessageReceived, Registered, Rerouted
from twopair.nodes.wishes import Register, SendMessage
from twopair.wire import ip
from twopair.wire.esp import ESP

pytestmark = pytest.mark.lab

DEAF = """
from twopair.live import ports
from twopair.cli.main import run

bind = ports.Ports.bind
ports.Ports.bind = lambda self, local, *, listen, **more: bind(self, local, listen=False, **more)
run()
"""
"""The program `twopair` on a phone that takes no connection."""

WITHIN_S = 60


class Cutting:
    """A home network; when it gets its first REGISTER, both ends of all connections on Gm are cut."""

    def __init__(self, node: Node, lab: Lab) -> None:
        self._node = node
        self._lab = lab
        self._done = False

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        if isinstance(event, Received) and not self._done:
            self._done = True
            self._lab.pcscf.driver.cut()
            self._lab.ue1.driver.cut()
        return self._node.feed(event, now)

    def next_deadline(self) -> Micros | None:
        return self._node.next_deadline()


@pytest.mark.parametrize("version", [4, 6])
def test_sm6_comes_to_the_port_of_the_via(version: int) -> None:
    """K10a, RFC 3261 §18.2.2: the P-CSCF connects from any port, the UE listens where it connected from."""

    async def body() -> None:
        async with Lab(usual(version, ues=1, transport=Transport.TCP)) as lab:
            opened: list[tuple[int, int]] = []
            lab.gm.tap(lambda _at, packet: opened.extend(_syn(packet)))
            lab.home.driver.node = Cutting(lab.home.driver.node, lab)
            ue = lab.ue1
            ue.driver.feed(Register())
            await ue.until(lambda _fact: bool(_of(ue.facts, Registered)))
            (there, sip), (back, to) = opened
            assert (sip, to) == (5060, there)
            assert back not in (5060, 5062, 5064, 5066, 5068)
            for host in (ue, lab.pcscf, lab.home):
                assert host.driver.counters["illegal_step"] == host.driver.counters["bind_failed"] == 0

    asyncio.run(asyncio.wait_for(body(), WITHIN_S))


@pytest.mark.parametrize("version", [4, 6])
def test_a_large_message_to_a_ue_that_refuses_tcp(version: int) -> None:
    """K6a, PCS-26: the RST of the kernel comes through ESP, the message over UDP in fragments of ESP."""

    async def body() -> None:
        async with Lab(usual(version, ues=1, transport=Transport.UDP)) as lab:
            ue, ports = lab.ue1, lab.ue1.driver._ports
            ue.driver.feed(Register())
            await ue.until(lambda _fact: bool(_of(ue.facts, Registered)))
            for local in list(ports._listeners):
                ports._listeners.pop(local).close()
            packets: list[bytes] = []
            lab.gm.tap(lambda _at, packet: packets.append(packet))
            lab.home.driver.feed(SendMessage(lab.plan.subscribers[0].associated[0], b"x" * 2_000))
            await lab.home.until(lambda _fact: bool(_of(lab.home.facts, MessageAnswered)))
            assert [fact.status for fact in _of(lab.home.facts, MessageAnswered)] == [200]
            assert [len(fact.body) for fact in _of(ue.facts, MessageReceived)] == [2_000]
            assert [fact.why for fact in _of(lab.pcscf.facts, Rerouted)] == [Why.NO_STREAM]
            assert max(map(len, packets)) <= 1500
            assert {ip.parse(packet).protocol for packet in packets} == {ESP}
            assert any(ip.parse(packet).is_fragment for packet in packets)

    asyncio.run(asyncio.wait_for(body(), WITHIN_S))


@NEEDS_ROOT
def test_programs_with_a_phone_that_refuses_tcp(network: Programs) -> None:
    """K6a, PCS-26: Alice's program takes no connection; what Bob writes to her is 2 kB long, and arrives."""
    ear = network.ear()
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    assert home.line().startswith("ready home ")
    pcscf = network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml"))
    assert pcscf.line().startswith("ready pcscf ")
    wait = ("ue", "-c", str(LAB / "ue1.toml"), "wait", "--count", "1", "--json")
    alice = network.run("ue1", sys.executable, "-c", DEAF, *wait)
    assert alice.line().startswith("ready ")
    _drain(ear)
    text = "two pairs " * 200
    bob = network.start(
        "ue2", "ue", "-c", str(LAB / "ue2.toml"), "message", "--json", f"sip:alice@{DOMAIN}", text
    )
    assert bob.result()["status"] == 200
    assert json.loads(alice.line())["text"] == text
    packets = _drain(ear)
    to_alice = [p for p in packets if ip.address_text(ip.parse(p).dst) == "10.10.1.1"]
    assert {ip.parse(packet).protocol for packet in to_alice} == {ESP}
    assert any(ip.parse(packet).is_fragment for packet in to_alice)
    for program in (alice, bob):
        assert program.end()[0] == 0


def _of(facts: Sequence[tuple[int, object]], kind: type) -> list:  # type: ignore[type-arg]
    return [fact for _, fact in facts if isinstance(fact, kind)]


def _syn(packet: bytes) -> list[tuple[int, int]]:
    """Ports of a SYN in the clear, from and to."""
    header = ip.parse(packet)
    at = header.offset
    if header.protocol != ip.TCP or packet[at + 13] & 0x12 != 0x02:
        return []
    src, dst = (int.from_bytes(packet[at + i : at + i + 2], "big") for i in (0, 2))
    return [(src, dst)]


def _drain(ear: socket) -> list[bytes]:
    """IPv4 packets that the ear has heard, each once."""
    packets: list[bytes] = []
    while True:
        try:
            frame, (_, kind, packet_type, *_) = ear.recvfrom(70_000)
        except BlockingIOError:
            return packets
        if kind == 0x0800 and packet_type != 4:
            packets.append(frame[14:])
