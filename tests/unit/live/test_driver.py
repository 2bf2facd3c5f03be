"""Datagrams of the driver, on real sockets of loopback."""

from socket import AF_INET, SOCK_DGRAM, socket

import pytest
from tests.unit.live.doubles import ScriptedNode, free_endpoint
from tests.unit.live.driver_bed import UDP, driver_of, echo, of, run

from twopair.base import (
    Bind,
    Flow,
    Received,
    Report,
    Send,
    Woke,
)
from twopair.core.registration.kept import Forget
from twopair.nodes.events import Start


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_datagrams_come_with_their_flow_and_go_out_on_it(address: str) -> None:
    async def body() -> None:
        here, there = free_endpoint(address), free_endpoint(address)
        one, two = (
            ScriptedNode(echo(Bind(here))),
            ScriptedNode(lambda e: (Bind(there),) * isinstance(e, Start)),
        )
        drivers = [driver_of(one), driver_of(two)]
        for driver in drivers:
            driver.start()
        hello = Flow(UDP, there, here)
        two.script = lambda _event: (Send(hello, b"hello"), Send(hello, b""))
        drivers[1].feed(Woke())
        two.script = lambda _event: ()
        await two.until(lambda fed: len(of(Received, fed)) == 2)
        assert of(Received, one.fed) == [Received(Flow(UDP, here, there), d) for d in (b"hello", b"")]
        assert of(Received, two.fed) == [Received(hello, b"hello"), Received(hello, b"")]
        assert of(Received, one.fed)[0].flow is of(Received, one.fed)[1].flow  # made once per peer
        for driver in drivers:
            driver.stop()

    run(body)


def test_a_burst_of_datagrams_comes_whole_and_in_order() -> None:
    async def body() -> None:
        here = free_endpoint()
        node = ScriptedNode(lambda e: (Bind(here),) * isinstance(e, Start))
        driver = driver_of(node)
        driver.start()
        with socket(AF_INET, SOCK_DGRAM) as sender:
            for number in range(500):
                sender.sendto(b"%d" % number * 3, here)
        await node.until(lambda fed: len(of(Received, fed)) == 500)
        assert [e.data for e in of(Received, node.fed)] == [b"%d" % number * 3 for number in range(500)]
        driver.stop()

    run(body)


def test_the_port_that_is_read_last_waits_for_all_others_and_takes_a_few() -> None:
    """UNP-05: between two handfuls of what anybody may flood, every other port has its turn."""

    async def body() -> None:
        clear, protected = free_endpoint(), free_endpoint()
        node = ScriptedNode(
            lambda e: (Bind(clear, last=True), Bind(protected)) * isinstance(e, Start),
        )
        driver = driver_of(node)
        driver.start()
        with socket(AF_INET, SOCK_DGRAM) as sender:
            for _ in range(100):
                sender.sendto(b"flood", clear)
            for _ in range(100):
                sender.sendto(b"served", protected)
        await node.until(lambda fed: len(of(Received, fed)) == 200)
        texts = [event.data for event in of(Received, node.fed)]
        assert texts[:64] == [b"served"] * 64
        assert texts.index(b"flood") == 64
        assert len(texts) - texts[::-1].index(b"served") <= 100 + 2 * 2
        driver.stop()

    run(body)


def test_what_waits_is_performed_outside_and_its_answer_is_an_event() -> None:
    async def body() -> None:
        node = ScriptedNode(lambda event: (Forget("one"),) if isinstance(event, Start) else ())
        driver = driver_of(node)
        driver.outside[Forget] = lambda action: driver.feed(Woke()) if action.key == "one" else None
        driver.start()
        assert [type(event) for event in node.fed] == [Start, Woke]
        driver.stop()

    run(body)


def test_what_nobody_performs_is_a_count_and_the_rest_is_done() -> None:
    async def body() -> None:
        node = ScriptedNode(lambda _event: (Forget("one"), Report(1)))
        driver = driver_of(node)
        heard: list[object] = []
        driver.listen(heard.append)
        del driver.outside[Forget]
        driver.start()
        assert (heard, driver.counters["illegal_step"]) == ([1], 1)
        driver.stop()

    run(body)
