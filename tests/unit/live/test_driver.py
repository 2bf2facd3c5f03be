"""The driver with real sockets on loopback."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from socket import AF_INET, SOCK_DGRAM, SOCK_STREAM, socket
from typing import Any, TypeVar

import pytest
from tests.unit.live.doubles import NO_ROOM, NotingBackend, ScriptedNode, free_endpoint

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
)
from twopair.core.sa import End, InstallSas, Ports, RemoveSas, SaSet, SasInstalled, SasRefused, Spis
from twopair.crypto.annex_i import EspKeys
from twopair.live.clock import monotonic
from twopair.live.driver import Driver
from twopair.nodes.actions import Action
from twopair.nodes.events import Event, Start

UDP, TCP = Transport.UDP, Transport.TCP
T = TypeVar("T")
Script = Callable[[Event], Sequence[Action]]


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(body(), 10))


def driver_of(node: ScriptedNode, backend: NotingBackend | None = None) -> Driver:
    return Driver(node, backend or NotingBackend())  # type: ignore[arg-type]


def of(kind: type[T], events: Sequence[object]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def echo(*binds: Bind) -> Script:
    """Bind at the start, then send everything back."""

    def script(event: Event) -> Sequence[Action]:
        match event:
            case Start():
                return binds
            case Received(flow, data):
                return (Send(flow, data),)
        return ()

    return script


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


def test_a_stream_is_opened_from_the_given_port_and_keeps_what_was_sent_before_it_stood() -> None:
    """MSG-07: the source port of a connection is bound explicitly."""

    async def body() -> None:
        server, client = free_endpoint(), free_endpoint()
        flow = Flow(TCP, client, server)
        answering = ScriptedNode(echo(Bind(server)))
        asking = ScriptedNode(lambda e: (OpenStream(flow), Send(flow, b"early")) * isinstance(e, Start))
        drivers = [driver_of(answering), driver_of(asking)]
        for driver in drivers:
            driver.start()
        await asking.until(lambda fed: bool(of(Received, fed)))
        assert asking.fed == [Start(), StreamOpened(flow), Received(flow, b"early")]
        assert answering.fed == [Start(), StreamOpened(flow.mirrored()), Received(flow.mirrored(), b"early")]
        for driver in drivers:
            driver.stop()

    run(body)


def test_much_data_crosses_a_stream_whole_in_chunks_of_at_most_64_kib() -> None:
    async def body() -> None:
        server, client = free_endpoint(), free_endpoint()
        flow = Flow(TCP, client, server)
        data = bytes(range(256)) * 3000
        answering = ScriptedNode(echo(Bind(server)))
        asking = ScriptedNode(lambda e: (OpenStream(flow), Send(flow, data)) * isinstance(e, Start))
        drivers = [driver_of(answering), driver_of(asking)]
        for driver in drivers:
            driver.start()
        await asking.until(lambda fed: sum(len(e.data) for e in of(Received, fed)) >= len(data))
        chunks = [e.data for e in of(Received, asking.fed)]
        assert b"".join(chunks) == data
        assert max(map(len, chunks)) <= 65_536
        for driver in drivers:
            driver.stop()

    run(body)


def test_a_stream_that_nobody_accepts_is_reported_closed_with_the_reason() -> None:
    async def body() -> None:
        flow = Flow(TCP, free_endpoint(), free_endpoint())
        node = ScriptedNode(lambda e: (OpenStream(flow), Send(flow, b"x")) * isinstance(e, Start))
        driver = driver_of(node)
        driver.start()
        await node.until(lambda fed: bool(of(StreamClosed, fed)))
        assert node.fed == [Start(), StreamClosed(flow, "connection refused")]
        driver.stop()

    run(body)


def test_close_stream_flushes_and_tells_the_peer_only() -> None:
    async def body() -> None:
        server, client = free_endpoint(), free_endpoint()
        flow, data = Flow(TCP, client, server), b"last words " * 50_000
        sink = ScriptedNode(lambda e: (Bind(server),) * isinstance(e, Start))
        node = ScriptedNode(
            lambda e: (OpenStream(flow), Send(flow, data), CloseStream(flow)) * isinstance(e, Start)
        )
        drivers = [driver_of(sink), driver_of(node)]
        for driver in drivers:
            driver.start()
        await sink.until(lambda fed: bool(of(StreamClosed, fed)))
        assert b"".join(e.data for e in of(Received, sink.fed)) == data
        assert sink.fed[-1] == StreamClosed(flow.mirrored(), "")
        assert node.fed == [Start()]
        for driver in drivers:
            driver.stop()

    run(body)


def test_a_connection_opens_again_while_the_former_one_closes() -> None:
    """MSG-05, MSG-07: between fixed ports there is one at a time, so the former ends at once."""

    async def body() -> None:
        server, client = free_endpoint(), free_endpoint()
        flow, rounds = Flow(TCP, client, server), 5
        accepted: list[asyncio.StreamWriter] = []

        async def keep_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.append(writer)
            writer.write(await reader.read(100))

        def script(event: Event) -> Sequence[Action]:
            match event:
                case Start():
                    return (OpenStream(flow), Send(flow, b"0"))
                case Received(_, data) if int(data) + 1 < rounds:
                    return (CloseStream(flow), OpenStream(flow), Send(flow, b"%d" % (int(data) + 1)))
            return ()

        listening = await asyncio.start_server(keep_open, *server)
        node = ScriptedNode(script)
        driver = driver_of(node)
        driver.start()
        await node.until(lambda fed: len(of(Received, fed)) == rounds)
        assert [event.data for event in of(Received, node.fed)] == [
            b"%d" % number for number in range(rounds)
        ]
        assert not of(StreamClosed, node.fed)
        driver.stop()
        for writer in accepted:
            writer.close()
        listening.close()

    run(body)


def test_an_answer_is_not_overtaken_by_a_reset_when_unread_data_is_left() -> None:
    """A broken stream gets its 400 though the peer goes on sending."""

    async def body() -> None:
        server = free_endpoint()

        def script(event: Event) -> Sequence[Action]:
            match event:
                case Start():
                    return (Bind(server),)
                case Received(flow, _):
                    return (Send(flow, b"400"), CloseStream(flow))
            return ()

        driver = driver_of(ScriptedNode(script))
        driver.start()
        reader, writer = await asyncio.open_connection(*server)
        writer.write(b"garbage" * 200_000)
        assert await reader.read() == b"400"
        writer.close()
        driver.stop()

    run(body)


def test_a_peer_that_does_not_read_is_given_up() -> None:
    async def body() -> None:
        server = free_endpoint()

        def script(event: Event) -> Sequence[Action]:
            match event:
                case Start():
                    return (Bind(server),)
                case StreamOpened(flow):
                    return [Send(flow, bytes(1 << 20))] * 20
            return ()

        node = ScriptedNode(script)
        driver = driver_of(node)
        driver.start()
        _, writer = await asyncio.open_connection(*server)
        await node.until(lambda fed: bool(of(StreamClosed, fed)))
        assert of(StreamClosed, node.fed)[0].reason == "the peer does not read"
        writer.close()
        driver.stop()

    run(body)


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
        monkeypatch.setattr("twopair.live.driver._QUARANTINE_S", 0.05)
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
        assert driver.failures == [f"{local}: address already in use"]
        assert backend.calls[-1] == ("reopen", local)
        with socket(AF_INET, SOCK_DGRAM) as probe:  # its UDP half was given back
            probe.bind(local)
        driver.stop()

    run(body)


KEYS = EspKeys(Secret(bytes(20)), Secret(b""), Secret(b""))


def sa_set_between(ue: Endpoint, pcscf: Endpoint, ue_server: Port, pcscf_client: Port) -> SaSet:
    """A set as the UE sees it, whose SA1 joins the two endpoints."""
    return SaSet(
        set_id=7,
        impi=Impi("user@example.org"),
        end=End.UE,
        ue=ue.address,
        pcscf=pcscf.address,
        ports=Ports(ue.port, ue_server, pcscf_client, pcscf.port),
        spis=Spis(*map(Spi, (1001, 1002, 1003, 1004))),
        suite=Suite("hmac-sha-1-96", "null"),
        keys=KEYS,
    )


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
