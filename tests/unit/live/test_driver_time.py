"""Deadlines of the driver, and what goes wrong without ending it."""

import asyncio
from collections.abc import Sequence
from socket import AF_INET, SOCK_DGRAM, socket

from tests.unit.live.doubles import NotingBackend, ScriptedNode, free_endpoint
from tests.unit.live.driver_bed import TCP, UDP, driver_of, of, run

from twopair.base import (
    Bind,
    Flow,
    IllegalStep,
    Micros,
    Received,
    Report,
    Send,
    Woke,
)
from twopair.live.clock import monotonic
from twopair.live.driver import Driver
from twopair.nodes.actions import Action
from twopair.nodes.events import Event, Start


def test_woke_comes_at_the_deadline_and_not_before() -> None:
    async def body() -> None:
        node = ScriptedNode()
        driver = driver_of(node)
        node.deadline = due = Micros(monotonic() + 30_000)
        woken_at: list[Micros] = []

        def script(event: Event) -> Sequence[Action]:
            if isinstance(event, Woke):
                woken_at.append(monotonic())
                node.deadline = None
            return ()

        node.script = script
        driver.start()
        await node.until(lambda fed: Woke() in fed)
        assert due <= woken_at[0] < due + 1_000_000
        await asyncio.sleep(0.02)
        assert len(woken_at) == 1
        driver.stop()

    run(body)


def test_an_earlier_deadline_moves_the_timer_forward() -> None:
    async def body() -> None:
        node = ScriptedNode()
        driver = driver_of(node)
        node.deadline = Micros(monotonic() + 60_000_000)
        driver.start()
        node.deadline = Micros(monotonic() + 10_000)
        driver.feed(Start())
        await node.until(lambda fed: Woke() in fed)
        driver.stop()

    run(body)


def test_a_failing_node_or_listener_does_not_end_the_service() -> None:
    async def body() -> None:
        here = free_endpoint()

        def script(event: Event) -> Sequence[Action]:
            if isinstance(event, Received) and event.data == b"bad":
                raise IllegalStep("no row")
            return (Bind(here),) if isinstance(event, Start) else (Report("fine"),)

        def deaf(_fact: object) -> None:
            raise ZeroDivisionError

        node = ScriptedNode(script)
        driver = driver_of(node)
        driver.listen(deaf)
        driver.start()
        with socket(AF_INET, SOCK_DGRAM) as sender:
            for data in (b"bad", b"good", b"bad"):
                sender.sendto(data, here)
        await node.until(lambda fed: len(of(Received, fed)) == 3)
        assert driver.counters == {"illegal_step": 2, "listener_failed": 1}
        driver.stop()

    run(body)


def test_what_has_no_socket_is_counted() -> None:
    async def body() -> None:
        here, there = free_endpoint(), free_endpoint()
        flows = [Flow(UDP, here, there), Flow(TCP, here, there)]
        driver = driver_of(ScriptedNode(lambda _event: [Send(flow, b"x") for flow in flows]))
        driver.start()
        assert driver.counters == {"no_such_flow": 2}
        driver.stop()

    run(body)


def test_a_datagram_that_is_too_long_is_counted() -> None:
    async def body() -> None:
        here = free_endpoint()
        driver = driver_of(
            ScriptedNode(lambda _event: (Bind(here), Send(Flow(UDP, here, here), bytes(70_000))))
        )
        driver.start()
        assert driver.counters == {"send_failed": 1}
        driver.stop()

    run(body)


def test_after_its_time_it_does_nothing() -> None:
    """ADR 20: another host may serve by then; what comes is let go, and counted."""

    class Tenure:
        until = Micros(2**62)

    async def body() -> None:
        node, tenure = ScriptedNode(), Tenure()
        driver = Driver(node, NotingBackend(), tenure=tenure)  # type: ignore[arg-type]
        driver.start()
        assert node.fed == [Start()]
        tenure.until = Micros(monotonic() - 1)
        driver.feed(Woke())
        assert node.fed == [Start()]
        assert driver.counters["after_tenure"] == 1
        driver.stop()

    run(body)
