"""TCP connections of the driver, on real sockets of loopback (MSG-06, MSG-07)."""

import asyncio
from collections.abc import Sequence
from socket import socket

import pytest
from tests.unit.live.doubles import ScriptedNode, free_endpoint
from tests.unit.live.driver_bed import TCP, driver_of, echo, of, run

from twopair.base import (
    Bind,
    CloseStream,
    Flow,
    OpenStream,
    Received,
    Send,
    StreamClosed,
    StreamOpened,
    seconds,
)
from twopair.nodes.actions import Action
from twopair.nodes.events import Event, Start


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


def test_a_stream_that_is_swallowed_is_given_up_in_time() -> None:
    """PCS-26: a SYN that is dropped without a word must not eat the whole transaction."""

    async def body() -> None:
        flow = Flow(TCP, free_endpoint(), free_endpoint())
        with socket() as deaf, socket() as first:
            deaf.bind(flow.remote)
            deaf.listen(0)
            first.connect(flow.remote)  # takes the one place that there is; Linux drops further SYNs
            node = ScriptedNode(lambda e: (OpenStream(flow, seconds(0.2)),) * isinstance(e, Start))
            driver = driver_of(node)
            driver.start()
            await node.until(lambda fed: bool(of(StreamClosed, fed)))
            assert node.fed == [Start(), StreamClosed(flow, "connection timed out")]
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
    """With an RST: the kernel would keep a megabyte for it, and go on trying."""

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
        with socket() as peer:
            peer.connect(server)
            await node.until(lambda fed: bool(of(StreamClosed, fed)))
            assert of(StreamClosed, node.fed)[0].reason == "the peer does not read"
            with pytest.raises(ConnectionResetError):
                _read_all(peer)
        driver.stop()

    run(body)


def _read_all(sock: socket) -> None:
    while sock.recv(1 << 20):
        pass
