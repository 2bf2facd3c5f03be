"""Ports and SA sets of the driver (SA-21, RRG-10)."""

import asyncio
from socket import AF_INET, SOCK_DGRAM, SOCK_STREAM, socket

import pytest
from tests.unit.live.doubles import NO_ROOM, NotingBackend, ScriptedNode, free_endpoint
from tests.unit.live.driver_bed import TCP, driver_of, of, run, sa_set_between

from twopair.base import (
    Bind,
    Endpoint,
    Flow,
    OpenStream,
    Port,
    Report,
    StreamClosed,
    StreamOpened,
    Unbind,
    Woke,
)
from twopair.core.sa import InstallSas, RemoveSas, SasInstalled, SasRefused
from twopair.nodes.events import Event, Start


def test_unbind_closes_the_port_and_its_connections() -> None:
    async def body() -> None:
        server = free_endpoint()
        backend = NotingBackend()
        node = ScriptedNode(lambda e: (Bind(server, protected=True),) * isinstance(e, Start))
        driver = driver_of(node, backend)
        driver.start()
        reader, writer = await asyncio.open_connection(*server)
        await node.until(lambda fed: bool(of(StreamOpened, fed)))
        node.script = lambda _event: (Unbind(server),)
        driver.feed(Woke())
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        with socket(AF_INET, SOCK_STREAM) as probe:
            assert probe.connect_ex(server) != 0
        assert backend.calls == [("close", server)]
        driver.stop()

    run(body)


def test_a_protected_port_is_closed_to_clear_text_before_it_is_bound() -> None:
    """SA-21."""

    async def body() -> None:
        local = free_endpoint()
        bound_when_closed: list[int] = []

        class Watching(NotingBackend):
            def close(self, endpoint: Endpoint) -> None:
                with socket(AF_INET, SOCK_DGRAM) as probe:
                    probe.bind(endpoint)  # raises if the driver was there first
                bound_when_closed.append(0)

        driver = driver_of(ScriptedNode(lambda e: (Bind(local, protected=True),)), Watching())
        driver.start()
        assert bound_when_closed == [0]
        assert not driver.failures
        driver.stop()

    run(body)


def test_a_protected_port_stays_closed_until_its_last_packets_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SA-21: an RST that still waits for ESP must not leave in the clear; binding anew ends the wait."""

    async def body() -> None:
        monkeypatch.setattr("twopair.live.quarantine._QUARANTINE_S", 0.05)
        local = free_endpoint()
        backend = NotingBackend()
        node = ScriptedNode(lambda e: (Bind(local, protected=True), Unbind(local)) * isinstance(e, Start))
        driver = driver_of(node, backend)
        driver.start()
        driver.start()
        assert backend.calls == [("close", local)]
        await asyncio.sleep(0.1)
        assert backend.calls == [("close", local), ("reopen", local)]
        driver.start()
        node.script = lambda _event: (Bind(local),)
        driver.feed(Woke())
        assert backend.calls[2:] == [("close", local), ("reopen", local)]
        driver.stop()

    run(body)


def test_a_port_in_use_is_a_line_in_failures() -> None:
    async def body() -> None:
        local = free_endpoint()
        backend = NotingBackend()
        with socket(AF_INET, SOCK_STREAM) as taken:
            taken.bind(local)
            taken.listen()
            driver = driver_of(ScriptedNode(lambda _event: (Bind(local, protected=True),)), backend)
            driver.start()
        assert list(map(str, driver.failures)) == [f"{local}: address already in use"]
        assert backend.calls[-1] == ("reopen", local)
        with socket(AF_INET, SOCK_DGRAM) as probe:  # its UDP half was given back
            probe.bind(local)
        driver.stop()

    run(body)


@pytest.mark.parametrize(
    ("refusal", "outcome"),
    [
        (None, SasInstalled(7)),
        (NO_ROOM, SasRefused(7, "no room")),
        (ZeroDivisionError(), SasRefused(7, "the back end failed")),
    ],
)
def test_an_install_is_answered_after_the_actions_beside_it(
    refusal: Exception | None, outcome: Event
) -> None:
    """SA-01, ERR-24: the outcome is an event, fed when the step that asked for it is complete."""

    async def body() -> None:
        sa_set = sa_set_between(free_endpoint(), free_endpoint(), Port(1), Port(2))
        backend = NotingBackend()
        backend.refusal = refusal
        facts: list[object] = []
        node = ScriptedNode(lambda e: (InstallSas(sa_set), Report("after")) * isinstance(e, Start))
        driver = driver_of(node, backend)
        driver.listen(facts.append)
        driver.listen(lambda _fact: facts.append(len(node.fed)))
        driver.start()
        assert backend.calls == [("install", 7)]
        assert node.fed == [Start(), outcome]
        assert facts == ["after", 1]
        driver.stop()

    run(body)


def test_removing_a_set_closes_its_connections_and_no_others() -> None:
    """RRG-10."""

    async def body() -> None:
        server, client, other = free_endpoint(), free_endpoint(), free_endpoint()
        sa_set = sa_set_between(client, server, Port(1), Port(2))
        flow, bystander = Flow(TCP, client, server), Flow(TCP, other, server)
        accepting = ScriptedNode(lambda e: (Bind(server),) * isinstance(e, Start))
        backend = NotingBackend()
        actions = (InstallSas(sa_set), OpenStream(flow), OpenStream(bystander))
        node = ScriptedNode(lambda e: actions * isinstance(e, Start))
        drivers = [driver_of(accepting), driver_of(node, backend)]
        for driver in drivers:
            driver.start()
        await accepting.until(lambda fed: len(of(StreamOpened, fed)) == 2)
        node.script = lambda e: (RemoveSas(7),) * isinstance(e, Woke)
        drivers[1].feed(Woke())
        assert backend.calls[-1] == ("remove", 7)
        assert of(StreamClosed, node.fed) == [StreamClosed(flow, "its SA set was removed")]
        await accepting.until(lambda fed: bool(of(StreamClosed, fed)))
        assert [e.flow for e in of(StreamClosed, accepting.fed)] == [flow.mirrored()]
        for driver in drivers:
            driver.stop()

    run(body)
