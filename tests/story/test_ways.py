"""Requests and answers that do not get there the first way (RFC 3261 §18; PCS-24, PCS-26, MSG-05, MSG-06)."""

from functools import partial

import pytest
from tests.story.network import Network, facts
from tests.story.rekeying import registered

from twopair.base import Transport
from twopair.core.sa import RemoveSas, Stage
from twopair.core.sip import Why
from twopair.nodes.facts import MessageAnswered, MessageReceived, Registered, RegistrationFailed, Rerouted
from twopair.nodes.wishes import Register, SendMessage
from twopair.sim import Host, Kind, Packet
from twopair.sim.world import DELAY

UDP, TCP = Transport.UDP, Transport.TCP
LARGE = b"x" * 2000


def deaf(net: Network, host: Host, *, silent: bool = False) -> None:
    """From now on a host takes no connection: it refuses them, or hears no SYN."""
    if not silent:
        host.tcp.listening.clear()
        return
    inner = net.world.carrier

    def carry(packet: Packet) -> list[tuple[int, Packet]]:
        lost = packet.kind is Kind.SYN and net.world.host_of(packet.flow.mirrored()) is host
        return [] if lost else inner(packet)

    net.world.carrier = carry


def reached(net: Network) -> list[int]:
    return [fact.status for fact in facts(net.home, MessageAnswered)]


@pytest.mark.parametrize("silent", [False, True])
def test_a_large_message_to_a_ue_that_takes_no_connection(*, silent: bool) -> None:
    """PCS-26: over UDP after a refusal or 8 s of silence; the next one at once."""
    net = registered(UDP)
    deaf(net, net.ue(1), silent=silent)
    for _ in range(2):
        net.wish(net.home, SendMessage(net.impu(1), LARGE), wait_s=10)
    assert reached(net) == [200, 200]
    assert len(facts(net.ue(1), MessageReceived)) == 2
    assert [fact.why for fact in facts(net.pcscf, Rerouted)] == [Why.NO_STREAM]


@pytest.mark.parametrize("silent", [False, True])
def test_a_large_message_of_a_ue_to_a_pcscf_that_takes_no_connection(*, silent: bool) -> None:
    """PCS-26: the UE likewise."""
    net = registered(UDP)
    deaf(net, net.pcscf, silent=silent)
    net.wish(net.ue(1), SendMessage(net.plan.home.network, LARGE), wait_s=10)
    assert [fact.status for fact in facts(net.ue(1), MessageAnswered)] == [200]
    assert [fact.transport for fact in facts(net.ue(1), Rerouted)] == [UDP]


@pytest.mark.parametrize("transport", [UDP, TCP])
@pytest.mark.parametrize("octets", [5, 2000])
def test_a_ue_that_drops_its_old_set_right_after_sm12(transport: Transport, octets: int) -> None:
    """PCS-24, Q-24: reached over the set that nothing has come over yet, which is then in use."""
    net = registered(transport)
    net.wish(net.ue(1), Register())
    old, _ = sorted(net.ue(1).sets)
    net.ue(1)._remove(RemoveSas(old))
    since = net.world.agenda.now
    net.wish(net.home, SendMessage(net.impu(1), b"x" * octets), wait_s=30)
    assert reached(net) == [200]
    assert len(facts(net.ue(1), MessageReceived)) == 1
    assert [fact.impi for fact in facts(net.pcscf, Rerouted)]
    subscriber = net.pcscf.node.tables.subscribers.of(net.plan.ues[0].card.impi)  # type: ignore[attr-defined]
    assert [live.life.stage for live in subscriber.sets] == [Stage.OLD, Stage.IN_USE]
    ways = [one.set_number for one in net.gm(since, syn=True) if one.row[1] == "port_pc"]
    assert ways[0] == 0
    assert 2 in ways


def cut_after_sm1(net: Network) -> None:
    """Break the clear connection when SM1 has passed."""
    inner = net.world.carrier

    def carry(packet: Packet) -> list[tuple[int, Packet]]:
        if packet.data.startswith(b"REGISTER") and packet.mark is None:
            net.world.carrier = inner
            for host, flow in ((net.ue(1), packet.flow), (net.pcscf, packet.flow.mirrored())):
                net.world.agenda.after(DELAY + 100, partial(host.tcp.abort, flow, "cut"))
        return inner(packet)

    net.world.carrier = carry


@pytest.mark.parametrize("ip", [4, 6])
def test_sm6_after_a_lost_connection(ip: int) -> None:
    """MSG-05; RFC 3261 §18.2.2: the UE listens at the port of its Via, the P-CSCF comes to it."""
    net = Network(TCP, ip=ip)
    cut_after_sm1(net)
    net.wish(net.ue(1), Register())
    assert len(facts(net.ue(1), Registered)) == 1
    assert facts(net.ue(1), RegistrationFailed) == []
    assert [one.row[0] for one in net.gm() if one.raw.spi is None] == ["REGISTER", "401"]
    net.wait(300)
    assert [
        flow.local.port for flow in net.ue(1).tcp.open_flows() if flow.local not in net.ue(1).bound()
    ] == []
    assert net.pcscf.node.tables.streams.clear == 0  # type: ignore[attr-defined]
