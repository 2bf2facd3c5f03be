"""ICMP errors of UDP are heard where a node asks for them, and disturb nothing else (UNP-06)."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, SOCK_DGRAM, socket
from typing import Any

import pytest

from twopair.base import Endpoint, Flow, Port, Received, Transport, Unreachable
from twopair.live.ports import Ports
from twopair.live.sockets import ThisHost
from twopair.nodes.events import Event

LOOPBACK: dict[int, str] = {AF_INET: "127.0.0.1", AF_INET6: "::1"}
FAMILIES = pytest.mark.parametrize("family", LOOPBACK)


def closed_port(address: str, family: int) -> Endpoint:
    with socket(family, SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return Endpoint(address, Port(probe.getsockname()[1]))


class Bench:
    """A port on loopback, and what came of it."""

    def __init__(self, family: int, *, hears: bool) -> None:
        self.events: list[Any] = []
        self.counters: Counter[str] = Counter()
        self.wakes = 0
        self.local = closed_port(LOOPBACK[family], family)
        self.gone = closed_port(LOOPBACK[family], family)
        self.ports = Ports(
            ThisHost(),
            loop=asyncio.get_running_loop(),
            take=self._woken,
            note=self.events.append,
            counters=self.counters,
            hears_errors=hears,
        )
        self.ports.bind(self.local, listen=False)

    def _woken(self, events: Iterable[Event]) -> None:
        self.wakes += 1
        self.events.extend(events)

    def send(self, remote: Endpoint, data: bytes = b"hello") -> None:
        self.ports.send(Flow(Transport.UDP, self.local, remote), data)
        self.ports.flush()

    async def until(self, done: Callable[[], bool]) -> None:
        for _ in range(200):
            if done():
                return
            await asyncio.sleep(0.01)


@contextmanager
def listening(family: int) -> Iterator[tuple[socket, Endpoint]]:
    """A peer, and where it is."""
    with socket(family, SOCK_DGRAM) as peer:
        peer.bind((LOOPBACK[family], 0))
        peer.settimeout(2)
        yield peer, Endpoint(LOOPBACK[family], Port(peer.getsockname()[1]))


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


@FAMILIES
def test_a_closed_port_is_heard_of_at_once(family: int) -> None:
    async def story() -> None:
        bench = Bench(family, hears=True)
        bench.send(bench.gone)
        await bench.until(lambda: bool(bench.events))
        flow = Flow(Transport.UDP, bench.local, bench.gone)
        assert bench.events == [Unreachable(flow, "connection refused")]
        woken = bench.wakes
        await asyncio.sleep(0.2)
        assert bench.wakes <= woken + 1, "nothing is left that would wake the loop over and over"
        bench.ports.close_all()

    play(story)


@FAMILIES
def test_an_error_of_one_peer_costs_no_datagram_of_another(family: int) -> None:
    """The call that sends gives back the error of an earlier datagram; what it was to send still goes."""

    async def story() -> None:
        bench = Bench(family, hears=True)
        with listening(family) as (peer, there):
            for number in range(50):
                bench.send(bench.gone)
                bench.send(there, str(number).encode())
                assert peer.recv(100) == str(number).encode()
        await bench.until(lambda: len(bench.events) >= 10)
        assert bench.counters["send_failed"] == 0
        assert {type(event) for event in bench.events} == {Unreachable}
        bench.ports.close_all()

    play(story)


@FAMILIES
def test_errors_in_mid_burst_cost_none_of_its_datagrams(family: int) -> None:
    """On loopback the error of one datagram is there when the same call comes to the next."""

    async def story() -> None:
        bench = Bench(family, hears=True)
        with listening(family) as (peer, there):
            for number in range(30):
                bench.ports.send(Flow(Transport.UDP, bench.local, there), b"%d" % number)
                if number % 3 == 1:
                    bench.ports.send(Flow(Transport.UDP, bench.local, bench.gone), b"lost")
            bench.ports.flush()
            assert [peer.recv(100) for _ in range(30)] == [b"%d" % number for number in range(30)]
        await bench.until(lambda: len(bench.events) >= 5)
        flow = Flow(Transport.UDP, bench.local, bench.gone)
        assert set(bench.events) == {Unreachable(flow, "connection refused")}
        assert bench.counters["send_failed"] == 0
        bench.ports.close_all()

    play(story)


@FAMILIES
def test_what_arrives_beside_errors_is_received(family: int) -> None:
    async def story() -> None:
        bench = Bench(family, hears=True)
        with socket(family, SOCK_DGRAM) as peer:
            for _ in range(40):
                bench.send(bench.gone)
                peer.sendto(b"x", bench.local)
            await bench.until(lambda: sum(isinstance(e, Received) for e in bench.events) == 40)
        assert sum(isinstance(event, Received) for event in bench.events) == 40
        bench.ports.close_all()

    play(story)


@FAMILIES
def test_a_service_is_deaf_to_them(family: int) -> None:
    """UNP-06: a port that many UEs share is not disturbed by what anybody may forge."""

    async def story() -> None:
        bench = Bench(family, hears=False)
        for _ in range(3):
            bench.send(bench.gone)
            await asyncio.sleep(0.02)
        assert bench.events == []
        assert not bench.counters
        bench.ports.close_all()

    play(story)


def test_no_way_to_a_network_is_heard_of() -> None:
    """What the kernel does not even send: the link is gone."""

    async def story() -> None:
        bench = Bench(AF_INET, hears=True)
        bench.send(Endpoint("255.255.255.255", Port(9)))  # broadcast is not asked for
        [event] = bench.events
        assert isinstance(event, Unreachable)
        assert event.reason == "permission denied"
        bench.ports.close_all()

    play(story)
