"""Beats of the event loop, and whether the node fails for everyone."""

import asyncio
import time

import pytest
from tests.unit.nodes.pcscf.bed import Bed, Ue

from twopair.backends.memory import MemoryBackend
from twopair.live.driver import Driver
from twopair.live.metrics import pulse as pulses
from twopair.live.metrics.distribution import Distribution
from twopair.live.metrics.pulse import Pulse


def test_classes_are_cumulative() -> None:
    found = Distribution((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7):
        found.add(value)
    assert list(found.buckets()) == [("0.1", 2), ("1.0", 3), ("+Inf", 4)]
    assert found.total == pytest.approx(7.65)


def test_a_loop_that_is_held_up_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulses, "BEAT_S", 0.01)

    async def body() -> Pulse:
        pulse = Pulse(Bed().pcscf, Driver(Bed().pcscf, MemoryBackend()))
        with pulse.beating():
            await asyncio.sleep(0.05)
            time.sleep(0.3)
            await asyncio.sleep(0.05)
        beats = dict(pulse.late_s.buckets())["+Inf"]
        await asyncio.sleep(0.05)
        assert dict(pulse.late_s.buckets())["+Inf"] == beats, "it beats no more"
        return pulse

    counts = dict(asyncio.run(body()).late_s.buckets())
    assert counts["+Inf"] - counts["0.1"] >= 1
    assert counts["+Inf"] >= 3


def test_broken_is_who_fails_on_most_of_what_comes() -> None:
    """One peer who provokes a mistake of ours does not make the node unwell, nor does one event."""

    async def body() -> None:
        bed = Bed()
        driver = Driver(bed.pcscf, MemoryBackend())
        pulse = Pulse(bed.pcscf, driver)
        assert not pulse.broken
        for number in range(20):
            bed.sm1(Ue(number))
        driver.counters["illegal_step"] += 5
        pulse.beat(0)
        assert (pulse.broken, pulse.failed) == (False, 5)
        driver.counters["illegal_step"] += 20
        assert pulse.broken
        for _ in range(round(60 / pulses.BEAT_S)):
            pulse.beat(0)
        assert (pulse.broken, pulse.failed) == (False, 0), "a minute is over"
        driver.counters["illegal_step"] += 2
        assert not pulse.broken

    asyncio.run(body())
