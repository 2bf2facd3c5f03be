"""Weather, one phenomenon at a time, on a world without nodes that answer."""

from collections.abc import Sequence

import pytest

from twopair.base import Bind, Endpoint, Flow, Micros, OpenStream, Port, Received, Send, Transport, seconds
from twopair.nodes import Action, Event
from twopair.nodes.wishes import Start
from twopair.sim import Stream, World
from twopair.sim.weather import Sky, Weather

HERE, THERE = Endpoint("10.0.0.1", Port(1000)), Endpoint("10.0.0.2", Port(2000))
SENT = [b"%04d" % number for number in range(400)]


class Ear:
    """Listens on its port and keeps what comes."""

    def __init__(self, local: Endpoint) -> None:
        self.local = local
        self.heard: list[bytes] = []

    def feed(self, event: Event, _now: Micros) -> Sequence[Action]:
        if isinstance(event, Received):
            self.heard.append(event.data)
        return [Bind(self.local)] if isinstance(event, Start) else []

    def next_deadline(self) -> None:
        return None


class Caller(Ear):
    """Opens a connection, and notes what becomes of it."""

    def __init__(self, local: Endpoint, flow: Flow) -> None:
        super().__init__(local)
        self.flow = flow
        self.told: list[Event] = []

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        if isinstance(event, Start):
            return [*super().feed(event, now), OpenStream(self.flow)]
        self.told.append(event)
        return []


class Mouth(Ear):
    """Says everything at once, as soon as it hears of anything but its start."""

    def __init__(self, local: Endpoint, flow: Flow) -> None:
        super().__init__(local)
        self.flow = flow

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        if isinstance(event, Start):
            opening = [OpenStream(self.flow)] if self.flow.transport.reliable else []
            return [*super().feed(event, now), *opening]
        return [Send(self.flow, data) for data in SENT]


def heard(transport: Transport, *, calm: bool = False, seed: int = 1, **weather: int) -> list[bytes]:
    """What arrives of all that is sent."""
    world = World(seed)
    sky = Sky(world, Weather(**weather))
    if calm:
        sky.calm()
    ear = Ear(THERE)
    world.add("ear", ear, {THERE.address: "gm"})
    mouth = Mouth(HERE, Flow(transport, HERE, THERE))
    host = world.add("mouth", mouth, {HERE.address: "gm"})
    if not transport.reliable:
        host.feed(Received(mouth.flow, b""))
    world.run(at_most=seconds(100))
    return ear.heard


def test_fair_weather() -> None:
    assert heard(Transport.UDP) == SENT
    assert heard(Transport.TCP) == SENT


def test_loss() -> None:
    rest = heard(Transport.UDP, loss=30)
    assert 200 < len(rest) < 360
    assert heard(Transport.TCP, loss=30) == SENT


def test_copies() -> None:
    got = heard(Transport.UDP, copies=30)
    assert len(got) > 440
    assert set(got) == set(SENT)


def test_delays_reorder() -> None:
    got = heard(Transport.UDP, delays=30)
    assert got != SENT
    assert sorted(got) == SENT


def test_streams_keep_their_order_in_any_pieces() -> None:
    got = heard(Transport.TCP, chunks=60, lag=40)
    assert len(got) > len(SENT)
    assert b"".join(got) == b"".join(SENT)


def test_a_connection_is_cut() -> None:
    got = b"".join(heard(Transport.TCP, cuts=5))
    assert got != b"".join(SENT)
    assert b"".join(SENT).startswith(got)


def test_a_connection_is_refused_or_nobody_hears_of_it() -> None:
    """PCS-26: a RST, or nothing until the host gives up."""
    ends = set()
    for seed in range(40):
        world = World(seed)
        Sky(world, Weather(deaf=60))
        listener, flow = Ear(THERE), Flow(Transport.TCP, HERE, THERE)
        world.add("ear", listener, {THERE.address: "gm"})
        caller = Caller(HERE, flow)
        world.add("caller", caller, {HERE.address: "gm"})
        world.run(at_most=seconds(20))
        ends |= {type(event).__name__ + getattr(event, "reason", "") for event in caller.told}
    assert ends == {"StreamOpened", "StreamClosedconnection refused", "StreamClosedconnection timed out"}


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_calm(transport: Transport) -> None:
    assert (
        heard(transport, calm=True, loss=30, copies=30, delays=30, chunks=60, lag=40, cuts=12, deaf=60)
        == SENT
    )


def test_one_phenomenon_does_not_shift_another() -> None:
    """Each has a stream of its own: with copies beside it, the same datagrams are lost."""
    lost = set(SENT) - set(heard(Transport.UDP, loss=30))
    assert lost == set(SENT) - set(heard(Transport.UDP, loss=30, copies=30))
    assert lost != set(SENT) - set(heard(Transport.UDP, loss=30, seed=2))


def test_the_kind_of_day_is_drawn() -> None:
    """Each phenomenon is absent on about half of the days, and there in all strengths on the others."""
    days = [Weather.draw(Stream(seed, "weather")) for seed in range(200)]
    for values in zip(*days, strict=True):
        assert 60 < sum(value == 0 for value in values) < 140
        assert len(set(values)) > 5
    assert str(Weather(loss=3, lag=1)) == "loss 3, lag 1"
    assert str(Weather()) == "fair"
