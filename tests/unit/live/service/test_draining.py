"""Between being told to end and the end: within bounds, and no longer than somebody is served."""

import asyncio
import logging
import time
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit.live.service.bed import change, on_running
from tests.unit.nodes.pcscf.bed import CORE, HOME, UDP, Bed, Ue

from twopair.base import Flow, Received
from twopair.live.config import PcscfFile, read
from twopair.live.failover.tenure import Always
from twopair.live.http.readiness import CHECKS
from twopair.live.metrics.seen import Watched
from twopair.live.service.draining import QUIET_S, drained
from twopair.live.service.running import Running
from twopair.wire.sip import make_response, parse


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "twopair")


def with_drain(running: Running, drain_s: int) -> None:
    change(running, "[ipsec]", f"[admin]\ndrain_s = {drain_s}\n[ipsec]")
    running.settings = read(running.file, PcscfFile)


async def takes_s(running: Running, end: asyncio.Event) -> float:
    begun = time.monotonic()
    await drained(running, end)
    return time.monotonic() - begun


def told_to_end() -> asyncio.Event:
    end = asyncio.Event()
    end.set()
    return end


class Asked:
    """A request that the core has not answered, at the P-CSCF that runs."""

    def __init__(self, running: Running) -> None:
        self._running, self._sent = running, list[Any]()
        running.driver.taps.append(
            lambda flow, data, *, sent: self._sent.append((flow, data)) if sent else None
        )
        ue = Ue(1)
        running.driver.feed(Received(ue.clear, ue.register()))
        assert running.node.under_way == 1

    def answer(self) -> None:
        request, *_ = [parse(data) for flow, data in self._sent if flow.local == CORE]
        response = make_response(cast("Any", request), 403, to_tag="core").to_bytes()
        self._running.driver.feed(Received(Flow(UDP, CORE, HOME), response))


def test_without_drain_s_it_ends_at_once(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        Asked(running)
        assert await takes_s(running, told_to_end()) < 0.1
        assert running.ends_at is None
        assert running.node.tables.ends_at is None

    on_running(tmp_path, test)


def test_with_nothing_under_way_it_ends_after_a_pause(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        with_drain(running, 15)
        assert QUIET_S <= await takes_s(running, told_to_end()) < 5

    on_running(tmp_path, test)


def test_it_ends_soon_after_the_last_answer(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        with_drain(running, 15)
        asked = Asked(running)
        asyncio.get_running_loop().call_later(1.5, asked.answer)
        assert 1.5 + QUIET_S <= await takes_s(running, told_to_end()) < 8

    on_running(tmp_path, test)


def test_it_ends_in_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def test(running: Running) -> None:
        with_drain(running, 1)
        Asked(running)
        assert 1 <= await takes_s(running, told_to_end()) < 3

    on_running(tmp_path, test)
    assert "requests under way: 1; ends within 1 s" in caplog.text
    assert "left without an answer: 1" in caplog.text


def test_another_signal_ends_it_at_once(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        with_drain(running, 15)
        Asked(running)
        end = told_to_end()
        asyncio.get_running_loop().call_later(0.3, end.set)
        assert 0.3 <= await takes_s(running, end) < 2

    on_running(tmp_path, test)


def test_another_host_that_takes_over_ends_it_at_once(tmp_path: Path) -> None:
    """And this one has no other turn: it is told to end, still."""

    async def test(running: Running) -> None:
        with_drain(running, 15)
        Asked(running)
        end, over = told_to_end(), asyncio.Event()
        running.tenure = Always(over)
        asyncio.get_running_loop().call_later(0.3, over.set)
        assert 0.3 <= await takes_s(running, end) < 2
        assert end.is_set()

    on_running(tmp_path, test)


def test_it_is_not_ready_meanwhile(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        with_drain(running, 9)

        def why_not() -> list[str]:
            return [
                reason.name for reason in CHECKS[0](Watched(running, cast("Any", None), cast("Any", None)))
            ]

        assert why_not() == []
        task = asyncio.create_task(takes_s(running, told_to_end()))
        await asyncio.sleep(0.1)
        assert why_not() == ["draining"]
        assert running.node.tables.ends_at == running.ends_at
        await task

    on_running(tmp_path, test)


@pytest.mark.parametrize(
    ("kept", "said"),
    [(None, "must register anew: 1"), (object(), "in the store for a successor: 1")],
)
def test_what_becomes_of_registered_ues(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kept: Any, said: str
) -> None:
    async def test(running: Running) -> None:
        bed = Bed()
        bed.register(Ue(1))
        running.node, running.kept = bed.pcscf, kept
        await drained(running, told_to_end())

    on_running(tmp_path, test)
    assert said in caplog.text
