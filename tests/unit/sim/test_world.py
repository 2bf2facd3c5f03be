"""The virtual world: datagrams, connections, marks, time (MSG-07, RRG-10, SA-01, SA-21)."""

from collections.abc import Callable, Sequence

import pytest

from twopair.base import (
    Bind,
    CloseStream,
    Endpoint,
    Flow,
    IllegalStep,
    Impi,
    Micros,
    OpenStream,
    Port,
    Received,
    Report,
    Secret,
    Send,
    Spi,
    StreamClosed,
    StreamOpened,
    Suite,
    Transport,
    Unbind,
    Woke,
    seconds,
)
from twopair.core.sa import End, InstallSas, PortName, Ports, RemoveSas, SaSet, SasInstalled, SasRefused, Spis
from twopair.crypto.annex_i import expand
from twopair.nodes import Action, Event
from twopair.nodes.wishes import Register, Start
from twopair.sim import Host, Kind, World

A, B = Endpoint("10.0.0.1", Port(5060)), Endpoint("10.0.0.2", Port(5060))
UDP, TCP = Flow(Transport.UDP, A, B), Flow(Transport.TCP, A, B)
SUITE = Suite("hmac-sha-1-96", "null")
KEYS = expand(SUITE, Secret(b"c" * 16), Secret(b"i" * 16))


class Puppet:
    """Does what the test says, and notes what it is fed, with the moment."""

    def __init__(self) -> None:
        self.fed: list[tuple[int, Event]] = []
        self.wants: list[Action] = []
        self.deadline: Micros | None = None
        self.react: Callable[[Event], Sequence[Action]] = lambda _event: ()

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        self.fed.append((now, event))
        wants, self.wants = self.wants, []
        return (*wants, *self.react(event))

    def next_deadline(self) -> Micros | None:
        return self.deadline

    @property
    def events(self) -> list[Event]:
        return [event for _, event in self.fed if not isinstance(event, Start | Register)]


class Pair:
    """Two puppets on one network."""

    def __init__(self) -> None:
        self.world = World()
        self.a, self.b = Puppet(), Puppet()
        self.host_a = self.world.add("a", self.a, {A.address: "gm"})
        self.host_b = self.world.add("b", self.b, {B.address: "gm"})

    def do(self, host: Host, *actions: Action, wait_s: float = 1) -> None:
        node = host.node
        assert isinstance(node, Puppet)
        node.wants.extend(actions)
        host.feed(Register())
        self.world.run(at_most=seconds(wait_s))


@pytest.fixture
def pair() -> Pair:
    return Pair()


def ports_of(end: End) -> tuple[PortName, PortName]:
    return (PortName.UC, PortName.US) if end is End.UE else (PortName.PC, PortName.PS)


def sa_set(end: End, set_id: int = 1, base: int = 6000) -> SaSet:
    """The set between `a`, a UE, and `b`."""
    ports = Ports(*(Port(base + n) for n in range(4)))
    spis = Spis(*(Spi(base + 10 + n) for n in range(4)))
    return SaSet(set_id, Impi("a@home"), end, A.address, B.address, ports, spis, SUITE, KEYS)


def protect(pair: Pair) -> tuple[SaSet, SaSet]:
    ue, pcscf = sa_set(End.UE), sa_set(End.PCSCF)
    for host, one in ((pair.host_a, ue), (pair.host_b, pcscf)):
        binds = [Bind(one.endpoint(name), protected=True) for name in ports_of(one.end)]
        pair.do(host, *binds, InstallSas(one))
    return ue, pcscf


# datagrams


def test_a_datagram_arrives_after_a_while_and_is_seen(pair: Pair) -> None:
    pair.do(pair.host_b, Bind(B))
    start = pair.world.agenda.now
    pair.do(pair.host_a, Bind(A), Send(UDP, b"hello"))
    assert pair.b.fed[-1] == (start + 1000, Received(UDP.mirrored(), b"hello"))
    (seen,) = pair.world.on("gm")
    assert seen[:6] == (start, "gm", UDP, None, b"hello", Kind.DATAGRAM)


def test_what_is_not_bound_neither_sends_nor_receives(pair: Pair) -> None:
    pair.do(pair.host_a, Send(UDP, b"x"))
    pair.do(pair.host_a, Bind(A), Send(UDP, b"y"))
    assert pair.host_a.counters["not_bound"] == 1
    assert pair.host_b.counters["not_bound"] == 1
    assert pair.b.events == []


def test_networks_do_not_touch(pair: Pair) -> None:
    far = pair.world.add("far", Puppet(), {"10.9.0.1": "core"})
    there = Endpoint("10.9.0.1", Port(5060))
    pair.do(far, Bind(there))
    pair.do(pair.host_a, Bind(A), Send(Flow(Transport.UDP, A, there), b"x"))
    assert pair.host_a.counters["unreachable"] == 1
    assert isinstance(far.node, Puppet)
    assert far.node.events == []


def test_the_carrier_is_the_place_for_weather(pair: Pair) -> None:
    carry = pair.world.carrier
    pair.world.carrier = lambda packet: [*carry(packet), (5000, packet)] if b"twice" in packet.data else []
    pair.do(pair.host_b, Bind(B))
    start = pair.world.agenda.now
    pair.do(pair.host_a, Bind(A), Send(UDP, b"twice"), Send(UDP, b"lost"))
    assert [moment - start for moment, event in pair.b.fed if isinstance(event, Received)] == [1000, 5000]
    assert len(pair.world.on("gm")) == 2


# connections


def test_a_connection(pair: Pair) -> None:
    """Opened, data that waited and data after it in order, closed; each end is told what it must know."""
    pair.do(pair.host_b, Bind(B))
    pair.do(pair.host_a, Bind(A, listen=False), OpenStream(TCP), Send(TCP, b"1"), Send(TCP, b"2"))
    pair.do(pair.host_a, Send(TCP, b"3"))
    pair.do(pair.host_b, Send(TCP.mirrored(), b"4"))
    pair.do(pair.host_a, CloseStream(TCP))
    back = TCP.mirrored()
    assert pair.a.events == [StreamOpened(TCP), Received(TCP, b"4")]
    assert pair.b.events == [
        StreamOpened(back),
        *(Received(back, data) for data in (b"1", b"2", b"3")),
        StreamClosed(back),
    ]
    assert pair.host_a.tcp.open_flows() == pair.host_b.tcp.open_flows() == []
    assert [seen.kind for seen in pair.world.on("gm")] == [Kind.SYN] + [Kind.DATA] * 4


@pytest.mark.parametrize("bound", [(), (Bind(B, listen=False),)], ids=["not bound", "client port"])
def test_where_nobody_listens_a_connection_is_refused(pair: Pair, bound: tuple[Bind, ...]) -> None:
    pair.do(pair.host_b, *bound)
    pair.do(pair.host_a, Bind(A), OpenStream(TCP), Send(TCP, b"x"))
    assert pair.a.events == [StreamClosed(TCP, "connection refused")]
    assert pair.b.events == []


def test_where_nobody_is_a_connection_times_out(pair: Pair) -> None:
    nowhere = Flow(Transport.TCP, A, Endpoint("10.0.0.99", Port(1)))
    pair.do(pair.host_a, Bind(A), OpenStream(nowhere), wait_s=200)
    assert pair.a.fed[-1] == (8_000_000, StreamClosed(nowhere, "connection timed out"))


def test_closing_before_it_stands_sends_what_waits(pair: Pair) -> None:
    pair.do(pair.host_b, Bind(B))
    pair.do(pair.host_a, Bind(A), OpenStream(TCP), Send(TCP, b"1"), CloseStream(TCP), Send(TCP, b"2"))
    assert pair.a.events == []
    back = TCP.mirrored()
    assert pair.b.events == [StreamOpened(back), Received(back, b"1"), StreamClosed(back)]
    assert pair.host_a.counters["no_such_flow"] == 1


def test_unbinding_resets_the_connections_of_the_port(pair: Pair) -> None:
    pair.do(pair.host_b, Bind(B))
    pair.do(pair.host_a, Bind(A), OpenStream(TCP))
    pair.do(pair.host_a, Unbind(A))
    assert pair.b.events[-1] == StreamClosed(TCP.mirrored(), "connection reset by peer")
    assert pair.a.events == [StreamOpened(TCP)]
    assert pair.host_a.bound() == []


def test_a_peer_that_forgot_the_connection_resets_it_and_may_open_it_anew(pair: Pair) -> None:
    pair.do(pair.host_b, Bind(B))
    pair.do(pair.host_a, Bind(A), OpenStream(TCP))
    pair.host_a.tcp.abort(TCP, "lost")
    pair.do(pair.host_a, OpenStream(TCP))
    back = TCP.mirrored()
    opened, closed = StreamOpened(back), StreamClosed(back, "connection reset by peer")
    assert pair.b.events == [opened, closed, opened]
    pair.host_a.tcp.abort(TCP, "lost")
    pair.do(pair.host_b, Send(back, b"x"))
    assert pair.b.events[3:] == [closed]
    assert pair.a.events == [StreamOpened(TCP), StreamClosed(TCP, "lost")] * 2


# protection


def test_a_set_is_installed_as_one_and_heard_of_by_an_event(pair: Pair) -> None:
    """SA-01: SasInstalled comes after the action, never in its midst."""
    ue, pcscf = protect(pair)
    assert pair.a.events == [SasInstalled(ue.set_id)]
    assert pair.b.events == [SasInstalled(pcscf.set_id)]
    assert (pair.host_a.sets, pair.host_b.sets) == ({1: ue}, {1: pcscf})


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_marked_packets_pass(pair: Pair, transport: Transport) -> None:
    """SA-01: both transports, the SPI on the wire is the receiver's; a connection needs both directions."""
    ue, _ = protect(pair)
    flow = ue.flow(transport, PortName.UC, PortName.PS)
    opening = [OpenStream(flow)] if transport is Transport.TCP else []
    pair.do(pair.host_a, *opening, Send(flow, b"in ESP"))
    assert pair.b.events[-1] == Received(flow.mirrored(), b"in ESP")
    assert {seen.spi for seen in pair.world.on("gm")} == {ue.spis.ps}
    pair.do(pair.host_b, Send(flow.mirrored(), b"back"))
    assert pair.a.events[-1] == Received(flow, b"back")
    assert pair.world.on("gm")[-1].spi == ue.spis.uc


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_clear_text_to_a_protected_port_does_not(pair: Pair, transport: Transport) -> None:
    """SA-21: from any source port; a SYN is not even refused."""
    ue, _ = protect(pair)
    flow = Flow(transport, A, ue.endpoint(PortName.PS))
    opening = [OpenStream(flow)] if transport is Transport.TCP else []
    before = len(pair.b.events)
    pair.do(pair.host_a, Bind(A), *opening, Send(flow, b"clear"), wait_s=2)
    assert len(pair.b.events) == before
    assert pair.host_b.backend.drops() == {"CLEAR_TO_PROTECTED": 1}
    assert StreamClosed(flow, "connection refused") not in pair.a.events


def test_one_end_without_the_set_hears_nothing(pair: Pair) -> None:
    """UNP-07: unknown SPI, silence."""
    ue, _ = protect(pair)
    pair.do(pair.host_b, RemoveSas(1))
    flow = ue.flow(Transport.TCP, PortName.UC, PortName.PS)
    pair.do(pair.host_a, OpenStream(flow), wait_s=200)
    assert pair.host_b.backend.drops() == {"UNKNOWN_SPI": 1}
    assert pair.a.events[-1] == StreamClosed(flow, "connection timed out")


def test_removing_a_set_ends_its_connections_without_a_word_in_the_clear(pair: Pair) -> None:
    """RRG-10: the node is told, the peer is not."""
    ue, _ = protect(pair)
    flow = ue.flow(Transport.TCP, PortName.UC, PortName.PS)
    pair.do(pair.host_a, OpenStream(flow))
    pair.do(pair.host_a, RemoveSas(1), Unbind(ue.endpoint(PortName.UC)))
    assert pair.a.events[-1] == StreamClosed(flow, "its SA set was removed")
    assert pair.b.events[-1] == StreamOpened(flow.mirrored())
    assert pair.host_a.sets == {}
    assert {seen.spi for seen in pair.world.on("gm")} == {ue.spis.ps}
    assert pair.host_a.backend.drops() == {}


def test_an_install_can_be_refused(pair: Pair) -> None:
    """ERR-24: by the world, or because it collides with a set that stands; nothing is left behind."""
    pair.world.refuse_install = lambda host, one: "no room" if host.name == "a" else None
    pair.do(pair.host_a, InstallSas(sa_set(End.UE)))
    assert pair.a.events == [SasRefused(1, "no room")]
    pair.do(pair.host_b, InstallSas(sa_set(End.PCSCF)), InstallSas(sa_set(End.PCSCF, set_id=2)))
    refused = pair.b.events[-1]
    assert isinstance(refused, SasRefused)
    assert refused.set_id == 2
    assert (list(pair.host_a.sets), list(pair.host_b.sets)) == ([], [1])
    assert len(list(pair.host_b.backend.query())) == 4


# time


def test_a_node_is_woken_at_its_deadline_and_not_before(pair: Pair) -> None:
    pair.a.deadline = Micros(2_000_000)

    def rest(event: Event) -> Sequence[Action]:
        if isinstance(event, Woke):
            pair.a.deadline = None
        return ()

    pair.a.react = rest
    pair.do(pair.host_a, wait_s=1.5)
    assert pair.a.events == []
    pair.world.run(at_most=seconds(10))
    assert pair.a.fed[-1] == (2_000_000, Woke())
    assert pair.world.agenda.now == 11_500_000


def test_a_deadline_that_moves_forward_counts_and_one_that_moves_back_wakes_nobody(pair: Pair) -> None:
    pair.a.deadline = Micros(5_000_000)
    pair.do(pair.host_a, wait_s=0)
    pair.a.deadline = Micros(1_000_000)
    pair.do(pair.host_a, wait_s=0)
    pair.a.deadline = Micros(9_000_000)  # nobody tells the host: the planned wake-up finds it
    pair.world.run(at_most=seconds(8))
    assert pair.a.events == []
    pair.world.run(lambda: bool(pair.a.events), at_most=seconds(20))
    assert pair.a.fed[-1] == (9_000_000, Woke())


def test_run_ends_with_its_condition(pair: Pair) -> None:
    pair.do(pair.host_b, Bind(B))
    pair.a.wants = [Bind(A), Send(UDP, b"1")]
    pair.host_a.later(Register())
    assert pair.world.run(lambda: bool(pair.b.events), at_most=seconds(5))
    assert pair.world.agenda.now == 1_001_000
    assert not pair.world.run(lambda: False, at_most=seconds(5))
    assert pair.world.agenda.now == 6_001_000


def test_facts_are_kept_with_their_moment_and_told(pair: Pair) -> None:
    heard: list[tuple[str, object]] = []
    pair.world.listen(lambda host, fact: heard.append((host.name, fact)))
    pair.do(pair.host_a, Report("something"))
    assert pair.host_a.facts == [(0, "something")]
    assert heard == [("a", "something")]


def test_our_own_mistakes_end_the_day(pair: Pair) -> None:
    """IllegalStep in a node is never swallowed here: a story must fail."""

    def stumble(_event: Event) -> Sequence[Action]:
        raise IllegalStep("no such row")

    pair.a.react = stumble
    with pytest.raises(IllegalStep):
        pair.do(pair.host_a)
