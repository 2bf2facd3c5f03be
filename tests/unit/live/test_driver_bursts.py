"""Bursts of the driver: order, and what happens between two datagrams."""

import asyncio
from collections.abc import Sequence
from socket import socket

import pytest
from tests.unit.live.doubles import NotingBackend, ScriptedNode, free_endpoint
from tests.unit.live.driver_bed import TCP, UDP, driver_of, echo, of, run
from tests.unit.live.udp_sockets import end_of, listening, nothing_more, received

from twopair.base import (
    Bind,
    CloseStream,
    Endpoint,
    Flow,
    Micros,
    OpenStream,
    Port,
    Received,
    Report,
    Send,
    Unbind,
    Woke,
)
from twopair.live.clock import monotonic
from twopair.live.driver import Driver
from twopair.nodes.actions import Action
from twopair.nodes.events import Event, Start


class Tenure:
    until = Micros(2**62)


def test_what_one_step_sends_leaves_in_the_order_of_its_actions() -> None:
    """Also from port to port: whoever listens to both ends of a burst sees what the node meant."""

    async def body() -> None:
        ports = [free_endpoint() for _ in range(3)]
        with listening() as peer:
            remote = end_of(peer)
            sends = [Send(Flow(UDP, ports[n % 3 if n > 50 else 0], remote), b"%d" % n) for n in range(100)]
            node = ScriptedNode(lambda e: [Bind(p) for p in ports] if isinstance(e, Start) else sends)
            driver = driver_of(node)
            driver.start()
            driver.feed(Woke())
            assert received(peer, 100) == [b"%d" % n for n in range(100)]
            driver.stop()

    run(body)


def test_what_is_sent_leaves_before_what_stands_behind_it() -> None:
    """A port is not closed, a connection not ended, before what was sent on it has left."""

    async def body() -> None:
        here, server = free_endpoint(), free_endpoint()
        flow = Flow(TCP, here, server)
        sink = ScriptedNode(lambda e: (Bind(server),) * isinstance(e, Start))
        with listening() as peer:
            out = Flow(UDP, here, end_of(peer))

            def script(event: Event) -> Sequence[Action]:
                if isinstance(event, Start):
                    return (Bind(here, listen=False), OpenStream(flow))
                if isinstance(event, Woke):
                    last_words = [Send(flow, b"a"), Send(flow, b"b"), Send(out, b"c"), Send(out, b"d")]
                    return (*last_words, Report("sent"), CloseStream(flow), Unbind(here))
                return ()

            node = ScriptedNode(script)
            drivers = [driver_of(sink), driver_of(node)]
            for driver in drivers:
                driver.start()
            await node.until(lambda fed: len(fed) == 2)
            drivers[1].feed(Woke())
            assert received(peer, 2) == [b"c", b"d"]
            await sink.until(lambda fed: bool(of(Received, fed)))
            assert [event.data for event in of(Received, sink.fed)] == [b"ab"], "in one call"
            for driver in drivers:
                driver.stop()

    run(body)


def test_what_comes_of_a_datagram_is_fed_before_the_next_one() -> None:
    async def body() -> None:
        here = free_endpoint()
        nowhere = Flow(TCP, here, here)

        def script(event: Event) -> Sequence[Action]:
            match event:
                case Start():
                    return (Bind(here, listen=False),)
                case Received():
                    return (OpenStream(nowhere),)  # refused at once: the port cannot be had twice
            return ()

        node = ScriptedNode(script)
        driver = driver_of(node)
        with socket() as taken, listening() as sender:
            taken.bind(here)
            taken.listen()
            driver.start()
            for _ in range(3):
                sender.sendto(b"x", here)
            await node.until(lambda fed: len(fed) == 7)
        kinds = [type(event).__name__ for event in node.fed[1:]]
        assert kinds == ["Received", "StreamClosed"] * 3
        driver.stop()

    run(body)


def test_a_port_that_is_closed_in_mid_burst_brings_nothing_more() -> None:
    async def body() -> None:
        here = free_endpoint()

        def script(event: Event) -> Sequence[Action]:
            if isinstance(event, Start):
                return (Bind(here),)
            return (Unbind(here),) if event.data == b"2" else ()  # type: ignore[union-attr]

        node = ScriptedNode(script)
        driver = driver_of(node)
        driver.start()
        with listening() as sender:
            for number in range(10):
                sender.sendto(b"%d" % number, here)
        await node.until(lambda fed: len(fed) == 4)
        await asyncio.sleep(0.02)
        assert [event.data for event in of(Received, node.fed)] == [b"0", b"1", b"2"]
        driver.stop()

    run(body)


def test_a_tenure_that_ends_in_mid_burst_ends_it_and_what_was_due_stays() -> None:
    """ADR 20: the clock is looked at before every event, and before anything leaves."""

    async def body() -> None:
        here, tenure = free_endpoint(), Tenure()

        def script(event: Event) -> Sequence[Action]:
            match event:
                case Start():
                    return (Bind(here),)
                case Received(flow, data):
                    if data == b"4":
                        tenure.until = Micros(monotonic() - 1)
                    return (Send(flow, data),)
            return ()

        node = ScriptedNode(script)
        driver = Driver(node, NotingBackend(), tenure=tenure)  # type: ignore[arg-type]
        driver.start()
        with listening() as peer:
            for number in range(10):
                peer.sendto(b"%d" % number, here)
            await node.until(lambda fed: driver.counters["after_tenure"] > 0)
            assert len(of(Received, node.fed)) == 5
            assert driver.counters["after_tenure"] == 5 + 3
            assert received(peer, 2) == [b"0", b"1"], "read one by one, and answered at once"
            assert nothing_more(peer)
        driver.stop()

    run(body)


@pytest.mark.parametrize("size", [65_507, 65_520, 70_000])
def test_a_datagram_that_is_refused_in_mid_burst_costs_no_other_one(size: int) -> None:
    async def body() -> None:
        here = free_endpoint()
        with listening() as peer:
            flow = Flow(UDP, here, end_of(peer))
            datas = [b"a", b"b", bytes(size), b"c", b"d"]
            node = ScriptedNode(
                lambda e: (Bind(here),) if isinstance(e, Start) else [Send(flow, d) for d in datas]
            )
            driver = driver_of(node)
            driver.start()
            driver.feed(Woke())
            left = [data for data in datas if len(data) <= 65_507]
            assert received(peer, len(left)) == left
            assert driver.counters["send_failed"] == len(datas) - len(left)
            driver.stop()

    run(body)


def test_an_echo_of_the_longest_datagram() -> None:
    async def body() -> None:
        here = free_endpoint()
        driver = driver_of(ScriptedNode(echo(Bind(here))))
        driver.start()
        with listening() as peer:
            peer.sendto(bytes(range(256)) * 255, here)
            await asyncio.sleep(0.02)
            assert received(peer, 1) == [bytes(range(256)) * 255]
        driver.stop()

    run(body)


def test_an_end_that_cannot_be_is_refused_alone() -> None:
    async def body() -> None:
        here = free_endpoint()
        with listening() as peer:
            there = end_of(peer)
            ends = [
                there,
                there,
                Endpoint("127.0.0.1", Port(70_000)),
                there,
                Endpoint("no\0", Port(9)),
                there,
            ]
            sends = [Send(Flow(UDP, here, end), b"%d" % number) for number, end in enumerate(ends)]
            driver = driver_of(ScriptedNode(lambda e: (Bind(here),) if isinstance(e, Start) else sends))
            driver.start()
            driver.feed(Woke())
            assert received(peer, 4) == [b"0", b"1", b"3", b"5"]
            assert driver.counters == {"send_failed": 2}
            driver.stop()

    run(body)
