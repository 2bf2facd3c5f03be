"""Whatever the network loses, repeats or delays: each side's user is told once (RFC 3261 §17)."""

from heapq import heappop, heappush
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.core.sip.bed import UDP, Bed, request

from twopair.base import Flow, Micros, Send
from twopair.core.sip import CORE
from twopair.wire.sip import parse

MOST_DELAY = 400_000  # below T1 of the core: later copies than T4 are another story


class Weather:
    """Draws for each datagram how many copies arrive, and when."""

    def __init__(self, fates: list[list[int]]) -> None:
        self._fates = fates
        self._next = 0

    def fate(self) -> list[int]:
        if self._next >= len(self._fates):
            return [1000]  # calm
        self._next += 1
        return self._fates[self._next - 1]


def play(method: str, fates: list[list[int]], statuses: tuple[int, ...]) -> tuple[Bed, Bed]:
    """A client sends one request, a server's user answers it at once; until nothing is left to do."""
    client, server = Bed(CORE), Bed(CORE, respond_with=statuses)
    weather, wire, number = Weather(fates), list[tuple[int, int, Bed, Flow, bytes]](), 0

    def post(source: Bed) -> None:
        nonlocal number
        for action in source.out:
            assert isinstance(action, Send)
            for delay in weather.fate():
                number += 1
                target = server if source is client else client
                heappush(wire, (source.now + delay, number, target, action.flow.mirrored(), action.data))
        source.collect()

    client.layer.start(request(method), UDP, Micros(0), client.out)
    post(client)
    for _ in range(5000):
        times = [wire[0][0]] if wire else []
        times += [due for bed in (client, server) if (due := bed.layer.next_deadline()) is not None]
        if not times:
            return client, server
        now = Micros(min(times))
        client.now = server.now = now
        if wire and wire[0][0] == now:
            _, _, target, flow, data = heappop(wire)
            message: Any = parse(data)
            target.layer.receive(message, flow, now, target.out)
            post(target)
        for bed in (client, server):
            bed.layer.wake(now, bed.out)
            post(bed)
    raise AssertionError("it never ends")


fates = st.lists(st.lists(st.integers(1, MOST_DELAY), max_size=3), max_size=40)
finals = st.sampled_from([(200,), (180, 200), (404,), (100, 503), (100,), ()])


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(["MESSAGE", "INVITE"]), fates, finals)
def test_exactly_once(method: str, fates: list[list[int]], statuses: tuple[int, ...]) -> None:
    """A request is told at most once, and once if the weather calms; so is its final response."""
    client, server = play(method, fates, statuses)
    asked = server.told.count(f"request {method}")
    finals = [line for line in client.told if line.startswith("response") and int(line.split()[1]) >= 200]
    timeouts = [line for line in client.told if line.startswith("timeout")]
    assert asked <= 1
    if statuses and statuses[-1] >= 200:
        expected = f"response {statuses[-1]}"
        if method == "INVITE" and statuses[-1] == 200:  # repeating a 2xx is the user's, not the layer's
            assert set(finals) <= {expected}
        else:
            assert len(finals) + len(timeouts) == 1
            assert set(finals) <= {expected}
    else:
        assert finals == []
    if finals:
        assert asked == 1
    for bed in (client, server):
        assert sum(line.startswith("terminated") for line in bed.told) <= 1


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(["MESSAGE", "INVITE"]), fates)
def test_nothing_is_left(method: str, fates: list[list[int]]) -> None:
    """When all timers have run, both layers are empty and sleep."""
    client, server = play(method, fates, (486,))
    assert len(client.layer) == len(server.layer) == 0
    assert client.layer.next_deadline() is server.layer.next_deadline() is None


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 9), max_size=6))
def test_few_losses_do_not_matter(lost: list[int]) -> None:
    """With at most six of the first ten datagrams lost, the answer arrives."""
    client, _ = play("MESSAGE", [[] if n in lost else [1000] for n in range(10)], (200,))
    assert [line for line in client.told if not line.startswith("terminated")] == ["response 200"]
