"""TCP connections of SA sets: opened by either end, closed, broken (RRG-10, MSG-06, MSG-07)."""

import pytest
from tests.story.network import Network, facts
from tests.story.rekeying import close_idle, cut, in_the_clear, lives, registered

from twopair.base import Flow, Transport, seconds
from twopair.core.sa import ARROWS, PortName, Stage
from twopair.nodes.facts import Deregistered, MessageAnswered, MessageReceived
from twopair.nodes.wishes import Register, SendMessage
from twopair.sim import Kind

UP, DOWN = (PortName.UC, PortName.PS), (PortName.PC, PortName.US)


def from_network(net: Network, words: bytes = b"hello", wait_s: float = 5) -> None:
    net.wish(net.home, SendMessage(net.impu(1), words), wait_s)


def from_ue(net: Network, words: bytes = b"hello", wait_s: float = 5) -> None:
    net.wish(net.ue(1), SendMessage(net.plan.home.network, words), wait_s)


def answers(net: Network) -> list[int]:
    return [fact.status for host in (net.ue(1), net.home) for fact in facts(host, MessageAnswered)]


@pytest.mark.parametrize("how", [close_idle, cut])
def test_a_connection_that_ends_is_not_a_ue_that_is_gone(how: object) -> None:
    """RRG-10, MGP-01: closed or broken, sets and registration stay, and either end opens anew."""
    net = registered(Transport.TCP)
    from_network(net)
    from_ue(net)
    before = lives(net, 1)
    for _ in range(3):
        how(net, net.ue(1))  # type: ignore[operator]
        assert not net.ue(1).tcp.open_flows()
        assert lives(net, 1) == before
        from_network(net)
        from_ue(net)
    assert answers(net) == [200] * 8
    assert not facts(net.pcscf, Deregistered)
    opened = [one.row[1:] for one in net.gm(syn=True) if one.raw.kind is Kind.SYN and one.set_number == 0]
    assert (
        opened.count(("port_pc", "port_us", "SA2-dn")) == opened.count(("port_uc", "port_ps", "SA1-up")) == 4
    )


def test_both_ends_open_at_once() -> None:
    """MSG-07: one connection per direction, each from a client port to a server port; they do not meet."""
    net = registered(Transport.TCP)
    cut(net, net.ue(1))
    since = net.world.agenda.now
    net.home.later(SendMessage(net.impu(1), b"down"))
    from_ue(net, b"up")
    assert answers(net) == [200, 200]
    opened = [one.row for one in net.gm(since, syn=True) if one.raw.kind is Kind.SYN]
    assert sorted(opened) == [
        ("SYN", "port_pc", "port_us", "SA2-dn"),
        ("SYN", "port_uc", "port_ps", "SA1-up"),
    ]
    (sa_set,) = net.ue(1).sets.values()
    flows = {sa_set.flow(Transport.TCP, *ports) for ports in (UP, DOWN)}
    assert set(net.ue(1).tcp.open_flows()) == flows


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
@pytest.mark.parametrize("after_ms", [0.5 * n for n in range(24)])
def test_a_request_meets_a_re_registration(transport: Transport, after_ms: float) -> None:
    """MGP-02, MGU-03, RRG-07: whenever a request from the network comes, it is delivered and answered."""
    net = registered(transport)
    net.ue(1).later(Register())
    net.wait(after_ms / 1000)
    since = net.world.agenda.now
    from_network(net)
    from_ue(net)
    from_network(net)
    assert answers(net) == [200] * 3
    assert [len(facts(net.ue(1), MessageReceived)), len(in_the_clear(net.gm(since)))] == [2, 0]
    assert list(lives(net, 1).values()) == [Stage.OLD, Stage.IN_USE]


def test_a_set_takes_its_connections_with_it() -> None:
    """RRG-10: when a set goes, at either end, no connection between its ports is left there."""
    net = registered(Transport.TCP)
    from_network(net)
    for _ in range(3):
        net.wish(net.ue(1), Register())
        from_network(net)
        from_ue(net)
        net.wait(130)
    for host in (net.ue(1), net.pcscf):
        alive = {
            sa_set.flow(Transport.TCP, arrow.ports.src, arrow.ports.dst)
            for sa_set in host.sets.values()
            for arrow in ARROWS
        }
        assert [flow for flow in host.tcp.open_flows() if _protected(net, flow) and flow not in alive] == []


def test_nothing_begins_on_an_old_set() -> None:
    """RRG-10: its connections stay open for what is under way, new requests of either end go elsewhere."""
    net = registered(Transport.TCP)
    from_network(net)
    net.wish(net.ue(1), Register())
    from_ue(net)
    net.wait(1)
    since = net.world.agenda.now
    for _ in range(3):
        from_network(net)
        from_ue(net)
    assert {one.set_number for one in net.gm(since)} == {2}


@pytest.mark.parametrize("closed_by", ["ue", "pcscf"])
def test_an_end_that_the_other_does_not_know_of(closed_by: str) -> None:
    """MSG-06: a request into a half-open connection is lost with it, and says so; the next one arrives."""
    net = registered(Transport.TCP)
    from_ue(net)
    (flow,) = (f for f in net.ue(1).tcp.open_flows() if f.remote.port == net.plan.pcscf.port_ps)
    if closed_by == "ue":
        net.ue(1).tcp.abort(flow, "connection timed out")
    else:
        net.pcscf.tcp.abort(flow.mirrored(), "connection timed out")
    from_ue(net, wait_s=40)
    from_ue(net)
    assert answers(net)[-1] == 200
    assert net.world.agenda.now < seconds(120)


def _protected(net: Network, flow: Flow) -> bool:
    return net.plan.pcscf.gm_port not in (flow.local.port, flow.remote.port)
