"""Media relays that answer, refuse and are silent, on loopback."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from tests.unit.live.doubles import free_endpoint
from tests.unit.live.driver_bed import run

from twopair.base import Endpoint
from twopair.live.media import rtpengine
from twopair.live.media.ng import decode, encode
from twopair.live.media.rtpengine import Rtpengine
from twopair.nodes.media import AnchorMedia, LetMediaGo, MediaAnchored, Side

Reply = Callable[[dict[str, Any]], "dict[str, object] | None"]

NAMES = {Side.GM: "gm", Side.CORE: "core"}


def offer(ticket: int, call: str = "call", sdp: bytes = b"v=0") -> AnchorMedia:
    return AnchorMedia(ticket, call, "a", "", False, Side.GM, False, sdp)


class Relay(asyncio.DatagramProtocol):
    """A relay of few words: what it heard, and what it is told to answer."""

    def __init__(self, reply: Reply) -> None:
        self.heard: list[tuple[str, str]] = []
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        cookie, said = decode(data)
        self.heard.append((cookie, str(said["command"])))
        reply = self._reply(dict(said))
        if reply is not None:
            self._transport.sendto(encode(cookie, reply), addr)


def takes(said: dict[str, Any]) -> dict[str, object]:
    return (
        {"result": "ok", "sdp": f"{said['sdp']} by {said['direction'][0]}"}
        if "sdp" in said
        else {"result": "ok"}
    )


class Bed:
    """A client with its relays, and what it was told."""

    def __init__(self, *replies: Reply) -> None:
        self.relays = [Relay(reply) for reply in replies]
        self.told: list[MediaAnchored] = []
        self._transports: list[asyncio.BaseTransport] = []

    async def __aenter__(self) -> "Bed":
        endpoints: list[Endpoint] = []
        for relay in self.relays:
            endpoint = free_endpoint("127.0.0.1")
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda relay=relay: relay,  # type: ignore[misc]
                local_addr=endpoint,
            )
            self._transports.append(transport)
            endpoints.append(endpoint)
        self.client = Rtpengine(endpoints, NAMES, self.told.append, "t")
        await self.client.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        for transport in self._transports:
            transport.close()

    def ask(self, what: AnchorMedia | LetMediaGo) -> None:
        self.client.performs[type(what)](what)

    async def until(self, count: int) -> list[MediaAnchored]:
        while len(self.told) < count:
            await asyncio.sleep(0.01)
        return self.told


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtpengine, "REPEATED_AFTER_S", (0.1, 0.1, 0.1))


def test_an_offer_and_the_end_of_the_call() -> None:
    async def body() -> None:
        async with Bed(takes) as bed:
            bed.ask(offer(7))
            assert await bed.until(1) == [MediaAnchored(7, b"v=0 by gm")]
            bed.ask(LetMediaGo("call", "a"))
        assert [what for _, what in bed.relays[0].heard] == ["offer", "delete"]
        assert len(bed.told) == 1

    run(body, within_s=20)


def test_a_question_that_is_lost_is_asked_again_in_the_same_words() -> None:
    async def body() -> None:
        lost = iter((True, False))
        async with Bed(lambda said: None if next(lost, False) else takes(said)) as bed:
            bed.ask(offer(1))
            assert (await bed.until(1))[0].sdp is not None
        assert len(bed.relays[0].heard) == 2
        assert len(set(bed.relays[0].heard)) == 1

    run(body, within_s=20)


def test_where_one_relay_is_silent_the_next_is_asked() -> None:
    async def body() -> None:
        silent = [True, True]
        calls = {"call"} | {f"call-{number}" for number in range(8)}

        def replies(number: int) -> Reply:
            return lambda said: None if silent[number] else takes(said)

        async with Bed(replies(0), replies(1)) as bed:
            silent[1] = False
            for number, call in enumerate(sorted(calls)):
                bed.ask(offer(number, call))
            told = await bed.until(len(calls))
            assert all(answer.sdp for answer in told)
            assert all(bed.relays[number].heard for number in (0, 1))  # calls are shared

    run(body, within_s=20)


def test_all_are_silent() -> None:
    async def body() -> None:
        async with Bed(lambda _said: None) as bed:
            bed.ask(offer(1))
            (answer,) = await bed.until(1)
        assert answer.sdp is None
        assert "does not answer" in answer.why

    run(body, within_s=20)


def test_a_relay_refuses_and_no_other_is_asked() -> None:
    async def body() -> None:
        reply: dict[str, object] = {"result": "error", "error-reason": "no ports"}
        async with Bed(lambda _: reply, lambda _: reply) as bed:
            bed.ask(offer(1))
            assert await bed.until(1) == [MediaAnchored(1, None, "no ports (octet 0; ng protocol)")]
        assert sum(len(relay.heard) for relay in bed.relays) == 1

    run(body, within_s=20)


def test_a_description_that_no_datagram_carries() -> None:
    async def body() -> None:
        async with Bed(takes) as bed:
            bed.ask(offer(1, sdp=b"x" * 65_536))
            (answer,) = await bed.until(1)
        assert answer.sdp is None

    run(body, within_s=20)


def test_too_many_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtpengine, "AT_ONCE", 2)

    async def body() -> None:
        async with Bed(takes) as bed:
            for ticket in range(3):
                bed.ask(offer(ticket))
            told = await bed.until(3)
        assert [answer.ticket for answer in told if answer.sdp is None] == [2]

    run(body, within_s=20)


def test_nobody_listens() -> None:
    async def body() -> None:
        told: list[MediaAnchored] = []
        client = Rtpengine([free_endpoint("127.0.0.1")], NAMES, told.append, "t")
        await client.open()
        client.performs[AnchorMedia](offer(1))
        while not told:
            await asyncio.sleep(0.01)
        await client.close()
        assert told[0].sdp is None

    run(body, within_s=20)


def test_noise_is_no_answer() -> None:
    async def body() -> None:
        async with Bed(takes) as bed:
            relay = bed.relays[0]
            bed.ask(offer(1))
            while not relay.heard:
                await asyncio.sleep(0.01)
            assert (await bed.until(1))[0].ticket == 1
            source = bed.client._relays[0].transport
            assert source is not None
            for noise in (b"", b"noise", b'zz {"result": "ok"}'):
                relay._transport.sendto(noise, source.get_extra_info("sockname"))
            bed.ask(offer(2))
            assert (await bed.until(2))[1].ticket == 2

    run(body, within_s=20)
