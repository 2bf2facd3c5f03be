"""One fault at a time: every datagram lost, repeated or late, every connection cut; the day ends the same."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest
from tests.story.network import Network, facts

from twopair.base import Micros, Refusal, Transport
from twopair.nodes.facts import (
    Deregistered,
    MessageAnswered,
    MessageReceived,
    Refused,
    Registered,
    RegistrationFailed,
)
from twopair.nodes.wishes import Deregister, Register, SendMessage
from twopair.sim import Kind, Packet

Fate = list[tuple[int, Packet]]
LATE = Micros(50_000)


class Outcome(NamedTuple):
    """What the users of a day saw."""

    registered: tuple[int, int]
    deregistered: int
    answers: tuple[tuple[int, ...], tuple[int, ...]]
    received: tuple[int, int]
    sets: tuple[int, int, int]
    failures: int


def day(
    transport: Transport, kind: Kind, fault: Callable[[Network, int, Packet, Fate], Fate]
) -> tuple[Outcome, Network, int]:
    """Both register, write to each other, one registers again and leaves; faults strike packets of a kind."""
    net = Network(transport)
    carry, count = net.world.carrier, 0

    def carry_in_weather(packet: Packet) -> Fate:
        nonlocal count
        fate = carry(packet)
        if packet.kind is not kind:
            return fate
        count += 1
        return fault(net, count, packet, fate)

    net.world.carrier = carry_in_weather
    first, second = net.ue(1), net.ue(2)
    for host, wish in (
        (first, Register()),
        (second, Register()),
        (first, SendMessage(net.impu(2), b"1")),
        (first, Register()),
        (first, SendMessage(net.impu(2), b"2")),
        (second, SendMessage(net.impu(1), b"3")),
        (first, Deregister()),
    ):
        net.wish(host, wish, 300)
    outcome = Outcome(
        registered=(len(facts(first, Registered)), len(facts(second, Registered))),
        deregistered=len(facts(first, Deregistered)),
        answers=(statuses(net, 1), statuses(net, 2)),
        received=(len(facts(first, MessageReceived)), len(facts(second, MessageReceived))),
        sets=(len(first.sets), len(second.sets), len(net.pcscf.sets)),
        failures=len(facts(first, RegistrationFailed)) + len(facts(second, RegistrationFailed)),
    )
    return outcome, net, count


def statuses(net: Network, number: int) -> tuple[int, ...]:
    return tuple(fact.status for fact in facts(net.ue(number), MessageAnswered))


GOOD = Outcome((2, 1), 1, ((200, 200), (200,)), (1, 2), (0, 1, 1), 0)


@cache
def packets(transport: Transport, kind: Kind) -> int:
    """How many packets of that kind a calm day has."""
    outcome, net, count = day(transport, kind, lambda _net, _n, _packet, fate: fate)
    assert outcome == GOOD
    assert refusals(net) == set()
    return count


def refusals(net: Network) -> set[Refusal]:
    return {fact.refusal for host in net.world.hosts.values() for fact in facts(host, Refused)}


def lost(_fate: Fate) -> Fate:
    return []


def repeated(fate: Fate) -> Fate:
    return fate + fate


def repeated_late(fate: Fate) -> Fate:
    return [*fate, (LATE, fate[0][1])]


def late(fate: Fate) -> Fate:
    return [(LATE, fate[0][1])]


@pytest.mark.parametrize("fault", [lost, repeated, repeated_late, late], ids=lambda f: f.__name__)
def test_every_datagram(fault: Callable[[Fate], Fate]) -> None:
    """FLOW-08, RFC 3261 §17: retransmissions with new ESP numbers; nobody acts twice, nothing is refused."""
    for struck in range(1, packets(Transport.UDP, Kind.DATAGRAM) + 1):
        outcome, net, _ = day(
            Transport.UDP,
            Kind.DATAGRAM,
            lambda _net, n, _packet, fate, struck=struck: fault(fate) if n == struck else fate,  # type: ignore[misc]
        )
        assert outcome == GOOD, struck
        assert refusals(net) == set(), struck


@pytest.mark.parametrize("fault", [lost, repeated, late], ids=lambda f: f.__name__)
def test_the_same_fault_all_day(fault: Callable[[Fate], Fate]) -> None:
    """Every fifth datagram is lost, repeated or late."""
    outcome, net, _ = day(
        Transport.UDP,
        Kind.DATAGRAM,
        lambda _net, n, _packet, fate: fault(fate) if n % 5 == 0 else fate,
    )
    assert outcome == GOOD
    assert refusals(net) == set()


def cut(net: Network, packet: Packet) -> None:
    """Both ends lose the connection that the packet is on, just after it arrived."""
    ends = (packet.flow, packet.flow.mirrored())
    for flow in ends:
        host = net.world.host_of(flow)
        net.world.agenda.after(1500, lambda host=host, flow=flow: host.tcp.abort(flow, "cut"))  # type: ignore[misc]


def test_every_connection_cut_while_an_answer_is_awaited() -> None:
    """MSG-06, RRG-07: the answer takes a new connection, inside an SA of the set, and is recognised.

    Left out are SM1, whose sender cannot be reached in the clear, and requests to a UE. The request is sent
    once more, so that its answer may come twice.
    """
    cuts = 0
    for struck in range(1, packets(Transport.TCP, Kind.DATA) + 1):

        def fault(net: Network, n: int, packet: Packet, fate: Fate, struck: int = struck) -> Fate:
            nonlocal cuts
            on_sa1_up = packet.mark is not None and packet.flow.remote.port == net.plan.pcscf.port_ps
            if n == struck and on_sa1_up and not packet.data.startswith(b"SIP/2.0"):
                cuts += 1
                cut(net, packet)
            return fate

        outcome, net, _ = day(Transport.TCP, Kind.DATA, fault)
        assert outcome == GOOD, struck
        assert refusals(net) <= {Refusal.UNMATCHED_RESPONSE}, struck
    assert cuts == 8  # SM7 twice, three MESSAGEs, SM1 and SM7 of the re-registration, the de-registration
