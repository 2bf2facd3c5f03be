"""Peers that come, fall silent and go (RFC 6733 §5; RFC 3539 §3.4)."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.unit.live.diameter.bed import CSCF, HSS, REALM, cscf_side, free_port, hss_side, running

from twopair.base import Endpoint
from twopair.live.diameter import base, peers
from twopair.live.diameter.local import CX, RX, Application, Local, Neighbour
from twopair.live.diameter.message import REQUEST, Message, avp, length_of, number_of, parse, text_of
from twopair.live.diameter.peers import Peers, Respond

LIR = 302


def run(day: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(day(), 20)

    asyncio.run(bounded())


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


async def asked(one: Peers, application: Application = CX, host: str = "") -> Message | None:
    answer: asyncio.Future[Message | None] = asyncio.get_running_loop().create_future()
    one.ask(application, LIR, [], answer.set_result, realm=REALM, host=host)
    return await answer


def says_yes(_request: Message, respond: Respond) -> None:
    respond([avp(base.RESULT_CODE, base.SUCCESS)])


def test_a_request_finds_its_peer_and_the_answer_its_way_back() -> None:
    async def day() -> None:
        at = free_port()
        async with running(hss_side(at), cscf_side(at)) as (hss, cscf):
            hss.serve(CX, says_yes)
            await until(lambda: bool(cscf.open))
            answer = await asked(cscf)
            assert answer is not None
            assert base.result_of(answer) == (base.SUCCESS, False)
            assert text_of(answer.avps, base.SESSION_ID).startswith(f"{CSCF};")
            assert text_of(answer.avps, base.ORIGIN_HOST) == HSS
            refused = await asked(cscf, RX)
            assert refused is None, "the peer has not said that it speaks Rx"
            nobody = await asked(hss)
            assert nobody is not None, "requests go both ways"
            assert base.result_of(nobody)[0] == base.APPLICATION_UNSUPPORTED

    run(day)


def test_a_handler_that_fails_is_answered_for() -> None:
    async def day() -> None:
        at = free_port()
        async with running(hss_side(at), cscf_side(at)) as (hss, cscf):

            def fails(_request: Message, _respond: Respond) -> None:
                raise RuntimeError

            def lacks(request: Message, _respond: Respond) -> None:
                text_of(request.avps, base.USER_NAME)

            await until(lambda: bool(cscf.open))
            for handler, code in ((fails, base.UNABLE_TO_COMPLY), (lacks, base.MISSING_AVP)):
                hss.serve(CX, handler)
                answer = await asked(cscf)
                assert answer is not None
                assert base.result_of(answer)[0] == code

    run(day)


def test_an_answer_that_does_not_come_in_time() -> None:
    async def day() -> None:
        at = free_port()
        async with running(hss_side(at), cscf_side(at, timeout_s=0.1)) as (hss, cscf):
            late: list[Respond] = []
            hss.serve(CX, lambda _request, respond: late.append(respond))
            await until(lambda: bool(cscf.open))
            assert await asked(cscf) is None
            late[0]([avp(base.RESULT_CODE, base.SUCCESS)])
            hss.serve(CX, says_yes)
            assert await asked(cscf) is not None
            assert cscf.counters["unanswered"] == 1

    run(day)


def test_without_a_peer_nobody_waits() -> None:
    async def day() -> None:
        async with running(cscf_side(free_port())) as (cscf,):
            assert await asked(cscf) is None

    run(day)


def test_a_lost_peer_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "FIRST_RETRY_S", 0.05)

    async def day() -> None:
        at = free_port()
        async with running(cscf_side(at)) as (cscf,):
            for _ in range(2):
                async with running(hss_side(at)) as (hss,):
                    hss.serve(CX, says_yes)
                    await until(lambda: bool(cscf.open))
                    assert await asked(cscf) is not None
                await until(lambda: not cscf.open)

    run(day)


def test_requests_of_a_lost_connection_go_over_another() -> None:
    """RFC 6733 §5.5.4: with the T bit."""

    async def day() -> None:
        first, second = free_port(), free_port()
        neighbours = (Neighbour("a.x", REALM, first), Neighbour("b.x", REALM, second))
        flags: list[int] = []

        def takes(request: Message, respond: Respond) -> None:
            flags.append(request.flags)
            says_yes(request, respond)

        one, other = (
            Local(host, REALM, (CX,), (Neighbour(CSCF, REALM),), at)
            for host, at in (("a.x", first), ("b.x", second))
        )
        async with running(other, Local(CSCF, REALM, (CX,), neighbours)) as (theirs, cscf):
            theirs.serve(CX, takes)
            async with running(one) as (silent,):
                silent.serve(CX, lambda _request, _respond: None)
                await until(lambda: len(cscf.open) == 2)
                waiting = asyncio.create_task(asked(cscf, host="a.x"))
                await until(lambda: silent.counters["taken"] == 1)
            assert await waiting is not None
        assert flags == [0xD0]

    run(day)


def test_who_is_not_in_the_table_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    async def day() -> None:
        at = free_port()
        stranger = Local("stranger.x", REALM, (CX,), (Neighbour(HSS, REALM, at),))
        async with running(hss_side(at), stranger) as (hss, other):
            await until(lambda: "CEA with Result-Code 3010" in caplog.text)
            assert not hss.open
            assert not other.open

    run(day)


def test_nothing_in_common(caplog: pytest.LogCaptureFixture) -> None:
    async def day() -> None:
        at = free_port()
        rx_only = Local(CSCF, REALM, (RX,), (Neighbour(HSS, REALM, at),))
        async with running(hss_side(at), rx_only):
            await until(lambda: "CEA with Result-Code 5010" in caplog.text)

    run(day)


def test_a_silent_peer_is_asked_and_then_let_go(caplog: pytest.LogCaptureFixture) -> None:
    """RFC 3539 §3.4.1."""

    async def day() -> None:
        at = free_port()
        async with running(hss_side(at, watchdog_s=0.1)) as (hss,):
            reader, _writer = await says_cer(at)
            cea = await hears(reader)
            assert number_of(cea.avps, base.RESULT_CODE) == base.SUCCESS
            dwr = await hears(reader)
            assert (dwr.command, dwr.is_request) == (base.DEVICE_WATCHDOG, True)
            with pytest.raises((EOFError, OSError)):
                await hears(reader)
            assert not hss.open

    run(day)


def test_a_peer_that_answers_stays() -> None:
    async def day() -> None:
        at = free_port()
        async with running(hss_side(at, watchdog_s=0.05), cscf_side(at)) as (hss, _):
            await until(lambda: bool(hss.open))
            (connection,) = hss.open
            await asyncio.sleep(0.3)
            assert hss.open == [connection]

    run(day)


@pytest.mark.parametrize(
    "octets", [b"\x02" + bytes(19), bytes(20), b"GET / HTTP/1.1\r\n\r\n  ", b"\x01\xff\xff\xfc" * 5]
)
def test_what_is_no_diameter_ends_the_connection(octets: bytes) -> None:
    async def day() -> None:
        at = free_port()
        async with running(hss_side(at)) as (hss,):
            reader, writer = await says_cer(at)
            await hears(reader)
            writer.write(octets)
            with pytest.raises((EOFError, OSError)):
                await hears(reader)
            assert not hss.open
            reader, _other = await says_cer(at)
            assert (await hears(reader)).command == base.CAPABILITIES_EXCHANGE

    run(day)


def test_avps_that_cannot_be_read_are_refused() -> None:
    """RFC 6733 §7.1.5: DIAMETER_INVALID_AVP_LENGTH; the connection goes on."""

    async def day() -> None:
        at = free_port()
        async with running(hss_side(at)):
            reader, writer = await says_cer(at)
            await hears(reader)
            broken = bytearray(Message(LIR, CX.id, REQUEST, [avp(base.USER_NAME, "abcd")], 5, 6).to_bytes())
            broken[27] = 3
            writer.write(broken)
            answer = await hears(reader)
            assert (answer.hop_by_hop, base.result_of(answer)[0]) == (5, base.INVALID_AVP_LENGTH)
            writer.write(Message(999, 0, REQUEST, (), 6, 7).to_bytes())
            assert base.result_of(await hears(reader))[0] == base.COMMAND_UNSUPPORTED

    run(day)


async def says_cer(at: Endpoint) -> tuple[StreamReader, StreamWriter]:
    """A CSCF written by hand."""
    reader, writer = await asyncio.open_connection(at.address, at.port)
    avps = [
        avp(base.ORIGIN_HOST, CSCF.encode()),
        avp(base.ORIGIN_REALM, REALM.encode()),
        avp(base.HOST_IP_ADDRESS, "127.0.0.1"),
        avp(base.VENDOR_ID, 0),
        avp(base.PRODUCT_NAME, "by hand"),
        avp(base.AUTH_APPLICATION_ID, CX.id),
    ]
    writer.write(Message(base.CAPABILITIES_EXCHANGE, 0, REQUEST, avps, 1, 1).to_bytes())
    return reader, writer


async def hears(reader: StreamReader) -> Message:
    start = await reader.readexactly(4)
    return parse(start + await reader.readexactly(length_of(start) - 4))
