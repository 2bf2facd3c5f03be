"""HTTP in a program that has signals, sockets and an end of its own."""

import asyncio
import logging
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from tests.unit.live.doubles import free_endpoint
from tests.unit.live.http.bed import Heard, Store, answer, ask, running, said, watched

from twopair.live.config import ConfigError
from twopair.live.http import server
from twopair.live.http.fronting import fronting
from twopair.live.http.watching import watching
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.sockets import ThisHost, listening_socket


def test_signals_are_left_to_the_program(tmp_path: Path) -> None:
    async def body() -> None:
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, told.set)
        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        async with watched(tmp_path, Heard()) as of:
            await ask(of, "/health")
            assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
            signal.raise_signal(signal.SIGTERM)
            async with asyncio.timeout(5):
                await told.wait()
            assert (await ask(of, "/health")).status == 200

    asyncio.run(body())


def test_the_port_is_free_again_at_the_end(tmp_path: Path) -> None:
    async def body() -> None:
        async with watched(tmp_path, Heard()) as of:
            place = of.settings.admin.http
            assert place is not None
            idle = await asyncio.open_connection(*place)  # holds nothing up
        listening_socket(ThisHost(), place).close()
        idle[1].close()

    asyncio.run(asyncio.wait_for(body(), 10))


def test_who_says_nothing_or_says_it_slowly_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor told of in the log, which it could fill."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(server, "_PATIENCE_S", 0.3)

    async def body() -> None:
        async with watched(tmp_path, Heard()) as of:
            place = of.settings.admin.http
            assert place is not None
            for octets in (b"", b"GET /health HTTP/1.1\r\nHost:"):
                with suppress(ConnectionResetError):
                    assert await said(place, octets) == b""
            assert answer(await said(place, b"\x00\xff\r\n\r\n")).status == 400

    asyncio.run(body())
    assert [record.name for record in caplog.records] == ["twopair.live.http.fronting"]


def test_who_comes_too_often_is_answered_so_and_takes_nothing_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "_MOST", 2)

    async def body() -> None:
        async with watched(tmp_path, Heard()) as of:
            place = of.settings.admin.http
            assert place is not None
            held = [await asyncio.open_connection(*place) for _ in range(4)]
            await asyncio.sleep(0.05)
            assert (await ask(of, "/health")).status == 503
            for _, writer in held:
                writer.close()
            await asyncio.sleep(0.05)
            assert (await ask(of, "/health")).status == 200

    asyncio.run(body())
    assert not caplog.records


def test_without_the_key_nothing_is_served(tmp_path: Path) -> None:
    async def body() -> None:
        of = running(tmp_path, Heard())
        admin = of.settings.admin.model_copy(update={"http": None})
        async with fronting(of.file, of.settings.model_copy(update={"admin": admin}), str) as front:
            assert front is None
            async with watching(of):
                assert not of.driver._listeners

    asyncio.run(body())


def test_who_stands_by_lives_and_is_not_ready(tmp_path: Path) -> None:
    """Before its turn and after it; then it is the one that serves that answers, at the same place."""

    async def body() -> None:
        of = running(tmp_path, Heard(), Store())
        async with fronting(of.file, of.settings, lambda: "standby: other <1> serves") as of.front:
            for _turn in range(2):
                ready = await ask(of, "/ready")
                assert ready.status == 503
                (reason,) = ready.values["reasons"]
                assert reason == {"reason": "not-serving", "text": "standby: other <1> serves"}
                assert (await ask(of, "/health")).status == 200
                assert b"other &lt;1&gt; serves" in (await ask(of, "/")).body
                scrape = (await ask(of, "/metrics")).body.decode()
                assert "\ntwopair_serving 0.0\n" in scrape
                assert "\ntwopair_ready 0.0\n" in scrape
                assert "twopair_subscribers" not in scrape
                assert "process_resident_memory_bytes" in scrape
                async with watching(of):
                    assert (await ask(of, "/ready")).status == 200
                    assert b"\ntwopair_serving 1.0\n" in (await ask(of, "/metrics")).body

    asyncio.run(body())


def test_a_port_that_another_program_has(tmp_path: Path) -> None:
    """ADR 17: one line with the key."""

    async def body() -> None:
        place = free_endpoint()
        with listening_socket(ThisHost(), place), pytest.raises(PrerequisiteMissing) as caught:
            async with watched(tmp_path, Heard(), place=place):
                raise AssertionError
        file = tmp_path / "pcscf.toml"
        assert str(caught.value) == (
            f'{file}: admin.http = "{place}": another program has it at 127.0.0.1; '
            "end that program, or give another port"
        )

    asyncio.run(body())


def test_an_address_of_another_machine(tmp_path: Path) -> None:
    async def body() -> None:
        with pytest.raises(ConfigError) as caught:
            async with watched(tmp_path, Heard(), Store(), place="192.0.2.1:9464"):
                raise AssertionError
        file = tmp_path / "pcscf.toml"
        assert caught.value.lines == [
            f'{file}: admin.http = "192.0.2.1:9464": not an address of this machine; give one of its own'
        ]

    asyncio.run(body())
